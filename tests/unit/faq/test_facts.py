"""What an answer tells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.faq.facts import Fact, facts_of, value_of, weekday_of
from server.faq.normalize import normalize


@pytest.mark.parametrize(
    ("answer", "kinds"),
    [
        ("ביקור עולה 220 שקלים.", {Fact.AMOUNT}),
        ("עשרה אחוזים מהמחיר", {Fact.AMOUNT}),
        ("החניה חינם.", {Fact.FREE}),
        ("הביטול ללא חיוב", {Fact.FREE}),
        ("פתוח מתשע בבוקר", {Fact.TIME}),
        ("ברחוב הגפן 12", {Fact.PLACE}),
        ("המחסן בלוד", {Fact.PLACE}),
        ("נמשך כחצי שעה", {Fact.DURATION}),
        ("לוקח 40 דקות", {Fact.DURATION}),
        ("לוקח שעתיים", {Fact.DURATION}),
        ("ארבעה ימים מראש", {Fact.ADVANCE}),
        ("מומלץ להזמין חודש מראש", {Fact.ADVANCE}),
        ("פעם בשנה", {Fact.FREQUENCY}),
        ("פעמיים בשנה יש קונצרט", {Fact.FREQUENCY}),
        ("נמשך כשבוע", {Fact.DURATION}),
        ("תוך שבוע", {Fact.DURATION}),
        ("כל קילומטר נוסף עולה שקל", {Fact.AMOUNT}),
        ("מוגשת בין שבע לעשר", {Fact.TIME}),
        ("האחריות היא לשנה", {Fact.WARRANTED}),
        ("מעל 200 שקלים חינם", {Fact.LEAST, Fact.FREE}),
        ("מטפלת אישה", {Fact.WHO}),
        ("מגיל שלוש", {Fact.AGE}),
        ("כולל שמן", {Fact.INCLUDED}),
        ("יש שנתיים אחריות", {Fact.WARRANTED}),
        ("It costs 20 shekels", {Fact.AMOUNT}),
    ],
)
def test_an_answer_tells_its_facts(answer: str, kinds: set[Fact]) -> None:
    assert kinds <= facts_of(answer).kinds


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("משלוחים במינימום 80 שקלים", Fact.AMOUNT),
        ("מבוטח עד 50 שקלים", Fact.AMOUNT),
        ("עם שנתיים אחריות", Fact.DURATION),
        ("במרחק 5 דקות הליכה", Fact.DURATION),
        ("ההחזר לאחר הביטול", Fact.TIME),
        ("בדיקה ראשונה", Fact.TIME),
        ("שירות חירום 24 שעות", Fact.DURATION),
        ("בין 70 ל-140 שקלים", Fact.TIME),
    ],
)
def test_an_answer_tells_no_more(answer: str, kind: Fact) -> None:
    assert kind not in facts_of(answer).kinds


def test_a_range_of_days_holds_its_days() -> None:
    assert facts_of("בימים ראשון עד חמישי, ובשישי").days == {0, 1, 2, 3, 4, 5}
    assert facts_of("בימי שני ורביעי").days == {1, 3}


def test_ordinals_are_no_days() -> None:
    assert weekday_of("ראשונה", "") is None
    assert weekday_of("ראשונ", "אימונ") is None
    assert weekday_of("ראשונ", "יומ") == 0


def test_what_is_counted_stands_beside_its_number() -> None:
    facts = facts_of("שלושה תלושי שכר ושני ערבים")
    assert {normalize("תלושי"), normalize("ערבים")} <= facts.counted
    assert facts.numbers == {2, 3}


def test_what_is_not_included_is_excluded() -> None:
    assert normalize("הכתר") in facts_of("עולה 3,500 שקלים, לא כולל הכתר").excluded
    assert facts_of("כולל הכתר").excluded == frozenset()


@pytest.mark.parametrize(
    ("word", "value"), [("12", 12), ("שלושה", 3), ("משמונה", 8), ("seven", 7), ("כלב", None)]
)
def test_numbers_are_read(word: str, value: int | None) -> None:
    assert value_of(normalize(word)) == value


@given(st.text())
def test_any_answer_has_facts(text: str) -> None:
    assert all(0 <= day <= 6 for day in facts_of(text).days)
