"""An answer that breaks off is finished or explained; where nobody understands, a message it is."""

from __future__ import annotations

import pytest

from server.turns import actions as do
from server.turns import events as on
from server.turns.model import State
from tests.call_script import AgentScript, ScriptedCall, greeted

QUESTION, LEAVE_MESSAGE = "יש לכם מקום?", "אפשר להשאיר הודעה."
SORRY = "סליחה, אפשר לרשום הודעה?"
FRAME = 0.021


def breaking_off(rest: AgentScript | None = None, **changes: object) -> ScriptedCall:
    """Return a call in which the caller has asked, and the first answer breaks off."""
    broken = AgentScript(text="יש לנו מקום", **changes)  # type: ignore[arg-type]
    answers = iter([broken])
    after = AgentScript(text=SORRY, delay_ms=10)
    call = greeted(agent=lambda text: next(answers, after), rest=rest)
    call.caller_says(QUESTION)
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    return call


# An answer that breaks off


def test_an_incomplete_answer_is_finished() -> None:
    call = breaking_off(AgentScript(text="ביום שני."), completed=False)
    call.until_listening()
    assert call.words_heard()[1:] == ["יש לנו מקום", "ביום שני."]
    assert [rest.said for rest in call.did(do.ContinueAgent)] == ["יש לנו מקום"]
    assert call.did(do.UseReceptionist) == []
    assert call.replies()[-1].heard_ms == 1500
    assert len(call.replies()) == 2  # one row


def test_an_answer_that_is_incomplete_again_is_over() -> None:
    call = breaking_off(AgentScript(text="ביום שני", completed=False), completed=False)
    call.advance(5)
    assert len(call.did(do.ContinueAgent)) == 1
    assert call.words_heard()[1:] == ["יש לנו מקום", "ביום שני"]
    assert call.core.state is State.LISTENING
    assert call.did(do.UseReceptionist) == []


def test_a_goodbye_that_is_incomplete_still_ends_the_call() -> None:
    call = breaking_off(completed=False, hang_up=True)
    call.advance(4)
    assert call.did(do.ContinueAgent) == []
    assert call.did(do.HangUp) == [do.HangUp("agent_goodbye")]


def test_a_rest_that_fails_without_a_sound_ends_the_answer() -> None:
    call = breaking_off(AgentScript(silent=True, completed=False), completed=False)
    call.advance(5)
    assert call.core.state is State.LISTENING
    assert call.words_heard()[1:] == ["יש לנו מקום"]
    assert call.replies()[-1].heard_ms == 900


def test_an_answer_that_stalls_is_finished() -> None:
    call = breaking_off(AgentScript(text="ביום שני."), finishes=False)
    call.until_listening()
    first, rest = call.heard()[1:]
    assert rest.at - first.until <= 2.0 + FRAME
    assert len(call.did(do.CancelAgent)) == 1
    assert call.did(do.UseReceptionist) == []


def test_audio_of_the_stalled_answer_that_comes_after_all_is_not_heard() -> None:
    call = breaking_off(AgentScript(text="ביום שני.", delay_ms=600), finishes=False)
    old = call.did(do.AskAgent)[0].reply_id
    call.advance_until(lambda: bool(call.did(do.ContinueAgent)))
    call.happens(on.AgentAudio(old, call._sound_of("מאוחר מדי")))
    call.until_listening()
    assert call.words_heard()[1:] == ["יש לנו מקום", "ביום שני."]


def test_an_answer_that_stalls_for_good_is_explained() -> None:
    call = breaking_off(finishes=False)
    call.advance(10)
    assert len(call.did(do.ContinueAgent)) == 1
    assert call.did(do.UseReceptionist) == [do.UseReceptionist("stalled", keeps_ears=True)]
    assert call.words_heard()[1:] == ["יש לנו מקום", SORRY]
    assert call.core.state is State.LISTENING


def test_an_answer_that_stalls_for_good_leaves_no_dead_air() -> None:
    call = breaking_off(finishes=False)
    call.advance(10)
    _, broken, sorry = call.heard()
    assert sorry.at - broken.until <= 2.0 + FRAME


def test_who_speaks_into_a_stalled_answer_is_answered() -> None:
    call = breaking_off(finishes=False)
    call.advance_until(lambda: call.ear.waiting_ms == 0 and call.now > 4)
    call.caller_says("רגע ומה עם מחר?")
    call.advance(6)
    assert call.did(do.AskAgent)[-1].text == "רגע ומה עם מחר?"
    assert call.words_heard()[-1] == SORRY
    assert call.core.state is State.LISTENING


# The session is gone


def test_without_other_ears_the_first_utterance_after_the_loss_leads_to_the_recorder() -> None:
    call = greeted(takes_messages=True, stt_ms=50)
    call.happens(on.AgentLost("closed"))
    call.advance(0.1)
    call.caller_says("", ms=1500)
    call.advance(6)
    assert call.words_heard()[-1] == LEAVE_MESSAGE
    assert call.did(do.HangUp) == [do.HangUp("error")]


def test_with_other_ears_the_call_goes_on_after_the_loss() -> None:
    call = greeted(
        takes_messages=True, hears_without_session=True, agent=AgentScript(text=SORRY), stt_ms=1500
    )
    call.happens(on.AgentLost("closed"))
    call.advance(0.1)
    call.caller_says("יש שם מישהו")
    call.advance(6)
    assert call.said() == ["יש שם מישהו"]
    assert [asked.text for asked in call.did(do.AskAgent)] == ["יש שם מישהו"]
    assert call.replies()[-1].path == "FALLBACK"
    assert call.did(do.HangUp) == []


def test_slower_ears_are_waited_for_with_a_word() -> None:
    call = greeted(hears_without_session=True, agent=AgentScript(text=SORRY), stt_ms=2600)
    call.happens(on.AgentLost("closed"))
    call.advance(0.1)
    stops = call.caller_says("יש שם מישהו")
    call.advance(7)
    assert call.words_heard()[1:] == ["רגע, אני בודקת.", SORRY]
    assert call.heard()[1].at - stops == pytest.approx(1.5, abs=FRAME)


def test_two_utterances_in_a_row_that_nobody_understands_lead_to_the_recorder() -> None:
    call = greeted(takes_messages=True, hears_without_session=True, agent=AgentScript(text=SORRY))
    call.happens(on.AgentLost("closed"))
    call.advance(0.1)
    call.caller_says(None, ms=900)
    call.advance(5)
    assert call.words_heard()[-1] == SORRY
    assert call.did(do.HangUp) == []
    call.caller_says(None, ms=900)
    call.advance(5)
    assert call.words_heard()[-1] == LEAVE_MESSAGE
    assert call.did(do.HangUp) == [do.HangUp("error")]


def test_words_between_two_failures_keep_the_call_going() -> None:
    call = greeted(takes_messages=True, hears_without_session=True, agent=AgentScript(text=SORRY))
    call.happens(on.AgentLost("closed"))
    call.advance(0.1)
    for words in (None, "אני כאן", None):
        call.caller_says(words, ms=900)
        call.advance(6)
    assert LEAVE_MESSAGE not in call.words_heard()
    assert call.core.state is not State.ENDED


def test_failures_while_the_agent_had_the_audio_do_not_count() -> None:
    call = greeted(takes_messages=True, hears_without_session=True, agent=AgentScript(text=SORRY))
    for _ in range(3):
        call.caller_says(None, ms=900)
        call.advance(5)
    call.happens(on.AgentLost("closed"))
    call.advance(0.1)
    call.caller_says(None, ms=900)
    call.advance(5)
    assert LEAVE_MESSAGE not in call.words_heard()
    assert call.core.state is not State.ENDED


def test_where_no_message_can_be_taken_the_receptionist_goes_on() -> None:
    call = greeted(hears_without_session=True, agent=AgentScript(text=SORRY))
    call.happens(on.AgentLost("closed"))
    call.advance(0.1)
    for _ in range(3):
        call.caller_says(None, ms=900)
        call.advance(5)
    assert call.did(do.HangUp) == []
    assert call.words_heard().count(SORRY) == 3


def test_a_failed_utterance_of_a_call_with_its_session_is_the_agents() -> None:
    call = greeted(takes_messages=True)
    for _ in range(3):
        call.caller_says(None, ms=900)
        call.advance(5)
    assert call.did(do.HangUp) == []
    assert len(call.did(do.AskAgent)) == 3


# What no reply is made of


def test_an_empty_delta_is_not_the_first_sound_of_an_answer() -> None:
    call = greeted(agent=lambda text: None)
    stops = call.caller_says(QUESTION)
    call.advance_until(lambda: bool(call.did(do.AskAgent)))
    call.happens(on.AgentAudio(call.did(do.AskAgent)[0].reply_id, b""))
    call.advance(4)
    assert call.heard()[1].text == "רגע, אני בודקת."
    assert call.heard()[1].at == pytest.approx(stops + 1.5, abs=FRAME)
    assert call.did(do.ContinueAgent) == []


def test_an_empty_clip_is_a_failed_one() -> None:
    call = greeted(faq={QUESTION: "יש מקום."}, clip_ms={"יש מקום.": None})
    call.caller_says(QUESTION)
    call.advance_until(lambda: len(call.did(do.FetchClip)) == 2)
    call.happens(on.ClipReady(call.did(do.FetchClip)[1].reply_id, b""))
    call.advance(4)
    assert [asked.text for asked in call.did(do.AskAgent)] == [QUESTION]
    assert call.replies()[-1].path == "AGENT"


def test_agent_events_under_a_clips_id_are_nobodys() -> None:
    call = ScriptedCall(clip_ms={"שלום, איך אפשר לעזור?": 1000})
    greeting = call.did(do.FetchClip)[0].reply_id
    call.perform(on.AgentText(greeting, "זר"))
    call.perform(on.AgentAudio(greeting, b"\x20" * 800))
    call.perform(on.AgentFinished(greeting, completed=True, hang_up=True))
    call.until_listening()
    assert call.words_heard() == ["שלום, איך אפשר לעזור?"]
    assert call.did(do.HangUp) == []
