"""Asking for work: with the caller's transaction or not at all, and once."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from server.db import Database
from server.jobs import enqueue, enqueue_daily
from server.jobs.queue import QUEUED_NEWS
from server.models import Business, JobRow, Lead


def rows(database: Database) -> list[JobRow]:
    with database.read() as session:
        return list(session.scalars(select(JobRow).order_by(JobRow.id)))


@pytest.fixture
def told(database: Database) -> list[frozenset[Hashable]]:
    """What listeners of the queue were told."""
    calls: list[frozenset[Hashable]] = []
    database.on_news(QUEUED_NEWS, calls.append)
    return calls


def test_a_job_is_there_once_its_transaction_is_committed(
    database: Database, told: list[frozenset[Hashable]]
) -> None:
    with database.write() as session:
        business = Business(name="עסק")
        session.add(business)
        session.flush()
        lead = Lead(business_id=business.id, call_sid="CA1")
        session.add(lead)
        session.flush()
        assert enqueue(
            session,
            "summarise",
            "summarise:1",
            {"call_sid": "CA1"},
            lane="summary",
            business_id=business.id,
            lead_id=lead.id,
        )
        assert enqueue(session, "summarise", "summarise:2", {}, lane="summary")
        assert told == []
        assert rows(database) == []
    first, second = rows(database)
    assert (first.state, first.attempts, first.payload) == ("queued", 0, {"call_sid": "CA1"})
    assert (first.business_id, first.lead_id) == (business.id, lead.id)
    assert (second.business_id, second.lead_id) == (None, None)
    assert told == [frozenset({"summary"})]


def test_a_rollback_leaves_no_job(database: Database, told: list[frozenset[Hashable]]) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as session:
        assert enqueue(session, "summarise", "summarise:1", {}, lane="summary")
        raise ZeroDivisionError
    assert rows(database) == []
    assert told == []


def test_the_same_key_is_one_job(database: Database, told: list[frozenset[Hashable]]) -> None:
    with database.write() as session:
        assert enqueue(session, "summarise", "summarise:1", {"n": 1}, lane="summary")
        assert not enqueue(session, "summarise", "summarise:1", {"n": 2}, lane="summary")
    told.clear()
    with database.write() as session:
        assert not enqueue(session, "else", "summarise:1", {"n": 3}, lane="download")
    assert [row.payload for row in rows(database)] == [{"n": 1}]
    assert told == []


def test_of_many_who_ask_at_once_one_has_asked(database: Database) -> None:
    answers: list[bool] = []
    together = threading.Barrier(6)

    def ask() -> None:
        together.wait(10)
        with database.write() as session:
            answers.append(enqueue(session, "summarise", "summarise:1", {}, lane="summary"))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] * 5 + [True]
    assert len(rows(database)) == 1


def test_an_unknown_lane_and_an_endless_key_are_mistakes(database: Database) -> None:
    with database.write() as session:
        with pytest.raises(ValueError, match="no lane"):
            enqueue(session, "summarise", "summarise:1", {}, lane="sumary")
        with pytest.raises(ValueError, match="at most 200"):
            enqueue(session, "summarise", "k" * 201, {}, lane="summary")


def test_daily_work_is_asked_for_once_a_night(database: Database) -> None:
    evening = datetime(2025, 1, 31, 20, 0, tzinfo=UTC)
    night = datetime(2025, 2, 1, 1, 59, tzinfo=UTC)
    running = datetime(2025, 2, 1, 2, 0, tzinfo=UTC)
    with database.write() as session:
        assert enqueue_daily(session, "purge", now=evening)
        assert not enqueue_daily(session, "purge", now=night)
        assert enqueue_daily(session, "purge", now=running)
        assert enqueue_daily(session, "purge_recordings", now=evening)
    assert [(row.key, row.run_at) for row in rows(database)] == [
        ("purge:2025-02-01", datetime(2025, 2, 1, 2, tzinfo=UTC)),
        ("purge:2025-02-02", datetime(2025, 2, 2, 2, tzinfo=UTC)),
        ("purge_recordings:2025-02-01", datetime(2025, 2, 1, 2, tzinfo=UTC)),
    ]
    assert {row.lane for row in rows(database)} == {"upkeep"}


def test_a_job_goes_with_its_lead(database: Database) -> None:
    with database.write() as session:
        business = Business(name="עסק")
        session.add(business)
        session.flush()
        lead = Lead(business_id=business.id, call_sid="CA1")
        session.add(lead)
        session.flush()
        enqueue(session, "summarise", "summarise:1", {}, lane="summary", lead_id=lead.id)
    with database.write() as session:
        session.delete(session.get_one(Lead, lead.id))
    assert rows(database) == []
