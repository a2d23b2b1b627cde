"""What owners are told about their rows."""

from __future__ import annotations

from server.faq.conflicts import conflicts, look_for_conflicts, warnings
from tests.unit.faq.sentences import SALON, faq, row


def test_rows_that_claim_one_sentence_conflict() -> None:
    snapshot = faq(
        row("parking", "חניה", "חניון", row_id=1),
        row("address", "איפה אתם", row_id=2),
        row("garage", "החנייה", row_id=3),
    )
    found = conflicts(snapshot)
    assert [{one.row.id, one.other.id} for one in found] == [{1, 3}]
    assert found[0].pattern in ("חניה", "החנייה")


def test_rows_of_one_intent_or_another_language_do_not_conflict() -> None:
    assert not conflicts(faq(row("a", "חניה", row_id=1), row("a", "חניה", row_id=2)))
    assert not conflicts(faq(row("a", "wifi", row_id=1), row("b", "wifi", lang="en-US", row_id=2)))


def test_a_sound_business_has_no_conflicts_and_no_warnings() -> None:
    assert conflicts(SALON) == ()
    assert warnings(SALON) == {}


def test_each_fault_is_named_beside_its_row() -> None:
    found = warnings(
        faq(
            row("broken", "(((", "חניה", row_id=1),
            row("order", "תקבעי לי תור", row_id=2),
            row("long", "א" * 201, row_id=3),
            row("empty", "יש לכם", row_id=4),
            row("price", "כמה עולה תספורת", answer="תלוי באורך השיער.", row_id=5),
            row("fine", "כתובת", answer="הרצל 15", row_id=6),
        )
    )
    assert found.keys() == {1, 2, 3, 4, 5}
    assert {row_id: [one.code for one in some] for row_id, some in found.items()} == {
        1: ["broken_pattern"],
        2: ["guarded_pattern"],
        3: ["long_pattern"],
        4: ["empty_pattern"],
        5: ["no_price"],
    }
    assert (found[1][0].pattern, found[1][0].detail) == ("(((", "not_an_expression")
    assert (found[2][0].pattern, found[2][0].detail) == ("תקבעי לי תור", "action")


def test_some_rows_can_be_looked_at_alone() -> None:
    snapshot = faq(
        row("order", "תקבעי לי תור", row_id=1), row("another", "תבטלו לי את התור", row_id=2)
    )
    assert warnings(snapshot).keys() == {1, 2}
    assert warnings(snapshot, {2}).keys() == {2}
    assert warnings(snapshot, ()) == {}


def test_conflicts_come_phrase_by_phrase() -> None:
    snapshot = faq(row("parking", "חניה", "חניון", row_id=1), row("garage", "החנייה", row_id=2))
    steps = list(look_for_conflicts(snapshot))
    assert len(steps) == 3
    assert [pair for step in steps for pair in step] == list(conflicts(snapshot))
