"""No sequence of events breaks the call: random calls against the core's invariants."""

from __future__ import annotations

import math
from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from server.audio import mulaw
from server.audio.framing import FRAME_MS, frames_of
from server.turns import actions as do
from server.turns import events as on
from server.turns.core import CallCore
from server.turns.model import State
from server.turns.policy import CallPolicy
from tests.call_script import POLICY, SILENT_FRAME, spoken, voice

VOICE_FRAME = voice(FRAME_MS)

ids = st.sampled_from([f"{kind}{n}" for kind in "urtf" for n in range(1, 12)])
frames = st.builds(
    lambda loud, count: [on.CallerAudio(VOICE_FRAME if loud else SILENT_FRAME)] * count,
    st.booleans(),
    st.integers(1, 40),
)
single = st.one_of(
    st.builds(on.CallerTyped, st.sampled_from(["מה?", "", " "])),
    st.builds(on.KeyPressed, st.sampled_from("0#")),
    st.builds(on.MarkEchoed, ids.map(lambda i: f"{i}:0")),
    st.builds(on.PartialTranscript, ids),
    st.builds(on.Transcript, ids, st.sampled_from(["כן", "", None])),
    st.builds(on.FaqHit, ids, st.just("key"), st.just("תשובה אחת"), st.just(1.0), st.just(0.1)),
    st.builds(on.FaqMissed, ids, st.just("no_match"), st.just(0.1)),
    st.builds(on.ClipReady, ids, st.just(spoken("שתי מילים"))),
    st.builds(on.ClipFailed, ids),
    st.builds(on.AgentAudio, ids, st.sampled_from([b"", b"\x20" * 801, spoken("מילה")])),
    st.builds(on.AgentText, ids, st.just("מילה ")),
    st.builds(on.AgentFinished, ids, st.booleans(), st.booleans()),
    st.builds(on.AgentLost, st.just("closed")),
    st.builds(on.AgentReady),
    st.builds(on.SuccessorLost),
    st.builds(on.EndRequested, st.just("caller_hangup")),
    st.builds(on.EndRequested, st.just("operator"), st.just(True)),
    st.just(on.Tick()),
)
steps = st.lists(st.tuples(st.floats(0, 1.5), st.one_of(frames, single.map(lambda e: [e]))))
LIVELY = replace(
    POLICY,
    reconnects=True,
    transfers=True,
    rotate_after_seconds=2.0,
    silence_prompt_seconds=2.0,
    silence_hangup_seconds=1.0,
    max_call_seconds=40.0,
)
"""All that a call may do of itself, and soon."""

FILLER_AND_NO_GREETING: list[tuple[float, list[on.Event]]] = [
    (1.0, [on.CallerTyped("")]),
    (1.0, [on.CallerTyped("")]),
    (1.0, [on.CallerAudio(SILENT_FRAME)]),
    (1.0, [on.CallerAudio(SILENT_FRAME)]),
    (1.5, [on.Tick()]),
    (0.0, [on.AgentLost("closed")]),
    (0.0, [on.ClipReady("f4", spoken("שתי מילים"))]),
    (1.0, [on.SuccessorLost()]),
    (0.5, [on.CallerAudio(SILENT_FRAME)]),
    (1.0, [on.AgentLost("closed")]),
]
"""A filler sounds and the greeting that it bridged never comes."""


@given(st.sampled_from([POLICY, LIVELY]), steps)
@example(LIVELY, FILLER_AND_NO_GREETING)
def test_whatever_happens_the_invariants_hold(
    policy: CallPolicy, script: list[tuple[float, list[on.Event]]]
) -> None:
    core, now = CallCore(policy), 0.0
    cancelled: set[str] = set()
    hang_ups = 0
    line_free_at = 0.0
    quiet_at = 0.0  # from when on the caller is known to hear nothing of ours
    asked: set[str] = set()
    events: list[tuple[float, on.Event]] = [(0.0, on.StreamStarted())]
    for pause, group in script:
        now += pause
        for event in group:
            events.append((now, event))
            now += FRAME_MS / 1000
    for at, event in events:
        before = core.state
        done = core.handle(event, at)
        if before in (State.SPEAKING, State.GREETING) and core.state is State.LISTENING:
            tags = {action.tag for action in done if isinstance(action, do.Note)}
            stopped = any(isinstance(action, do.SendClear) for action in done)
            assert stopped or "[MARK_ACK]" in tags or at >= quiet_at, (
                "the caller was not done hearing"
            )
        for action in done:
            assert hang_ups == 0, "nothing follows the hang-up"
            if isinstance(action, do.HangUp):
                hang_ups += 1
            elif isinstance(action, do.SendAudio):
                quiet_at = math.inf
                line_free_at = max(line_free_at, at) + mulaw.duration_ms(action.audio) / 1000
                assert line_free_at - at <= 0.4 + 1e-6, "never more than 400 ms at Twilio"
            elif isinstance(action, do.SendMark) and action.name.startswith("f"):
                quiet_at = line_free_at  # nobody waits for a filler's mark: the clock tells
            elif isinstance(action, do.SendClear):
                line_free_at = quiet_at = at
            elif isinstance(action, do.Note) and action.tag == "[MARK_ACK]":
                quiet_at = at
            elif isinstance(action, do.CancelAgent):
                assert action.reply_id in asked, "only what was asked for is cancelled"
                assert action.reply_id not in cancelled, "and only once"
                cancelled.add(action.reply_id)
            elif isinstance(action, (do.AskAgent, do.ContinueAgent)):
                asked.add(action.reply_id)
        if before is State.ENDED:
            assert core.state is State.ENDED
        deadline = core.next_deadline()
        assert (deadline is None) == (core.state is State.ENDED)
    # A deadline is always acted upon: waking at each brings the next one later.
    at = events[-1][0]
    for _ in range(200):
        deadline = core.next_deadline()
        if deadline is None:
            break
        at = max(at, deadline)
        core.handle(on.Tick(), at)
        after = core.next_deadline()
        assert after is None or after > at - 1e-9
        if after is not None and after <= at:
            core.handle(on.Tick(), at)
            later = core.next_deadline()
            assert later is None or later > at, "the loop would spin"
    assert core.state is State.ENDED or at > 5


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 60)), max_size=12))
def test_no_audio_of_the_caller_is_lost_or_sent_twice(pattern: list[tuple[bool, int]]) -> None:
    """What goes upstream is the caller's own frames, in order, each at most once."""
    core = CallCore(replace(POLICY, caller_speaks_first=True))
    core.handle(on.StreamStarted(), 0.0)
    numbered: dict[bytes, int] = {}
    heard: list[bytes] = []
    spoken_frames: list[int] = []
    now = 0.0
    for loud, count in pattern:
        for _ in range(count):
            number = len(numbered)
            frame = voice(FRAME_MS, dbfs=-20.0 if loud else -70.0, seed=number + 1)
            numbered[frame] = number
            now += FRAME_MS / 1000
            for action in core.handle(on.CallerAudio(frame), now):
                if isinstance(action, do.HearAudio):
                    heard.extend(frames_of(action.audio))
            if core._listening.caller_speaks:
                spoken_frames.append(number)
    numbers = [numbered[frame] for frame in heard]
    assert numbers == sorted(set(numbers))
    if core._listening._cutter is None:
        assert set(spoken_frames) <= set(numbers)
