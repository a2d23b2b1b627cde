"""From a sentence to an answer, or to the reason why there is none."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.faq.matcher import MAX_TEXT_CHARS, Hit, Miss, match
from server.faq.snapshot import FaqRow, FaqSnapshot, build_snapshot

HE = "he-IL"


def row(key: str, *patterns: str, lang: str = HE, priority: int = 0, row_id: int = 0) -> FaqRow:
    return FaqRow(row_id, key, "", patterns, f"answer {key}", lang, priority)


def faq(*rows: FaqRow) -> FaqSnapshot:
    return build_snapshot(1, rows)


GARAGE = faq(
    row("price", "מה המחיר?", "כמה עולה טיפול", "מחיר.*טיפול", row_id=1),
    row("hours", "מתי פתוחים?", "שעות פתיחה", row_id=2),
    row("where", "איפה אתם?", "מה הכתובת", row_id=3),
    row("hours_en", "opening hours", "when are you open", lang="en-US", row_id=4),
)


def outcome(text: str, snapshot: FaqSnapshot = GARAGE, lang: str = HE) -> str:
    """Return ``key/reason`` of a hit, the reason of a miss."""
    found = match(snapshot, text, lang)
    if isinstance(found, Miss):
        return found.reason
    assert found.row.answer_text == f"answer {found.row.intent_key}"
    return f"{found.row.intent_key}/{found.reason}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("מה המחיר?", "price/exact"),
        ("מַה הַמְּחִיר", "price/exact"),
        ("\u200fמה המחיר...", "price/exact"),
        ("סליחה, מה המחיר בבקשה?", "price/phrase"),
        ("ומה מחיר של הטיפול", "price/phrase"),
        ("ומה מחיר של טיפול גדול", "uncovered"),
        ("מתי פתוחים?", "hours/exact"),
        ("איפה אתם?", "where/exact"),
        ("מה מזג האוויר?", "no_match"),
        ("המחירון", "price/bare"),
        ("המחיר של צמיג", "uncovered"),
        ("", "empty"),
        ("?!", "empty"),
        ("\u200f", "empty"),
    ],
)
def test_sentences_find_their_answers(text: str, expected: str) -> None:
    assert outcome(text) == expected


def test_scores_tell_how_much_of_the_sentence_is_explained() -> None:
    scores = [match(GARAGE, text, HE).score for text in ("מה המחיר", "נו מה המחיר", "המחירון")]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 1.0
    assert min(scores) >= 0.85


def test_a_phrase_in_a_long_sentence_does_not_explain_it() -> None:
    assert outcome("אחרי שראינו סרט בקולנוע אתמול מה המחיר") == "no_match"
    assert outcome("תגידו בבקשה מה המחיר") == "price/phrase"


def test_a_phrase_is_found_in_whole_words_only() -> None:
    snapshot = faq(row("tea", "תה"))
    assert outcome("אתה", snapshot) == "no_match"
    assert outcome("יש תה", snapshot) == "tea/phrase"


@pytest.mark.parametrize(
    "text",
    [
        "יש פנוי מחר ב-10?",
        "שלח לי אישור",
        "אפשר לקבוע טיפול, מה המחיר?",
        "תעבירי אותי לנציג",
        "אני רוצה לשלם, מה המחיר",
        "לְבַטֵּל",
    ],
)
def test_an_action_is_for_the_agent(text: str) -> None:
    assert outcome(text) == "action"


def test_the_hours_of_a_day_are_no_action() -> None:
    assert outcome("מתי פתוחים ביום שלישי?") == "hours/phrase"


def test_a_double_question_is_ambiguous() -> None:
    assert outcome("מה המחיר מתי פתוחים") == "ambiguous"
    assert outcome("מה המחיר והאם אתם פתוחים היום?") in ("ambiguous", "no_match")


def test_a_double_question_joined_by_a_prefix_gets_no_automatic_answer() -> None:
    assert outcome("מה המחיר ומתי פתוחים?") in ("ambiguous", "no_match")


def test_two_rows_of_one_intent_are_no_rivals() -> None:
    snapshot = faq(row("price", "מה המחיר", row_id=1), row("price", "מה המחיר", row_id=2))
    assert outcome("מה המחיר", snapshot) == "price/exact"


def test_of_equal_rows_of_one_intent_the_one_with_priority_answers() -> None:
    snapshot = faq(
        row("price", "מה המחיר", row_id=1), row("price", "מה המחיר", row_id=2, priority=5)
    )
    found = match(snapshot, "מה המחיר", HE)
    assert isinstance(found, Hit)
    assert found.row.id == 2


def test_priority_does_not_settle_what_is_ambiguous() -> None:
    snapshot = faq(row("a", "מה המחיר"), row("b", "מה המחיר", priority=100))
    assert outcome("מה המחיר", snapshot) == "ambiguous"


def test_priority_carries_no_row_over_the_bar() -> None:
    snapshot = faq(row("a", "שעות פתיחה", priority=100))
    assert outcome("מה המחיר", snapshot) == "no_match"


def test_an_exact_sentence_beats_a_phrase_in_it() -> None:
    snapshot = faq(row("a", "מה המחיר"), row("b", "מה המחיר של טיפול"))
    assert outcome("מה המחיר של טיפול", snapshot) == "b/exact"


def test_a_row_answers_its_own_language_only() -> None:
    assert outcome("opening hours", lang="en-US") == "hours_en/exact"
    assert outcome("opening hours", lang=HE) == "no_match"
    assert outcome("מה המחיר", lang="en-US") == "no_match"
    assert outcome("מה המחיר", lang="") == "no_match"


def test_a_story_is_for_the_agent() -> None:
    assert outcome("מה המחיר " + "א" * MAX_TEXT_CHARS) == "too_long"
    assert outcome("א" * MAX_TEXT_CHARS) == "no_match"


def test_a_business_without_answers_misses() -> None:
    assert outcome("מה המחיר", FaqSnapshot(1)) == "no_match"


CATASTROPHIC = ["(א+)+ב", "(א|אא)+ב", "(.*א){12}ב", r"^(\w+\s?)*ב$"]


@pytest.mark.parametrize("pattern", CATASTROPHIC)
def test_a_catastrophic_expression_is_stopped_in_time(pattern: str) -> None:
    snapshot = faq(row("evil", pattern))
    started = time.monotonic()
    assert outcome("א" * (MAX_TEXT_CHARS - 1), snapshot) == "no_match"
    assert time.monotonic() - started < 0.1


def test_many_catastrophic_expressions_do_not_add_up() -> None:
    snapshot = faq(*(row(f"k{n}", *CATASTROPHIC * 10, row_id=n) for n in range(20)))
    started = time.monotonic()
    assert outcome("א" * (MAX_TEXT_CHARS - 1), snapshot) == "no_match"
    assert time.monotonic() - started < 0.2


def test_expressions_that_are_slow_together_are_stopped_too() -> None:
    snapshot = faq(*(row(f"k{n}", rf"צמיג(ים)?.*{n}$", row_id=n) for n in range(40)))
    ticks = itertools.count()
    match(snapshot, "יש לכם צמיגים של חורף", HE, clock=lambda: next(ticks) / 1000)
    assert next(ticks) <= 13, "each look at the clock is a millisecond, and ten are enough"


def test_a_catastrophic_row_does_not_cost_the_phrases_of_others() -> None:
    snapshot = faq(row("evil", *CATASTROPHIC, priority=100), row("long", "א" * 190, row_id=2))
    assert outcome("א" * 190, snapshot) == "long/exact"


def test_broken_rows_cost_themselves_only() -> None:
    snapshot = faq(row("broken", "(((", "a{999999}"), row("price", "מה המחיר"))
    assert outcome("מה המחיר", snapshot) == "price/exact"


@given(
    st.text(max_size=MAX_TEXT_CHARS + 20),
    st.lists(st.lists(st.text(max_size=20), max_size=3), max_size=4),
)
def test_no_sentence_and_no_rows_whatever_break_it(text: str, patterns: list[list[str]]) -> None:
    snapshot = faq(*(row(f"k{n}", *some, row_id=n) for n, some in enumerate(patterns)))
    found = match(snapshot, text, HE)
    assert 0 <= found.score <= 1


KNOWN = ("מה", "המחיר", "של", "טיפול", "מתי", "פתוחים", "איפה", "אתם", "לא", "תקבע", "לי", "ו")


@given(st.text(min_size=MAX_TEXT_CHARS + 1, max_size=MAX_TEXT_CHARS * 3))
def test_nothing_over_the_limit_is_answered(text: str) -> None:
    assert match(faq(row("any", text[:50], ".*")), text, HE) == Miss("too_long")


@given(st.lists(st.sampled_from(KNOWN)))
def test_sentences_of_known_words_are_decided_the_same_each_time(words: list[str]) -> None:
    text = " ".join(words)
    assert match(GARAGE, text, HE) == match(GARAGE, text, HE)


def test_words_never_heard_take_a_bounded_time() -> None:
    text = " ".join(f"{a}ט{b}ז" for a in "גדפרק" for b in "גדפרקלמ")[:MAX_TEXT_CHARS]
    started = time.monotonic()
    assert outcome(text) == "no_match"
    assert time.monotonic() - started < 0.1
