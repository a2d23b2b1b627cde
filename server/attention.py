"""What an owner should look at in the prepared answers: counted beside the page that shows it.

The counts take more time than a page may: they are made in a thread of their own, in small steps,
and a page shows the last ones known.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import select

from server.clock import Clock, monotonic, utc_now
from server.db import Database
from server.directory import Directory
from server.faq.conflicts import look_for_conflicts, warnings
from server.faq.learned import Learner
from server.faq.learned_store import load_decisions, load_exchanges
from server.faq.snapshot import FaqSnapshot
from server.models import BusinessFaq

log = logging.getLogger(__name__)

LEARNED_DAYS = 30
LEARNED_MIN_COUNT = 2
"""As the page of learned questions asks by default."""

_SECONDS = 600.0
"""So long the counts hold while the answers stay as they are."""
_AT_ONCE = 5
"""So many sentences are read before calls get their turn."""
_CONFLICT_SECONDS = 3.0
"""So long at most answers are compared with each other; what was found by then is counted."""


@dataclass(frozen=True, slots=True)
class Attention:
    """How much there is to look at; None: not counted yet."""

    faq_warnings: int | None = None
    """Active answers with something wrong."""
    faq_conflicts: int | None = None
    """Pairs of active answers that compete: where both fit, neither is given."""
    learned: int | None = None
    """Questions that callers often put to the agent."""


@dataclass(slots=True)
class _Known:
    counts: Attention
    answers: FaqSnapshot | None
    """Those that it was counted with; None: counting has failed."""
    at: float

    def is_of_others(self, answers: FaqSnapshot) -> bool:
        """Tell whether it was counted with other answers than these."""
        return self.answers is not None and self.answers is not answers


class AttentionCounter:
    """Counts what needs an owner's eye. Safe to share between threads."""

    def __init__(self, database: Database, directory: Directory, clock: Clock = monotonic) -> None:
        self._database = database
        self._directory = directory
        self._clock = clock
        self._known: dict[int, _Known] = {}
        self._busy: set[int] = set()
        self._lock = threading.Lock()

    def of(self, business_id: int) -> Attention:
        """Return the last counts of a business, and have newer ones made if they are old."""
        known = self._known.get(business_id)
        profile = self._directory.by_id(business_id)
        if profile is None:
            return Attention()
        if known is None or self._clock() - known.at >= _SECONDS or known.is_of_others(profile.faq):
            self._begin(business_id)
        return known.counts if known is not None else Attention()

    def _begin(self, business_id: int) -> None:
        with self._lock:
            if business_id in self._busy:
                return
            self._busy.add(business_id)
        threading.Thread(
            target=self._run, args=(business_id,), name="attention", daemon=True
        ).start()

    def _run(self, business_id: int) -> None:
        try:
            self.count(business_id)
        except Exception:
            log.exception("[ATTENTION] cannot be counted biz=%d", business_id)
            with self._lock:  # not again with every page that is loaded
                last = self._known.get(business_id)
                counts = last.counts if last is not None else Attention()
                self._known[business_id] = _Known(counts, None, self._clock())
        finally:
            with self._lock:
                self._busy.discard(business_id)

    def count(self, business_id: int) -> Attention:
        """Count now, in this thread."""
        profile = self._directory.by_id(business_id)
        if profile is None:
            return Attention()
        counts = Attention(
            faq_warnings=self._warnings(profile.faq), faq_conflicts=self._conflicts(profile.faq)
        )
        since = utc_now() - timedelta(days=LEARNED_DAYS)
        with self._database.read() as session:
            exchanges = load_exchanges(
                session, business_id, profile.lang, since, include_tests=False
            )
            decisions = load_decisions(session, business_id)
            taken = session.scalars(
                select(BusinessFaq.intent_key).where(BusinessFaq.business_id == business_id)
            ).all()
        learner = Learner(profile.faq, decisions)
        for number, exchange in enumerate(exchanges):
            learner.add(exchange)
            if number % _AT_ONCE == 0:
                time.sleep(0)
        groups = learner.groups(LEARNED_MIN_COUNT, frozenset(taken))
        counts = replace(counts, learned=len(groups))
        self._known[business_id] = _Known(counts, profile.faq, self._clock())
        return counts

    @staticmethod
    def _warnings(answers: FaqSnapshot) -> int:
        wrong = 0
        for compiled in answers.rows:
            wrong += bool(warnings(answers, {compiled.row.id}))
            time.sleep(0)
        return wrong

    def _conflicts(self, answers: FaqSnapshot) -> int:
        count, until = 0, self._clock() + _CONFLICT_SECONDS
        for found in look_for_conflicts(answers):
            count += len(found)
            if self._clock() > until:
                break
            time.sleep(0)
        return count
