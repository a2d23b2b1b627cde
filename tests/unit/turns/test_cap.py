"""No call outlasts its cap, which is announced, taken leave of, and kept to the frame."""

from __future__ import annotations

import pytest

from server.turns import actions as do
from tests.call_script import AgentScript, ScriptedCall, greeted

GREETING = "שלום, איך אפשר לעזור?"
NEARLY_OVER, TIME_IS_UP = "השיחה תסתיים עוד מעט.", "הזמן נגמר, להתראות!"


def test_the_end_is_announced_then_taken_leave_of_and_kept() -> None:
    call = ScriptedCall(max_call_seconds=120.0, silence_prompt_seconds=500.0)
    call.advance(130)
    assert call.words_heard() == [GREETING, NEARLY_OVER, TIME_IS_UP]
    _, notice, leave = call.heard()
    assert notice.at == pytest.approx(90, abs=0.05)
    assert leave.at == pytest.approx(114, abs=0.05)
    assert call.did(do.HangUp) == [do.HangUp("max_duration")]
    assert call.when(do.HangUp) == pytest.approx(leave.until + 0.2, abs=0.05)


def test_the_announcement_waits_for_a_pause() -> None:
    call = ScriptedCall(max_call_seconds=100.0, silence_prompt_seconds=500.0)
    call.advance(69)
    call.caller_says("אני מדבר עכשיו", ms=2500)
    call.advance(10)
    notice = next(sound for sound in call.heard() if sound.text == NEARLY_OVER)
    answer = next(sound for sound in call.heard() if sound.text.startswith("בשמחה"))
    assert notice.at > answer.until > 71


def test_an_agent_who_talks_on_is_stopped_for_the_leave_taking() -> None:
    call = greeted(agent=AgentScript(text="מילה " * 100), max_call_seconds=25.0)
    call.advance(3)
    call.caller_says("ספרו לי הכל")
    call.advance(25)
    assert call.words_heard()[-1] == TIME_IS_UP
    assert call.heard()[-1].at == pytest.approx(19.0, abs=0.05)
    assert len(call.did(do.TruncateAgent)) == 1
    assert call.did(do.HangUp) == [do.HangUp("max_duration")]


@pytest.mark.parametrize("barge_in", [True, False])
def test_a_caller_who_talks_on_is_cut_off_exactly_at_the_cap(barge_in: bool) -> None:
    call = greeted(max_call_seconds=20.0, barge_in=barge_in)
    call.advance(10 - call.now)
    for _ in range(10):
        call.caller_says("מילה", ms=3000)
    call.advance(15)
    assert call.did(do.HangUp) == [do.HangUp("max_duration")]
    assert call.when(do.HangUp) == pytest.approx(20.0, abs=0.001)


def test_who_interrupts_the_leave_taking_is_answered_until_the_cap() -> None:
    call = greeted(max_call_seconds=20.0, agent=AgentScript(text="מילה " * 60, delay_ms=100))
    call.advance_until(lambda: TIME_IS_UP in call.words_heard())
    call.caller_says("רגע רק עוד שאלה", ms=900)
    call.advance(10)
    assert call.words_heard()[-1].startswith("מילה")
    assert call.did(do.HangUp) == [do.HangUp("max_duration")]
    assert call.when(do.HangUp) == pytest.approx(20.0, abs=0.001)
    assert call.words_heard().count(TIME_IS_UP) == 1


def test_a_goodbye_under_way_is_not_interrupted_for_the_cap() -> None:
    call = greeted(max_call_seconds=20.0, agent=AgentScript(text="מילה " * 10, hang_up=True))
    call.advance(11 - call.now)
    call.caller_says("זה הכל תודה")
    call.advance(10)
    assert call.did(do.HangUp) == [do.HangUp("agent_goodbye")]
    assert TIME_IS_UP not in call.words_heard()
    assert not call.replies()[-1].interrupted


def test_the_end_that_comes_in_the_tail_of_a_goodbye_is_the_last_thing_that_happens() -> None:
    call = greeted(
        max_call_seconds=20.0,
        agent=AgentScript(text="שלום ותודה", hang_up=True),
        echo_marks=False,
    )
    call.advance(11.6 - call.now)
    call.caller_says("זה הכל תודה")
    call.advance(10)
    assert len(call.did(do.HangUp)) == 1
    assert isinstance(call.done[-1][1], do.HangUp)


@pytest.mark.parametrize("seconds", [0.5, 3.0, 12.0])
def test_a_short_cap_is_kept_without_a_word(seconds: float) -> None:
    call = ScriptedCall(max_call_seconds=seconds, silence_prompt_seconds=500.0)
    call.advance(seconds + 1)
    assert call.words_heard() == [GREETING]
    assert call.when(do.HangUp) == pytest.approx(seconds, abs=0.001)
    assert call.did(do.HangUp) == [do.HangUp("max_duration")]


def test_a_cap_below_a_minute_is_not_announced_before_the_leave_taking() -> None:
    call = ScriptedCall(max_call_seconds=20.0, silence_prompt_seconds=500.0)
    call.advance(30)
    assert call.words_heard() == [GREETING, TIME_IS_UP]


def test_the_leave_taking_does_not_wait_for_a_greeting_that_never_comes() -> None:
    call = ScriptedCall(
        max_call_seconds=13.0,
        greeting_text="",
        agent=lambda text: None,
        answer_wait_seconds=60.0,
    )
    call.advance(14)
    assert call.words_heard()[-1] == TIME_IS_UP
    assert call.did(do.HangUp) == [do.HangUp("max_duration")]


def test_a_leave_taking_that_cannot_be_rendered_does_not_delay_the_end() -> None:
    call = ScriptedCall(
        max_call_seconds=20.0, silence_prompt_seconds=500.0, clip_ms={TIME_IS_UP: None}
    )
    call.advance(30)
    assert call.did(do.HangUp) == [do.HangUp("max_duration")]
    assert call.when(do.HangUp) <= 20.0
