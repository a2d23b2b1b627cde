"""``/metrics``: the figures of the last hour over all businesses, in Prometheus' text format.

Open to whoever asks on this machine, for it, and through no proxy; else to an owner's bearer
token. Nothing in it tells one caller or one business from another.
Source: Prometheus, "Exposition formats", text-based format 0.0.4.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import cast

from flask import Blueprint, Response, current_app, request
from flask.blueprints import BlueprintSetupState

from server.accounts import find_token
from server.clock import Clock, monotonic, utc_now
from server.db import is_unavailable
from server.figures import Figures, Spread, count_figures
from server.models import OWNER
from server.telephony.signature import is_local
from server.version import VERSION
from server.wiring import Services, services

log = logging.getLogger(__name__)

blueprint = Blueprint("metrics", __name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
WINDOW = timedelta(hours=1)
KEPT_SECONDS = 10.0
"""So long the figures are served again without asking the database."""

_EXTENSION = "maane_metrics"
_VOICE_STAGES = ("first_partial_ms", "final_ms", "tts_ready_ms", "total_latency_ms")


class HourlyFigures:
    """The figures of the last hour, counted at most once in ``KEPT_SECONDS``."""

    def __init__(self, clock: Clock = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counted_at = -math.inf
        self._figures: Figures | None = None

    def get(self, parts: Services) -> Figures | None:
        """Return the figures, or None when the database did not answer."""
        with self._lock:
            if self._clock() - self._counted_at >= KEPT_SECONDS:
                self._figures = _count(parts)
                self._counted_at = self._clock()
            return self._figures


@blueprint.record_once
def _prepare(state: BlueprintSetupState) -> None:
    state.app.extensions[_EXTENSION] = HourlyFigures()


@blueprint.get("/metrics")
def metrics() -> Response:
    """The figures of the last hour and the state of this process; 401 for strangers."""
    parts = services()
    try:
        allowed = _is_local() or _is_owner(parts)
    except Exception as error:
        if not is_unavailable(error):
            raise
        return Response("The database does not answer.\n", 503)
    if not allowed:
        challenge = {"WWW-Authenticate": "Bearer"}
        return Response("An owner's bearer token is needed.\n", 401, challenge)
    hourly = cast(HourlyFigures, current_app.extensions[_EXTENSION])
    lines = (*_process(parts), *_hour(hourly.get(parts)))
    return Response(
        "\n".join(lines) + "\n", content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"}
    )


def _is_local() -> bool:
    """Tell whether the request comes from this machine, and from no page in a browser."""
    if "Origin" in request.headers or request.headers.get("Sec-Fetch-Site") == "cross-site":
        return False
    return is_local(request.remote_addr, request.host, request.headers.keys())


def _is_owner(parts: Services) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return False
    with parts.database.read() as session:
        found = find_token(session, token.strip())
    return found is not None and found.role == OWNER


def _count(parts: Services) -> Figures | None:
    businesses = [profile.id for profile in parts.directory.all()]
    try:
        with parts.database.read() as session:
            return count_figures(session, utc_now() - WINDOW, businesses)
    except Exception as error:
        if not is_unavailable(error):
            log.exception("[METRICS] counting failed")
        return None


def _process(parts: Services) -> Iterator[str]:
    registry = parts.calls.registry
    yield from _gauge("maane_info", "The release that runs.", {f'{{version="{VERSION}"}}': 1})
    yield from _gauge("calls_live", "Calls in progress.", registry.count())
    yield from _gauge(
        "calls_limit", "So many are taken at once.", parts.settings.max_concurrent_calls
    )
    yield from _gauge(
        "calls_refused",
        "Callers turned away by a list of blocked numbers since the start.",
        parts.calls.refused.total(),
    )
    yield from _gauge("calls_draining", "1 when no more are taken.", int(registry.draining))
    waiting = parts.calls.recorder.waiting
    yield from _gauge("writes_waiting", "Rows that are still to be written.", waiting)


def _hour(figures: Figures | None) -> Iterator[str]:
    """Yield the figures; those that were not measured are NaN, so that every name is there."""
    yield from _gauge("database_up", "1 when the database answers.", int(figures is not None))
    figures = figures or Figures()
    faq = figures.stage("faq_ms")
    yield from _gauge("calls_last_hour", "Calls that began in the last hour.", figures.calls)
    yield from _gauge(
        "calls_slots_completed_rate",
        "Share of the calls whose lead has a need, and a name or a phone number.",
        figures.slots_completed_rate,
    )
    yield from _gauge(
        "answers_last_hour",
        "Replies to callers, by path.",
        {f'{{path="{path}"}}': count for path, count in figures.answers.items()},
    )
    yield from _gauge("faq_hit_rate", "Share of prepared answers.", figures.hit_rate)
    yield from _gauge("faq_p50_ms", "Half of the look-ups took no longer.", _p50(faq))
    yield from _gauge("faq_p95_ms", "95 of 100 look-ups took no longer.", _p95(faq))
    for stage in _VOICE_STAGES:
        found = figures.stage(stage)
        values = {'{quantile="0.5"}': _p50(found), '{quantile="0.95"}': _p95(found)}
        yield from _gauge(f"voice_{stage}", "Milliseconds of the turns of the last hour.", values)


def _p50(found: Spread | None) -> float | None:
    return None if found is None else found.p50


def _p95(found: Spread | None) -> float | None:
    return None if found is None else found.p95


def _gauge(
    name: str, meaning: str, values: Mapping[str, float | None] | float | None
) -> Iterator[str]:
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} gauge"
    for labels, value in (values if isinstance(values, Mapping) else {"": values}).items():
        yield f"{name}{labels} {'NaN' if value is None else value}"
