"""The day's cost of a business, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from server.agent.prompts import Prompts
from server.business_settings import BusinessSettings
from server.calls.costs import CostLedger, day_bounds
from server.calls.inbox import Inbox
from server.calls.recorder import CallRecorder
from server.calls.registry import BoundCall
from server.db import Database, engine_options
from server.directory import BusinessProfile
from server.faq.snapshot import FaqSnapshot
from server.models import Base, Business, Call
from server.turns.policy import CallPolicy

NOON = datetime(2026, 3, 10, 10, tzinfo=UTC)  # 12:00 in Jerusalem


class Street:
    """A database, a ledger, and a clock that the test moves."""

    def __init__(self, path: Path) -> None:
        self.engine = create_engine(f"sqlite:///{path}", **engine_options(f"sqlite:///{path}"))
        self.database = Database(self.engine)
        Base.metadata.create_all(self.engine)
        self.now = NOON
        self.waiting: list[Callable[[], None]] = []
        self.recorder = CallRecorder(self.database)
        self.start()
        with self.database.write() as session:
            session.add(Business(id=1, name="מוסך"))

    def start(self) -> None:
        """Begin with nothing in memory, as a process does."""
        self.ledger = CostLedger(
            self.database, self.recorder, lambda: self.now, self.waiting.append
        )

    def business(self, cap: float = 1.0, timezone: str = "Asia/Jerusalem") -> BusinessProfile:
        settings = BusinessSettings(daily_cost_cap_usd=cap)
        return BusinessProfile(
            1, "מוסך", "he-IL", timezone, "", "", "", (), "", (), FaqSnapshot(1), settings
        )

    def call(self, sid: str, business: BusinessProfile, *, is_test: bool = False) -> BoundCall:
        with self.database.write() as session:
            session.add(Call(call_sid=sid, business_id=1, started_at=self.now, is_test=is_test))
        return BoundCall(
            call_sid=sid,
            business=business,
            direction="inbound",
            from_number="",
            to_number="",
            prompts=Prompts("", ""),
            policy=CallPolicy(language="he-IL"),
            inbox=Inbox(),
            is_test=is_test,
            bound_at=0,
            arrived_at=self.now,
        )

    def catch_up(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()

    def stored(self, sid: str) -> float:
        assert self.recorder.flush()
        with self.database.read() as session:
            found = session.get(Call, sid)
            assert found is not None
            return found.cost_usd


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    street = Street(tmp_path / "costs.db")
    yield street
    street.engine.dispose()


def test_a_running_call_counts_and_is_written_down(street: Street) -> None:
    business = street.business(cap=0.5)
    call = street.call("CA1", business)
    street.ledger.spend(call, 0.3)
    assert not street.ledger.is_over(business)
    street.ledger.spend(call, 0.2)
    assert street.ledger.is_over(business)
    assert street.stored("CA1") == pytest.approx(0.5)


def test_trying_things_out_leaves_the_cap_to_customers_and_has_one_of_its_own(
    street: Street,
) -> None:
    business = street.business(cap=0.5)
    street.ledger.spend(street.call("CA1", business, is_test=True), 0.6)
    assert not street.ledger.is_over(business)
    assert street.ledger.is_over(business, is_test=True)
    street.ledger.spend(street.call("CA2", business), 0.2)
    assert street.stored("CA1") == pytest.approx(0.6)
    street.start()
    street.ledger.read([business])
    assert street.ledger.spent_today(business) == pytest.approx(0.2)
    assert street.ledger.spent_today(business, is_test=True) == pytest.approx(0.6)
    street.ledger.spend(street.call("CA3", business), 0.3)
    assert street.ledger.is_over(business)


def test_without_a_cap_nobody_is_over_and_costs_are_written_all_the_same(street: Street) -> None:
    business = street.business(cap=0)
    street.ledger.spend(street.call("CA1", business), 100)
    assert not street.ledger.is_over(business)
    assert street.waiting == []
    assert street.stored("CA1") == 100


def test_a_restart_forgets_nothing(street: Street) -> None:
    business = street.business()
    street.ledger.spend(street.call("CA1", business), 2)
    assert street.stored("CA1") == 2
    street.start()
    assert not street.ledger.is_over(business)  # it answers at once, and reads meanwhile
    assert not street.ledger.is_over(business)
    assert len(street.waiting) == 1
    street.catch_up()
    assert street.ledger.is_over(business)


def test_what_was_counted_before_the_reading_is_counted_once(street: Street) -> None:
    business = street.business(cap=10)
    call = street.call("CA1", business)
    street.ledger.spend(call, 1)
    assert street.stored("CA1") == 1
    old = street.call("CA0", business)
    street.ledger.spend(old, 2)
    assert street.stored("CA0") == 2
    street.start()
    street.ledger.spend(call, 1)
    street.recorder.flush()
    street.ledger.read([business])
    assert street.ledger.spent_today(business) == pytest.approx(4)
    street.ledger.spend(call, 1)
    assert street.ledger.spent_today(business) == pytest.approx(5)


def test_a_new_day_begins_at_the_business_s_midnight(street: Street) -> None:
    business = street.business()
    late = street.call("CA1", business)
    street.ledger.spend(late, 5)
    street.now = datetime(2026, 3, 10, 21, 59, tzinfo=UTC)
    assert street.ledger.is_over(business)
    street.now += timedelta(minutes=1)
    assert not street.ledger.is_over(business)
    street.ledger.spend(late, 5)  # goes on from yesterday, where it counts
    assert not street.ledger.is_over(business)
    street.recorder.flush()
    street.catch_up()
    assert street.ledger.spent_today(business) == 0


def test_a_database_that_is_gone_costs_no_call(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    business = street.business()
    street.ledger.spend(street.call("CA1", business), 2)
    assert street.stored("CA1") == 2
    street.start()
    with monkeypatch.context() as gone:
        gone.setattr(street, "engine", None)
        street.engine = create_engine("sqlite:////nowhere/at/all.db")
        street.ledger._database = Database(street.engine)
        assert not street.ledger.is_over(business)
        street.catch_up()
    street.ledger._database = street.database
    assert not street.ledger.is_over(business)
    street.catch_up()
    assert street.ledger.is_over(business)


def test_a_day_of_23_hours() -> None:
    begins, ends = day_bounds(datetime(2026, 3, 27, tzinfo=UTC).date(), "Asia/Jerusalem")
    assert ends - begins == timedelta(hours=23)
