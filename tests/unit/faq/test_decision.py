"""The bar, rivals, double questions, priority, embeddings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.faq.decision import clarifying
from server.faq.matcher import MIN_SCORE, Hit, Miss, explain, match
from tests.unit.faq.sentences import HE, SALON, faq, found, missed, row


@pytest.mark.parametrize(
    "text",
    ["כמה עולה תספורת ואיפה אתם?", "כמה עולה תספורת? ואיפה אתם", "כמה עולה תספורת איפה אתם",
     "כמה עולה תספורת והאם אתם פתוחים היום?"],
)  # fmt: skip
def test_a_double_question_is_asked_back(text: str) -> None:
    result = missed(SALON, text)
    assert result.reason == "ambiguous"
    assert result.clarify in ("למחיר או לכתובת?", "למחיר או לשעות?")


def test_rivals_are_asked_back() -> None:
    rivals = faq(
        row("a", "הובלה", label="הובלה", row_id=1), row("b", "הובלה", label="מחיר", row_id=2)
    )
    assert missed(rivals, "הובלה").clarify == "להובלה או למחיר?"


def test_without_two_labels_nothing_is_asked_back() -> None:
    assert clarifying([row("a", label="מחיר"), row("b")], HE) == ""
    assert clarifying([row("a", label="x"), row("a", label="y")], HE) == ""
    assert clarifying([row("a", label="x"), row("b", label="y")], "ru-RU") == ""


def test_english_is_asked_back_in_english() -> None:
    rows = [row("a", label="price"), row("b", label="Opening hours")]
    assert clarifying(rows, "en-US") == "Price or opening hours?"


def test_the_bar_is_the_caller_s() -> None:
    assert isinstance(match(SALON, "תספורת", HE), Hit)
    assert isinstance(match(SALON, "תספורת", HE, min_score=0.95), Miss)


@given(st.integers(-1000, 1000))
def test_priority_alone_carries_no_row_over_the_bar(priority: int) -> None:
    snapshot = faq(row("parking", "חניה", answer="יש חניה.", priority=priority))
    assert found(snapshot, "החניה מקורה") == "-uncovered"
    assert 0 <= missed(snapshot, "החניה מקורה").score < MIN_SCORE


def test_priority_lifts_little() -> None:
    low, high = (
        explain(faq(row("a", "חניה", priority=priority)), "יש חניה?", HE).rows[0].score
        for priority in (0, 100)
    )
    assert 0 < high - low <= 0.1


# Embeddings


def test_a_grey_miss_is_rescued_by_a_similar_row() -> None:
    text = "החניה מקורה?"
    assert missed(SALON, text).grey
    rescued = match(SALON, text, HE, similar={4: 0.9, 1: 0.5})
    assert isinstance(rescued, Hit)
    assert (rescued.row.intent_key, rescued.reason) == ("parking", "similar")


@pytest.mark.parametrize("similar", [{}, {4: 0.7}, {4: 0.9, 1: 0.88}, {1: 0.95}])
def test_weak_or_shared_similarity_rescues_nothing(similar: dict[int, float]) -> None:
    assert isinstance(match(SALON, "החניה מקורה?", HE, similar=similar), Miss)


@pytest.mark.parametrize(
    "text",
    ["תשריינו לי חניה", "כמה עולה משלוח", "החניה מקורה ומחוממת?", "מה מזג האוויר",
     "לא שאלתי על החניה"],
)  # fmt: skip
def test_similarity_overrides_no_guard_and_no_missing_anchor(text: str) -> None:
    everything = {row.row.id: 0.99 if row.row.id == 4 else 0.1 for row in SALON.rows}
    everything[10] = 0.99 if "משלוח" in text else 0.1
    assert not missed(SALON, text).grey
    assert isinstance(match(SALON, text, HE, similar=everything), Miss)


# Explaining


def test_an_explanation_holds_the_rows_and_the_words_left() -> None:
    explained = explain(SALON, "החניה מקורה?", HE)
    assert (explained.path, explained.reason, explained.guard) == ("AGENT", "uncovered", "")
    assert explained.uncovered == ("מקורה",)
    assert explained.rows[0].row.intent_key == "parking"
    assert "uncovered -0.30" in explained.rows[0].why


def test_an_explanation_names_the_guard_and_still_shows_the_rows() -> None:
    explained = explain(SALON, "תשמרי לי חניה", HE)
    assert (explained.guard, explained.path) == ("action", "AGENT")
    assert explained.rows[0].row.intent_key == "parking"
    assert explain(SALON, "do you have a parking lot", HE).guard == "other_language"


@pytest.mark.parametrize("text", ["כמה עולה תספורת", "החניה מקורה?", "תקבעי לי תור", "", "שלום"])
def test_an_explanation_decides_as_the_match_does(text: str) -> None:
    explained, result = explain(SALON, text, HE).result, match(SALON, text, HE)
    assert type(explained) is type(result)
    assert explained.reason == result.reason
