"""What the calls of a business have cost today, and whether it has had enough of that.

Asked at the voice webhook, so it answers from RAM; the database is read once a day and business,
in the background. A call counts on the day on which it began, in the business's zone. Test calls
are counted apart: they are paid for like any other, but trying things out must not put customers
onto messages. The cap holds for each of the two, so that test calls do not run away either.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from server.calls import store
from server.calls.recorder import CallRecorder
from server.calls.registry import BoundCall
from server.clock import utc_now
from server.db import Database, is_unavailable
from server.directory import BusinessProfile
from server.models import Call

log = logging.getLogger(__name__)


def day_bounds(day: date, timezone: str) -> tuple[datetime, datetime]:
    """Return when ``day`` begins and ends in ``timezone``, in UTC; it may have 23 or 25 hours."""
    zone = ZoneInfo(timezone)
    begins, ends = (
        datetime.combine(one, time(), zone).astimezone(UTC)
        for one in (day, day + timedelta(days=1))
    )
    return begins, ends


@dataclass(slots=True)
class _Day:
    """What one business has spent on one day."""

    date: date
    timezone: str
    usd: dict[bool, float] = field(default_factory=lambda: {False: 0.0, True: 0.0})
    """Of customers' calls (False) and of test calls (True)."""
    by_call: dict[str, tuple[bool, float]] | None = field(default_factory=dict)
    """Per call of this process while what is stored has not been read; None from then on."""


class CostLedger:
    """Counts what calls cost. Safe to call from any thread; nothing here waits.

    Args:
        database: what older calls of today have cost is read from it.
        recorder: writes down what each call has cost.
        now: the clock.
        in_background: runs the reading of the database.
    """

    def __init__(
        self,
        database: Database,
        recorder: CallRecorder,
        now: Callable[[], datetime] = utc_now,
        in_background: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self._database = database
        self._recorder = recorder
        self._now = now
        self._in_background = in_background or _thread
        self._days: dict[int, _Day] = {}
        self._reading: set[int] = set()
        self._lock = threading.Lock()

    def spend(self, call: BoundCall, usd: float) -> None:
        """Count what ``call`` has used just now."""
        if usd <= 0:
            return
        business = call.business
        day = call.arrived_at.astimezone(ZoneInfo(business.timezone)).date()
        with self._lock:
            call.cost_usd += usd
            total = call.cost_usd
            if business.id in self._days or business.settings.daily_cost_cap_usd > 0:
                self._count(self._today(business), day, call, usd)
        self._recorder.write(store.cost_known(call.call_sid, total))

    @staticmethod
    def _count(today: _Day, day: date, call: BoundCall, usd: float) -> None:
        if day != today.date:
            return
        today.usd[call.is_test] += usd
        if today.by_call is not None:
            today.by_call[call.call_sid] = call.is_test, call.cost_usd

    def spent_today(self, business: BusinessProfile, *, is_test: bool = False) -> float:
        """Return what today's calls have cost so far, in US dollars, running ones included.

        Args:
            is_test: whether test calls are meant, or customers' calls.
        """
        with self._lock:
            today = self._today(business)
            spent = today.usd[is_test]
            wants_reading = today.by_call is not None and business.id not in self._reading
            if wants_reading:
                self._reading.add(business.id)
        if wants_reading:
            self._in_background(lambda: self.read([business]))
        return spent

    def is_over(self, business: BusinessProfile, *, is_test: bool = False) -> bool:
        """Tell whether the business has a daily cap and its calls have reached it.

        Args:
            is_test: whether test calls are meant, which may cost as much again.
        """
        cap = business.settings.daily_cost_cap_usd
        return cap > 0 and self.spent_today(business, is_test=is_test) >= cap

    def read(self, businesses: Iterable[BusinessProfile]) -> None:
        """Read what today's older calls have cost; where that fails, it is tried again later."""
        for business in businesses:
            try:
                self._read(business)
            except Exception as error:
                if not is_unavailable(error):
                    log.exception("[COST] reading failed biz=%d", business.id)
                else:
                    log.warning("[COST] database unavailable: %s", type(error).__name__)
            finally:
                with self._lock:
                    self._reading.discard(business.id)

    def _today(self, business: BusinessProfile) -> _Day:
        """Return today's entry; the lock is held."""
        day = self._now().astimezone(ZoneInfo(business.timezone)).date()
        found = self._days.get(business.id)
        if found is None or (found.date, found.timezone) != (day, business.timezone):
            found = self._days[business.id] = _Day(day, business.timezone)
        return found

    def _read(self, business: BusinessProfile) -> None:
        with self._lock:
            today = self._today(business)
            if today.by_call is None:
                return
        begins, ends = day_bounds(today.date, today.timezone)
        with self._database.read() as session:
            rows = session.execute(
                select(Call.call_sid, Call.is_test, Call.cost_usd).where(
                    Call.business_id == business.id,
                    Call.started_at >= begins,
                    Call.started_at < ends,
                    Call.cost_usd > 0,
                )
            ).all()
        with self._lock:
            ours = today.by_call or {}
            today.usd = {False: 0.0, True: 0.0}
            stored = [(is_test, usd) for sid, is_test, usd in rows if sid not in ours]
            for is_test, usd in [*ours.values(), *stored]:
                today.usd[is_test] += usd
            today.by_call = None


def _thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="costs", daemon=True).start()
