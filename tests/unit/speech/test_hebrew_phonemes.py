"""Hebrew words and sentences -> phonemes, against readings checked by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.speech.hebrew.guess import guess
from server.speech.hebrew.lexicon import LEXICON
from server.speech.hebrew.mnemonics import STRESS, VOWELS, is_speakable, tokenise
from server.speech.hebrew.phonemes import sentence_phonemes, word_phonemes

HEBREW = "אבגדהוזחטיכךלמםנןסעפףצץקרשת"
POINTS = "\u05b0\u05b1\u05b4\u05b5\u05b6\u05b7\u05b8\u05b9\u05bb\u05bc\u05c1\u05c2\u05ab"


def readings(table: str) -> list[tuple[str, str]]:
    return [(word, phonemes) for word, phonemes in (line.split() for line in table.split(";"))]


@pytest.mark.parametrize(
    ("word", "phonemes"),
    readings(
        "ובשישי uveSiS'i; המחירים hamexir'im; שהגעתם Sehig'atem; כשהלקוח kSehalak'o?ax;"
        "לכרטיס lekart'is; מהבית mehab'ajit; והשעות vehaSa?'ot; שאפשר Se?efS'ar; ברחוב birx'ov;"
        "בבוקר bab'oker; משמונה miSm'one; ומחיר umex'ir; לשני liSn'ej; הקו hak'av; ולא vel'o"
    ),
)
def test_prefix_letters_before_known_words(word: str, phonemes: str) -> None:
    assert word_phonemes(word) == phonemes


@pytest.mark.parametrize(
    ("word", "phonemes"),
    readings(
        "מכתב mixt'av; מבחנים mevaxn'im; משפחתי maSpaxt'i; לסגירה lisgir'a; החלקה haxlak'a;"
        "התקנה hatkan'a; להחלפת lehaxlaf'at; להתקין lehatk'in; מתקשרים mitkaSr'im; גבינה gvin'a;"
        "שיפוץ Sip'uts; עיצוב its'uv; חיוב xij'uv; זיכוי zix'uj; מבושל mevuS'al; תוספת tos'efet;"
        "צנרת tsan'eret; נעליים na?al'ajim; שולח Sol'e?ax; יגיע jag'i?a; שליח Sal'i?ax;"
        "תוצאות totsa?'ot; טכנאי taxna?'i; דלתות dlat'ot; פרחים prax'im; סתום sat'um;"
        "הוצאה hotsa?'a; הכלב hak'elev; וילה vil'a; סנוור sanv'ar; ג'ינס dZin'as; צ'ילי tSil'i"
    ),
)
def test_shapes_give_unknown_words_their_vowels(word: str, phonemes: str) -> None:
    assert word_phonemes(word) == phonemes


@pytest.mark.parametrize(
    ("word", "phonemes"),
    readings(
        "שָׁלוֹם Sal'om; מֶלֶךְ m'elex; סֵפֶר s'efer; נַעַר n'a?ar; בַּיִת b'ajit; חַיִּים xaj'im;"
        "רוּחַ r'u?ax; גָּבוֹהַּ gav'o?a; מִסְפָּר misp'ar; יְלָדִים jelad'im; תַּפּוּחַ tap'u?ax;"
        "יִשְׂרָאֵל jisra?'el; צׇהֳרַיִם tsohor'ajim; וּבַיִת uv'ajit; מִצְוָה mitsv'a; דִּבְּרוּ dibr'u;"
        "מַמְתִּינִים mamtin'im; אֳנִיָּה onij'a; גֶּ֫פֶן g'efen; צִ'יפְּס tS'ips; רִאשׁוֹן riS'on"
    ),
)
def test_nikud_is_read_by_its_points(word: str, phonemes: str) -> None:
    assert word_phonemes(word) == phonemes


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        ("שתים עשרה שעות", "[[St'ejm esr'e Sa?'ot]]"),
        ("שנים עשר ימים", "[[Sn'ejm as'ar jam'im]]"),
        ("עשר דקות", "[['eser dak'ot]]"),
        ("שמונה ילדים", "[[Smon'a jelad'im]]"),
        ("שמונה ילדות", "[[Sm'one jald'ot]]"),
        ("שמונה עשר שקלים", "[[Smon'a ?as'ar Skal'im]]"),
        ("שמונה עשרה", "[[Sm'one ?esr'e]]"),
        ("מאה ושמונה מאות", "[[me?'a ?uSm'one me?'ot]]"),
    ],
)
def test_number_words_take_their_gender_from_their_neighbours(text: str, phonemes: str) -> None:
    assert sentence_phonemes(text.split()) == phonemes


def test_a_vowel_after_a_vowel_gets_a_stop() -> None:
    assert sentence_phonemes(["אני", "עוזרת"]) == "[[an'i ?oz'eret]]"
    assert sentence_phonemes(["גם", "עוזרת"]) == "[[g'am oz'eret]]"


def test_the_lexicon_is_well_formed() -> None:
    for word, phonemes in LEXICON.items():
        assert set(word) <= set(HEBREW + "'"), word
        assert is_speakable(phonemes), word
        assert phonemes.count(STRESS) <= 1, word


def test_unknown_mnemonics_are_refused() -> None:
    assert tokenise("tS'ips") == ["tS", "'", "i", "p", "s"]
    for phonemes in ("", " ", "'", "q", "_^_EN", "a!", "sh3", "b" * 61, "a " * 301):
        assert not is_speakable(phonemes), phonemes


@given(st.text(alphabet=HEBREW + "'\"", min_size=1, max_size=31))
def test_any_undotted_word_is_speakable(word: str) -> None:
    phonemes = word_phonemes(word)
    assert tokenise(phonemes) is not None
    assert any(char in VOWELS for char in phonemes)
    assert phonemes.count(STRESS) == 1 or word in LEXICON or STRESS not in phonemes


@given(st.text(alphabet=HEBREW + POINTS, min_size=1, max_size=31))
def test_any_pointed_word_is_speakable(word: str) -> None:
    phonemes = word_phonemes(word)
    assert tokenise(phonemes) is not None
    assert any(char in VOWELS for char in phonemes)


@given(st.text(alphabet=HEBREW, min_size=1, max_size=31))
def test_a_guess_fits_the_engine_and_is_stressed_once(word: str) -> None:
    phonemes = guess(word)
    assert len(phonemes) < 150
    assert phonemes.count(STRESS) == 1
    assert phonemes[phonemes.index(STRESS) + 1] in VOWELS
