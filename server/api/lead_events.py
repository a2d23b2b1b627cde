"""A lead's progress as it happens: server-sent events until its card is made."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator

from flask import Response, current_app

from server.api.access import caller, needs
from server.api.lead_view import lead_views
from server.api.leads import LEAD, LeadPath, visible_lead
from server.api.problems import documented_problems, problem
from server.api.resource import new_resource
from server.clock import monotonic
from server.db import is_unavailable
from server.models import OPERATOR, Lead
from server.wiring import Services, services

log = logging.getLogger(__name__)

blueprint = new_resource("lead-events", "Leads as they change.")

HEARTBEAT_SECONDS = 15.0
MAX_SECONDS = 600.0
"""After which the stream ends; a browser opens it again by itself."""

MAX_STREAMS_PER_CALLER = 6
MAX_STREAMS = 200

_LOOK_SECONDS = 1.0
_SETTLED = ("processed", "failed")
_EXTENSION = "maane_lead_streams"


class StreamSlots:
    """How many streams are open, and whose they are."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, who: str) -> bool:
        """Take a slot; False when ``who``, or all together, have too many."""
        with self._lock:
            full = self._open.total() >= MAX_STREAMS
            if full or self._open[who] >= MAX_STREAMS_PER_CALLER:
                return False
            self._open[who] += 1
            return True

    def give_back(self, who: str) -> None:
        """Give the slot back."""
        with self._lock:
            self._open[who] -= 1
            if self._open[who] <= 0:
                del self._open[who]


@blueprint.get(
    f"{LEAD}/events",
    responses={
        200: {
            "description": "Events `lead` with the lead as JSON, at once and whenever it changes, "
            "then `end` when its card is made or has failed.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **documented_problems(429),
    },
)
@needs(OPERATOR)
def watch_lead(path: LeadPath) -> Response:
    """Watch a lead until its card is made."""
    parts = services()
    with parts.database.read() as session:
        lead = visible_lead(session, path.lead_id)
    slots: StreamSlots = current_app.extensions.setdefault(_EXTENSION, StreamSlots())
    who = caller().key
    if not slots.take(who):
        return problem(429, "too_many_streams", "Too many leads are watched at once.")
    response = Response(_progress(parts, lead.id), content_type="text/event-stream; charset=utf-8")
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(lambda: slots.give_back(who))  # also of a stream that never began
    return response


def _progress(parts: Services, lead_id: int) -> Iterator[str]:
    ends_at = monotonic() + MAX_SECONDS
    told, told_at = "", monotonic()
    while monotonic() < ends_at and not parts.calls.registry.draining:
        status, shown = _look(parts, lead_id)
        if shown and shown != told:
            told, told_at = shown, monotonic()
            yield f"event: lead\ndata: {shown}\n\n"
        if status is not None:
            yield f"event: end\ndata: {status}\n\n"
            return
        if monotonic() - told_at >= HEARTBEAT_SECONDS:
            told_at = monotonic()
            yield ": still here\n\n"
        time.sleep(_LOOK_SECONDS)


def _look(parts: Services, lead_id: int) -> tuple[str | None, str]:
    """Return how it ended (None: not yet) and the lead as JSON (empty: it cannot be read now)."""
    try:
        with parts.database.read() as session:
            lead = session.get(Lead, lead_id)
            if lead is None:
                return "deleted", ""
            shown = lead_views(session, [lead])[0].model_dump_json()
            return (lead.status if lead.status in _SETTLED else None), shown
    except Exception as error:
        if not is_unavailable(error):
            raise
        return None, ""
