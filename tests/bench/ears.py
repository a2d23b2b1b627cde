"""How good are the ears? Detection and turn-taking over recordings, in audio time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import webrtcvad

from server.audio import mulaw
from server.audio.framing import FRAME_MS, frames_of
from server.audio.silero import SileroModel, SpeechEar
from server.turns import actions as do
from server.turns import events as on
from server.turns.core import CallCore
from server.turns.endpointing import Endpointer, Speech
from server.turns.policy import CallPolicy
from tests.bench.speech_corpus import bursts, noises

BARGE_INS = 104
_REFRACTORY_FRAMES = 75
"""Decisions closer together than 1.5 s are one."""

Detector = Callable[[bytes], Iterator[bool]]
"""Audio in; for each frame, whether it would be decided there that the caller speaks."""


def _ours(model: SileroModel | None) -> Detector:
    def detect(audio: bytes) -> Iterator[bool]:
        endpointer = Endpointer(10, 200, model)
        for frame in frames_of(audio):
            change = endpointer.push(frame)
            if change is Speech.ENDED:
                endpointer.take()
            yield change is Speech.STARTED

    return detect


def _webrtc(mode: int) -> Detector:
    def detect(audio: bytes) -> Iterator[bool]:
        detector, recent = webrtcvad.Vad(mode), [False] * 12
        for frame in frames_of(audio):
            pcm = mulaw.decode(frame).astype("<i2").tobytes()
            recent = [*recent[1:], detector.is_speech(pcm, mulaw.SAMPLE_RATE)]
            yield sum(recent) >= 10

    return detect


def _silero_alone(model: SileroModel) -> Detector:
    def detect(audio: bytes) -> Iterator[bool]:
        ear, run = SpeechEar(model), 0
        for frame in frames_of(audio):
            for probability in ear.push(mulaw.decode(frame)):
                run = run + 1 if probability > 0.5 else 0
            yield run >= 6

    return detect


@dataclass
class Detection:
    """What one detector did with one set of bursts."""

    latencies_ms: list[float] = field(default_factory=list)
    missed: int = 0
    fired_before: int = 0

    def cells(self) -> str:
        """Return it as a cell of the table."""
        if not self.latencies_ms:
            return f"all {self.missed} missed"
        p50, p95 = np.percentile(self.latencies_ms, [50, 95])
        count = BARGE_INS
        share = f"{self.missed / count:.0%} missed, {self.fired_before / count:.0%} fired before"
        return f"{p50:4.0f} /{p95:4.0f} ms, {share}"


def _detection(detector: Detector, dbfs: float, background: float | None) -> Detection:
    result = Detection()
    for burst in bursts(BARGE_INS, dbfs, background):
        at = [
            (number + 1) * FRAME_MS for number, fires in enumerate(detector(burst.audio)) if fires
        ]
        fired_before = any(moment < burst.onset_ms - FRAME_MS for moment in at)
        result.fired_before += fired_before
        after = [m for m in at if burst.onset_ms - FRAME_MS <= m < burst.end_ms + 500]
        if after:
            result.latencies_ms.append(max(0.0, after[0] - burst.onset_ms))
        elif not fired_before:  # who is taken to speak already cannot begin
            result.missed += 1
    return result


def _false_an_hour(detector: Detector, dbfs: float) -> float:
    decisions = 0
    pieces = noises(dbfs)
    for piece in pieces:
        last = -_REFRACTORY_FRAMES
        for number, fires in enumerate(detector(piece)):
            if fires:
                decisions += number - last >= _REFRACTORY_FRAMES
                last = number
    return decisions * 3600 / (30 * len(pieces))


class _Conversation:
    """The real core in audio time, with an agent that talks without end, softly."""

    def __init__(
        self, model: SileroModel | None, transcript: str = "", *, greets: bool = True
    ) -> None:
        policy = CallPolicy(
            greeting_text="x",
            caller_speaks_first=not greets,
            faq_enabled=False,
            refractory_seconds=0,
        )
        self.core = CallCore(policy, model)
        self.now = 0.0
        self.actions: list[tuple[float, do.Action]] = []
        self.work_ms: list[float] = []
        self._transcript = transcript
        self._later: list[tuple[float, on.Event]] = []
        self._quiet_voice = mulaw.encode(np.full(160, 200, dtype=np.int16))
        self.handle(on.StreamStarted())

    def handle(self, event: on.Event) -> None:
        began = time.perf_counter()
        done = self.core.handle(event, self.now)
        took_ms = (time.perf_counter() - began) * 1000
        for action in done:
            self.actions.append((self.now, action))
            if isinstance(action, do.SendClear):
                self.work_ms.append(took_ms)
            elif isinstance(action, do.FetchClip):
                self.handle(on.ClipReady(action.reply_id, self._quiet_voice * 50 * 3600))
            elif isinstance(action, do.CommitUtterance):
                heard = on.Transcript(action.utterance_id, self._transcript)
                self._later.append((self.now + 0.15, heard))
            elif isinstance(action, do.AskAgent):
                self.handle(on.AgentAudio(action.reply_id, self._quiet_voice * 50))
                self.handle(on.AgentFinished(action.reply_id, completed=True))
            elif isinstance(action, do.SendMark):
                self._later.append((self.now + 0.6, on.MarkEchoed(action.name)))

    def hear(self, audio: bytes) -> None:
        for frame in frames_of(audio):
            self.now += FRAME_MS / 1000
            due = [event for at, event in self._later if at <= self.now]
            self._later = [(at, event) for at, event in self._later if at > self.now]
            for event in due:
                self.handle(event)
            self.handle(on.CallerAudio(frame))

    def times(self, kind: type[do.Action]) -> list[float]:
        return [at for at, action in self.actions if isinstance(action, kind)]


def _undone(model: SileroModel | None, dbfs: float) -> tuple[int, int]:
    """Return (wrong stops, those undone by resuming) over the noise."""
    stops = resumed = 0
    for piece in noises(dbfs):
        call = _Conversation(model)
        call.hear(piece + mulaw.silence(2000))
        stops += len(call.times(do.SendClear))
        resumed += sum(
            isinstance(action, do.Note) and "resumed_at_ms" in action.fields
            for _, action in call.actions
        )
    return stops, resumed


def _barge_in_work(model: SileroModel | None) -> list[float]:
    """Return the core's own time, in ms, for each frame that brought a clear."""
    spent = []
    for burst in bursts(BARGE_INS, -20, None):
        call = _Conversation(model, "מילים")
        call.hear(burst.audio)
        spent.extend(call.work_ms[:1])
    return spent


def _split_turns(model: SileroModel | None, pause_ms: int) -> tuple[float, float, list[float]]:
    """Return what becomes of a pause in mid-turn, with an agent that answers at once.

    The share that stayed one turn, the share in which no syllable of a reply was heard, and
    speech end → commit in ms.
    """
    pairs = bursts(BARGE_INS, -20, None)
    one_turn, unheard, commits = 0, 0, []
    for first, second in zip(pairs, pairs[1:] + pairs[:1], strict=True):
        call = _Conversation(model, "מילים", greets=False)
        before = first.audio[: int(first.end_ms * 8)]
        after = second.audio[int(second.onset_ms * 8) :]
        call.hear(before + mulaw.silence(pause_ms) + after)
        rows = {a.index for _, a in call.actions if isinstance(a, do.SaveTurn) and a.path is None}
        one_turn += len(rows) == 1
        unheard += not call.times(do.SendClear)
        committed = [at * 1000 for at in call.times(do.CommitUtterance)]
        commits.extend(at - first.end_ms for at in committed if 0 < at - first.end_ms < pause_ms)
    return one_turn / len(pairs), unheard / len(pairs), commits


def _monologue_cuts(model: SileroModel | None) -> list[float]:
    """Return after how many seconds each 7 s monologue was first committed."""
    cuts = []
    words = [b for b in bursts(BARGE_INS, -20, None) if b.end_ms - b.onset_ms > 1500]
    for burst in words:
        speech = burst.audio[int(burst.onset_ms * 8) : int(burst.end_ms * 8)]
        call = _Conversation(model, "מילים", greets=False)
        call.hear(mulaw.silence(1000) + (speech * 6)[: 7000 * 8] + mulaw.silence(1500))
        committed = call.times(do.CommitUtterance)
        cuts.append(committed[0] - 1.0)
    return cuts


def report() -> str:
    """Return the whole table as text."""
    model = SileroModel()
    detectors: dict[str, Detector] = {
        "Maane (gate + evidence)": _ours(model),
        "energy only, 10 frames": _ours(None),
        "webrtcvad 3, 10 of 12": _webrtc(3),
        "Silero > .5 x 6": _silero_alone(model),
    }
    lines = [
        f"Onset -> decision over {BARGE_INS} barge-ins, p50 / p95; false decisions an hour over "
        "20 minutes of noise at -45 / -35 / -25 dBFS"
    ]
    for name, detector in detectors.items():
        lines.append(name)
        for label, dbfs, background in (
            ("clean, -20 dBFS", -20.0, None),
            ("background 10 dB below", -20.0, -30.0),
            ("clean, -35 dBFS", -35.0, None),
        ):
            lines.append(f"  {label:24} {_detection(detector, dbfs, background).cells()}")
        false = " / ".join(f"{_false_an_hour(detector, dbfs):.0f}" for dbfs in (-45, -35, -25))
        lines.append(f"  {'false an hour':24} {false}")
    lines.append("In a call (real core, softly speaking agent)")
    for dbfs in (-45, -35, -25):
        stops, resumed = _undone(model, dbfs)
        lines.append(
            f"  wrong stops in 20 min at {dbfs} dBFS: {stops}, undone by resuming: {resumed}"
        )
    work = _barge_in_work(model)
    p50, p95 = np.percentile(work, [50, 95])
    lines.append(f"  decision -> clear, core's own time: p50 {p50:.2f} ms, p95 {p95:.2f} ms")
    for pause_ms in (200, 350, 500, 600):
        share, unheard, commits = _split_turns(model, pause_ms)
        after = f", speech end -> commit p50 {np.median(commits):.0f} ms" if commits else ""
        lines.append(
            f"  a pause of {pause_ms} ms is one turn in {share:.0%}, "
            f"without a syllable of the reply in {unheard:.0%}{after}"
        )
    cuts = _monologue_cuts(model)
    lines.append(
        f"  7 s monologues: committed after {min(cuts):.2f}-{max(cuts):.2f} s (n={len(cuts)})"
    )
    return "\n".join(lines)
