"""How fast a business's calls are answered, and by whom."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.api.access import missing, needs
from server.api.fields import Input
from server.api.resource import BUSINESS_ID, answer, new_resource
from server.clock import utc_now
from server.models import OPERATOR, Business, Call, CallTurn
from server.wiring import services

blueprint = new_resource("kpis", "Figures: the FAQ's share and the latency by stage.")

MAX_TURNS = 10_000
"""The newest turns are looked at, and no more: the figures are shares and percentiles."""

_CHUNK_TURNS = 250
_STAGES = ("faq_ms", "first_partial_ms", "final_ms", "tts_ready_ms", "total_latency_ms")
_ANSWERS = ("FAQ_FASTPATH", "AGENT", "FALLBACK")


class KpisPath(BaseModel):
    """Whose figures."""

    business_id: int = Field(description="Id of the business.")


class KpisQuery(Input):
    """Over which time."""

    days: int = Field(default=7, ge=1, le=90, description="How many days back.")


class Percentiles(BaseModel):
    """Milliseconds that half, and 95 of 100, of the turns did not exceed."""

    p50: float
    p95: float
    count: int = Field(description="How many turns were measured.")


class KpisView(BaseModel):
    """Figures of the last days; null where nothing was measured."""

    days: int
    calls: int
    turns: int = Field(description=f"Turns looked at: the newest, at most {MAX_TURNS}.")
    answers: dict[str, int] = Field(description="Replies to callers, by path.")
    faq_hit_rate: float | None = Field(
        serialization_alias="faq.hit.rate", description="Share of the answers that FAQs gave, 0-1."
    )
    faq_p50_ms: float | None = Field(serialization_alias="faq.p50.ms")
    faq_p95_ms: float | None = Field(serialization_alias="faq.p95.ms")
    first_partial_ms: Percentiles | None = Field(serialization_alias="voice.first_partial_ms")
    final_ms: Percentiles | None = Field(serialization_alias="voice.final_ms")
    tts_ready_ms: Percentiles | None = Field(serialization_alias="voice.tts_ready_ms")
    total_latency_ms: Percentiles | None = Field(serialization_alias="voice.total_latency_ms")
    total_latency_by_path: dict[str, Percentiles] = Field(
        serialization_alias="voice.total_latency_ms.by_path"
    )


@dataclass
class _Tally:
    """What was counted over the turns."""

    turns: int = 0
    answers: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_ANSWERS, 0))
    stages: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    by_path: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, path: str | None, timings_ms: Any) -> None:
        self.turns += 1
        if path in self.answers:
            self.answers[path] += 1
        if not isinstance(timings_ms, dict):
            return
        for stage in _STAGES:
            value = timings_ms.get(stage)
            if isinstance(value, int | float) and math.isfinite(value):
                self.stages[stage].append(value)
                if stage == "total_latency_ms" and path is not None:
                    self.by_path[path].append(value)

    def hit_rate(self) -> float | None:
        answers = sum(self.answers.values())
        return round(self.answers["FAQ_FASTPATH"] / answers, 4) if answers else None


@blueprint.get(f"/businesses/{BUSINESS_ID}/kpis", responses={200: KpisView})
@needs(OPERATOR)
def get_kpis(path: KpisPath, query: KpisQuery) -> Response:
    """Get a business's figures of the last days."""
    with services().database.read() as session:
        if session.get(Business, path.business_id) is None:
            raise missing("business")
        calls, tally = _count(session, path.business_id, query.days)
    faq = _percentiles(tally.stages["faq_ms"])
    return answer(
        KpisView(
            days=query.days,
            calls=calls,
            turns=tally.turns,
            answers=tally.answers,
            faq_hit_rate=tally.hit_rate(),
            faq_p50_ms=faq and faq.p50,
            faq_p95_ms=faq and faq.p95,
            first_partial_ms=_percentiles(tally.stages["first_partial_ms"]),
            final_ms=_percentiles(tally.stages["final_ms"]),
            tts_ready_ms=_percentiles(tally.stages["tts_ready_ms"]),
            total_latency_ms=_percentiles(tally.stages["total_latency_ms"]),
            total_latency_by_path={
                name: found
                for name, values in sorted(tally.by_path.items())
                if (found := _percentiles(values)) is not None
            },
        )
    )


def _count(session: Session, business_id: int, days: int) -> tuple[int, _Tally]:
    recent = (Call.business_id == business_id, Call.started_at >= utc_now() - timedelta(days=days))
    calls = session.scalar(select(func.count()).select_from(Call).where(*recent)) or 0
    turns = session.execute(
        select(CallTurn.path, CallTurn.timings_ms)
        .join(Call, Call.call_sid == CallTurn.call_sid)
        .where(*recent)
        .order_by(Call.started_at.desc())
        .limit(MAX_TURNS)
    )
    tally = _Tally()
    for chunk in turns.partitions(_CHUNK_TURNS):
        for path, timings_ms in chunk:
            tally.add(path, timings_ms)
        time.sleep(0)  # calls are being bridged in this process: let them have their frames
    return calls, tally


def _percentiles(values: Iterable[float]) -> Percentiles | None:
    """Return the nearest-rank percentiles of ``values``, or None when there are none."""
    ordered = sorted(values)
    if not ordered:
        return None
    p50, p95 = (ordered[math.ceil(share * len(ordered)) - 1] for share in (0.5, 0.95))
    return Percentiles(p50=p50, p95=p95, count=len(ordered))
