"""Random calls in which everybody answers what was really asked, checked at every step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from server.audio.framing import FRAME_BYTES
from server.turns import events as on
from server.turns.model import State
from server.turns.policy import CallPolicy
from tests.call_script import POLICY, SILENT_FRAME, AgentScript, ScriptedCall
from tests.unit.turns.watched_call import FRAME, Watched

LIVELY = replace(
    POLICY,
    reconnects=True,
    transfers=True,
    takes_messages=True,
    hears_without_session=True,
    rotate_after_seconds=4.0,
    silence_prompt_seconds=3.0,
    silence_hangup_seconds=2.0,
    max_call_seconds=60.0,
)
POLICIES = (
    LIVELY,
    replace(LIVELY, transfers=False, rotate_after_seconds=3000.0, greeting_text=""),
    replace(LIVELY, caller_speaks_first=True, barge_in=False, takes_messages=False),
    replace(LIVELY, reconnects=False, hears_without_session=False, barge_in_grace_ms=200),
)


def nothing(call: Watched, number: int) -> None:
    call.advance(0.02 + number * 0.02)


def speak(call: Watched, number: int) -> None:
    call.advance(0.02 + number * 0.01, loud=True)


def understand(call: Watched, number: int) -> None:
    if call.commits:
        text = ("כן", "", None, "מה המחיר?", "")[number % 5]
        call.handle(on.Transcript(call.commits.pop(0), text))


def match(call: Watched, number: int) -> None:
    if call.faq:
        name = call.faq.pop()
        hit = on.FaqHit(name, "key", "שתי מילים", 1.0, 0.1)
        asks_back = "אחת או שתיים?" if number % 2 else ""
        call.handle(hit if number % 3 else on.FaqMissed(name, "ambiguous", 0.1, asks_back))


def render(call: Watched, number: int) -> None:
    if call.clips:
        name = call.clips.pop(number % len(call.clips) if number > 80 else -1)
        made = on.ClipReady(name, call.sound(name, 200 + 20 * (number % 40)))
        call.handle(made if number % 8 else on.ClipFailed(name))


def answer(call: Watched, number: int) -> None:
    if requests := call.may_answer:
        name = requests[number % len(requests) if number > 80 else -1]
        call.handle(on.AgentText(name, "עוד מילה? " if number % 2 else "And more words. "))
        call.handle(on.AgentAudio(name, call.sound(name, number * 15)))


def finish(call: Watched, number: int) -> None:
    if requests := call.may_answer:
        name = requests[number % len(requests) if number > 80 else -1]
        call.handle(on.AgentFinished(name, number % 3 > 0, number % 10 == 5))


def lose(call: Watched, number: int) -> None:
    if number % 3:
        call.handle(on.AgentLost("closed"))
    elif call.may_lose_successor:
        call.handle(on.SuccessorLost())


def be_ready(call: Watched, _: int) -> None:
    if call.may_be_ready:
        call.handle(on.AgentReady())


def press(call: Watched, number: int) -> None:
    if number % 4 == 0:
        call.handle(on.CallerTyped("מה המחיר?"))
    else:
        call.handle(on.KeyPressed("00#5*1"[number % 6]))


def end(call: Watched, number: int) -> None:
    if number > 95:
        call.handle(on.EndRequested("caller_hangup"))


OFTEN = (nothing, understand, render, answer)
doings = st.sampled_from(
    (*OFTEN, *OFTEN, speak, match, finish, lose, be_ready, press, end),
)


@settings(deadline=None)
@given(
    st.sampled_from(POLICIES),
    st.lists(st.tuples(doings, st.integers(0, 100)), min_size=5, max_size=60),
)
def test_whoever_answers_whatever_the_invariants_hold(
    policy: CallPolicy, script: list[tuple[Callable[[Watched, int], None], int]]
) -> None:
    call = Watched(policy)
    for doing, number in script:
        if call.core.state is State.ENDED:
            break
        doing(call, number)
    for _ in range(1000):  # then nothing comes any more: the call sees to its own end
        deadline = call.core.next_deadline()
        if deadline is None:
            break
        call.now = max(call.now, deadline)
        call.handle(on.Tick())
    assert call.core.state is State.ENDED
    assert call.now <= policy.max_call_seconds + 0.001


says = st.tuples(
    st.sampled_from(["כן", "מה המחיר?", "אני רוצה לקבוע תור", "", "אהה", "ומה עם יום שני בבוקר"]),
    st.integers(300, 2000),
    st.floats(0.3, 7.0),
)


@settings(deadline=None, max_examples=15)
@given(
    st.lists(says, min_size=1, max_size=5),
    st.lists(st.integers(50, 5200), min_size=1, max_size=4),
    st.integers(50, 700),
    st.booleans(),
)
def test_while_everybody_answers_no_wait_is_silent_for_more_than_two_seconds(
    lines: list[tuple[str, int, float]], delays_ms: list[int], stt_ms: int, generated: bool
) -> None:
    asked = 0

    def agent(_: str | None) -> AgentScript:
        nonlocal asked
        asked += 1
        return AgentScript(delay_ms=delays_ms[asked % len(delays_ms)])

    call = ScriptedCall(
        agent=agent,
        stt_ms=stt_ms,
        faq={"מה המחיר?": "מאה שקלים."},
        silence_prompt_seconds=500.0,
        greeting_text="" if generated else POLICY.greeting_text,
    )
    silent_for = 0.0

    def pass_time(seconds: float) -> None:
        nonlocal silent_for
        for _ in range(round(seconds / FRAME)):
            call.advance(FRAME)
            waits = call.core.state in (State.GREETING, State.THINKING, State.SPEAKING)
            silent = bytes(call.ear.heard[-FRAME_BYTES:]) == SILENT_FRAME
            silent_for = silent_for + FRAME if waits and silent and not call._speech else 0.0
            assert silent_for <= 2.05, f"dead air at {call.now:.2f}"

    for words, ms, pause in lines:
        call.caller_says(words, ms=ms)
        pass_time(ms / 1000 + pause)
    pass_time(9.0)
    assert call.core.state is State.LISTENING, "every question has been answered"
    texts = [turn.text for turn in call.replies() if turn.path != "FILLER"]
    assert len(texts) <= 2 + len(lines) + sum("לא שמעתי" in text for text in texts)
