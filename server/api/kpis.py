"""How fast a business's calls are answered, and by whom."""

from __future__ import annotations

from datetime import timedelta

from flask import Response
from pydantic import BaseModel, Field

from server.api.access import missing, needs
from server.api.fields import Input
from server.api.resource import BUSINESS_ID, answer, new_resource
from server.clock import utc_now
from server.figures import MAX_TURNS, Spread, count_figures, spread
from server.models import OPERATOR, Business
from server.wiring import services

blueprint = new_resource("kpis", "Figures: the FAQ's share and the latency by stage.")


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
    slots_completed_rate: float | None = Field(
        serialization_alias="calls.slots_completed.rate",
        description="Share of the calls whose lead has a need, and a name or a phone number, 0-1.",
    )
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


@blueprint.get(f"/businesses/{BUSINESS_ID}/kpis", responses={200: KpisView})
@needs(OPERATOR)
def get_kpis(path: KpisPath, query: KpisQuery) -> Response:
    """Get a business's figures of the last days."""
    return answer(read_kpis(path.business_id, query.days))


def read_kpis(business_id: int, days: int) -> KpisView:
    """Return a business's figures of the last ``days`` days.

    Raises:
        NotFoundError: there is no such business.
    """
    with services().database.read() as session:
        if session.get(Business, business_id) is None:
            raise missing("business")
        since = utc_now() - timedelta(days=days)
        figures = count_figures(session, since, [business_id])
    faq = figures.stage("faq_ms")
    by_path = {name: _view(spread(values)) for name, values in sorted(figures.by_path.items())}
    return KpisView(
        days=days,
        calls=figures.calls,
        slots_completed_rate=figures.slots_completed_rate,
        turns=figures.turns,
        answers=figures.answers,
        faq_hit_rate=figures.hit_rate,
        faq_p50_ms=faq and faq.p50,
        faq_p95_ms=faq and faq.p95,
        first_partial_ms=_view(figures.stage("first_partial_ms")),
        final_ms=_view(figures.stage("final_ms")),
        tts_ready_ms=_view(figures.stage("tts_ready_ms")),
        total_latency_ms=_view(figures.stage("total_latency_ms")),
        total_latency_by_path={name: found for name, found in by_path.items() if found},
    )


def _view(found: Spread | None) -> Percentiles | None:
    return None if found is None else Percentiles(p50=found.p50, p95=found.p95, count=found.count)
