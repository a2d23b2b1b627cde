"""How little of numbers may be seen in logs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.masking import mask_phone, mask_text


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+972541234567", "…67"),
        ("054-123-45 67", "…67"),
        ("+1555", "…"),
        ("12345", "…45"),
        ("1234", "…"),
        ("anonymous", "…"),
        ("client:dana", "…"),
        ("sip:+972541234567@pbx.example.com", "…67"),
        ("", "-"),
        (None, "-"),
    ],
)
def test_of_a_number_the_last_two_digits_are_shown(number: str | None, shown: str) -> None:
    assert mask_phone(number) == shown


@given(st.text(max_size=40))
def test_no_more_than_two_digits_of_anything_are_shown(number: str) -> None:
    assert sum(letter.isdigit() for letter in mask_phone(number)) <= 2


@pytest.mark.parametrize(
    "text",
    [
        "התקשרו אליי: 0541234567",
        "+972541234567",
        "+972 54-123-4567",
        "(054) 123.4567",
        "ת.ז. 123456789",
        "ב-0541234567",
        "tel 054 1 2 3 4 5 6 7 thanks",
        "0541234567,0529876543",
    ],
)
def test_numbers_in_a_sentence_are_hidden(text: str) -> None:
    masked = mask_text(text)
    assert "…" in masked
    assert all(part not in masked for part in ("123", "05412", "1 2 3", "9876"))


@pytest.mark.parametrize("text", ["תתקשרו ל0541234567", "המספר שלי:ב0541234567", "a0541234567"])
def test_a_number_glued_to_a_word_is_hidden(text: str) -> None:
    assert "12345" not in mask_text(text)


@pytest.mark.parametrize("text", ["054,123,4567", "0,5,4,1,2,3,4,5,6,7", "0 5 4, 1 2 3, 4 5 6 7"])
def test_a_number_as_a_recogniser_writes_it_is_hidden(text: str) -> None:
    masked = mask_text(text)
    assert sum(letter.isdigit() for letter in masked) <= 2


@pytest.mark.parametrize(
    "text",
    ["", "מה המחיר?", "450 שקלים", "ב-18:30", "בשנת 2026", "קומה 3 דירה 12", "1,250 שקל"],
)
def test_prices_hours_and_years_stay(text: str) -> None:
    assert mask_text(text) == text


@given(st.text(), st.integers(10**8, 10**12), st.text())
def test_a_number_between_spaces_is_hidden_whatever_surrounds_it(
    before: str, number: int, after: str
) -> None:
    assert str(number) not in mask_text(f"{before} {number} {after}")
