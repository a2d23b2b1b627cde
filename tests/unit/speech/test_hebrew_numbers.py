"""Numbers in Hebrew text -> words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.speech.hebrew.counting import cardinal, counted, digits
from server.speech.hebrew.numbers import numbers_to_words


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        # prices
        ("450 ₪", "ארבע מאות וחמישים שקלים"),
        ("₪1,250", "אלף מאתיים וחמישים שקלים"),
        ('90 ש"ח', "תשעים שקלים"),
        ("1 שקל", "שקל אחד"),
        ("2 שקלים", "שני שקלים"),
        ("3 שקלים", "שלושה שקלים"),
        ("50שקל", "חמישים שקלים"),
        ("49.90 ₪", "ארבעים ותשעה שקלים ותשעים אגורות"),
        ("0.50 ₪", "חמישים אגורות"),
        ("1-2 שקלים", "אחד עד שניים שקלים"),
        ("$20", "עשרים דולר"),
        ("5 €", "חמישה אירו"),
        # percent
        ("15%", "חמישה עשר אחוז"),
        ("2%", "שני אחוזים"),
        ("10-15%", "עשרה עד חמישה עשר אחוז"),
        # hours
        ("10:30", "עשר וחצי"),
        ("9:15", "תשע ורבע"),
        ("7:05", "שבע וחמש דקות"),
        ("7:45", "שבע ארבעים וחמש"),
        ("18:00", "שש בערב"),
        ("14:20", "שתיים ועשרים בצהריים"),
        ("00:00", "חצות"),
        ("8:00-17:00", "שמונה עד חמש"),
        # dates
        ("ב-12.3.25", "בשנים עשר במרץ אלפיים עשרים וחמש"),
        ("1/11", "אחד בנובמבר"),
        ("12.5 ק", "שתים עשרה וחצי ק"),
        # phone numbers, digit by digit in the feminine
        ("054-1234567", "אפס חמש ארבע, אחת שתיים שלוש, ארבע חמש שש שבע"),
        ("+972-54-123-4567", "אפס חמש ארבע, אחת שתיים שלוש, ארבע חמש שש שבע"),
        ("ל0541234567", "לאפס חמש ארבע, אחת שתיים שלוש, ארבע חמש שש שבע"),
        ("טל054-1234567", "טל אפס חמש ארבע, אחת שתיים שלוש, ארבע חמש שש שבע"),
        ("03-5551234", "אפס שלוש, חמש חמש חמש, אחת שתיים שלוש ארבע"),
        ("*2700", "כוכבית שתיים שבע אפס אפס"),
        ("1-800-123-456", "אחת שמונה אפס אפס, אחת שתיים שלוש, ארבע חמש שש"),
        ("0123", "אפס אחת שתיים, שלוש"),
        # ranges and what is counted
        ("גיל 10-18", "גיל עשר עד שמונה עשרה"),
        ("3-5 ימים", "שלושה עד חמישה ימים"),
        ("3 ימים", "שלושה ימים"),
        ("3 שעות", "שלוש שעות"),
        ("2 דקות", "שתי דקות"),
        ("1 ילד", "ילד אחד"),
        ("15 קילו", "חמישה עשר קילו"),
        ("12 שנים", "שתים עשרה שנים"),
        # prefix letters, signs, fractions
        ("בין 9 ל-17", "בין תשע לשבע עשרה"),
        ("ב-650 שקלים", "בשש מאות וחמישים שקלים"),
        ("-5 מעלות", "מינוס חמש מעלות"),
        ("1/2 שעה", "חצי שעה"),
        ("24/7", "עשרים וארבע שבע"),
        ("2.5", "שתיים וחצי"),
        ("1.25", "אחת נקודה עשרים וחמש"),
        ("٤٥", "ארבעים וחמש"),
    ],
)
def test_written_numbers_become_words(written: str, spoken: str) -> None:
    assert numbers_to_words(written) == spoken


def test_one_and_two_stand_as_their_noun_asks() -> None:
    assert counted(1, "שקלים", "m", singular="שקל") == "שקל אחד"
    assert counted(2, "דקות", "f") == "שתי דקות"
    assert counted(12, "דקות", "f") == "שתים עשרה דקות"


def test_a_number_out_of_range_is_read_digit_by_digit() -> None:
    assert cardinal(10**12) == digits("1" + "0" * 12)


@given(st.text(alphabet="0123456789.,:-/%₪$+*א בל\"'", max_size=60))
def test_no_digit_is_left_over(text: str) -> None:
    assert not re.search(r"\d", numbers_to_words(text))


@given(st.text(max_size=80))
def test_any_text_is_survived(text: str) -> None:
    numbers_to_words(text)
