"""Nobody is left in silence, and no dead line is kept open."""

from __future__ import annotations

import pytest

from server.turns import actions as do
from server.turns import events as on
from server.turns.model import State
from server.turns.policy import Phrase
from tests.call_script import POLICY, AgentScript, ScriptedCall, greeted

STILL_THERE, GOODBYE = "אתם עדיין על הקו?", "להתראות!"
NOT_HEARD = "לא שמעתי טוב, אפשר לחזור?"
GREETING = "שלום, איך אפשר לעזור?"
FRAME = 0.021


def asked_into_silence(**options: object) -> ScriptedCall:
    """Return a call in which the silence has just been asked into."""
    call = ScriptedCall(**options)  # type: ignore[arg-type]
    call.advance_until(lambda: STILL_THERE in call.words_heard())
    return call


def mark_of_greeting(call: ScriptedCall) -> float:
    call.until_listening()
    return call.now


# Silence


def test_a_silent_caller_is_asked_once_and_then_taken_leave_of() -> None:
    call = ScriptedCall()
    greeted_at = mark_of_greeting(call)
    call.advance(40)
    assert call.words_heard() == [GREETING, STILL_THERE, GOODBYE]
    _, asked, goodbye = call.heard()
    assert asked.at == pytest.approx(greeted_at + 10, abs=0.05)
    assert goodbye.at == pytest.approx(asked.until + 0.2 + 10, abs=0.05)
    assert call.did(do.HangUp) == [do.HangUp("silence")]
    ended_at = call.when(do.HangUp)
    assert ended_at == pytest.approx(goodbye.until + 0.2, abs=0.05)  # heard out, and no longer


def test_the_silence_is_counted_from_the_end_of_what_the_agent_said() -> None:
    call = greeted(agent=AgentScript(text="מילה " * 40))
    call.caller_says("ספרו לי הכל")
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.until_listening()
    heard_out_at = call.now
    call.advance_until(lambda: STILL_THERE in call.words_heard())
    assert call.heard()[-1].at == pytest.approx(heard_out_at + 10, abs=0.05)


@pytest.mark.parametrize(
    "event", [on.CallerTyped("אני כאן"), on.KeyPressed("5"), on.KeyPressed("#")]
)
def test_who_answers_the_question_is_asked_again_only_after_another_silence(
    event: on.Event,
) -> None:
    call = asked_into_silence()
    call.advance(6)
    call.happens(event)
    call.advance(9)
    assert call.core.state is not State.ENDED
    assert GOODBYE not in call.words_heard()
    call.advance(30)
    assert call.words_heard().count(STILL_THERE) == 2
    assert call.did(do.HangUp) == [do.HangUp("silence")]


def test_a_key_while_the_question_sounds_answers_it() -> None:
    call = asked_into_silence()
    call.advance(0.3)
    call.happens(on.KeyPressed("5"))
    call.advance(14)
    assert GOODBYE not in call.words_heard()
    assert call.words_heard().count(STILL_THERE) == 2


def test_words_before_the_silence_is_over_put_the_question_off() -> None:
    call = ScriptedCall(agent=AgentScript(text="כן.", delay_ms=100))
    greeted_at = mark_of_greeting(call)
    call.advance(9)
    call.caller_says("שלום לכם")
    call.advance(9)
    assert call.now > greeted_at + 15
    assert STILL_THERE not in call.words_heard()


def test_nobody_is_asked_while_a_reply_is_pending() -> None:
    call = greeted(agent=AgentScript(delay_ms=5500), silence_prompt_seconds=2.0, phrases={})
    stops = call.caller_says("יש לכם מקום?")
    call.advance(5.5)
    assert [wanted.text for wanted in call.did(do.FetchClip)] == [GREETING]
    assert call.now > stops + 4


def test_nobody_is_asked_while_a_reply_sounds() -> None:
    call = greeted(agent=AgentScript(text="מילה " * 50))
    call.caller_says("ספרו לי הכל")
    call.advance(15)
    assert call.core.state is State.SPEAKING
    assert STILL_THERE not in [wanted.text for wanted in call.did(do.FetchClip)]


def test_nobody_is_asked_while_speaking() -> None:
    call = ScriptedCall(silence_prompt_seconds=3.0)
    call.until_listening()
    call.advance(2.5)
    call.caller_says("סיפור ארוך מאוד", ms=4000)
    call.advance(4)
    assert call.words_heard() == [GREETING]


def test_noise_without_words_does_not_keep_a_dead_call_alive() -> None:
    call = ScriptedCall()
    for _ in range(60):
        call.caller_pauses(1500)
        call.caller_says("", ms=500)
    call.advance(60)
    assert call.did(do.HangUp) == [do.HangUp("silence")]
    assert call.now - 60 < call.when(do.HangUp) < 40


def test_long_noise_without_words_does_not_keep_a_dead_call_alive() -> None:
    call = ScriptedCall()
    for _ in range(40):
        call.caller_pauses(2500)
        call.caller_says("", ms=1500)
    call.advance(100)
    assert call.did(do.HangUp) == [do.HangUp("silence")]
    assert call.when(do.HangUp) < 60


def test_noise_without_a_pause_does_not_keep_a_dead_call_alive() -> None:
    call = ScriptedCall()
    call.until_listening()
    for _ in range(100):
        call.caller_says("", ms=3000)
    call.advance(200)
    assert call.did(do.HangUp) == [do.HangUp("silence")]


def test_a_caller_who_talks_without_a_pause_is_not_hung_up_on() -> None:
    call = ScriptedCall()
    call.until_listening()
    for _ in range(40):
        call.caller_says("ועוד משהו", ms=3000)
    call.advance(100)
    assert call.core.state is not State.ENDED


def test_a_cough_over_the_question_does_not_swallow_it() -> None:
    call = asked_into_silence()
    call.advance(0.3)
    call.caller_says("", ms=300)
    call.advance(4)
    assert call.did(do.SendClear) != []
    assert sum(s.ms for s in call.heard() if s.text == STILL_THERE) >= 1200
    assert call.did(do.AskAgent) == []
    call.advance(12)
    assert call.did(do.HangUp) == [do.HangUp("silence")]


@pytest.mark.parametrize("words", ["כן", "אהה", "כן אני כאן"])
def test_any_word_over_the_question_is_an_answer_to_it(words: str) -> None:
    call = asked_into_silence(agent=AgentScript(text="נהדר, במה אפשר לעזור?"))
    call.advance(0.3)
    call.caller_says(words)
    call.advance(5)
    assert call.said() == [words]
    assert call.words_heard()[-1] == "נהדר, במה אפשר לעזור?"
    call.advance(6)
    assert call.words_heard().count(STILL_THERE) == 1
    assert call.core.state is not State.ENDED


@pytest.mark.parametrize("words", ["כן", "רגע אני כאן"])
def test_any_word_over_the_goodbye_keeps_the_caller_on_the_line(words: str) -> None:
    long_goodbye = "תודה שהתקשרתם אלינו ויום טוב להתראות"
    call = ScriptedCall(phrases={"he": {**POLICY.phrases["he"], Phrase.GOODBYE: long_goodbye}})
    call.advance_until(lambda: long_goodbye in call.words_heard())
    call.advance(0.3)
    call.caller_says(words)
    call.advance(5)
    assert call.core.state is not State.ENDED
    assert call.said() == [words]
    assert len(call.did(do.AskAgent)) == 1


def test_a_question_that_cannot_be_rendered_neither_spins_nor_keeps_the_line_open() -> None:
    call = ScriptedCall(clip_ms={STILL_THERE: None, GOODBYE: None})
    call.advance(40)
    assert call.did(do.HangUp) == [do.HangUp("silence")]
    assert call.when(do.HangUp) < 30
    assert [wanted.text for wanted in call.did(do.FetchClip)] == [GREETING, STILL_THERE, GOODBYE]


def test_a_question_whose_rendering_fails_at_once_is_not_asked_for_ever() -> None:
    call = ScriptedCall(clips_fail=True)
    call.advance_until(lambda: call.core.state is State.LISTENING)
    call.advance(40)
    assert call.did(do.HangUp) == [do.HangUp("silence")]
    wanted = [clip.text for clip in call.did(do.FetchClip)]
    assert wanted.count(STILL_THERE) == 1


# Who speaks first


def test_a_caller_who_was_to_speak_first_and_does_not_is_greeted() -> None:
    call = ScriptedCall(caller_speaks_first=True)
    call.advance(6)
    assert call.words_heard() == [GREETING]
    assert call.heard()[0].at == pytest.approx(4.0, abs=FRAME)
    call.advance(10)
    assert call.words_heard() == [GREETING, STILL_THERE]


def test_a_caller_who_speaks_first_is_not_greeted_afterwards() -> None:
    call = ScriptedCall(caller_speaks_first=True, agent=AgentScript(text="בשמחה."))
    call.advance(2)
    call.caller_says("שלום יש לכם מקום?")
    call.advance(9)
    assert call.words_heard() == ["בשמחה."]


def test_a_greeting_to_a_silent_caller_that_the_agent_makes_can_be_interrupted() -> None:
    call = ScriptedCall(
        caller_speaks_first=True, greeting_text="", agent=AgentScript(text="מילה " * 20)
    )
    call.advance(6)
    call.caller_says("רגע רגע", ms=800)
    call.advance(3)
    assert call.replies()[0].path == "GREETING"
    assert call.replies()[0].interrupted
    assert call.said() == ["רגע רגע"]
