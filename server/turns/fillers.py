"""Bridging the wait: a human word when the answer is late, and a second, different one."""

from __future__ import annotations

from server.turns import actions as do
from server.turns.context import Context
from server.turns.line import Filler
from server.turns.listening import Listening
from server.turns.model import FILLER_PATH, GREETING_PATH, State, words_heard
from server.turns.policy import Phrase
from server.turns.speaking import Speaking

_IN_TURN = (Phrase.FILLER, Phrase.SECOND_FILLER)


class Fillers:
    """Decides when a filler is due, and keeps account of what was heard of it."""

    def __init__(self, context: Context, listening: Listening, speaking: Speaking) -> None:
        self._context = context
        self._listening = listening
        self._speaking = speaking
        self._wanted: Filler | None = None
        self._played: dict[str, Filler] = {}
        """By mark: sent to the line, not known to be heard."""
        self._spoken = 0
        """Fillers in the present wait."""
        self._over_at = 0.0
        self._turns = 0

    @property
    def sounding(self) -> bool:
        """Whether a filler is being sent."""
        return self._speaking.line.filler is not None

    @property
    def due_at(self) -> float | None:
        """When the next filler is due; None while nobody waits."""
        if not self._is_waited() or self._wanted is not None or self.sounding:
            return None
        policy = self._context.policy
        if self._spoken == 0:
            return self._speaking.waited_since(self._listening.turn) + policy.filler_after_seconds
        if self._spoken < len(_IN_TURN):
            return self._over_at + policy.filler_gap_seconds
        return None

    def _is_waited(self) -> bool:
        """Tell whether the caller has spoken, is silent, and hears nothing yet."""
        if self._context.state not in (State.THINKING, State.GREETING):
            return False
        reply = self._speaking.reply
        if reply is None and self._listening.turn is None:
            return False
        if reply is not None and reply.ready_at is not None:
            return False
        return not self._listening.caller_may_speak

    def call_for(self) -> None:
        """Have the filler that is due fetched; it sounds when it comes at once."""
        context, reply = self._context, self._speaking.reply
        phrase = _IN_TURN[(self._spoken + self._turns) % len(_IN_TURN)]
        if reply is not None and reply.path == GREETING_PATH and self._spoken == 0:
            phrase = Phrase.HOLD_ON
        text = context.phrase(phrase)
        self._spoken += 1
        self._over_at = context.now
        if text:
            self._wanted = Filler(context.new_id("f"), text)
            context.do(do.FetchClip(self._wanted.id, text, context.language))

    def take_clip(self, clip_id: str, audio: bytes | None) -> bool:
        """Play the filler that has come, if it is still waited for; False if it is none of ours."""
        wanted = self._wanted
        if wanted is None or wanted.id != clip_id:
            return False
        self._wanted = None
        if audio and self._is_waited() and not self.sounding:
            turn = self._listening.turn
            if turn is not None and turn.index is None and turn.words:
                self._context.save_caller(turn)
            wanted.index = self._context.new_index()
            self._speaking.line.begin_filler(wanted, audio)
            self._save(wanted, heard_ms=None)
        return True

    def mark_if_sent(self) -> None:
        """Send the mark once the last of the filler has gone out; the reply follows it."""
        filler = self._speaking.line.take_sent_filler()
        if filler is not None:
            self._over_at = self._speaking.line.playout.played_out_at
            self._played[filler.id] = filler
            self._context.do(do.SendMark(filler.id))

    def take_mark(self, name: str) -> bool:
        """Note that a filler has been heard; False if the mark is none of its."""
        filler = self._played.pop(name, None)
        if filler is not None:
            self._context.do(do.RememberSpoken(filler.text))
        return filler is not None

    def stop(self) -> None:
        """The caller speaks: fall silent at once. A filler is not held: it is not missed."""
        self._wanted, self._over_at = None, self._context.now
        stopped = self._speaking.line.stop_filler(self._context.now)
        if stopped is None:
            return
        filler, heard_ms, length_ms = stopped
        context = self._context
        context.do(do.SendClear())
        context.note("[BARGE_IN]", filler=filler.id, heard_ms=heard_ms)
        heard = words_heard(filler.text, heard_ms, length_ms)
        if heard:
            context.do(do.RememberSpoken(heard))
        self._save(filler, heard_ms=heard_ms, heard=heard)

    def wait_is_over(self) -> None:
        """The reply sounds, or the caller does: the next wait begins anew."""
        if self._spoken:
            self._turns += 1
        self._spoken, self._wanted = 0, None

    def _save(self, filler: Filler, *, heard_ms: int | None, heard: str | None = None) -> None:
        if filler.index is not None:
            row = do.SaveTurn(
                filler.index,
                "agent",
                filler.text,
                path=FILLER_PATH,
                heard_ms=heard_ms,
                interrupted=heard is not None,
            )
            self._context.save(row, heard=heard)
