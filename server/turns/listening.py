"""The caller's side of a call: frames into utterances, utterances and transcripts into turns."""

from __future__ import annotations

from collections.abc import Iterator

from server.audio import mulaw
from server.audio.framing import FRAME_MS, Reframer
from server.audio.silero import SileroModel
from server.turns import actions as do
from server.turns import events as on
from server.turns.context import Context
from server.turns.dictation import is_unfinished_number
from server.turns.endpointing import Endpointer, Speech
from server.turns.model import CallerTurn
from server.turns.monologue import MonologueCut

_REMEMBERED_TURNS = 8
"""Turns whose late transcripts still find their row."""


class Listening:
    """Keeps the caller's open turn: from its first sound until a reply to it sounds."""

    def __init__(self, context: Context, model: SileroModel | None) -> None:
        policy = context.policy
        self._context = context
        self._endpointer = Endpointer(
            policy.barge_in_frames, policy.hangover_ms, model, policy.sensitivity
        )
        self._reframer = Reframer()
        self._recent: list[CallerTurn] = []
        self._deaf = False
        self._cutter: MonologueCut | None = None
        self._since_cut_ms = 0
        self.expects_number = False
        """The agent has asked for a number: it is dictated, and not to be cut."""
        self.turn: CallerTurn | None = None
        """The open turn, or None where everything said has been answered."""

    @property
    def caller_speaks(self) -> bool:
        """Whether an utterance is under way."""
        return self._endpointer.utterance is not None and not self._deaf

    @property
    def caller_may_speak(self) -> bool:
        """Whether an utterance is under way or may just be beginning."""
        return self.caller_speaks or self._endpointer.suspects

    @property
    def undecided(self) -> bool:
        """Whether the caller has stopped, and what was said is not settled yet."""
        return self.turn is not None and not self.turn.settled and not self.caller_speaks

    @property
    def settle_at(self) -> float | None:
        """When the open turn is settled with whatever transcripts are there by then."""
        if self.turn is None or not self.undecided:
            return None
        return self.turn.committed_at + self._context.transcript_wait_seconds

    @property
    def since_onset_ms(self) -> int:
        """How long ago the utterance under way began."""
        utterance = self._endpointer.utterance
        return utterance.total_ms if utterance else 0

    def push(self, audio: bytes, echo_rms: float) -> Iterator[Speech]:
        """Take the caller's audio, pass on what is speech, and yield what changed.

        The consumer acts on each change before the next frame is looked at.

        Args:
            echo_rms: how loud the echo of our own voice may be in it.
        """
        for frame in self._reframer.push(audio):
            change = self._endpointer.push(frame, echo_rms)
            if change is Speech.STARTED:
                self._since_cut_ms = self.since_onset_ms
                yield change
                self._context.do(do.HearAudio(self._endpointer.pre_roll()))
                continue
            if self._endpointer.utterance is None:
                continue
            self._since_cut_ms += FRAME_MS
            if change is Speech.ENDED:
                self._hear(frame)
                self._stop_cutting()
                yield change
            elif self._hear(frame):
                yield Speech.CUT

    def _hear(self, frame: bytes) -> bool:
        """Pass on a frame of the utterance; return whether that has cut it in two."""
        context = self._context
        if self._cutter is None and self._may_be_cut():
            self._cutter = MonologueCut()
        if self._cutter is None:
            context.do(do.HearAudio(frame))
            return False
        parts = self._cutter.push(frame)
        if parts is None:
            return False
        self._cutter = None
        before, after = parts
        turn = self.open_turn()
        turn.cut = True
        turn.committed_at = context.now
        context.do(do.HearAudio(before))
        context.do(do.CommitUtterance(turn.utterances[-1]))
        turn.utterances.append(context.new_id("u"))
        context.do(do.HearAudio(after))
        self._since_cut_ms = len(after) // mulaw.BYTES_PER_MS
        return True

    def _may_be_cut(self) -> bool:
        too_long = self._since_cut_ms > self._context.policy.max_utterance_seconds * 1000
        if not too_long or self._deaf:
            return False
        dictated = self.turn is not None and is_unfinished_number(self.turn.words)
        return not dictated and not self.expects_number

    def _stop_cutting(self) -> None:
        if self._cutter is not None:
            self._context.do(do.HearAudio(self._cutter.rest()))
            self._cutter = None

    def ignore_utterance(self) -> None:
        """Let the utterance under way pass: it may not interrupt and is forgotten at its end."""
        self._deaf = True
        self._stop_cutting()

    def begin_utterance(self) -> None:
        """Note that an utterance has started; it opens a turn or goes on with the open one."""
        turn = self.open_turn()
        turn.utterances.append(self._context.new_id("u"))
        turn.settled = False
        if turn.began_at is None:
            turn.began_at = self._context.now - self.since_onset_ms / 1000

    def end_utterance(self) -> CallerTurn | None:
        """Commit the utterance that has ended; return its turn, or None if it was ignored."""
        context = self._context
        utterance = self._endpointer.take()
        if self._deaf:
            self._deaf = False
            context.do(do.DropHeard())
            return None
        turn = self.open_turn()
        turn.voiced_ms += utterance.voiced_ms
        turn.speech_ms += utterance.speech_ms
        turn.ended_at = context.now - context.policy.hangover_ms / 1000
        turn.committed_at = context.now
        context.do(do.CommitUtterance(turn.utterances[-1]))
        return turn

    def type_words(self, text: str) -> CallerTurn | None:
        """Take words typed in the caller's place.

        While an utterance is under way or unrecognised they are its transcript; else they are
        an utterance of their own.

        Returns:
            The turn if it may be complete now, None while the caller still speaks.
        """
        turn, context = self.turn, self._context
        if turn is not None and turn.waiting and not turn.settled:
            turn.texts[turn.utterances[-1]] = text
        else:
            turn = self.open_turn()
            turn.utterances.append(context.new_id("t"))
            turn.texts[turn.utterances[-1]] = text
            turn.settled = False
            turn.ended_at = turn.committed_at = context.now
            if turn.began_at is None:
                turn.began_at = context.now
            context.do(do.RememberTyped(text))
        turn.final_at = context.now
        return None if self.caller_speaks else turn

    def note_partial(self, utterance_id: str) -> None:
        """Note when recognition of the open turn first gave anything."""
        turn = self.turn
        if turn is not None and utterance_id in turn.utterances and turn.first_partial_at is None:
            turn.first_partial_at = self._context.now

    def take_transcript(self, event: on.Transcript) -> CallerTurn | None:
        """File a transcript, however late.

        Returns:
            The open turn if it can be decided on now: its words may be complete, or it was cut
            and the caller still speaks. Else None.
        """
        turn = next((t for t in self._recent if event.utterance_id in t.utterances), None)
        if turn is None:
            return None
        if not turn.texts.get(event.utterance_id):  # typed words stand
            turn.texts[event.utterance_id] = None if event.text is None else event.text.strip()
        if turn is self.turn and not turn.settled:
            turn.final_at = self._context.now
            return turn if turn.cut or not self.caller_speaks else None
        if turn.index is not None:
            self._context.save_caller(turn)
        return None

    def open_turn(self) -> CallerTurn:
        """Return the open turn, a new one if there is none."""
        if self.turn is None:
            self.turn = CallerTurn()
            self._recent = [*self._recent[1 - _REMEMBERED_TURNS :], self.turn]
        return self.turn

    def close_turn(self) -> CallerTurn | None:
        """Return and close the open turn: it is being answered, or was nothing."""
        turn, self.turn = self.turn, None
        return turn
