"""The caller's ear: when a reply may sound, what is due of it, and what proves it heard."""

from __future__ import annotations

from server.turns import actions as do
from server.turns.answering import Answering
from server.turns.context import Context
from server.turns.dictation import PAUSE_SECONDS, is_unfinished_number
from server.turns.fillers import Fillers
from server.turns.listening import Listening
from server.turns.model import GREETING_PATH, CallerTurn, State
from server.turns.speaking import Speaking


class Sounding:
    """Sends what the caller is to hear: a filler at once, a reply when it has its time."""

    def __init__(
        self,
        context: Context,
        listening: Listening,
        speaking: Speaking,
        fillers: Fillers,
        answering: Answering,
    ) -> None:
        self._context = context
        self._listening = listening
        self._speaking = speaking
        self._fillers = fillers
        self._answering = answering
        self._refractory_until = float("-inf")
        self.answered: CallerTurn | None = None
        """The turn that the reply at hand, or the last one, answers."""

    @property
    def next_at(self) -> float | None:
        """When more may be sent if nothing happens before; None when nothing waits."""
        due_at = self._speaking.next_due() if self._may_sound else None
        return None if due_at is None else max(due_at, self._not_before)

    @property
    def _may_sound(self) -> bool:
        """Whether the reply at hand may be heard, but for the time it has to keep."""
        if self._speaking.sounding is not None:
            return True
        return not self._listening.caller_may_speak and not self._listening.undecided

    @property
    def _not_before(self) -> float:
        turn = self._listening.turn
        if turn is None or self._speaking.sounding is not None:
            return float("-inf")
        policy = self._context.policy
        silence = (policy.reply_after_cut_ms if turn.cut else policy.reply_after_silence_ms) / 1000
        if is_unfinished_number(turn.words):
            silence = PAUSE_SECONDS
        return max(turn.ended_at + silence, self._refractory_until)

    def send_due(self) -> None:
        """Send what is due, and the mark after the last of it."""
        context = self._context
        if context.state is State.ENDED:
            return
        if self._fillers.sounding:
            if filler := self._speaking.line.playout.due(context.now):
                context.do(do.SendAudio(filler))
            self._fillers.mark_if_sent()
        if self._fillers.sounding or not self._may_sound or context.now < self._not_before:
            return
        audio, first = self._speaking.pump()
        if first:
            self._begin()
        if audio:
            context.do(do.SendAudio(audio))
            reply = self._speaking.reply
            if reply is not None and not reply.from_agent:
                self._answering.upgrade_prompt()
        self._speaking.mark_if_sent()

    def _begin(self) -> None:
        reply = self._speaking.reply
        if reply is None:
            return
        turn = self.answered = self._listening.close_turn()
        self._fillers.wait_is_over()
        if reply.path != GREETING_PATH:
            self._context.go(State.SPEAKING)
        self._speaking.note_latency(turn)
        self._speaking.save(reply)

    def take_mark(self, name: str) -> bool:
        """Take an echoed mark; True if it proves that the reply at hand has been heard.

        Any other is a filler's, or of what was cleared, or a stranger's: it proves nothing.
        """
        if self._fillers.take_mark(name):
            return False
        reply = self._speaking.reply
        return reply is not None and reply.mark_sent and name == reply.mark

    def keep_distance(self) -> None:
        """A reply has been heard out: the next one does not follow on its heels."""
        self._refractory_until = self._context.now + self._context.policy.refractory_seconds

    def keep_no_distance(self) -> None:
        """The reply was interrupted: the next one may come at once."""
        self._refractory_until = float("-inf")
