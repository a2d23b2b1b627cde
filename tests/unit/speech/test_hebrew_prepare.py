"""Text -> segments: demo sentences, pronunciations, brackets, other scripts, hostile text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.speech.hebrew import prepare as module
from server.speech.hebrew.demo import DEMO_PRONUNCIATIONS
from server.speech.hebrew.mnemonics import is_speakable
from server.speech.hebrew.prepare import HEBREW, Segment, prepare
from server.speech.pronunciation import pronounce

HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from("אבגדהושתםץ 0123456789.,!?[]<>{}\"'₪%&*#@_^|\\/-\u202e\u200f\u05b7\u05bc"),
        st.characters(),
    ),
    max_size=300,
)


def said(text: str, own: dict[str, str] | None = None) -> str:
    spoken = pronounce(text, tuple((own or {}).items()))
    return " ".join(segment.text for segment in prepare(spoken))


@pytest.mark.parametrize("sentence", DEMO_PRONUNCIATIONS, ids=range(len(DEMO_PRONUNCIATIONS)))
def test_a_demo_sentence_is_said_as_checked_by_hand(sentence: str) -> None:
    assert said(sentence) == DEMO_PRONUNCIATIONS[sentence]
    assert said(f"\u200f {sentence}\u202c ") == DEMO_PRONUNCIATIONS[sentence]


@pytest.mark.parametrize("sentence", DEMO_PRONUNCIATIONS, ids=range(len(DEMO_PRONUNCIATIONS)))
def test_without_the_table_a_demo_sentence_sounds_almost_the_same(
    sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The general rules leave at most one word in five apart; stops are not counted."""
    monkeypatch.setattr(module, "DEMO_PRONUNCIATIONS", {})
    by_rules = said(sentence).replace("?", "").split()
    by_hand = DEMO_PRONUNCIATIONS[sentence].replace("?", "").split()
    assert len(by_rules) == len(by_hand)
    apart = [pair for pair in zip(by_rules, by_hand, strict=True) if pair[0] != pair[1]]
    assert len(apart) <= len(by_hand) / 5, apart


def test_sentences_are_segments_and_keep_their_melody() -> None:
    assert [segment.text[-1] for segment in prepare("שלום. מה שלומך? יופי!")] == [".", "?", "!"]
    assert prepare("כן, יש") == [Segment(HEBREW, "[[k'en]], [[j'eS]].")]


def test_speakable_brackets_pass_untouched_with_their_prefix() -> None:
    assert said("זה [[Sal'om lax'em]] ב[[g'efen]]") == "[[z'e Sal'om lax'em beg'efen]]."


def test_unspeakable_brackets_are_read_as_text() -> None:
    assert said("[[שלום]] [[לכם") == "[[Sal'om lax'em]]."
    assert "_^_" not in said("[[_^_EN]] שלום")


def test_a_business_says_its_names_its_own_way() -> None:
    own = {"גפן": "[[gaf'an]]", "Waze": "וויז", "דנה": "דָּנָה", "אבי כהן": "אָבִי כֹּהֵן"}
    assert said("הגפן", own) == "[[hagaf'an]]."
    assert said("Waze", own) == "[[v'ejz]]."
    assert said("לדנה", own) == "[[ledan'a]]."
    assert said("אבי כהן", own) == "[[av'i koh'en]]."
    assert said("גפנים", own) == said("גפנים")


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("רח' הגפן 12", "[[rex'ov hag'efen St'ejm esr'e]]."),
        ('בת"ז', "[[bete?ud'at zeh'ut]]."),
        ("א'-ה' 8:00-17:00", "[[riS'on ad xamiS'i Sm'one ?ad xam'eS]]."),
        ("כיתה ב'", "[[kit'a b'et]]."),
        ("ג'קוזי וצ'קים", "[[dZak'uzi vetS'ekim]]."),
        ("משתים עשרה עד שש", "[[miSt'ejm esr'e ?ad S'eS]]."),
        ('450 ש"ח + מע"מ', "[['arba me?'ot vexamiS'im Skal'im plus m'a?am]]."),
        ("<speak>שלום<break time='1s'/></speak>", "[[Sal'om]]."),
        ("שלום 😀 לכם", "[[Sal'om lax'em]]."),
    ],
)
def test_short_forms_and_markup(text: str, spoken: str) -> None:
    assert said(text) == spoken


def test_other_scripts_go_to_voices_of_their_language() -> None:
    assert prepare("יש Wi-Fi ו-USB") == [
        Segment(HEBREW, "[[j'eS]],"),
        Segment("en-US", "Wi-Fi,"),
        Segment(HEBREW, "[[v'e]],"),
        Segment("en-US", "USB."),
    ]
    assert [segment.language for segment in prepare("Привет שלום مرحبا")] == ["ru", HEBREW, "ar"]


@pytest.mark.parametrize("text", ["", " ", "...", "😀", "[[ ]]", "\u202e", "\x00", "日本語", "<a>"])
def test_nothing_to_say_is_no_segment(text: str) -> None:
    assert prepare(text) == []


@given(HOSTILE, st.dictionaries(HOSTILE, HOSTILE, max_size=3))
def test_whatever_comes_the_engine_gets_only_phonemes_it_knows(
    text: str, pronunciations: dict[str, str]
) -> None:
    for segment in prepare(pronounce(text, tuple(pronunciations.items()))):
        assert segment.text[-1] in ".,!?"
        if segment.language == HEBREW:
            clauses = re.findall(r"\[\[([^\[\]]+)\]\][.,!?]", segment.text)
            assert " ".join(f"[[{c}]]" for c in clauses) == re.sub(
                r"(?<=\]\])[.,!?]", "", segment.text
            )
            assert all(is_speakable(word) for clause in clauses for word in clause.split())
        else:
            assert not set("[]<>") & set(segment.text)
