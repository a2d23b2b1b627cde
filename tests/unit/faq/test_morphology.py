"""Prefixes, endings, roots and sounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.faq.morphology import (
    consonants,
    lemmas,
    near_sounds,
    roots,
    skeleton,
    sounds,
    spelling,
    transliterated,
    without_prefixes,
)
from server.faq.normalize import normalize

HEBREW = st.text(st.characters(min_codepoint=0x5D0, max_codepoint=0x5EA), max_size=12)


def key(word: str) -> str:
    return spelling(normalize(word))


@pytest.mark.parametrize(
    ("word", "rest"),
    [("המחיר", "מחיר"), ("ולילדים", "ילדים"), ("שבמסעדה", "מסעדה"), ("כשהמרפאה", "מרפאה")],
)
def test_stacked_prefixes_come_off(word: str, rest: str) -> None:
    assert key(rest) in [found for _, found in without_prefixes(key(word))]


@pytest.mark.parametrize("word", ["לול", "כלה", "מגן", "parking", "מחיר"])
def test_no_word_is_stripped_to_two_letters(word: str) -> None:
    assert all(len(rest) >= 3 for _, rest in without_prefixes(key(word)))


def test_letters_that_never_stand_in_front_do_not_come_off() -> None:
    assert not list(without_prefixes(key("תפריט")))
    assert "ריט" not in [rest for _, rest in without_prefixes(key("להפריט"))]


@pytest.mark.parametrize(
    ("one", "other"),
    [("ילד", "ילדים"), ("מנה", "מנות"), ("מנה", "מנת"), ("טבעוני", "טבעונית"), ("room", "rooms"),
     ("city", "cities"), ("park", "parking")],
)  # fmt: skip
def test_inflections_share_a_lemma(one: str, other: str) -> None:
    assert lemmas(key(one)) & lemmas(key(other))


@pytest.mark.parametrize(("one", "other"), [("כסף", "כספת"), ("ספר", "ספרדי"), ("שתל", "שתלן")])
def test_other_words_share_none(one: str, other: str) -> None:
    assert not lemmas(key(one)) & lemmas(key(other))


@pytest.mark.parametrize(
    ("verb", "noun"),
    [("להקפיא", "הקפאה"), ("מחליקים", "החלקה"), ("לבטל", "ביטול"), ("מתקנים", "תיקון"),
     ("לבדוק", "בדיקה"), ("צובעים", "צביעה")],
)  # fmt: skip
def test_a_verb_and_its_noun_share_a_root(verb: str, noun: str) -> None:
    assert roots(key(verb)) & roots(key(noun))


def test_short_skeletons_are_no_skeletons() -> None:
    assert skeleton(key("מיקום")) is None
    assert skeleton(key("תיאוריה")) == skeleton(key("תאוריה"))


@pytest.mark.parametrize(("one", "other"), [("חנייה", "חניה"), ("וויז", "ויז")])
def test_doubled_vowel_letters_are_one(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("heard", "said"),
    [("קתובת", "כתובת"), ("תפריט", "טפריט"), ("סבע", "צבע"), ("שאות", "שעות"), ("מיסרד", "מישרד")],
)
def test_what_the_line_confuses_sounds_alike(heard: str, said: str) -> None:
    assert sounds(key(heard)) & sounds(key(said))


@pytest.mark.parametrize(("one", "other"), [("קר", "חר"), ("צל", "של"), ("בית", "דית")])
def test_not_everything_sounds_alike(one: str, other: str) -> None:
    assert not sounds(key(one)) & sounds(key(other))


def test_one_vowel_letter_too_many_is_near() -> None:
    assert near_sounds(key("מירפאה")) & sounds(key("מרפאה"))
    assert not near_sounds(key("עקירה")) & sounds(key("אחרי"))


def test_a_loan_word_is_known_by_its_consonants() -> None:
    latin = transliterated("keratin")
    assert latin is not None
    assert consonants(latin) == consonants(key("קרטין"))
    assert transliterated("קרטין") is None


@given(HEBREW)
def test_any_word_has_itself_among_its_lemmas_and_stable_spelling(word: str) -> None:
    one = key(word)
    assert spelling(one) == one
    if one:
        assert one in lemmas(one)
    assert all(one.endswith(rest) for _, rest in without_prefixes(one))
