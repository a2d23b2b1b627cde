"""Keys are numbers, and a 0 by itself is the wish for a person."""

from __future__ import annotations

import pytest

from server.turns import actions as do
from server.turns import events as on
from server.turns.model import State
from tests.call_script import AgentScript, ScriptedCall, greeted

TRANSFER, WANTS_PERSON = "מעבירה אתכם.", "נציג בבקשה"
GREETING = "שלום, איך אפשר לעזור?"


def keys(call: ScriptedCall, digits: str, *, every: float = 0.3) -> None:
    for number, digit in enumerate(digits):
        call.happens(on.KeyPressed(digit), in_seconds=every * number)


def asked(call: ScriptedCall) -> list[str | None]:
    return [question.text for question in call.did(do.AskAgent)]


# A person


def test_a_0_by_itself_calls_a_person_in_after_a_sentence() -> None:
    call = greeted(transfers=True)
    pressed = call.now
    keys(call, "0")
    call.advance(5)
    assert call.words_heard() == [GREETING, TRANSFER]
    assert call.heard()[-1].at == pytest.approx(pressed + 0.8, abs=0.03)
    assert call.did(do.HangUp) == [do.HangUp("transferred")]
    assert call.when(do.HangUp) >= call.heard()[-1].until  # heard out
    assert asked(call) == []


def test_where_nobody_can_be_called_in_the_wish_goes_to_the_agent() -> None:
    call = greeted(agent=AgentScript(text="כולם עסוקים, לרשום הודעה?"))
    keys(call, "0")
    call.advance(5)
    assert asked(call) == [WANTS_PERSON]
    assert call.said() == [WANTS_PERSON]
    assert call.words_heard()[-1] == "כולם עסוקים, לרשום הודעה?"
    assert call.did(do.HangUp) == []


def test_who_presses_0_again_and_again_wants_a_person_all_the_more() -> None:
    call = greeted(transfers=True)
    keys(call, "000")
    call.advance(6)
    assert call.did(do.HangUp) == [do.HangUp("transferred")]
    assert call.said() == []


def test_a_second_0_while_the_sentence_sounds_does_not_lose_the_transfer() -> None:
    call = greeted(transfers=True)
    keys(call, "00", every=0.9)
    call.advance(8)
    assert call.did(do.HangUp) == [do.HangUp("transferred")]


def test_a_0_silences_the_reply_that_sounds() -> None:
    call = greeted(transfers=True, agent=AgentScript(text="מילה " * 30))
    call.caller_says("ספרו לי הכל")
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.advance(1)
    keys(call, "0")
    call.advance(5)
    assert call.words_heard()[-1] == TRANSFER
    assert call.replies()[1].interrupted
    assert len(call.did(do.TruncateAgent)) == 1
    assert call.did(do.HangUp) == [do.HangUp("transferred")]


def test_a_0_withdraws_the_reply_that_is_pending() -> None:
    call = greeted(transfers=True, agent=AgentScript(delay_ms=5000))
    call.caller_says("יש לכם מקום?")
    call.advance(2.6)
    keys(call, "0")
    call.advance(8)
    assert len(call.did(do.CancelAgent)) == 1
    assert call.words_heard()[-1] == TRANSFER
    assert call.did(do.HangUp) == [do.HangUp("transferred")]


@pytest.mark.parametrize("greeting", ["מילה " * 20, ""])
def test_a_0_is_understood_during_the_greeting_and_before_it(greeting: str) -> None:
    call = ScriptedCall(transfers=True, greeting_text=greeting, agent=AgentScript(delay_ms=5000))
    call.advance(0.4)
    keys(call, "0")
    call.advance(8)
    assert call.words_heard()[-1] == TRANSFER
    assert call.did(do.HangUp) == [do.HangUp("transferred")]


def test_a_0_without_anybody_to_call_in_is_answered_during_the_greeting() -> None:
    call = ScriptedCall(greeting_text="מילה " * 20)
    call.advance(0.5)
    keys(call, "0")
    call.advance(5)
    assert asked(call) == [WANTS_PERSON]
    assert call.replies()[0].interrupted


@pytest.mark.parametrize("ms", [1500, 7000])
def test_a_0_pressed_while_speaking_is_understood_at_once(ms: int) -> None:
    call = greeted(transfers=True)
    call.caller_says("תעבירו אותי למישהו", ms=ms)
    keys(call, "0")
    pressed = call.now
    call.advance(12)
    assert call.words_heard()[-1] == TRANSFER
    assert call.heard()[-1].at == pytest.approx(pressed + 0.8, abs=0.03)
    assert call.did(do.HangUp) == [do.HangUp("transferred")]


def test_a_0_pressed_while_a_long_utterance_is_being_cut_is_understood() -> None:
    call = greeted(transfers=True)
    call.caller_says("סיפור ארוך", ms=8000)
    call.happens(on.KeyPressed("0"), in_seconds=4.0)  # it counts at 4.8, the cut is at 4.5 to 5
    call.advance(12)
    assert call.did(do.HangUp) == [do.HangUp("transferred")]


def test_who_says_no_to_the_transfer_stays() -> None:
    call = greeted(transfers=True)
    keys(call, "0")
    call.advance_until(lambda: TRANSFER in call.words_heard())
    call.caller_says("רגע לא בעצם", ms=900)
    call.advance(5)
    assert call.core.state is not State.ENDED
    assert call.said() == ["רגע לא בעצם"]


def test_a_transfer_whose_sentence_cannot_be_rendered_happens_all_the_same() -> None:
    call = greeted(transfers=True, clip_ms={TRANSFER: None})
    keys(call, "0")
    call.advance(5)
    assert call.did(do.HangUp) == [do.HangUp("transferred")]


def test_a_call_that_ends_before_the_0_counts_just_ends() -> None:
    call = greeted(transfers=True)
    keys(call, "0")
    call.happens(on.EndRequested("caller_hangup"), in_seconds=0.5)
    call.advance(0.55)
    call.perform(on.EndRequested("stream_lost"))
    call.advance(4)
    assert call.did(do.HangUp) == [do.HangUp("caller_hangup")]
    assert isinstance(call.done[-1][1], do.HangUp)


@pytest.mark.parametrize("transfers", [True, False])
def test_an_end_that_overtakes_a_waiting_0_is_the_end(transfers: bool) -> None:
    call = greeted(transfers=transfers)
    call.perform(on.KeyPressed("0"))
    call.now += 1.0  # the loop was late: the 0 counts by now
    call.perform(on.EndRequested("caller_hangup"))
    assert isinstance(call.done[-1][1], do.HangUp)


@pytest.mark.parametrize("event", [on.KeyPressed("#"), on.CallerTyped("רגע")])
def test_what_comes_in_the_tail_of_a_goodbye_comes_too_late(event: on.Event) -> None:
    call = greeted(agent=AgentScript(text="תודה ולהתראות", hang_up=True), transfers=True)
    call.caller_says("זה הכל תודה")
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.perform(on.KeyPressed("0"))
    call.perform(on.KeyPressed("5"))
    call.advance(0.7)  # nothing but the silent tail is left
    assert call.core.state is State.SPEAKING
    call.perform(event)
    assert call.did(do.HangUp) == [do.HangUp("agent_goodbye")]
    assert isinstance(call.done[-1][1], do.HangUp)


# A number


def test_a_0_as_the_first_digit_is_part_of_its_number() -> None:
    call = greeted(transfers=True)
    keys(call, "0541234567", every=0.6)
    call.advance(8)
    assert call.said() == ["0541234567"]
    assert call.did(do.HangUp) == []


def test_a_0_may_be_followed_slowly_where_a_number_was_asked_for() -> None:
    call = greeted(transfers=True, agent=AgentScript(text="מה מספר הטלפון?"))
    call.caller_says("אני רוצה תור")
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.until_listening()
    keys(call, "0541234567", every=1.5)
    call.advance(17)
    assert call.said() == ["אני רוצה תור", "0541234567"]
    assert call.did(do.HangUp) == []


def test_a_question_into_the_silence_does_not_forget_that_a_number_was_asked_for() -> None:
    call = greeted(transfers=True, agent=AgentScript(text="מה מספר הטלפון?"))
    call.caller_says("אני רוצה תור")
    call.advance_until(lambda: "אתם עדיין על הקו?" in call.words_heard())
    call.until_listening()
    keys(call, "0541234567", every=1.5)
    call.advance(17)
    assert call.said() == ["אני רוצה תור", "0541234567"]


def test_a_single_other_key_means_nothing() -> None:
    call = greeted(transfers=True)
    keys(call, "5")
    call.advance(5)
    assert call.said() == []
    assert call.did(do.HangUp) == []
    keys(call, "*")
    call.advance(5)
    assert call.said() == []


def test_a_hash_alone_is_nothing_and_after_a_0_a_person() -> None:
    call = greeted(transfers=True)
    keys(call, "#")
    call.advance(3)
    assert call.did(do.FetchClip)[1:] == []
    keys(call, "0#", every=0.2)
    call.advance(4)
    assert call.did(do.HangUp) == [do.HangUp("transferred")]


def test_a_number_keyed_into_a_reply_interrupts_it_once_it_is_whole() -> None:
    call = greeted(agent=AgentScript(text="מילה " * 40))
    call.caller_says("ספרו לי הכל")
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    keys(call, "0541234567", every=0.2)
    call.advance(1.0)
    assert call.core.state is State.SPEAKING
    call.advance(2.0)
    assert call.replies()[1].interrupted
    assert asked(call) == ["ספרו לי הכל", "0541234567"]
