"""Who is hidden, and whom a list turns away."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from server.business_settings import BusinessSettings
from server.telephony.callers import is_blocked, is_hidden


@pytest.mark.parametrize(
    "number", ["", " ", "anonymous", "Anonymous", "RESTRICTED", "+266696687", "+86282452253"]
)
def test_a_hidden_number(number: str) -> None:
    assert is_hidden(number)


@pytest.mark.parametrize("number", ["+972541234567", "sip:a@b.example", "client:dana", "+1555"])
def test_a_shown_number(number: str) -> None:
    assert not is_hidden(number)


def test_a_number_or_its_beginning_is_blocked() -> None:
    patterns = ["+972541234567", "+97258*"]
    assert is_blocked("+972541234567", patterns)
    assert is_blocked("+972581111111", patterns)
    assert not is_blocked("+9725412345678", patterns)
    assert not is_blocked("+972541111111", patterns)
    assert not is_blocked("anonymous", patterns)
    assert not is_blocked("+972541234567", [])


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("054-123 4567", "+972541234567"),
        ("+972 (54) 123.4567", "+972541234567"),
        ("00972541234567", "+972541234567"),
        ("\u2066+972541234567\u2069", "+972541234567"),
        ("058*", "+97258*"),
        ("+1 900 *", "+1900*"),
        ("03-372\u20106000", "+97233726000"),
    ],
)
def test_numbers_are_kept_in_one_spelling(written: str, kept: str) -> None:
    assert BusinessSettings(blocked_numbers=[written, kept]).blocked_numbers == [kept]


@pytest.mark.parametrize(
    "written",
    ["", "*", "+*", "anonymous", "12", "+12", "541234567", "+٩٧٢٥٤١٢٣٤٥٦٧", "+" + "1" * 16],
)
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        BusinessSettings(blocked_numbers=[written])
