"""A business's own pronunciations in its texts."""

from __future__ import annotations

import unicodedata

from server.speech.pronunciation import pronounce

OWN = (("BMW", "בי אם דאבליו"), ("גפן", "גֶּפֶן"), ("מוסך הגפן", "מוּסַךְ הַגֶּפֶן"))


def test_a_text_without_such_words_stays_the_very_same() -> None:
    text = "פתוחים  עד ”חמש“."
    assert pronounce(text, OWN) is text
    assert pronounce(text, ()) is text
    assert pronounce("גפנים וגם הגפנית", OWN) == "גפנים וגם הגפנית"


def test_the_longest_word_goes_first_whatever_its_case_and_prefix() -> None:
    said = pronounce("טיפול ל-bmw במוסך הגפן.", OWN)
    expected = "טיפול ל-בי אם דאבליו בֵּמוּסַךְ הַגֶּפֶן."
    assert unicodedata.normalize("NFC", said) == unicodedata.normalize("NFC", expected)


def test_phonemes_are_left_alone() -> None:
    assert pronounce("[[גפן]] גפן", OWN) == "[[גפן]] גֶּפֶן"


def test_what_is_no_pronunciation_is_passed_over() -> None:
    assert pronounce("גפן", (("", "x"), ("גפן", " "))) == "גפן"
