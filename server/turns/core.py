"""The core of a call: one object, events in, actions out, no clock and no I/O.

The session hands it everything that happens together with the time and carries out the actions
that come back. While the caller's frames come they bring the time; ``next_deadline()`` tells when
time alone has something to do. The rules of turn-taking (spec: call, 1-4) are here and in what it
joins, ``Listening``, ``Answering``, ``Speaking`` and ``Sounding``; ``model.TRANSITIONS`` is the
table of states.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from server.audio.silero import SileroModel
from server.turns import actions as do
from server.turns import events as on
from server.turns.answering import Answering
from server.turns.backchannel import is_backchannel
from server.turns.context import Context
from server.turns.dictation import asks_for_number
from server.turns.endpointing import Speech
from server.turns.fillers import Fillers
from server.turns.keypad import PERSON_KEY, Keypad
from server.turns.link import AgentLink
from server.turns.listening import Listening
from server.turns.model import GREETING_PATH, CallerTurn, State
from server.turns.policy import CallPolicy, Phrase
from server.turns.sounding import Sounding
from server.turns.speaking import Speaking
from server.turns.vigil import Vigil

_MOST_UNRECOGNISED = 2
"""After so many utterances in a row that nobody could recognise, a message is recorded."""


class CallCore:
    """Decides what happens in one call. Not thread-safe: one loop owns it."""

    def __init__(self, policy: CallPolicy, speech_model: SileroModel | None = None) -> None:
        self.policy = policy
        self._context = Context(policy)
        self._listening = Listening(self._context, speech_model)
        self._speaking = Speaking(self._context)
        parts = (self._context, self._listening, self._speaking)
        self._answering = Answering(*parts, self._hang_up)
        self._fillers = Fillers(*parts)
        self._keypad = Keypad(self._context)
        self._vigil = Vigil(
            *parts,
            say=self._speaking.say_phrase,
            greet=self._greet,
            hush=self._hush,
            end=self._hang_up,
        )
        self._link = AgentLink(self._context, self._speaking, self._vigil, self._answering)
        self._sounding = Sounding(*parts, self._fillers, self._answering)
        self._unrecognised = 0
        """Utterances in a row that could not be recognised."""

    @property
    def state(self) -> State:
        """Where the call stands."""
        return self._context.state

    @property
    def language(self) -> str:
        """What is spoken now (BCP 47)."""
        return self._context.language

    def handle(self, event: on.Event, now: float) -> list[do.Action]:
        """Take ``event``, which happened at ``now`` (seconds), and return what is to be done."""
        if self.state is State.ENDED:
            return []
        self._context.begin(now)
        if (answer := _ANSWERS.get(type(event))) is not None:
            answer(self._answering, event)
        elif (link := _LINK.get(type(event))) is not None:
            link(self._link, event)
        else:
            _HANDLERS[type(event)](self, event)
        self._keep_deadlines()
        self._sounding.send_due()
        return self._context.out

    @property
    def caller_speaks(self) -> bool:
        """Whether the caller is being heard."""
        return self._listening.caller_speaks

    @property
    def being_said(self) -> tuple[int, str] | None:
        """The row of the reply that the caller hears, and its words as far as they are known."""
        reply = self._speaking.sounding
        return None if reply is None or reply.index is None else (reply.index, reply.text)

    def next_deadline(self) -> float | None:
        """Return when ``Tick`` is due if nothing happens before; None once the call has ended."""
        if self.state is State.ENDED:
            return None
        times = [
            self._vigil.next_at,
            self._link.next_at,
            self._fillers.next_at,
            self._keypad.complete_at,
            self._listening.settle_at,
            self._speaking.stalled_at,
            self._speaking.mark_overdue_at,
            self._sounding.next_at,
        ]
        return min(time for time in times if time is not None)

    def _keep_deadlines(self) -> None:
        """Act on every deadline that has come."""
        if self.state is State.ENDED:
            return
        if self._past(self._keypad.complete_at):
            self._take_keys(self._keypad.take())
        if self._past(self._listening.settle_at) and self._listening.turn is not None:
            self._settle(self._listening.turn)
        if self._past(self._speaking.stalled_at):
            self._answering.reply_stalled()
        if self._past(self._speaking.mark_overdue_at):
            self._reply_heard(mark_echoed=False)
        if self.state in (State.ENDED, State.CONNECTING):
            return
        if self._past(self._link.next_at):
            self._link.keep_time()
        if self._past(self._fillers.next_at):
            self._fillers.keep_time()
        if self._past(self._vigil.next_at):
            self._vigil.keep_time()

    def _past(self, moment: float | None) -> bool:
        return moment is not None and self._context.now >= moment

    # The stream

    def _on_started(self, _: on.StreamStarted) -> None:
        self._context.started_at = self._context.now
        self._context.go(State.GREETING)
        self._link.begin()
        self._vigil.begin(awaits_first_word=self.policy.caller_speaks_first)
        if self.policy.caller_speaks_first:
            self._answering.upgrade_prompt()
            self._context.go(State.LISTENING)
        else:
            self._greet()

    def _greet(self) -> None:
        if self.policy.greeting_text:
            self._speaking.say(self.policy.greeting_text, GREETING_PATH)
        else:
            self._speaking.ask_agent(None, GREETING_PATH)

    def _on_end(self, event: on.EndRequested) -> None:
        if not event.politely or not self._vigil.take_leave(event.reason):
            self._hang_up(event.reason)

    def _on_key(self, event: on.KeyPressed) -> None:
        self._context.note("[DTMF]", state=self.state.value)
        self._vigil.sign_of_life()
        expects_number = self._listening.expects_number
        self._take_keys(self._keypad.press(event.digit, expects_number=expects_number))

    def _take_keys(self, keys: str | None) -> None:
        """A number was keyed in: it counts as said. A lone 0 asks for a person."""
        if keys != PERSON_KEY:
            self._on_typed(on.CallerTyped(keys or ""))
        elif self.policy.transfers:
            self._hush()
            if self.state is not State.ENDED:
                self._speaking.say_phrase(Phrase.TRANSFER, "transferred")
        else:
            self._on_typed(on.CallerTyped(self._context.phrase(Phrase.WANTS_PERSON)))

    def _on_tick(self, _: on.Tick) -> None:
        """Deadlines are looked at after every event; this one only brings the time."""

    # The caller

    def _on_audio(self, event: on.CallerAudio) -> None:
        for change in self._listening.push(event.audio, self._speaking.echo_rms()):
            if change is Speech.STARTED:
                if self._speaking.sounding is not None and not self.policy.barge_in:
                    self._listening.ignore_utterance()
                else:
                    self._listening.begin_utterance()
                    self._fillers.stop()
                    self._fillers.wait_is_over()
            elif change is Speech.ENDED:
                turn = self._listening.end_utterance()
                if turn is not None:
                    self._think(turn)
        if self._listening.caller_speaks:
            self._interrupt_unless_in_grace()

    def _interrupt_unless_in_grace(self) -> None:
        sounding = self._speaking.sounding
        if sounding is None or sounding.first_sent_at is None:
            return
        grace = self.policy.barge_in_grace_ms / 1000
        if self._context.now >= sounding.first_sent_at + grace:
            self._interrupt()

    def _on_typed(self, event: on.CallerTyped) -> None:
        text = event.text.strip()
        if not text:
            return
        self._fillers.stop()
        if self._speaking.sounding is not None:
            self._interrupt()
        turn = None if self.state is State.ENDED else self._listening.type_words(text)
        if turn is not None:
            self._think(turn)

    def _on_partial(self, event: on.PartialTranscript) -> None:
        self._listening.note_partial(event.utterance_id)

    def _on_transcript(self, event: on.Transcript) -> None:
        if event.text is not None:
            self._unrecognised = 0
        turn = self._listening.take_transcript(event)
        if turn is None:
            return
        if self._listening.caller_speaks:
            self._prepare_reply(turn)
        else:
            self._think(turn)

    def _prepare_reply(self, turn: CallerTurn) -> None:
        """The caller talks on; have a reply to what was said so far ready for the next pause."""
        if self._speaking.held is not None:
            self._speaking.drop_held()
        if self._speaking.reply is not None:
            self._speaking.withdraw()
        turn.answered_words = turn.words
        if turn.words:
            self._context.go(State.THINKING)
            self._context.save_caller(turn)
            self._answering.ask_agent(turn.words)

    def _think(self, turn: CallerTurn) -> None:
        """The caller has stopped: decide on the words once they are all there."""
        if self._speaking.reply is None and self._speaking.held is None:
            self._context.go(State.THINKING)
        if not turn.waiting:
            self._settle(turn)

    def _settle(self, turn: CallerTurn) -> None:
        """Decide on the words of ``turn``: they are all there, or as many as will come in time."""
        turn.settled = True
        words = turn.words
        if self._speaking.held is not None and not self._takes_the_floor(turn):
            self._resume()
            return
        if self._speaking.sounding is not None:  # heard out its grace, and these are words
            if not self._takes_the_floor(turn):
                self._listening.close_turn()
                return
            self._interrupt()
            if self.state is State.ENDED:
                return
        if self._speaking.held is not None:
            answered = self._sounding.answered
            if answered is not None and self._speaking.held_ms <= self.policy.merge_heard_ms:
                turn.follows(answered)
                words = turn.words
            self._speaking.drop_held()
            self._context.go(State.THINKING)
        if self._speaking.reply is not None:
            if not turn.failed and words == (turn.answered_words or ""):
                return  # the sound held no new words: what was prepared is played
            self._speaking.withdraw()
            self._context.go(State.THINKING)
        if not words and not turn.failed:
            self._no_words(turn)
            return
        self._vigil.sign_of_life()
        turn.answered_words = words
        self._context.save_caller(turn)
        if turn.failed and not words and self._nobody_understands():
            self._take_message()
        else:
            self._answering.answer(turn)

    def _nobody_understands(self) -> bool:
        """Tell whether the recogniser fails where the agent has no ears of its own."""
        self._unrecognised += self._answering.agent_lost or not self.policy.agent_hears
        return self.policy.takes_messages and self._unrecognised >= _MOST_UNRECOGNISED

    def _takes_the_floor(self, turn: CallerTurn) -> bool:
        """Tell whether what was said while the agent spoke means that it shall be silent."""
        if turn.words:
            return self._speaking.asks_something or not is_backchannel(turn.words)
        if self._answering.recognises and not turn.failed:
            return False
        return turn.speech_ms >= self.policy.wordless_speech_ms

    def _resume(self) -> None:
        """The interruption was none: the agent goes on from where it stopped."""
        turn = self._listening.close_turn()
        if turn is not None and turn.words:
            self._context.save_caller(turn)
        self._speaking.resume()
        self._context.go(State.SPEAKING)

    def _no_words(self, turn: CallerTurn) -> None:
        policy = self.policy
        long_enough = turn.voiced_ms >= policy.min_utterance_seconds * 1000
        speech = turn.speech_ms >= policy.wordless_speech_ms
        if (long_enough or speech) and not self._answering.recognises and policy.takes_messages:
            self._take_message()
            return
        self._vigil.sound_without_words(speech=speech)
        if long_enough and self._context.phrase(Phrase.NOT_HEARD):
            self._speaking.say_phrase(Phrase.NOT_HEARD)
            return
        self._listening.close_turn()
        self._context.go(State.LISTENING)

    def _take_message(self) -> None:
        """Nobody here can understand a word: the carrier records what the caller has to say."""
        self._speaking.say_phrase(Phrase.LEAVE_MESSAGE, "error")

    # What the caller has heard

    def _on_mark(self, event: on.MarkEchoed) -> None:
        if self._sounding.take_mark(event.name):
            self._reply_heard(mark_echoed=True)

    def _reply_heard(self, *, mark_echoed: bool) -> None:
        reply = self._speaking.heard_out(mark_echoed)
        self._sounding.keep_distance()
        if reply.phrase is None:
            self._listening.expects_number = asks_for_number(reply.text)
        self._vigil.reply_over(reply)
        if reply.hang_up:
            self._hang_up(reply.end_reason)
            return
        self._context.go(State.LISTENING)
        if self._answering.owes_explanation and self._listening.turn is None:
            self._answering.explain()

    def _hush(self) -> None:
        """Fall silent for something of our own that cannot wait."""
        self._fillers.stop()
        if self._speaking.sounding is not None:
            self._interrupt()
            if self.state is State.ENDED:
                return
        if self._speaking.held is not None:
            self._speaking.drop_held()
        if self._speaking.reply is not None:
            self._speaking.withdraw()
        if self._listening.caller_speaks:
            self._listening.ignore_utterance()
        self._listening.close_turn()
        self._context.go(State.LISTENING)

    def _interrupt(self) -> None:
        if self._speaking.heard_whole:  # only its silent tail is left: that is no interruption
            self._reply_heard(mark_echoed=False)
            return
        self._speaking.interrupt(self._listening.since_onset_ms)
        self._fillers.cleared()
        self._sounding.keep_no_distance()
        self._context.go(State.LISTENING)

    # Rendered speech, and ends

    def _on_clip(self, event: on.ClipReady) -> None:
        if not self._fillers.take_clip(event.reply_id, event.audio):
            self._answering.on_clip(event)

    def _on_clip_failed(self, event: on.ClipFailed) -> None:
        if not self._fillers.take_clip(event.reply_id, None):
            self._answering.on_clip_failed(event)

    def _hang_up(self, reason: str) -> None:
        self._speaking.cut_off()
        self._context.go(State.ENDED)
        self._context.do(do.HangUp(reason))


_HANDLERS: dict[type[Any], Callable[[CallCore, Any], None]] = {
    on.StreamStarted: CallCore._on_started,
    on.CallerAudio: CallCore._on_audio,
    on.CallerTyped: CallCore._on_typed,
    on.KeyPressed: CallCore._on_key,
    on.MarkEchoed: CallCore._on_mark,
    on.EndRequested: CallCore._on_end,
    on.PartialTranscript: CallCore._on_partial,
    on.Transcript: CallCore._on_transcript,
    on.ClipReady: CallCore._on_clip,
    on.ClipFailed: CallCore._on_clip_failed,
    on.Tick: CallCore._on_tick,
}
_ANSWERS: dict[type[Any], Callable[[Answering, Any], None]] = {
    on.FaqHit: Answering.on_faq_hit,
    on.FaqMissed: Answering.on_faq_missed,
    on.AgentAudio: Answering.on_agent_audio,
    on.AgentText: Answering.on_agent_text,
    on.AgentFinished: Answering.on_agent_finished,
    on.PromptUpgraded: Answering.on_upgraded,
}
_LINK: dict[type[Any], Callable[[AgentLink, Any], None]] = {
    on.AgentReady: AgentLink.on_ready,
    on.AgentLost: AgentLink.on_lost,
    on.SuccessorLost: AgentLink.on_successor_lost,
}
