"""The demo business answers what it is shown with, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from server.db import Database, engine_options
from server.demo import NUMBERS, seed_demo_business
from server.faq.matcher import Hit, Miss, match
from server.faq.snapshot import FaqSnapshot, build_snapshot, is_expression
from server.faq.store import load_rows
from server.models import Base, Business, BusinessFaq


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'demo.db'}"
    engine = create_engine(url, **engine_options(url))
    database = Database(engine)
    Base.metadata.create_all(engine)
    yield database
    engine.dispose()


@pytest.fixture
def business(database: Database) -> Business:
    with database.write() as session:
        made = seed_demo_business(session)
    assert made is not None
    return made


@pytest.fixture
def faqs(database: Database, business: Business) -> FaqSnapshot:
    with database.read() as session:
        return build_snapshot(business.id, load_rows(session, business.id))


@pytest.mark.parametrize(
    ("sentence", "intent_key"),
    [
        ("מה המחיר?", "price"),
        ("כמה עולה?", "price"),
        ("כמה זה עולה אצלכם?", "price"),
        ("מה העלות של הטיפול?", "price"),
        ("איפה אתם?", "address"),
        ("באיזה רחוב אתם?", "address"),
        ("איפה ממוקמים המוסך?", "address"),
        ("מתי פתוחים?", "hours"),
        ("עד איזו שעה אתם פתוחים היום?", "hours"),
        ("באילו שעות אתם עובדים?", "hours"),
        ("אתם פתוחים היום?", "hours"),
        ("יש חניה במקום?", "parking"),
        ("יש אצלכם חנייה?", "parking"),
        ("אפשר באשראי?", "payment_methods"),
        ("אתם מקבלים מזומן או ביט?", "payment_methods"),
        ("כמה זמן לוקח טיפול?", "duration"),
        ("כמה זמן זה לוקח?", "duration"),
    ],
)
def test_what_callers_ask_is_answered(faqs: FaqSnapshot, sentence: str, intent_key: str) -> None:
    found = match(faqs, sentence, "he-IL")
    assert isinstance(found, Hit), found
    assert found.row.intent_key == intent_key


@pytest.mark.parametrize(
    ("sentence", "intent_key"),
    [
        ("How much is it?", "price"),
        ("What is the price?", "price"),
        ("When are you open?", "hours"),
        ("Are you open today?", "hours"),
        ("Until what time are you open today?", "hours"),
    ],
)
def test_english_is_answered_in_english(faqs: FaqSnapshot, sentence: str, intent_key: str) -> None:
    found = match(faqs, sentence, "en-US")
    assert isinstance(found, Hit), found
    assert (found.row.intent_key, found.row.lang) == (intent_key, "en-US")
    assert isinstance(match(faqs, sentence, "he-IL"), Miss)


@pytest.mark.parametrize(
    "sentence",
    [
        "יש פנוי מחר ב-10?",
        "שלח לי אישור",
        "אני רוצה לקבוע תור",
        "כמה עולה להחליף מצבר?",
        "מה המחיר והאם אתם פתוחים היום?",
        "תעבירי אותי למנהל",
        "כמה זמן לוקח לכם לענות לטלפון",
        "שלום",
        "שאלה ראשונה",
        "דבר ראשון",
        "שמן ומסנן",
    ],
)
def test_what_the_answers_do_not_answer_goes_to_the_agent(faqs: FaqSnapshot, sentence: str) -> None:
    assert isinstance(match(faqs, sentence, "he-IL"), Miss)


def test_the_rows_are_as_owners_should_write_them(database: Database, business: Business) -> None:
    with database.read() as session:
        rows = session.query(BusinessFaq).all()
    assert len(rows) == 8
    for row in rows:
        assert 5 <= len(row.patterns_json) <= 8
        assert any(is_expression(pattern) for pattern in row.patterns_json)
        assert row.label
        assert len(row.answer_text) <= 240


def test_no_row_carries_a_warning(faqs: FaqSnapshot) -> None:
    assert [row.warnings for row in faqs.rows] == [()] * 8


def test_it_is_seeded_once(database: Database, business: Business) -> None:
    assert [number.e164 for number in business.numbers] == list(NUMBERS)
    with database.write() as session:
        assert seed_demo_business(session) is None
    with database.read() as session:
        assert session.query(Business).count() == 1
