"""What one call's loop tells those who watch: told from what the core decides, at no cost to it."""

from __future__ import annotations

from typing import Any

from server.calls.registry import BoundCall
from server.calls.watch import CallWatch
from server.clock import Clock, monotonic, utc_now
from server.turns import events as on
from server.turns.actions import SaveTurn
from server.turns.core import CallCore

_LOOK_SECONDS = 0.2
"""Words of a reply come in bursts ahead of their sound; so often they are told."""


class Teller:
    """Tells the hub of one call. Used by the call's loop, but for its beginning and its end."""

    def __init__(self, watch: CallWatch, call: BoundCall, clock: Clock = monotonic) -> None:
        self._watch = watch
        self._call = call
        self._clock = clock
        self._speaking = False
        self._look_at = 0.0
        self._said: tuple[int, str] | None = None
        """The reply that is being said, with as many of its words as have been told."""

    def arrived(self) -> None:
        """The call is bound."""
        call = self._call
        self._tell(
            "arrived",
            direction=call.direction,
            **{"from": call.from_number, "to": call.to_number},
            is_test=call.is_test,
            agent=call.agent.name,
            arrived_at=utc_now().isoformat(),
        )

    def started(self) -> None:
        """Its stream is up."""
        self._tell("started", started_at=utc_now().isoformat())

    def ended(self, reason: str) -> None:
        """It is over."""
        self._tell("ended", reason=reason, ended_at=utc_now().isoformat())

    def recognised(self, event: on.PartialTranscript | on.Transcript) -> None:
        """The recogniser has understood something; what comes of it is told by the turns."""
        if event.text:
            self._tell("words", text=event.text)

    def turn(self, row: SaveTurn) -> None:
        """A turn is stored, or more is known of it."""
        if row.speaker == "agent":
            self._said = (row.index, row.text)
        self._tell("turn", turn=turn_values(row))

    def look(self, core: CallCore) -> None:
        """Something has happened: tell what no action of the core tells."""
        if core.caller_speaks is not self._speaking:
            self._speaking = not self._speaking
            self._tell("speech", speaking=self._speaking)
        now = self._clock()
        if now < self._look_at:
            return
        self._look_at = now + _LOOK_SECONDS
        said = core.being_said
        if said is not None and said != self._said:
            self._said = said
            self._tell("text", index=said[0], text=said[1])

    def _tell(self, kind: str, **more: Any) -> None:
        call = self._call
        self._watch.publish(
            {"type": kind, "call_sid": call.call_sid, "business_id": call.business.id, **more}
        )


def turn_values(row: SaveTurn) -> dict[str, Any]:
    """Return a turn in the words of the API."""
    return {
        "index": row.index,
        "speaker": row.speaker,
        "text": row.text,
        "path": row.path,
        "intent_key": row.intent_key,
        "heard_ms": row.heard_ms,
        "interrupted": row.interrupted,
        "start_ms": row.start_ms,
        "length_ms": row.length_ms,
        "timings_ms": dict(row.timings_ms),
    }
