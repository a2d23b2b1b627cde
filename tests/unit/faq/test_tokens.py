"""A sentence as words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.faq.tokens import MAX_TOKENS, split_words


def words(text: str) -> list[str]:
    return [word.text for word in split_words(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("כמה עולה?", ["כמה", "עולה"]),
        ("פתוחים ב-18:00", ["פתוחימ", "ב", "18"]),
        ("עולה 3,500 שקל", ["עולה", "3500", "שקל"]),
        ("מחיר לסוף שבוע", ["מחיר", "לסופש"]),
        ("יום הולדת", ["יומהולדת"]),
        ("ליום הולדת", ["ליומהולדת"]),
        ("wi-fi", ["wifi"]),
        ("צ'ק", ["שיק"]),
        ("צ'ק אין", ["צקאינ"]),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_clauses_are_told_apart() -> None:
    assert [word.clause for word in split_words("לא הבנתי, מתי פתוחים? תודה")] == [0, 0, 1, 1, 2]


@given(st.text())
def test_any_text_has_a_bounded_number_of_words(text: str) -> None:
    found = split_words(text)
    assert len(found) <= MAX_TOKENS
    assert all(word.text for word in found)
