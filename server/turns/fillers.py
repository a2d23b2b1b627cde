"""Bridging the wait: a human word when the answer is late, and a second, different one."""

from __future__ import annotations

from server.turns import actions as do
from server.turns.context import Context
from server.turns.language import language_of
from server.turns.line import Filler
from server.turns.listening import Listening
from server.turns.model import FILLER_PATH, GREETING_PATH, State, words_heard
from server.turns.policy import Phrase
from server.turns.speaking import Speaking

_IN_TURN = (Phrase.FILLER, Phrase.SECOND_FILLER)

_CLIP_WAIT_SECONDS = 0.4
"""A filler that has not been rendered by then is not worth waiting for: the other one is tried."""


class Fillers:
    """Decides when a filler is due, and keeps account of what was heard of it."""

    def __init__(self, context: Context, listening: Listening, speaking: Speaking) -> None:
        self._context = context
        self._listening = listening
        self._speaking = speaking
        self._wanted: Filler | None = None
        self._sent: dict[str, Filler] = {}
        """By mark: sent to the line to its end, not known to be heard."""
        self._spoken = 0
        """Fillers in the present wait."""
        self._second_due_at = 0.0
        self._turns = 0

    @property
    def sounding(self) -> bool:
        """Whether a filler is being sent."""
        return self._speaking.line.filler is not None

    @property
    def next_at(self) -> float | None:
        """When this has something to do if nothing happens before."""
        times = [self._mark_overdue_at(filler) for filler in self._sent.values()]
        if (due_at := self._due_at) is not None:
            times.append(due_at)
        return min(times, default=None)

    @property
    def _due_at(self) -> float | None:
        """When the next filler is due; None while nobody waits."""
        if not self._is_waited() or self.sounding:
            return None
        if self._spoken == 0:
            waited_since = self._speaking.waited_since(self._listening.turn)
            return waited_since + self._context.policy.filler_after_seconds
        return self._second_due_at if self._spoken < len(_IN_TURN) else None

    def _mark_overdue_at(self, filler: Filler) -> float:
        policy = self._context.policy
        return filler.over_at + policy.tail_ms / 1000 + policy.mark_grace_seconds

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

    def keep_time(self) -> None:
        """Act on what has come due."""
        now = self._context.now
        for filler in [f for f in self._sent.values() if now >= self._mark_overdue_at(f)]:
            self.take_mark(filler.id)
        due_at = self._due_at
        if due_at is not None and now >= due_at:
            self._call_for_one()

    def _call_for_one(self) -> None:
        """Have the filler that is due fetched; it sounds when it comes at once."""
        context, reply = self._context, self._speaking.reply
        phrase = _IN_TURN[(self._spoken + self._turns) % len(_IN_TURN)]
        if reply is not None and reply.path == GREETING_PATH and self._spoken == 0:
            phrase = Phrase.HOLD_ON
        text = context.phrase(phrase)
        self._spoken += 1
        self._second_due_at = context.now + _CLIP_WAIT_SECONDS
        if text:
            self._wanted = Filler(context.new_id("f"), text)
            language = language_of(text, context.language)
            context.do(do.FetchClip(self._wanted.id, text, language))

    def take_clip(self, clip_id: str, audio: bytes | None) -> bool:
        """Play the filler that has come, if it is still waited for; False if it is none of ours."""
        wanted = self._wanted
        if wanted is None or wanted.id != clip_id:
            return False
        self._wanted = None
        if not audio:
            self._second_due_at = self._context.now
        elif self._is_waited() and not self.sounding:
            self._give_caller_a_row()
            wanted.index = self._context.new_index()
            wanted.began_at = self._context.now
            self._speaking.line.begin_filler(wanted, audio)
            self._save(wanted, heard_ms=None)
        return True

    def _give_caller_a_row(self) -> None:
        """What the caller has said comes before the filler, even if it is not understood yet."""
        turn = self._listening.turn
        if turn is None or turn.index is not None:
            return
        if turn.words:
            self._context.save_caller(turn)
        else:
            turn.index = self._context.new_index()

    def mark_if_sent(self) -> None:
        """Send the mark once the last of the filler has gone out; the reply follows it."""
        filler = self._speaking.line.take_sent_filler(self._context.now)
        if filler is not None:
            played_out_at = self._speaking.line.playout.played_out_at
            self._second_due_at = played_out_at + self._context.policy.filler_gap_seconds
            self._sent[filler.id] = filler
            self._context.do(do.SendMark(filler.id))

    def take_mark(self, name: str) -> bool:
        """Note that a filler has been heard; False if the mark is none of its."""
        filler = self._sent.pop(name, None)
        if filler is not None:
            self._context.do(do.RememberSpoken(filler.text))
            self._save(filler, heard_ms=filler.length_ms)
        return filler is not None

    def stop(self) -> None:
        """The caller speaks: fall silent at once. A filler is not held: it is not missed."""
        context, line = self._context, self._speaking.line
        self._wanted = None
        self._second_due_at = context.now + context.policy.filler_gap_seconds
        stopped = line.stop_filler(context.now)
        if stopped is not None:
            context.do(do.SendClear())
            self.cleared()
            self._cut(*stopped)
        elif self._speaking.sounding is None and self._at_ear():
            line.playout.rewind(context.now)
            context.do(do.SendClear())
            self.cleared()

    def _at_ear(self) -> list[Filler]:
        """Return the fillers that have been sent and are still being heard."""
        return [filler for filler in self._sent.values() if filler.over_at > self._context.now]

    def cleared(self) -> None:
        """Twilio's buffer has been emptied, and a filler's last words may have been in it."""
        for filler in self._at_ear():
            del self._sent[filler.id]
            self._cut(filler, filler.heard_ms(self._context.now), filler.length_ms)

    def _cut(self, filler: Filler, heard_ms: int, length_ms: int) -> None:
        context = self._context
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
                start_ms=self._context.offset_ms(filler.began_at),
                length_ms=filler.length_ms or None,
            )
            self._context.save(row, heard=heard)
