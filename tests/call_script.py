"""A call in virtual time: the real core, a scripted caller, Twilio's ear, and an agent by heart.

Everything happens on one clock that jumps from event to event, so a minute of call takes
milliseconds and comes out the same every time.
"""

from __future__ import annotations

import heapq
import itertools
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from server.audio import mulaw
from server.audio.framing import FRAME_BYTES, FRAME_MS, frames_of
from server.caller.ear import Ear
from server.turns import actions as do
from server.turns import events as on
from server.turns.core import CallCore
from server.turns.model import State
from server.turns.policy import CallPolicy, Phrase

A = TypeVar("A")

WORD_MS = 300
SILENT_FRAME = mulaw.silence(FRAME_MS)

POLICY = CallPolicy(
    greeting_text="שלום, איך אפשר לעזור?",
    phrases={
        "he": {
            Phrase.NOT_HEARD: "לא שמעתי טוב, אפשר לחזור?",
            Phrase.GOODBYE: "להתראות!",
            Phrase.LEAVE_MESSAGE: "אפשר להשאיר הודעה.",
            Phrase.HOLD_ON: "שלום, רגע אחד.",
            Phrase.FILLER: "רגע, אני בודקת.",
            Phrase.SECOND_FILLER: "עוד רגע קטן.",
            Phrase.STILL_THERE: "אתם עדיין על הקו?",
            Phrase.NEARLY_OVER: "השיחה תסתיים עוד מעט.",
            Phrase.TIME_IS_UP: "הזמן נגמר, להתראות!",
            Phrase.TRANSFER: "מעבירה אתכם.",
            Phrase.WANTS_PERSON: "נציג בבקשה",
        },
        "en": {
            Phrase.FILLER: "one moment",
            Phrase.SECOND_FILLER: "still looking",
            Phrase.STILL_THERE: "are you still there?",
        },
    },
)


def voice(duration_ms: int, *, dbfs: float = -20.0, seed: int = 1) -> bytes:
    """Return noise-like speech at this level, with a short dip between its syllables."""
    count = duration_ms * mulaw.BYTES_PER_MS
    pcm = np.random.default_rng(seed).normal(0, 32768 * 10 ** (dbfs / 20), count)
    dips = np.arange(count) // (20 * mulaw.BYTES_PER_MS) % 15 == 14
    pcm[dips] *= 0.02
    return mulaw.encode(np.clip(pcm, -32000, 32000).astype(np.int16))


def spoken(text: str) -> bytes:
    """Return what a synthesiser makes of ``text``: 300 ms a word, each text with its own sound."""
    return voice(WORD_MS * len(text.split()), seed=zlib.crc32(text.encode()))


@dataclass(frozen=True)
class Heard:
    """A stretch of one text in the caller's ear."""

    text: str
    at: float
    ms: int

    @property
    def until(self) -> float:
        """When its last sound was over."""
        return self.at + self.ms / 1000


@dataclass(frozen=True)
class AgentScript:
    """How the agent behaves when asked."""

    text: str = "בשמחה, מתי נוח לכם?"
    delay_ms: int = 400
    finishes: bool = True
    completed: bool = True
    hang_up: bool = False
    silent: bool = False


class ScriptedCall:
    """One call. ``advance`` lets time pass; ``caller_*`` script what the caller does.

    Args:
        rest: how the agent goes on with a reply that broke off; None: it does not.
        clip_ms: how long the rendering of a text takes, at once otherwise; None: for ever.
        opens: whether the n-th session opened during the call comes about; None: nobody knows.
        open_ms: how long it takes to find that out.
    """

    def __init__(
        self,
        policy: CallPolicy = POLICY,
        *,
        faq: Mapping[str, str] | None = None,
        agent: AgentScript | Callable[[str | None], AgentScript | None] = AgentScript(),
        stt_ms: int | None = 150,
        echo_marks: bool = True,
        clips_fail: bool | None = False,
        clip_ms: Mapping[str, int | None] | None = None,
        rest: AgentScript | None = None,
        opens: Callable[[int], bool | None] = lambda number: True,
        open_ms: int = 300,
        **policy_changes: object,
    ) -> None:
        self.core = CallCore(replace(policy, **policy_changes))  # type: ignore[arg-type]
        self.ear = Ear()
        self.now = 0.0
        self.done: list[tuple[float, do.Action]] = []
        self.turns: dict[int, do.SaveTurn] = {}
        self.first_sent: dict[str, float] = {}
        self._faq = dict(faq or {})
        self._agent = agent
        self._stt_ms = stt_ms
        self._echo_marks = echo_marks
        self._clips_fail = clips_fail
        self._clip_ms = dict(clip_ms or {})
        self._rest = rest
        self._opens = opens
        self._open_ms = open_ms
        self._opened = 0
        self._asked_meanwhile: list[tuple[str, AgentScript]] | None = None
        """While the session is down: what waits for it."""
        self._sounds: dict[bytes, tuple[str, int]] = {}
        self._cancelled: set[str] = set()
        self._events: list[tuple[float, int, on.Event]] = []
        self._order = itertools.count()
        self._speech: deque[bytes] = deque()
        self._words: deque[str | None] = deque()
        self._next_frame_at = 0.0
        self._echo_gain = 0.0
        self._echo_late = 0
        self.perform(on.StreamStarted())

    # The caller

    def caller_says(self, words: str | None, *, ms: int | None = None) -> float:
        """Speak for ``ms`` (300 a word); the recogniser will understand ``words``.

        Returns the moment at which the last sound will be over.
        """
        duration_ms = ms if ms is not None else WORD_MS * len((words or "").split())
        self._words.append(words)
        self._speech.extend(frames_of(voice(duration_ms)))
        return self.now + len(self._speech) * FRAME_MS / 1000

    def caller_pauses(self, ms: int) -> None:
        """Be silent for ``ms`` before whatever is said next."""
        self._speech.extend([SILENT_FRAME] * (ms // FRAME_MS))

    def echo(self, *, db: float, delay_ms: int) -> None:
        """Let the line carry the agent's voice back: this much quieter and later."""
        self._echo_gain = 10 ** (db / 20)
        self._echo_late = delay_ms // FRAME_MS

    def happens(self, event: on.Event, *, in_seconds: float = 0.0) -> None:
        """Have ``event`` reach the call."""
        heapq.heappush(self._events, (self.now + in_seconds, next(self._order), event))

    # Time

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass."""
        until = self.now + seconds
        while True:
            deadline = self.core.next_deadline()
            times = [self._next_frame_at]
            if self._events:
                times.append(self._events[0][0])
            if deadline is not None:
                times.append(deadline)
            at = max(self.now, min(times))
            if at > until:
                self.now = until
                return
            self.now = at
            if self._events and self._events[0][0] <= at:
                self.perform(heapq.heappop(self._events)[2])
            elif deadline is not None and deadline <= at:
                self.perform(on.Tick())
            else:
                self._frame()

    def advance_until(self, condition: Callable[[], bool], limit: float = 30.0) -> float:
        """Let time pass until ``condition`` holds; return the moment."""
        end = self.now + limit
        while not condition():
            assert self.now < end, f"it never came; last: {self.done[-8:]}"
            self.advance(FRAME_MS / 1000)
        return self.now

    def until_listening(self) -> None:
        """Let the greeting or the answer at hand be heard out."""
        self.advance_until(lambda: self.core.state is State.LISTENING)

    def _frame(self) -> None:
        self._next_frame_at = round(self._next_frame_at + FRAME_MS / 1000, 3)
        _, marks = self.ear.play()
        for name in marks:
            self._echo(name)
        frame = self._speech.popleft() if self._speech else SILENT_FRAME
        self.perform(on.CallerAudio(self._with_echo(frame)))

    def _with_echo(self, frame: bytes) -> bytes:
        end = len(self.ear.heard) - self._echo_late * FRAME_BYTES
        if not self._echo_gain or end < FRAME_BYTES:
            return frame
        own = mulaw.decode(bytes(self.ear.heard[end - FRAME_BYTES : end])) * self._echo_gain
        mixed = mulaw.decode(frame) + own
        return mulaw.encode(np.clip(mixed, -32000, 32000).astype(np.int16))

    def _echo(self, name: str) -> None:
        if self._echo_marks:
            self.happens(on.MarkEchoed(name))

    # The hands

    def perform(self, event: on.Event) -> None:
        """Hand ``event`` to the core and do what it says."""
        pending: deque[on.Event] = deque([event])
        while pending:
            self._note_session(pending[0])
            for action in self.core.handle(pending.popleft(), self.now):
                self.done.append((self.now, action))
                pending.extend(self._act(action))

    def _act(self, action: do.Action) -> list[on.Event]:
        if isinstance(action, do.SendAudio):
            assert len(action.audio) % FRAME_BYTES == 0
            self.ear.media(action.audio)
        elif isinstance(action, do.SendMark):
            for name in self.ear.mark(action.name):
                self._echo(name)
        elif isinstance(action, do.SendClear):
            for name in self.ear.clear():
                self._echo(name)
        elif isinstance(action, do.CommitUtterance):
            words = self._words.popleft() if self._words else ""
            if self._stt_ms is not None:
                text = on.Transcript(action.utterance_id, words)
                self.happens(text, in_seconds=self._stt_ms / 1000)
        elif isinstance(action, do.MatchFaq):
            answer = self._faq.get(action.text)
            if answer is None:
                return [on.FaqMissed(action.utterance_id, "no_match", 0.2)]
            return [on.FaqHit(action.utterance_id, "key", answer, 1.0, 0.2)]
        elif isinstance(action, do.FetchClip):
            return self._render(action)
        elif isinstance(action, do.AskAgent):
            script = self._agent(action.text) if callable(self._agent) else self._agent
            self._speak(action.reply_id, script)
        elif isinstance(action, do.ContinueAgent):
            self._speak(action.reply_id, self._rest)
        elif isinstance(action, (do.ReopenAgent, do.OpenSuccessor)):
            self._open(on.SuccessorLost() if isinstance(action, do.OpenSuccessor) else None)
        elif isinstance(action, do.UseReceptionist):
            self._asked_meanwhile = None
        elif isinstance(action, do.SaveTurn):
            self.turns[action.index] = action
        return []

    def _render(self, wanted: do.FetchClip) -> list[on.Event]:
        wait_ms = self._clip_ms.get(wanted.text, 0)
        if self._clips_fail is None or wait_ms is None:
            return []  # it never comes
        made = on.ClipReady(wanted.reply_id, self._sound_of(wanted.text))
        event = on.ClipFailed(wanted.reply_id) if self._clips_fail else made
        if not wait_ms:
            return [event]
        self.happens(event, in_seconds=wait_ms / 1000)
        return []

    def _open(self, failed: on.Event | None) -> None:
        self._opened += 1
        comes = self._opens(self._opened)
        if comes is not None:
            lost = failed or on.AgentLost("refused")
            self.happens(on.AgentReady() if comes else lost, in_seconds=self._open_ms / 1000)

    def _note_session(self, event: on.Event) -> None:
        """What a lost session is asked waits for the next one."""
        waiting = self._asked_meanwhile
        if isinstance(event, on.AgentLost) and waiting is None:
            self._asked_meanwhile = []
        elif isinstance(event, on.AgentReady) and waiting is not None:
            self._asked_meanwhile = None
            for reply_id, script in waiting[-1:]:
                self._speak(reply_id, script)

    def _sound_of(self, text: str) -> bytes:
        sound = spoken(text)
        for number, frame in enumerate(frames_of(sound)):
            self._sounds[frame] = (text.strip(), number)
        return sound

    def _speak(self, reply_id: str, script: AgentScript | None) -> None:
        if script is None:
            return
        if self._asked_meanwhile is not None:
            self._asked_meanwhile.append((reply_id, script))
            return
        at = script.delay_ms / 1000
        if not script.silent:
            self.happens(on.AgentText(reply_id, script.text), in_seconds=at)
            audio = self._sound_of(script.text)
            for part in range(0, len(audio), 1600):
                piece = on.AgentAudio(reply_id, audio[part : part + 1600])
                self.happens(piece, in_seconds=at + part / 1600 * 0.025)
            at += len(audio) / 1600 * 0.025 + 0.01
        if script.finishes:
            finished = on.AgentFinished(reply_id, script.completed, script.hang_up)
            self.happens(finished, in_seconds=at)

    # What came of it

    def did(self, kind: type[A]) -> list[A]:
        """Return the actions of this kind, in order."""
        return [action for _, action in self.done if isinstance(action, kind)]

    def when(self, kind: type[do.Action], *, after: float = -1.0) -> float:
        """Return when an action of this kind was first done later than ``after``."""
        return next(at for at, action in self.done if isinstance(action, kind) and at > after)

    def heard(self) -> list[Heard]:
        """Return what the caller's ear heard, in order; what begins anew is listed anew."""
        stretches: list[Heard] = []
        before = -1
        for place, frame in enumerate(frames_of(bytes(self.ear.heard))):
            if frame not in self._sounds:
                assert frame == SILENT_FRAME, "a sound that nobody made"
                continue
            text, number = self._sounds[frame]
            if stretches and stretches[-1].text == text and number > before:
                stretches[-1] = replace(stretches[-1], ms=stretches[-1].ms + FRAME_MS)
            else:
                stretches.append(Heard(text, place * FRAME_MS / 1000, FRAME_MS))
            before = number
        return stretches

    def words_heard(self) -> list[str]:
        """Return the texts that reached the caller's ear, in order."""
        return [stretch.text for stretch in self.heard()]

    def longest_silence(self, since: float) -> float:
        """Return how long after ``since`` the caller heard nothing at a stretch."""
        sounds = [stretch for stretch in self.heard() if stretch.until > since]
        starts = [*(sound.at for sound in sounds), self.now]
        ends = [since, *(sound.until for sound in sounds)]
        return max(start - end for start, end in zip(starts, ends, strict=True))

    def replies(self) -> list[do.SaveTurn]:
        """Return the agent's turns as stored, in order."""
        return [turn for _, turn in sorted(self.turns.items()) if turn.speaker == "agent"]

    def fillers(self) -> list[do.SaveTurn]:
        """Return the words that bridged a wait, as stored, in order."""
        return [turn for turn in self.replies() if turn.path == "FILLER"]

    def said(self) -> list[str]:
        """Return the caller's turns as stored, in order."""
        return [turn.text for _, turn in sorted(self.turns.items()) if turn.speaker == "caller"]


def greeted(**options: object) -> ScriptedCall:
    """Return a call whose greeting has been heard out a second ago."""
    call = ScriptedCall(**options)  # type: ignore[arg-type]
    call.until_listening()
    call.advance(1.0)  # the refractory time after the greeting is over
    return call
