"""Server-sent events: how many streams may be open, how long each lives, and its headers."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, current_app

from server.api.access import caller, still_sees
from server.api.problems import documented_problems, problem
from server.clock import monotonic

HEARTBEAT_SECONDS = 15.0
MAX_SECONDS = 600.0
"""After which a stream ends; a browser opens it again by itself."""

ADMISSION_SECONDS = 15.0
"""So often it is asked whether who watches still may."""

MAX_STREAMS_PER_CALLER = 20
"""Some tabs, and the pages that were just left, which only shows when they are written to."""

MAX_STREAMS = 200
HEARTBEAT = ": still here\n\n"

_EXTENSION = "maane_event_streams"


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


def documented_stream(description: str) -> dict[Any, Any]:
    """Return the documented responses of a view that answers with a stream."""
    stream = {
        "description": description,
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
    return {200: stream, **documented_problems(429)}


def event_stream(
    business_id: int, events: Callable[[], Iterator[str]], on_close: Callable[[], None]
) -> Response:
    """Return the answer that sends ``events``, or 429 when the caller has too many open.

    Args:
        business_id: whose events they are.
        events: called when there is a slot; yields whole events (see :func:`sse`).
        on_close: called when the stream is over, also if it never began; not after a 429.
    """
    slots: StreamSlots = current_app.extensions.setdefault(_EXTENSION, StreamSlots())
    who = caller().key
    if not slots.take(who):
        return problem(429, "too_many_streams", "Too much is watched at once.")
    told = _while_admitted(events(), still_sees(business_id))
    response = Response(told, content_type="text/event-stream; charset=utf-8")
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(lambda: slots.give_back(who))
    response.call_on_close(on_close)
    return response


def _while_admitted(events: Iterator[str], is_admitted: Callable[[], bool]) -> Iterator[str]:
    asked_at = monotonic()
    for event in events:
        if monotonic() - asked_at >= ADMISSION_SECONDS:
            asked_at = monotonic()
            if not is_admitted():
                return
        yield event


def sse(event: str, data: str) -> str:
    """Return one event as it is sent; ``data`` is one line."""
    return f"event: {event}\ndata: {data}\n\n"
