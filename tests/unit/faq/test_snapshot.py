"""Owners' patterns: which are expressions, what becomes of their letters, and which are refused."""

from __future__ import annotations

import contextlib
import time

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from server.faq.normalize import normalize
from server.faq.snapshot import (
    MAX_REPEATS,
    FaqRow,
    build_snapshot,
    compile_expression,
    compile_row,
    is_expression,
)


def row(*patterns: str, row_id: int = 1, priority: int = 0) -> FaqRow:
    return FaqRow(row_id, f"key{row_id}", "", patterns, "תשובה", "he-IL", priority)


def finds(pattern: str, text: str) -> bool:
    return compile_expression(pattern).search(normalize(text), timeout=1) is not None


@pytest.mark.parametrize(
    "phrase", ["מה המחיר?", "מה המחיר", "כמה זה?!", "איפה אתם...", "price", "a-b", 'ת"ז', ""]
)
def test_what_people_write_is_a_phrase(phrase: str) -> None:
    assert not is_expression(phrase)


@pytest.mark.parametrize(
    "expression", ["מחיר.*", "^כמה", "כמה$", "(מחיר|עלות)", "[אב]", r"\d", "a{2}", "עולה+", "a*"]
)
def test_what_has_a_sign_of_expressions_is_one(expression: str) -> None:
    assert is_expression(expression)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("מחיר.*טיפול", "מה המחיר של טיפול?", True),
        ("(?:כמה|מה) עולה", "כמה עולה", True),
        ("שלום$", "נו שלום", True),  # final letters fold in both
        ("[םן]$", "חלון", True),
        ("PRICE|cost", "the price", True),
        (r"\d{3}", "450 שקל", True),
        (r"\D+", "450", False),
        (r"^\S+$", "שתי מילים", False),
        (r"^\S+$", "אחת", True),
        (r"\bמחיר\b", "מה מחיר", True),
        (r"\bמחיר\b", "המחירון", False),
        (r"\p{Hebrew}{4}", "abcd", False),
        (r"\p{Hebrew}{4}", "מחיר", True),
        ("מַחִיר.*", "מחיר", True),
        ("פתוח(ים)? היום?", "פתוח היום", True),
    ],
)
def test_letters_fold_and_escapes_stay(pattern: str, text: str, expected: bool) -> None:
    assert finds(pattern, text) is expected


def test_an_optional_ending_stays_optional() -> None:
    assert finds("שעות( פתיחה)?", "מה השעות")


def test_an_escaped_question_mark_at_the_end_is_no_error() -> None:
    compile_expression(r"כמה עולה\?")


def test_a_named_group_is_no_error() -> None:
    assert finds("(?P<what>מחיר|עלות) של", "מחיר של")


@pytest.mark.parametrize(("pattern", "text"), [('ת"ז.*', 'ת"ז שלי'), ("צ'ק.*", "צ'ק דחוי")])
def test_a_quote_inside_a_word_is_no_obstacle(pattern: str, text: str) -> None:
    assert finds(pattern, text)


@pytest.mark.parametrize(
    "pattern",
    [
        "a{1000000000}",
        "a{1,1000000000}",
        "a{1001,}",
        "(a{100}){100}",
        "((a{50}){50}){50}",
        "a{ 1 0 0 0 0 0 }",
        "(?:a{٩٩٩٩٩})",
        "(?x)a{1 000 000}",
        "a{" + "9" * 500 + "}",
    ],
)
def test_huge_repeats_are_refused_before_they_are_compiled(pattern: str) -> None:
    started = time.monotonic()
    with pytest.raises(ValueError, match=r"repeats|valid|digits"):
        compile_expression(pattern)
    assert time.monotonic() - started < 0.5


@pytest.mark.parametrize("pattern", [f"a{{{MAX_REPEATS}}}", "(a{10}){100}", "a{3,}", r"\d{2,4}"])
def test_sane_repeats_are_taken(pattern: str) -> None:
    compile_expression(pattern)


def test_repeats_side_by_side_are_sane() -> None:
    compile_expression("מחיר.{0,40}טיפול.{0,40}שנתי")


@pytest.mark.parametrize(
    "broken", ["(", "[", "a**", "(?<=", r"\p{Foo}x", "(?P<x", "[z-a]", "*", "(?R", r"(\1", "a{2,1}"]
)
def test_a_broken_expression_is_refused_in_words(broken: str) -> None:
    with pytest.raises(ValueError, match="expression"):
        compile_expression(broken)


SIGNS = st.text("()[]{}|*+?\\.^$-,:=!<>#PpLNuxkgRVb0159אבםa \"'&~", max_size=40)


@given(st.one_of(st.text(max_size=200), SIGNS))
@example("(?i")
@example("[[:foo:]]")
@example(r"\N{FOO}")
def test_any_text_is_an_expression_or_a_refusal(pattern: str) -> None:
    with contextlib.suppress(ValueError):
        compile_expression(pattern)


def test_brackets_without_end_are_refused() -> None:
    with pytest.raises(ValueError, match="expression"):
        compile_expression("(" * 1000 + "a" + ")" * 1000)


# Rows


def test_a_row_is_compiled_with_its_phrases_and_expressions() -> None:
    compiled = compile_row(row("מה המחיר?", "מחיר.*טיפול", "  ", "כמה זה"))
    assert compiled.phrases == ("מה המחיר", "כמה זה")
    assert [expression.pattern for expression in compiled.expressions] == ["מחיר.*טיפול"]
    assert compiled.warnings == ()


def test_a_broken_pattern_costs_itself_and_leaves_a_warning() -> None:
    compiled = compile_row(row("(((", "מה המחיר?", "a{1000000}", "מחיר.*"))
    assert compiled.phrases == ("מה המחיר",)
    assert len(compiled.expressions) == 1
    assert len(compiled.warnings) == 2
    assert compiled.warnings[0].message.startswith("(((: ")


def test_rows_come_best_priority_first_and_else_in_the_order_of_their_making() -> None:
    snapshot = build_snapshot(
        7,
        [row("א", row_id=3), row("ב", row_id=1), row("ג", row_id=2, priority=9)],
    )
    assert snapshot.business_id == 7
    assert [compiled.row.id for compiled in snapshot.rows] == [2, 1, 3]


@given(st.lists(st.lists(SIGNS, max_size=4), max_size=5))
def test_no_rows_whatever_break_the_snapshot(patterns: list[list[str]]) -> None:
    rows = [row(*some, row_id=number) for number, some in enumerate(patterns)]
    snapshot = build_snapshot(1, rows)
    assert len(snapshot.rows) == len(rows)
    for compiled in snapshot.rows:
        assert all(isinstance(e, regex.Pattern) for e in compiled.expressions)
