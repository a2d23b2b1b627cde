"""The calls of this process: bound at the webhook, claimed once by their stream, then remembered.

Also the door: past the set number of calls nobody more is let in.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from server.agent.base import Agent, Transcriber
from server.agent.prompts import Prompts
from server.calls.endings import LOST
from server.calls.inbox import Inbox
from server.clock import Clock, monotonic, utc_now
from server.directory import BusinessProfile
from server.turns import events as on
from server.turns.policy import CallPolicy

log = logging.getLogger(__name__)

UNCLAIMED_SECONDS = 15.0
"""A stream that has not come by then will not come; the warm session is closed."""

_REMEMBER_SECONDS = 900.0
"""How long an ended call's state answers late webhooks."""

PULSE_SECONDS = 0.1
"""A call in which nothing happens for this long is told that time has passed."""

_STUCK_SECONDS = 5.0
"""A loop that takes nothing for this long hangs on a socket that nobody reads; it is cut."""


class Stage(StrEnum):
    """Where a bound call stands."""

    BOUND = "bound"
    STREAMING = "streaming"
    ENDED = "ended"
    """Ended in order: by the agent, the caller, the carrier, or its cap."""
    LOST = "lost"
    """The stream never came, or broke."""


@dataclass(slots=True)
class BoundCall:
    """Everything a stream needs to start at once, decided at the webhook.

    Business, direction and prompts never change; the call's loop may replace a lost agent.
    """

    call_sid: str
    business: BusinessProfile
    direction: str
    """``inbound`` or ``outbound``; locked."""
    from_number: str
    to_number: str
    prompts: Prompts
    policy: CallPolicy
    inbox: Inbox
    is_test: bool
    bound_at: float
    agent: Agent = field(init=False)
    transcriber: Transcriber = field(init=False)
    stage: Stage = Stage.BOUND
    arrived_at: datetime = field(default_factory=utc_now)
    """``bound_at`` by the calendar: on that day the call's cost counts."""
    cost_usd: float = 0.0
    """What its sessions have used so far; only :class:`server.calls.costs.CostLedger` adds."""
    recording_url: str = ""
    """Where Twilio announces recordings of this call."""
    cut: Callable[[], None] | None = None
    """Cuts the call's media socket, once there is one."""


@dataclass(frozen=True, slots=True)
class EndedCall:
    """What late webhooks need to know of a call that is over."""

    stage: Stage
    language: str
    reason: str
    ended_at: float


class CallRegistry:
    """Bound calls by CallSid. Safe to call from any thread; nothing here blocks."""

    def __init__(self, max_calls: int, clock: Clock = monotonic) -> None:
        self._max_calls = max_calls
        self._clock = clock
        self._live: dict[str, BoundCall] = {}
        self._ended: dict[str, EndedCall] = {}
        self._lock = threading.Lock()
        self._sweeper: threading.Thread | None = None
        self.on_ended: Callable[[BoundCall, str], None] = lambda call, reason: None
        """Told once of every call that is over, and why."""
        self.on_unclaimed: Callable[[BoundCall, str], None] = lambda call, reason: None
        """Told of a call that ended before a stream came."""
        self.draining = False
        """Whether new calls are turned away because the process is about to end."""

    def live(self, call_sid: str) -> BoundCall | None:
        """Return the call with this sid if it is bound or streaming."""
        return self._live.get(call_sid)

    def ended(self, call_sid: str) -> EndedCall | None:
        """Return how the call with this sid ended, if that was lately."""
        return self._ended.get(call_sid)

    def count(self) -> int:
        """Return how many calls are bound or streaming."""
        return len(self._live)

    def count_of(self, business_id: int) -> int:
        """Return how many of them are of this business."""
        return sum(call.business.id == business_id for call in list(self._live.values()))

    def has_room(self) -> bool:
        """Tell whether one more call may come in."""
        return not self.draining and self.count() < self._max_calls

    def bind(self, call: BoundCall) -> bool:
        """Keep ``call`` for its stream; False if its sid is known already (a retried webhook)."""
        with self._lock:
            if call.call_sid in self._live or call.call_sid in self._ended:
                return False
            self._live[call.call_sid] = call
            if self._sweeper is None:
                self._sweeper = threading.Thread(
                    target=self._keep_time, name="registry", daemon=True
                )
                self._sweeper.start()
            return True

    def claim(self, call_sid: str) -> BoundCall | None:
        """Hand the call to its stream. Only the first stream gets it."""
        with self._lock:
            call = self._live.get(call_sid)
            if call is None or call.stage is not Stage.BOUND:
                return None
            call.stage = Stage.STREAMING
            return call

    def end(self, call: BoundCall, reason: str) -> None:
        """Forget a live call but for how it ended."""
        with self._lock:
            if self._live.pop(call.call_sid, None) is None:
                return
            self._ended[call.call_sid] = EndedCall(
                Stage.LOST if reason in LOST else Stage.ENDED,
                call.policy.language,
                reason,
                self._clock(),
            )
        self.on_ended(call, reason)

    def request_end(self, call_sid: str, reason: str, *, politely: bool = False) -> bool:
        """Have a call end from outside: its loop, or this registry if it has none yet.

        Args:
            politely: a caller who can hear it is told goodbye first.

        Returns:
            Whether there is such a call.
        """
        call = self._live.get(call_sid)
        if call is None:
            return False
        if not self._end_unclaimed(call, reason):
            call.inbox.put(on.EndRequested(reason, politely))
        return True

    def end_all(self, reason: str) -> None:
        """Have every live call end."""
        for call_sid in list(self._live):
            self.request_end(call_sid, reason)

    def _end_unclaimed(self, call: BoundCall, reason: str) -> bool:
        """End a call that has no stream; False if it has one."""
        with self._lock:
            if call.stage is not Stage.BOUND:
                return False
            call.stage = Stage.LOST
        self.end(call, reason)
        call.agent.close()
        call.transcriber.close()
        self.on_unclaimed(call, reason)
        return True

    def sweep(self) -> None:
        """Close what no stream has claimed, and forget what ended long ago."""
        now = self._clock()
        for call in list(self._live.values()):
            if now - call.bound_at > UNCLAIMED_SECONDS and self._end_unclaimed(call, "stream_lost"):
                log.warning("[STREAM] never came call=%s", call.call_sid)
        with self._lock:
            for call_sid, ended in list(self._ended.items()):
                if now - ended.ended_at < _REMEMBER_SECONDS:
                    break  # they are in the order of their ends
                del self._ended[call_sid]

    def pulse(self) -> None:
        """Bring the time to calls that no frame brings it to; cut those whose loop hangs."""
        for call in list(self._live.values()):
            if call.stage is not Stage.STREAMING:
                continue
            if call.inbox.quiet_seconds() >= PULSE_SECONDS:
                call.inbox.put(on.Tick())
            cut = call.cut
            if cut is not None and call.inbox.stuck_seconds() >= _STUCK_SECONDS:
                log.error("[STREAM] loop stuck, cutting the line call=%s", call.call_sid)
                cut()

    def _keep_time(self) -> None:
        while True:
            time.sleep(PULSE_SECONDS)
            try:
                self.pulse()
                self.sweep()
            except Exception:  # the only clock of the process must not stop
                log.exception("[REGISTRY] pulse failed")
