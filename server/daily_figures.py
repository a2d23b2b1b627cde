"""A business's calls day by day, in its own time zone: cheap enough for a page that is often open.

A day that is over hardly changes, so it is counted once and kept for a while; the day that runs is
counted anew after some seconds. What is read is read in the order of an index, a few hundred rows
at a time, between which the calls of this process get their turn.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from server.clock import Clock, monotonic, utc_now
from server.db import Database
from server.figures import ANSWERS, Spread, spread
from server.models import Call, CallTurn, Lead

FAQ, AGENT, MESSAGE, NONE = "faq", "agent", "message", "none"
KINDS = (FAQ, AGENT, MESSAGE, NONE)
"""Who answered a call: prepared answers alone, the voice agent, whoever takes messages when there
is no agent, or nobody, because nothing was asked."""

TODAY_SECONDS = 10.0
"""So old may the figures of the running day be."""
PAST_SECONDS = 3600.0
"""And those of a day that is over: a late turn, or a deleted lead, shows by then."""

_MAX_BUSINESSES = 64
_ROWS_AT_ONCE = 250
_DAYS_AT_ONCE = 7
"""One query covers no more days, so that no reading lasts long."""
_HOUR = timedelta(hours=1)

Calls = dict[str, int]
"""How many, by the words in ``KINDS``."""


def _no_calls() -> Calls:
    return dict.fromkeys(KINDS, 0)


@dataclass(slots=True)
class DayFigures:
    """What was counted in one day of the business; test calls left out."""

    day: date
    timezone: str
    starts: datetime
    """The day's first instant."""
    hours: list[Calls]
    """23, 24 or 25 of them, from ``starts`` on."""
    answers: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ANSWERS, 0))
    """Replies to callers, by path."""
    latency: Spread | None = None
    """How long callers waited for a reply, in milliseconds."""
    latency_by_path: dict[str, Spread] = field(default_factory=dict)
    new_numbers: int = 0
    """Leads of numbers that had never called before, hidden numbers included."""

    @property
    def calls(self) -> Calls:
        """All calls of the day, by who answered."""
        return {kind: sum(hour[kind] for hour in self.hours) for kind in KINDS}

    @property
    def call_count(self) -> int:
        """How many calls there were."""
        return sum(self.calls.values())

    @property
    def at_once(self) -> float | None:
        """The share of the answers that were prepared ones; None without answers."""
        answers = sum(self.answers.values())
        return self.answers["FAQ_FASTPATH"] / answers if answers else None


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the first instant of a local day, and of the one after it, in UTC."""
    return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)


def last_days(today: date, count: int) -> list[date]:
    """Return the last ``count`` days, in order, ``today`` as the last."""
    return [today - timedelta(days=back) for back in range(count - 1, -1, -1)]


class DailyFigures:
    """The figures of businesses by day, kept in RAM for a while. Safe to share between threads."""

    def __init__(self, database: Database, clock: Clock = monotonic) -> None:
        self._database = database
        self._clock = clock
        self._known: OrderedDict[tuple[int, str], dict[date, tuple[float, DayFigures]]] = (
            OrderedDict()
        )
        self._counting: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)

    def days(
        self, business_id: int, timezone: str, count: int, now: datetime | None = None
    ) -> list[DayFigures]:
        """Return the last ``count`` days of a business, the running one last; none is left out."""
        zone = ZoneInfo(timezone)
        now = now or utc_now()
        wanted = last_days(now.astimezone(zone).date(), count)
        with self._counting[business_id]:  # who comes meanwhile finds it counted
            known = self._shelf(business_id, timezone)
            missing = [day for day in wanted if not self._is_fresh(known, day, wanted[-1])]
            for run in _runs(missing):
                counted = self._count(business_id, zone, run)
                known |= {one.day: (self._clock(), one) for one in counted}
            for day in [day for day in known if day < wanted[-1] - timedelta(days=100)]:
                del known[day]
            return [known[day][1] for day in wanted]

    def forget(self, business_id: int) -> None:
        """Count this business anew when it is next asked for."""
        for key in [key for key in self._known if key[0] == business_id]:
            self._known.pop(key, None)

    def _shelf(self, business_id: int, timezone: str) -> dict[date, tuple[float, DayFigures]]:
        shelf = self._known.setdefault((business_id, timezone), {})
        self._known.move_to_end((business_id, timezone))
        while len(self._known) > _MAX_BUSINESSES:
            self._known.popitem(last=False)
        return shelf

    def _is_fresh(
        self, known: dict[date, tuple[float, DayFigures]], day: date, today: date
    ) -> bool:
        if day not in known:
            return False
        # The day before may still get the last turns of calls that went on past midnight.
        limit = TODAY_SECONDS if day == today else PAST_SECONDS
        return self._clock() - known[day][0] < limit

    def _count(self, business_id: int, zone: ZoneInfo, days: Sequence[date]) -> list[DayFigures]:
        with self._database.read() as session:
            return count_days(session, business_id, zone, days)


def count_days(
    session: Session, business_id: int, zone: ZoneInfo, days: Sequence[date]
) -> list[DayFigures]:
    """Return the figures of consecutive days, counted from the rows."""
    bounds = [day_bounds(day, zone) for day in days]
    counted = [
        DayFigures(day, zone.key, start, [_no_calls() for _ in range(-((start - end) // _HOUR))])
        for day, (start, end) in zip(days, bounds, strict=True)
    ]
    places = _Places([start for start, _ in bounds])
    waits: list[dict[str, list[float]]] = [defaultdict(list) for _ in days]
    for started_at, answers in _calls(session, business_id, bounds[0][0], bounds[-1][1]):
        at = places.of(started_at)
        one = counted[at]
        paths = {path for path, _ in answers}
        one.hours[min(len(one.hours) - 1, (started_at - one.starts) // _HOUR)][_kind(paths)] += 1
        for path, waited_ms in answers:
            one.answers[path] += 1
            if waited_ms is not None:
                waits[at][path].append(waited_ms)
    for created_at in _new_numbers(session, business_id, bounds[0][0], bounds[-1][1]):
        counted[places.of(created_at)].new_numbers += 1
    for one, by_path in zip(counted, waits, strict=True):
        one.latency = spread(value for values in by_path.values() for value in values)
        spreads = {path: spread(values) for path, values in by_path.items()}
        one.latency_by_path = {path: found for path, found in spreads.items() if found}
    return counted


def _kind(paths: set[str]) -> str:
    if "AGENT" in paths:
        return AGENT
    if "FAQ_FASTPATH" in paths:
        return FAQ
    return MESSAGE if paths else NONE


_Answers = list[tuple[str, float | None]]
"""Path and milliseconds waited, of each reply to the caller."""


def _calls(
    session: Session, business_id: int, since: datetime, until: datetime
) -> Iterator[tuple[datetime, _Answers]]:
    """Yield the calls of a time with the replies in each."""
    rows = session.execute(
        select(
            Call.call_sid,
            Call.started_at,
            CallTurn.path,
            CallTurn.timings_ms["total_latency_ms"].as_float(),
        )
        .outerjoin(CallTurn, and_(CallTurn.call_sid == Call.call_sid, CallTurn.path.in_(ANSWERS)))
        .where(
            Call.business_id == business_id,
            Call.started_at >= since,
            Call.started_at < until,
            Call.is_test.is_(False),
        )
        .order_by(Call.started_at, Call.call_sid)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    sid, at, answers = "", since, _Answers()
    for chunk in rows.partitions():
        for call_sid, started_at, path, waited_ms in chunk:
            if call_sid != sid:
                if sid:
                    yield at, answers
                sid, at, answers = call_sid, started_at, []
            if path is not None:
                answers.append((path, waited_ms))
        time.sleep(0)  # calls are being bridged in this process: let them have their frames
    if sid:
        yield at, answers


def _new_numbers(
    session: Session, business_id: int, since: datetime, until: datetime
) -> Iterable[datetime]:
    """Yield when leads came of numbers that were not known, test calls left out."""
    earlier = aliased(Lead)
    known = (
        select(earlier.id)
        .where(
            earlier.business_id == business_id,
            earlier.phone == Lead.phone,
            earlier.created_at < Lead.created_at,
        )
        .exists()
    )
    rows = session.scalars(
        select(Lead.created_at)
        .where(
            Lead.business_id == business_id,
            Lead.created_at >= since,
            Lead.created_at < until,
            Lead.is_test.is_(False),
            or_(~Lead.phone.startswith("+"), ~known),
        )
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    for chunk in rows.partitions():
        yield from chunk
        time.sleep(0)


class _Places:
    """Finds the day of instants that come in order."""

    def __init__(self, starts: Sequence[datetime]) -> None:
        self._starts = starts
        self._at = 0

    def of(self, instant: datetime) -> int:
        """Return the place of the day that ``instant`` is in."""
        starts = self._starts
        while self._at > 0 and instant < starts[self._at]:
            self._at -= 1
        while self._at + 1 < len(starts) and instant >= starts[self._at + 1]:
            self._at += 1
        return self._at


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return when a local day begins; where the clocks jump over midnight, when they have."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _runs(days: Sequence[date]) -> Iterator[list[date]]:
    """Yield ``days`` in stretches without gaps, none longer than one query should cover."""
    run: list[date] = []
    for day in days:
        if run and (day - run[-1] != timedelta(days=1) or len(run) >= _DAYS_AT_ONCE):
            yield run
            run = []
        run.append(day)
    if run:
        yield run
