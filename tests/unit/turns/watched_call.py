"""A core whose every action is checked against what must never happen in a call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from server.audio import mulaw
from server.audio.framing import FRAME_MS, frames_of
from server.caller.ear import Ear
from server.turns import actions as do
from server.turns import events as on
from server.turns.core import CallCore
from server.turns.model import State
from server.turns.policy import CallPolicy
from tests.call_script import SILENT_FRAME, voice

FRAME = FRAME_MS / 1000
VOICE_FRAME = voice(FRAME_MS)
STALE = 1
"""The sound of what nobody may hear: it came for a request that was given up."""

END_REASONS = {
    "caller_hangup",
    "agent_goodbye",
    "silence",
    "max_duration",
    "transferred",
    "operator",
    "error",
}


class Watched:
    """A core whose every action is checked, and whose requests can be answered."""

    def __init__(self, policy: CallPolicy) -> None:
        self.core = CallCore(policy)
        self.policy = policy
        self.now = 0.0
        self.ear = Ear()
        self.asked: list[str] = []
        self.clips: list[str] = []
        self.commits: list[str] = []
        self.faq: list[str] = []
        self.upgrades = 0
        self._known: set[str] = set()
        self._cancelled: set[str] = set()
        self._stale: set[str] = set()
        self._receptionists = False
        self._level: dict[str, int] = {}
        self._last_filler = ""
        self._passed: set[int] = set()
        self._sounds: int | None = None
        self._successor: str | None = None
        self._reopened = 0
        self._speakers: dict[int, str] = {}
        self._marks: set[str] = set()
        self._hung_up = False
        self._receptionist_for: list[bool] = []
        self._echoes: list[str] = []
        self._line_free_at = 0.0
        self.opening = False
        """Whether a lost session is being opened anew."""
        self.handle(on.StreamStarted())

    # Time

    def advance(self, seconds: float, *, loud: bool = False) -> None:
        """Let frames of the caller come for so long, and deadlines be kept."""
        for _ in range(max(1, round(seconds / FRAME))):
            until = self.now + FRAME
            for _ in range(20):
                deadline = self.core.next_deadline()
                if deadline is None or deadline > until:
                    break
                self.now = max(self.now, deadline)
                self.handle(on.Tick())
            else:
                raise AssertionError("the loop spins")
            self.now = until
            echoes, self._echoes = self._echoes, []
            for name in echoes + self.ear.play()[1]:
                self.handle(on.MarkEchoed(name))
            self.handle(on.CallerAudio(VOICE_FRAME if loud else SILENT_FRAME))

    def handle(self, event: on.Event) -> None:
        if isinstance(event, on.AgentLost):
            if self._receptionists:
                pass  # it goes on answering
            elif self.opening:  # what waited for this session was never put to anybody
                self.asked = [request for request in self.asked if request in self._stale]
            else:
                self._stale |= set(self.asked)
            self._successor, self.opening = None, False
        elif isinstance(event, on.SuccessorLost):
            self._successor = None
        elif isinstance(event, on.AgentReady):
            self.opening = False
            if self._successor == "opened":
                self._successor = "ready"
        for action in self.core.handle(event, self.now):
            assert not self._hung_up, "nothing follows the hang-up"
            check = _CHECKS.get(type(action))
            if check is not None:
                check(self, action)
        self._check_state()

    def _check_state(self) -> None:
        core = self.core
        speaking, turn = core._speaking, core._listening.turn
        if core.state is State.THINKING:
            assert speaking.reply is not None or turn is not None, "nobody thinks of anything"
        if core.state is State.SPEAKING:
            assert speaking.reply is not None, "nobody speaks"
        if speaking.held is not None:
            assert speaking.reply is None and speaking.line.filler is None
            assert turn is not None, "nothing decides on what is held"
        assert (core.next_deadline() is None) == (core.state is State.ENDED) == self._hung_up

    # What the core does

    def _send_audio(self, action: do.SendAudio) -> None:
        core = self.core
        in_grace = self.policy.barge_in_grace_ms > 0
        assert in_grace or not core._listening.caller_speaks, "over the caller"
        self.ear.media(action.audio)
        length = mulaw.duration_ms(action.audio) / 1000
        self._line_free_at = max(self._line_free_at, self.now) + length
        assert self._line_free_at - self.now <= 0.4 + 1e-6, "more than 400 ms at Twilio"
        for frame in frames_of(action.audio):
            level = frame[0]
            assert level != STALE, "what was given up is heard"
            if frame == SILENT_FRAME or level == self._sounds:
                continue
            assert level not in self._passed, "two voices in turns"
            if self._sounds is not None:
                self._passed.add(self._sounds)
            self._sounds = level

    def _send_mark(self, action: do.SendMark) -> None:
        assert action.name not in self._marks, "a mark proves one thing"
        self._marks.add(action.name)
        self._echoes += self.ear.mark(action.name)

    def _send_clear(self, _: do.SendClear) -> None:
        self._echoes += self.ear.clear()
        self._line_free_at = self.now
        self._passed.clear()
        self._sounds = None

    def _ask(self, action: do.AskAgent | do.ContinueAgent) -> None:
        assert action.reply_id not in self._known
        self._known.add(action.reply_id)
        self.asked.append(action.reply_id)

    def _cancel(self, action: do.CancelAgent) -> None:
        assert action.reply_id in self._known, "only what was asked for is cancelled"
        assert action.reply_id not in self._cancelled, "and only once"
        self._cancelled.add(action.reply_id)
        self._stale.add(action.reply_id)

    def _fetch(self, action: do.FetchClip) -> None:
        assert action.text, "nothing is rendered of no words"
        self.clips.append(action.reply_id)
        if action.reply_id.startswith("f"):
            self._stale.discard(self._last_filler)
            if self._last_filler in self.clips:
                self._stale.add(self._last_filler)  # one filler is waited for at a time
            self._last_filler = action.reply_id

    def _save(self, action: do.SaveTurn) -> None:
        assert self._speakers.setdefault(action.index, action.speaker) == action.speaker
        assert action.heard_ms is None or action.heard_ms >= 0

    def _upgrade(self, _: do.UpgradePrompt) -> None:
        self.upgrades += 1
        assert self.upgrades == 1

    def _reopen(self, _: do.ReopenAgent) -> None:
        assert self.policy.reconnects
        self._reopened += 1
        assert self._reopened <= 12, "a flapping session is given up"
        self._successor, self.opening = None, True

    def _open_successor(self, _: do.OpenSuccessor) -> None:
        assert self.core.state is State.LISTENING
        assert self._successor is None, "one successor at a time"
        self._successor = "opened"

    def _take_successor(self, _: do.TakeSuccessor) -> None:
        assert self.core.state is State.LISTENING
        assert self._successor == "ready", "only one that is there can be taken"
        self._successor = None

    def _use_receptionist(self, action: do.UseReceptionist) -> None:
        assert action.keeps_ears not in self._receptionist_for, "each part is replaced once"
        assert self._receptionist_for != [False]
        self._receptionist_for.append(action.keeps_ears)
        if not self._receptionists:
            self._stale |= set(self.asked)
        self._receptionists, self.opening = True, False

    def _hang_up(self, action: do.HangUp) -> None:
        assert action.reason in END_REASONS
        self._hung_up = True

    # What can be answered

    @property
    def may_answer(self) -> list[str]:
        """The requests that audio can come for; a session that is being opened has none yet."""
        mute = self.opening and not self._receptionists
        return [request for request in self.asked if request in self._stale or not mute]

    @property
    def may_be_ready(self) -> bool:
        """Whether there is a session that can tell that it is set up."""
        return self.opening or self._successor == "opened"

    @property
    def may_lose_successor(self) -> bool:
        """Whether there is a second session."""
        return self._successor is not None

    def sound(self, request: str, ms: int) -> bytes:
        """Return audio that tells of which request it is, and that it is stale if it is."""
        if request in self._stale:
            return bytes([STALE]) * (ms * 8)
        level = self._level.setdefault(request, 2 + len(self._level) % 120)
        return bytes([level]) * (ms * 8)


_CHECKS: dict[type, Callable[[Watched, Any], None]] = {
    do.SendAudio: Watched._send_audio,
    do.SendMark: Watched._send_mark,
    do.SendClear: Watched._send_clear,
    do.AskAgent: Watched._ask,
    do.ContinueAgent: Watched._ask,
    do.CancelAgent: Watched._cancel,
    do.FetchClip: Watched._fetch,
    do.SaveTurn: Watched._save,
    do.UpgradePrompt: Watched._upgrade,
    do.ReopenAgent: Watched._reopen,
    do.OpenSuccessor: Watched._open_successor,
    do.TakeSuccessor: Watched._take_successor,
    do.UseReceptionist: Watched._use_receptionist,
    do.HangUp: Watched._hang_up,
    do.CommitUtterance: lambda call, action: call.commits.append(action.utterance_id),
    do.MatchFaq: lambda call, action: call.faq.append(action.utterance_id),
}
