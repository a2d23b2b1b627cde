"""The summary without a model: the caller's own words, 10 to 30 of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.leads.card import MAX_WORDS, MIN_WORDS, count_words
from server.leads.extractive import extractive_card
from server.leads.transcript import AGENT, CALLER, Line

HEBREW = [
    Line(AGENT, "שלום, איך אפשר לעזור?"),
    Line(CALLER, "שלום. קוראים לי דנה כהן, ואני רוצה לקבוע תור לטיפול לרכב."),
    Line(AGENT, "בשמחה, מתי?"),
    Line(CALLER, "מחר בבוקר אם אפשר. כמה זה עולה? הטלפון שלי 054-1234567."),
    Line(CALLER, "תודה רבה, להתראות."),
]
ENGLISH = [
    Line(CALLER, "Hello, my name is John Smith and I need a plumber for a broken pipe today."),
    Line(AGENT, "Where is it?"),
    Line(CALLER, "The address is 12 King George street, please call me back."),
]


def test_hebrew() -> None:
    card = extractive_card(HEBREW, "he-IL")
    assert "תור" in card.headline
    assert card.fields == {"name": "דנה כהן", "phone": "0541234567"}
    assert MIN_WORDS <= count_words(card.text) <= MAX_WORDS


def test_english() -> None:
    card = extractive_card(ENGLISH, "en-US")
    assert "plumber" in card.text
    assert card.fields["name"] == "John Smith"
    assert MIN_WORDS <= count_words(card.text) <= MAX_WORDS


@pytest.mark.parametrize("language", ["he-IL", "en-US", "ar-IL"])
@pytest.mark.parametrize("lines", [[], [Line(AGENT, "שלום?")], [Line(CALLER, "...")]])
def test_where_nothing_was_said_it_says_so(lines: list[Line], language: str) -> None:
    card = extractive_card(lines, language)
    assert card.fields == {}
    assert MIN_WORDS <= count_words(card.text) <= MAX_WORDS


WORDS = st.sampled_from(["שלום", "רוצה", "תור", "מחר", "כן.", "לא?", "12", "call", "!", "…"])
SAID = st.lists(st.lists(WORDS, min_size=1, max_size=40).map(" ".join), max_size=6)


@given(SAID)
def test_the_length_of_a_card_always(said: list[str]) -> None:
    card = extractive_card([Line(CALLER, text) for text in said], "he-IL")
    assert MIN_WORDS <= count_words(card.text) <= MAX_WORDS
    assert card.headline
