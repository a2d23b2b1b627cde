"""How fast calls are answered, by whom, and how many reached their aim: counted from the rows."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from server.models import Call, CallTurn, Lead

MAX_TURNS = 10_000
"""The newest turns are looked at, and no more: the figures are shares and percentiles."""

STAGES = ("faq_ms", "first_partial_ms", "final_ms", "tts_ready_ms", "total_latency_ms")
ANSWERS = ("FAQ_FASTPATH", "AGENT", "FALLBACK")

_CHUNK_TURNS = 250


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds that half, and 95 of 100, of ``count`` turns did not exceed."""

    p50: float
    p95: float
    count: int


@dataclass(slots=True)
class Figures:
    """What was counted over the calls since some instant."""

    calls: int = 0
    completed: int = 0
    """Calls whose lead has a need, and a name or a phone number."""
    turns: int = 0
    answers: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ANSWERS, 0))
    """Replies to callers, by path."""
    stages: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    by_path: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """The total latencies by path."""

    @property
    def hit_rate(self) -> float | None:
        """The share of the answers that prepared ones were, or None without answers."""
        answers = sum(self.answers.values())
        return round(self.answers["FAQ_FASTPATH"] / answers, 4) if answers else None

    @property
    def slots_completed_rate(self) -> float | None:
        """The share of the calls that completed their slots, or None without calls."""
        return round(self.completed / self.calls, 4) if self.calls else None

    def stage(self, name: str) -> Spread | None:
        """Return the percentiles of a stage, or None when it was not measured."""
        return spread(self.stages.get(name, ()))

    def add(self, path: str | None, timings_ms: Any) -> None:
        """Count one turn."""
        self.turns += 1
        if path in self.answers:
            self.answers[path] += 1
        if not isinstance(timings_ms, dict):
            return
        for stage in STAGES:
            value = timings_ms.get(stage)
            if isinstance(value, int | float) and math.isfinite(value):
                self.stages[stage].append(value)
                if stage == "total_latency_ms" and path is not None:
                    self.by_path[path].append(value)


def count_figures(session: Session, since: datetime, business_ids: Collection[int]) -> Figures:
    """Return the figures of calls that began at ``since`` or later, but for test calls.

    Args:
        session: the unit of work.
        since: an instant.
        business_ids: whose calls; named, so that the index on business and instant is used.
    """
    recent = (
        Call.business_id.in_(business_ids),
        Call.started_at >= since,
        Call.is_test.is_(False),
    )
    need = Lead.fields["need"].as_string()
    reachable = or_(Lead.name != "", Lead.phone != "")
    figures = Figures(
        calls=session.scalar(select(func.count()).select_from(Call).where(*recent)) or 0,
        completed=session.scalar(
            select(func.count())
            .select_from(Call)
            .join(Lead, Lead.id == Call.lead_id)
            .where(*recent, and_(need.is_not(None), need != "", reachable))
        )
        or 0,
    )
    turns = session.execute(
        select(CallTurn.path, CallTurn.timings_ms)
        .join(Call, Call.call_sid == CallTurn.call_sid)
        .where(*recent)
        .order_by(Call.started_at.desc())
        .limit(MAX_TURNS)
    )
    for chunk in turns.partitions(_CHUNK_TURNS):
        for path, timings_ms in chunk:
            figures.add(path, timings_ms)
        time.sleep(0)  # calls are being bridged in this process: let them have their frames
    return figures


def spread(values: Iterable[float]) -> Spread | None:
    """Return the nearest-rank percentiles of ``values``, or None when there are none."""
    ordered = sorted(values)
    if not ordered:
        return None
    p50, p95 = (ordered[math.ceil(share * len(ordered)) - 1] for share in (0.5, 0.95))
    return Spread(p50, p95, len(ordered))
