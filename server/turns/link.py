"""The agent's session as the call sees it: lost, opened anew, replaced before it ends."""

from __future__ import annotations

from server.turns import actions as do
from server.turns import events as on
from server.turns.answering import Answering
from server.turns.context import Context
from server.turns.model import Reply
from server.turns.speaking import Speaking
from server.turns.vigil import Vigil

_PAUSE_SECONDS = 0.3
"""Between two attempts to open a session."""

_EXCUSE_SECONDS = 0.4
"""So long it takes, once given up in mid-answer, until the receptionist is heard."""

_MOST_REOPENINGS = 5
"""A session that is lost more often in one call is not worth another attempt."""

_ROTATION_RETRY_SECONDS = 60.0


class AgentLink:
    """Keeps a session under the call; where none can be had, ``Answering`` goes on without."""

    def __init__(
        self, context: Context, speaking: Speaking, vigil: Vigil, answering: Answering
    ) -> None:
        self._context = context
        self._speaking = speaking
        self._vigil = vigil
        self._answering = answering
        self._lost_at = 0.0
        self._reason = ""
        self._retry_at: float | None = None
        self._reopenings = 0
        self._down = False
        self._rotate_at = float("inf")
        self._told_until: int | None = None
        """The row up to which a successor that is being opened knows the conversation."""
        self._successor_ready = False

    def begin(self) -> None:
        """The stream is up."""
        if self._context.policy.reconnects:
            self._rotate_at = self._context.now + self._context.policy.rotate_after_seconds

    @property
    def next_at(self) -> float | None:
        """When this has something to do if nothing happens before."""
        if self._context.reopening:
            return min(self._gives_up_at, self._retry_at or self._gives_up_at)
        if self._down or not self._vigil.at_pause:
            return None
        if self._successor_ready:
            return self._context.now
        return self._rotate_at if self._told_until is None else None

    @property
    def _gives_up_at(self) -> float:
        seconds = self._context.policy.reconnect_seconds
        if self._owed_rest() is not None:  # no filler can bridge a silence in mid-answer
            seconds -= _EXCUSE_SECONDS
        return self._lost_at + seconds

    def _owed_rest(self) -> Reply | None:
        """Return the agent's reply that has begun and whose rest is to come, if there is one."""
        reply = self._speaking.reply
        if self._answering.agent_lost or reply is None or not reply.from_agent:
            return None
        return reply if reply.ready_at is not None and not reply.finished else None

    def keep_time(self) -> None:
        """Act on what has come due."""
        now = self._context.now
        if self._context.reopening:
            if now >= self._gives_up_at:
                self._fail(self._reason)
            elif self._retry_at is not None and now >= self._retry_at:
                self._open()
        elif not self._down and self._vigil.at_pause:
            if self._successor_ready and self._told_until is not None:
                self._take_successor(self._told_until)
            elif now >= self._rotate_at and self._told_until is None:
                self._told_until = self._context.next_index
                self._context.do(do.OpenSuccessor(self._context.history()))

    # The session at hand

    def on_lost(self, event: on.AgentLost) -> None:
        """The session is gone: open another, or do without."""
        if self._down:
            return
        self._told_until, self._successor_ready = None, False
        policy, now = self._context.policy, self._context.now
        if self._context.reopening:
            self._retry_at = now + _PAUSE_SECONDS
        elif not policy.reconnects or self._reopenings >= _MOST_REOPENINGS:
            self._fail(event.reason)
        else:
            self._lost_at, self._reason = now, event.reason
            self._context.reopening = True
            self._context.note("[AGENT_RECONNECT]", reason=event.reason)
            self._open()

    def _open(self) -> None:
        self._retry_at = None
        self._reopenings += 1
        context = self._context
        if (reply := self._speaking.sounding) is not None:
            self._speaking.save(reply)  # with all the words that have come since its first sound
        context.do(do.ReopenAgent(context.history(), self._answering.upgraded))
        context.tell_language()
        reply = self._speaking.reply
        if self._answering.agent_lost or reply is None or not reply.from_agent or reply.finished:
            return
        if reply.ready_at is None:
            self._speaking.ask_again()
        else:
            self._speaking.go_on()

    def on_ready(self, _: on.AgentReady) -> None:
        """A session that was being opened can be used."""
        if self._told_until is not None and not self._context.reopening:
            self._successor_ready = True
        elif self._context.reopening:
            context = self._context
            context.reopening = False
            if (reply := self._owed_rest()) is not None:
                reply.continued_at = context.now  # only now can the rest of it be made
            context.note("[AGENT_RECONNECTED]", ms=round((context.now - self._lost_at) * 1000))
            self._answering.on_upgraded(on.PromptUpgraded())  # where that was still open
            self._rotate_at = context.now + context.policy.rotate_after_seconds

    def on_successor_lost(self, _: on.SuccessorLost) -> None:
        """The second session could not be opened; the first one still stands."""
        if self._told_until is None:
            return
        self._told_until, self._successor_ready = None, False
        self._rotate_at = self._context.now + _ROTATION_RETRY_SECONDS

    def _take_successor(self, told_until: int) -> None:
        context = self._context
        self._told_until, self._successor_ready = None, False
        self._rotate_at = context.now + context.policy.rotate_after_seconds
        context.do(do.TakeSuccessor(context.history(told_until)))
        context.tell_language()
        context.note("[AGENT_ROTATED]")

    def _fail(self, reason: str) -> None:
        self._context.reopening = False
        self._retry_at = None
        self._down = True
        self._answering.session_lost(reason)
