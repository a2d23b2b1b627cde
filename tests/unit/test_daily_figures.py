"""A business's days are those of its own clock, on short days and long ones too."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, delete

from server.daily_figures import DailyFigures, DayFigures, count_days, day_bounds
from server.db import Database, engine_options
from server.figures import Spread
from server.models import Base, Business, Call, CallTurn, Lead

JERUSALEM = ZoneInfo("Asia/Jerusalem")
SPRING, AUTUMN = date(2026, 3, 27), date(2026, 10, 25)
"""When the clocks of Israel change in 2026."""


class Books:
    """A database with one business, to which calls are added."""

    def __init__(self, path: Path) -> None:
        url = f"sqlite:///{path / 'figures.db'}"
        self.engine = create_engine(url, **engine_options(url))
        self.database = Database(self.engine)
        Base.metadata.create_all(self.engine)
        self._numbers = itertools.count()
        with self.database.write() as session:
            business = Business(name="מוסך")
            session.add(business)
            session.flush()
            self.id = business.id

    def call(
        self,
        at: datetime,
        *answers: tuple[str, float | None],
        phone: str = "",
        is_test: bool = False,
        business_id: int | None = None,
    ) -> None:
        number = next(self._numbers)
        sid = f"CA{number}"
        phone = phone or f"+9725012{number:05}"
        with self.database.write() as session:
            lead = Lead(
                business_id=business_id or self.id,
                call_sid=sid,
                phone=phone,
                is_test=is_test,
                created_at=at,
            )
            session.add(lead)
            session.flush()
            turns = [CallTurn(index=0, speaker="agent", path="GREETING")]
            for index, (path, ms) in enumerate(answers):
                timings = {} if ms is None else {"total_latency_ms": ms}
                turns.append(CallTurn(index=2 * index + 1, speaker="caller", text="?"))
                turns.append(
                    CallTurn(index=2 * index + 2, speaker="agent", path=path, timings_ms=timings)
                )
            session.add(
                Call(
                    call_sid=sid,
                    business_id=business_id or self.id,
                    lead_id=lead.id,
                    is_test=is_test,
                    started_at=at,
                    turns=turns,
                )
            )

    def count(self, *days: date, zone: ZoneInfo = JERUSALEM) -> list[DayFigures]:
        with self.database.read() as session:
            return count_days(session, self.id, zone, list(days))


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    made = Books(tmp_path)
    yield made
    made.engine.dispose()


def local(day: date, hour: int, minute: int = 0, fold: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=JERUSALEM, fold=fold)


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (date(2026, 7, 1), 24)])
def test_days_have_the_hours_that_they_have(books: Books, day: date, hours: int) -> None:
    (one,) = books.count(day)
    assert len(one.hours) == hours
    start, end = day_bounds(day, JERUSALEM)
    assert end - start == timedelta(hours=hours)


def test_a_call_belongs_to_the_day_on_the_wall(books: Books) -> None:
    day = date(2026, 7, 1)
    books.call(local(day, 0, 1))
    books.call(local(day, 23, 59))
    books.call(local(day + timedelta(days=1), 0, 0))
    before, own, after = books.count(*(day + timedelta(days=step) for step in (-1, 0, 1)))
    assert (before.call_count, own.call_count, after.call_count) == (0, 2, 1)
    assert (own.hours[0]["none"], own.hours[23]["none"]) == (1, 1)
    (in_utc,) = books.count(day, zone=ZoneInfo("UTC"))
    assert in_utc.call_count == 2  # the first one is still of June there
    assert in_utc.hours[20]["none"] == 1


def test_the_hour_that_happens_twice_counts_twice(books: Books) -> None:
    first, second = local(AUTUMN, 1, 30), local(AUTUMN, 1, 30, fold=1)
    assert second.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=1)
    books.call(first)
    books.call(second)
    books.call(local(AUTUMN, 23, 30))
    (one,) = books.count(AUTUMN)
    assert [at for at, hour in enumerate(one.hours) if hour["none"]] == [1, 2, 24]


def test_a_call_on_the_short_day_is_in_its_hour(books: Books) -> None:
    books.call(local(SPRING, 3, 10))
    (one,) = books.count(SPRING)
    assert [at for at, hour in enumerate(one.hours) if hour["none"]] == [2]


def test_a_call_is_of_whoever_answered_it(books: Books) -> None:
    day = date(2026, 7, 1)
    books.call(local(day, 9), ("FAQ_FASTPATH", 300.0))
    books.call(local(day, 9), ("FAQ_FASTPATH", 310.0), ("AGENT", 900.0))
    books.call(local(day, 10), ("FALLBACK", 500.0), ("FALLBACK", 520.0))
    books.call(local(day, 10), ("FALLBACK", 480.0), ("FAQ_FASTPATH", 320.0))
    books.call(local(day, 11))
    (one,) = books.count(day)
    assert one.calls == {"faq": 2, "agent": 1, "message": 1, "none": 1}
    assert one.hours[9] == {"faq": 1, "agent": 1, "message": 0, "none": 0}
    assert one.answers == {"FAQ_FASTPATH": 3, "AGENT": 1, "FALLBACK": 3}
    assert one.at_once == pytest.approx(3 / 7)
    assert one.latency_by_path["FAQ_FASTPATH"] == Spread(310.0, 320.0, 3)
    assert one.latency == Spread(480.0, 900.0, 7)


def test_what_was_not_measured_is_not_invented(books: Books) -> None:
    day = date(2026, 7, 1)
    books.call(local(day, 9), ("AGENT", None))
    quiet, own = books.count(day - timedelta(days=1), day)
    assert (own.latency, own.latency_by_path, own.at_once) == (None, {}, 0.0)
    assert (quiet.call_count, quiet.latency, quiet.at_once) == (0, None, None)


def test_new_numbers_are_new(books: Books) -> None:
    day = date(2026, 7, 1)
    books.call(local(day - timedelta(days=30), 9), phone="+972501000001")
    books.call(local(day, 9), phone="+972501000001")
    books.call(local(day, 10), phone="+972501000002")
    books.call(local(day, 11), phone="+972501000002")
    books.call(local(day, 12), phone="anonymous")
    books.call(local(day, 13), phone="anonymous")
    (one,) = books.count(day)
    assert one.new_numbers == 3


def test_test_calls_and_other_houses_do_not_count(books: Books) -> None:
    day = date(2026, 7, 1)
    with books.database.write() as session:
        other = Business(name="מאפייה")
        session.add(other)
        session.flush()
        other_id = other.id
    books.call(local(day, 9), ("AGENT", 800.0), is_test=True)
    books.call(local(day, 9), ("AGENT", 800.0), business_id=other_id)
    (one,) = books.count(day)
    assert (one.call_count, one.new_numbers, one.latency) == (0, 0, None)


class Watch:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_days_are_kept_for_a_while(books: Books) -> None:
    watch, now = Watch(), local(date(2026, 7, 2), 12)
    daily = DailyFigures(books.database, watch)

    def counts() -> list[int]:
        days = daily.days(books.id, "Asia/Jerusalem", 3, now)
        assert [one.day.day for one in days] == [30, 1, 2]
        return [one.call_count for one in days]

    books.call(local(date(2026, 7, 1), 9))
    assert counts() == [0, 1, 0]
    books.call(local(date(2026, 7, 1), 10))
    books.call(local(date(2026, 7, 2), 10))
    assert counts() == [0, 1, 0]
    watch.seconds = 11
    assert counts() == [0, 1, 1]
    watch.seconds = 3601
    assert counts() == [0, 2, 1]
    with books.database.write() as session:
        session.execute(delete(Lead))
        session.execute(delete(Call))
    daily.forget(books.id)
    assert counts() == [0, 0, 0]


def test_at_midnight_the_running_day_is_another(books: Books) -> None:
    daily = DailyFigures(books.database, Watch())
    books.call(local(date(2026, 7, 1), 23))
    evening = daily.days(books.id, "Asia/Jerusalem", 2, local(date(2026, 7, 1), 23, 59))
    assert [one.call_count for one in evening] == [0, 1]
    night = daily.days(books.id, "Asia/Jerusalem", 2, local(date(2026, 7, 2), 0, 1))
    assert [(one.day.day, one.call_count) for one in night] == [(1, 1), (2, 0)]


def test_long_times_are_counted_in_pieces(books: Books) -> None:
    day = date(2026, 7, 30)
    for back in range(0, 90, 10):
        books.call(local(day - timedelta(days=back), 9), ("FAQ_FASTPATH", 300.0))
    days = DailyFigures(books.database).days(books.id, "Asia/Jerusalem", 90, local(day, 12))
    assert len(days) == 90
    assert sum(one.call_count for one in days) == 9
    assert [one.call_count for one in days[-11:]] == [1, *[0] * 9, 1]
