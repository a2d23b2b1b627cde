"""Doing the jobs: a few threads for each lane, and one that watches over them.

The threads of a lane sleep until a commit in this process, or the watching thread's look at the
table once a second, says that their lane has work. The watching thread also renews the leases of
what is running. A database that is locked or gone delays jobs and costs none of them a try.
"""

from __future__ import annotations

import itertools
import logging
import secrets
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from server.clock import monotonic, utc_now
from server.db import Database, is_unavailable
from server.jobs.job import LANES, Handler
from server.jobs.leases import Claim, claim, complete, due_lanes, fail, renew
from server.jobs.outcome import Outcome, attempt, tell_of_death, until_available
from server.jobs.queue import QUEUED_NEWS, counts, enqueue_daily
from server.masking import mask_text

log = logging.getLogger(__name__)

_DAILY_CHECK = timedelta(hours=1)
_COUNTS_SECONDS = 1.0


class JobWorker:
    """Runs the jobs of one process.

    Args:
        handlers: by kind; jobs of other kinds are left alone. May be filled until ``start``.
        lanes: how many threads each lane has.
        daily: kinds that are done every night; may be filled until ``start``.
        lease_seconds: after which another process may do what a dead one has begun.
        poll_seconds: between two looks at the table.
        now: the clock of everything that is stored.
    """

    def __init__(
        self,
        database: Database,
        handlers: dict[str, Handler],
        lanes: Mapping[str, int] = LANES,
        *,
        daily: Iterable[str] = (),
        lease_seconds: float = 60.0,
        poll_seconds: float = 1.0,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self.handlers = handlers
        self._lanes = lanes
        self.daily = list(daily)
        self._lease_seconds = lease_seconds
        self._poll_seconds = min(poll_seconds, lease_seconds / 6)
        self._now = now
        self._name = secrets.token_hex(8)
        self._numbers = itertools.count(1)
        self._running: dict[str, Claim] = {}  # by the name of the lease
        self._lock = threading.Lock()  # of what follows `_running`, for moments only
        self._awake: dict[str, list[threading.Event]] = {lane: [] for lane in lanes}
        self._threads: list[threading.Thread] = []
        self._watcher: threading.Thread | None = None
        self._quiet = threading.Event()  # no more jobs are begun
        self._over = threading.Event()  # the watching thread may go as well
        self._renewed_at = 0.0  # monotonic seconds
        self._in_touch_since: float | None = None  # monotonic; None: the last look failed
        self._daily_check_at: datetime | None = None
        self._counts: dict[str, dict[str, int]] | None = None
        self._counts_until = 0.0  # monotonic seconds
        database.on_news(QUEUED_NEWS, self._hear)

    def start(self) -> None:
        """Begin: start the threads of every lane and the one that watches over them."""
        if self._watcher is not None:
            return
        for lane, number in self._lanes.items():
            for index in range(number):
                awake = threading.Event()
                self._awake[lane].append(awake)
                name = f"jobs-{lane}-{index}"
                self._threads.append(_thread(name, partial(self._serve, lane, awake)))
        self._watcher = _thread("jobs-watch", self._watch)
        for thread in (*self._threads, self._watcher):
            thread.start()

    def quiesce(self) -> None:
        """Begin no more jobs. Those that run go on."""
        self._quiet.set()
        self.wake()

    def stop(self, timeout_seconds: float) -> bool:
        """Begin no more jobs, and wait for those that run; False if some still do.

        What still runs when the process ends is begun anew elsewhere once its lease has ended.
        """
        self.quiesce()
        deadline = monotonic() + timeout_seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - monotonic()))
        self._over.set()
        ended = not any(thread.is_alive() for thread in self._threads)
        if not ended:
            log.warning("[JOB] stopping while %d jobs run", len(self._running))
        return ended

    def wake(self, lanes: Iterable[str] | None = None) -> None:
        """Have these lanes (all by default) look for work now. Never blocks."""
        for lane in self._lanes if lanes is None else lanes:
            for awake in self._awake.get(lane, ()):
                awake.set()

    def counts(self) -> dict[str, dict[str, int]]:
        """Return :func:`server.jobs.queue.counts`, at most a second old.

        Raises:
            sqlalchemy.exc.DBAPIError, DatabaseBusyError: the database does not answer.
        """
        if self._counts is None or monotonic() >= self._counts_until:
            with self._database.read() as session:
                self._counts = counts(session)
            self._counts_until = monotonic() + _COUNTS_SECONDS
        return self._counts

    def run_one(self, lane: str) -> bool:
        """Do the next job of ``lane`` in this thread; False when none is due."""
        claimed = self._claim(lane)
        if claimed is None:
            return False
        try:
            self._run(claimed)
        finally:
            with self._lock:
                self._running.pop(claimed.owner, None)
        return True

    def _hear(self, lanes: frozenset[Hashable]) -> None:
        self.wake(str(lane) for lane in lanes)

    # The threads of a lane.

    def _serve(self, lane: str, awake: threading.Event) -> None:
        while True:
            awake.clear()  # before looking: who wakes us from here on is heard
            if self._quiet.is_set():
                return
            try:
                worked = self.run_one(lane)
            except Exception as error:
                if not is_unavailable(error):
                    log.exception("[JOB] lane=%s cannot work", lane)
                worked = False  # the watching thread wakes us when the database is back
            if not worked:
                awake.wait()

    def _claim(self, lane: str) -> Claim | None:
        kinds = tuple(self.handlers)
        abandoned = self._may_take_abandoned()
        with self._database.read() as session:  # SQLite's write lock is not for mere looking
            if not due_lanes(session, [lane], kinds, self._now(), abandoned=abandoned):
                return None
        owner = f"{self._name}:{next(self._numbers)}"
        with self._lock:
            # A job of ours whose lease has ended while the database was gone is still running.
            ours = [held.job.id for held in self._running.values()]
        with self._database.write() as session:
            claimed = claim(
                session,
                lane,
                kinds,
                owner=owner,
                now=self._now(),
                lease_seconds=self._lease_seconds,
                abandoned=abandoned,
                without=ours,
            )
        if claimed is not None:
            with self._lock:
                self._running[owner] = claimed
        return claimed

    def _may_take_abandoned(self) -> bool:
        """Tell whether leases that have ended may be believed to be dead processes'.

        After the database was gone for all of us, the others get a moment to renew theirs.
        """
        since = self._in_touch_since
        return since is not None and monotonic() - since >= self._lease_seconds / 6

    def _run(self, claimed: Claim) -> None:
        job, began = claimed.job, monotonic()
        handler = self.handlers[job.kind]
        outcome = attempt(handler, job)
        took_ms = (monotonic() - began) * 1000
        if outcome.name == "dead":
            tell_of_death(handler, job, outcome.reason)
        held = self._settle(claimed, outcome)
        log.log(
            {"done": logging.INFO, "dead": logging.ERROR}.get(outcome.name, logging.WARNING),
            "[JOB] id=%d kind=%s lane=%s attempt=%d outcome=%s ms=%.0f reason=%s",
            job.id,
            job.kind,
            claimed.lane,
            job.attempt,
            outcome.name if held else "lease_lost",
            took_ms,
            mask_text(outcome.reason) or "-",
        )

    def _settle(self, claimed: Claim, outcome: Outcome) -> bool:
        """Write the outcome down, however long the database is gone; False: the lease is lost."""

        def work(session: Session) -> bool:
            if outcome.name == "done":
                return complete(session, claimed)
            retry_at = None
            if outcome.name != "dead":
                retry_at = self._now() + timedelta(seconds=outcome.wait_seconds)
            a_try = outcome.name != "postponed"
            return fail(session, claimed, outcome.reason, retry_at=retry_at, counts=a_try)

        def unit() -> bool:
            with self._database.write() as session:
                return work(session)

        return until_available(unit)

    # The watching thread.

    def _watch(self) -> None:
        while True:
            try:
                self._renew()
                if not self._quiet.is_set():
                    self._look()
                    self._ask_for_daily()
            except Exception as error:
                if self._in_touch_since is not None:
                    if is_unavailable(error):
                        log.warning("[JOB] database unavailable (%s)", type(error).__name__)
                    else:
                        log.exception("[JOB] cannot look for work")
                self._in_touch_since = None
            if self._over.wait(self._poll_seconds):
                return

    def _renew(self) -> None:
        """Prolong the leases of what is running, three times within their length."""
        with self._lock:
            owners = [*self._running]
        if not owners or monotonic() - self._renewed_at < self._lease_seconds / 3:
            return
        with self._database.write() as session:
            held = renew(session, owners, now=self._now(), lease_seconds=self._lease_seconds)
        self._renewed_at = monotonic()
        log.debug("[JOB] renewed %d of %d leases", len(held), len(owners))

    def _look(self) -> None:
        """Wake the lanes that have work."""
        with self._database.read() as session:
            due = due_lanes(
                session,
                self._lanes,
                tuple(self.handlers),
                self._now(),
                abandoned=self._may_take_abandoned(),
            )
        if self._in_touch_since is None:
            self._in_touch_since = monotonic()
        self.wake(due)

    def _ask_for_daily(self) -> None:
        """See to it that tonight's run of the daily kinds is in the queue."""
        now = self._now()
        if not self.daily or (self._daily_check_at is not None and now < self._daily_check_at):
            return
        with self._database.write() as session:
            for kind in self.daily:
                enqueue_daily(session, kind, now=now)
        self._daily_check_at = now + _DAILY_CHECK


def _thread(name: str, target: Callable[[], None]) -> threading.Thread:
    return threading.Thread(target=target, name=name, daemon=True)
