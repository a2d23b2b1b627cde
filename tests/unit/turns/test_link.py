"""A session that is lost is opened anew, an ageing one replaced, and the caller hears neither."""

from __future__ import annotations

from itertools import pairwise

import pytest

from server.turns import actions as do
from server.turns import events as on
from server.turns.model import State
from tests.call_script import AgentScript, ScriptedCall, greeted

GREETING, QUESTION = "שלום, איך אפשר לעזור?", "יש לכם מקום?"
ANSWER = "יש לנו מקום ביום שני בבוקר."
FRAME = 0.021


def reconnecting(**options: object) -> ScriptedCall:
    agent = AgentScript(text=ANSWER, delay_ms=400)
    return greeted(**{"reconnects": True, "agent": agent, **options})


def lost(call: ScriptedCall, in_seconds: float = 0.0) -> None:
    call.happens(on.AgentLost("closed"), in_seconds=in_seconds)


def noted(call: ScriptedCall, tag: str) -> list[do.Note]:
    return [note for note in call.did(do.Note) if note.tag == tag]


def asked(call: ScriptedCall) -> list[str | None]:
    return [question.text for question in call.did(do.AskAgent)]


# Lost and opened anew


def test_a_session_lost_while_idle_is_opened_anew_with_the_conversation_so_far() -> None:
    call = reconnecting()
    call.caller_says(QUESTION)
    call.advance_until(lambda: ANSWER in call.words_heard())
    call.until_listening()
    lost(call)
    call.advance(1)
    history = (("agent", GREETING), ("caller", QUESTION), ("agent", ANSWER))
    assert call.did(do.ReopenAgent) == [do.ReopenAgent(history, upgraded=True)]
    assert asked(call) == [QUESTION]  # nothing was owed
    assert noted(call, "[AGENT_RECONNECTED]")[0].fields["ms"] == 300
    call.caller_says("ומה עם מחר?")
    call.advance(4)
    assert call.did(do.UseReceptionist) == []
    assert call.replies()[-1].path == "AGENT"


def test_the_conversation_so_far_is_what_was_heard_of_it() -> None:
    call = reconnecting(agent=AgentScript(text="אחת שתיים שלוש ארבע חמש שש שבע שמונה"))
    call.caller_says(QUESTION)
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.advance(1.1)
    call.caller_says("לא הבנתי", ms=600)
    call.advance_until(lambda: bool(call.did(do.TruncateAgent)))
    lost(call)
    call.advance(0.1)
    (reopened,) = call.did(do.ReopenAgent)
    lines = dict(zip(["greeting", "question", "cut", "words"], reopened.history, strict=True))
    assert lines["cut"][0] == "agent"
    assert 2 <= len(lines["cut"][1].split()) <= 5
    assert lines["words"] == ("caller", "לא הבנתי")


def test_a_session_lost_in_mid_answer_knows_all_the_words_said_so_far() -> None:
    """The row of a reply is written at its first sound; its words come bit by bit."""
    call = reconnecting(agent=lambda text: None)
    call.caller_says(QUESTION)
    call.advance_until(lambda: bool(call.did(do.AskAgent)))
    (question,) = call.did(do.AskAgent)
    sound = call._sound_of("אחת שתיים שלוש ארבע")
    call.happens(on.AgentText(question.reply_id, "אחת"))
    call.happens(on.AgentAudio(question.reply_id, sound))
    call.happens(on.AgentText(question.reply_id, " שתיים שלוש ארבע"), in_seconds=0.1)
    call.happens(on.AgentFinished(question.reply_id, completed=True), in_seconds=0.2)
    call.advance(0.6)
    assert call.core.state is State.SPEAKING
    lost(call)
    call.advance(0.1)
    assert call.did(do.ReopenAgent)[0].history[-1] == ("agent", "אחת שתיים שלוש ארבע")
    assert call.did(do.ContinueAgent) == []  # it was whole
    call.until_listening()
    assert call.words_heard()[1:] == ["אחת שתיים שלוש ארבע"]


def test_a_pending_question_is_asked_again() -> None:
    call = reconnecting(agent=AgentScript(text=ANSWER, delay_ms=900))
    stops = call.caller_says(QUESTION)
    lost(call, in_seconds=1.5)
    call.advance(6)
    assert asked(call) == [QUESTION, QUESTION]
    first, second = call.did(do.AskAgent)
    assert first.reply_id != second.reply_id
    assert call.words_heard().count(ANSWER) == 1
    answer = next(sound for sound in call.heard() if sound.text == ANSWER)
    assert answer.at - stops < 2.6
    assert call.did(do.UseReceptionist) == []
    assert call.replies()[-1].path == "AGENT"


def test_a_question_whose_words_are_not_known_yet_is_asked_once_they_are() -> None:
    call = reconnecting(stt_ms=700)
    call.caller_says(QUESTION)
    lost(call, in_seconds=1.2)
    call.advance(5)
    assert asked(call) == [QUESTION]
    assert call.words_heard()[-1] == ANSWER


def test_an_answer_that_broke_off_is_continued() -> None:
    call = reconnecting(
        agent=AgentScript(text="יש לנו מקום", finishes=False), rest=AgentScript(text="ביום שני.")
    )
    call.caller_says(QUESTION)
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.advance(0.3)
    lost(call)
    call.until_listening()
    (rest,) = call.did(do.ContinueAgent)
    assert rest.said == "יש לנו מקום"
    assert call.words_heard()[1:] == ["יש לנו מקום", "ביום שני."]
    assert call.did(do.UseReceptionist) == []
    assert not call.replies()[-1].interrupted


def test_nothing_that_was_asked_of_the_old_session_is_heard() -> None:
    call = reconnecting()
    call.caller_says(QUESTION)
    call.advance_until(lambda: bool(call.did(do.AskAgent)))
    old = call.did(do.AskAgent)[0].reply_id
    lost(call)
    call.advance(0.05)
    call.happens(on.AgentText(old, "מהשיחה הישנה"))
    call.happens(on.AgentAudio(old, call._sound_of("מהשיחה הישנה")))
    call.happens(on.AgentFinished(old, completed=True, hang_up=True))
    call.advance(6)
    assert call.words_heard()[1:] == [ANSWER]
    assert call.did(do.HangUp) == []


def test_a_session_lost_during_the_rendered_greeting_does_not_disturb_it() -> None:
    call = ScriptedCall(reconnects=True)
    call.advance(0.5)
    lost(call)
    call.until_listening()
    assert call.words_heard() == [GREETING]
    assert call.heard()[0].ms == 1200
    assert len(call.did(do.ReopenAgent)) == 1
    assert asked(call) == []


def test_a_session_lost_before_its_greeting_is_asked_to_greet_again() -> None:
    call = ScriptedCall(
        reconnects=True, greeting_text="", agent=AgentScript(text=ANSWER, delay_ms=1000)
    )
    lost(call, in_seconds=0.5)
    call.until_listening()
    assert len(call.did(do.AskAgent)) == 2
    assert call.replies()[-1].path == "GREETING"
    assert call.words_heard()[-1] == ANSWER
    assert call.did(do.ReopenAgent)[0].upgraded is False


def test_a_greeting_whose_session_cannot_be_had_is_the_receptionists() -> None:
    call = ScriptedCall(
        reconnects=True,
        greeting_text="",
        agent=AgentScript(text=ANSWER, delay_ms=1000),
        opens=lambda number: None,
    )
    lost(call, in_seconds=0.5)
    call.until_listening()
    assert len(call.did(do.UseReceptionist)) == 1
    assert call.replies()[-1].path == "GREETING"


def test_words_said_while_the_session_is_being_opened_are_answered() -> None:
    call = reconnecting(open_ms=1200)
    lost(call)
    call.caller_says(QUESTION)
    call.advance(6)
    assert asked(call) == [QUESTION]
    assert call.words_heard()[1:] == [ANSWER]


def test_an_interruption_while_the_session_is_being_opened_stands() -> None:
    call = reconnecting(agent=AgentScript(text="מילה " * 20, finishes=False), open_ms=1500)
    call.caller_says(QUESTION)
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.advance(0.3)
    lost(call)
    call.caller_says("רגע רגע", ms=600)
    call.advance(4)
    assert call.replies()[1].interrupted
    assert asked(call) == [QUESTION, "רגע רגע"]


# No session to be had


def test_an_attempt_that_fails_is_repeated_and_given_up_after_two_seconds() -> None:
    call = reconnecting(opens=lambda number: False, open_ms=200)
    lost_at = call.now
    lost(call)
    call.advance(5)
    attempts = [at for at, action in call.done if isinstance(action, do.ReopenAgent)]
    assert 3 <= len(attempts) <= 6
    assert min(b - a for a, b in pairwise(attempts)) >= 0.29
    assert call.did(do.UseReceptionist) == [do.UseReceptionist("closed", keeps_ears=False)]
    assert call.when(do.UseReceptionist) == pytest.approx(lost_at + 2.0, abs=FRAME)


def test_an_attempt_that_hangs_is_given_up_after_two_seconds() -> None:
    call = reconnecting(opens=lambda number: None)
    lost_at = call.now
    lost(call)
    call.advance(5)
    assert len(call.did(do.ReopenAgent)) == 1
    assert call.when(do.UseReceptionist) == pytest.approx(lost_at + 2.0, abs=FRAME)


def test_the_second_attempt_may_be_the_one() -> None:
    call = reconnecting(opens=lambda number: number == 2, open_ms=200)
    call.caller_says(QUESTION)
    call.advance_until(lambda: bool(call.did(do.AskAgent)))
    lost(call)
    call.advance(6)
    assert len(call.did(do.ReopenAgent)) == 2
    assert call.words_heard()[-1] == ANSWER
    assert call.words_heard().count(ANSWER) == 1
    assert call.did(do.UseReceptionist) == []


def test_a_question_that_no_session_answers_goes_to_the_receptionist() -> None:
    call = reconnecting(opens=lambda number: None, agent=AgentScript(text=ANSWER, delay_ms=800))
    stops = call.caller_says(QUESTION)
    call.advance_until(lambda: bool(call.did(do.AskAgent)))
    lost(call)
    call.advance(8)
    assert asked(call) == [QUESTION] * 3  # the session, the next one, the receptionist
    assert call.replies()[-1].path == "FALLBACK"
    assert call.words_heard()[-1] == ANSWER
    sounds = [sound for sound in call.heard() if sound.until > stops]
    assert sounds[0].at - stops <= 2.0  # a filler


def test_an_answer_that_nobody_can_continue_is_explained_without_dead_air() -> None:
    answers = iter([AgentScript(text="יש לנו מקום", finishes=False)])
    sorry = AgentScript(text="סליחה, אפשר לרשום הודעה?", delay_ms=10)
    call = reconnecting(opens=lambda number: None, agent=lambda text: next(answers, sorry))
    call.caller_says(QUESTION)
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    lost_at = call.advance_until(lambda: call.ear.waiting_ms == 0)  # the worst moment for it
    lost(call)
    call.advance(6)
    assert call.words_heard()[1:] == ["יש לנו מקום", "סליחה, אפשר לרשום הודעה?"]
    explained = next(sound for sound in call.heard() if sound.text.startswith("סליחה"))
    assert explained.at - lost_at <= 2.0 + FRAME
    assert call.replies()[-1].path == "FALLBACK"


def test_a_session_that_comes_late_may_still_continue_the_answer() -> None:
    call = reconnecting(
        agent=AgentScript(text="יש לנו מקום", finishes=False),
        rest=AgentScript(text="ביום שני.", delay_ms=300),
        open_ms=1400,
    )
    call.caller_says(QUESTION)
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    lost(call)
    call.until_listening()
    assert call.did(do.UseReceptionist) == []
    assert call.words_heard()[1:] == ["יש לנו מקום", "ביום שני."]


def test_a_session_that_is_lost_again_and_again_is_not_opened_for_ever() -> None:
    call = reconnecting()
    for seconds in range(30):
        lost(call, in_seconds=2.0 * seconds)
    call.advance(70)
    assert len(call.did(do.ReopenAgent)) <= 5
    assert len(call.did(do.UseReceptionist)) == 1


def test_where_it_is_not_wanted_nothing_is_opened() -> None:
    call = reconnecting(reconnects=False, rotate_after_seconds=1.0, silence_prompt_seconds=500.0)
    call.happens(on.SuccessorLost())  # a stranger's
    call.advance(70)
    assert call.did(do.OpenSuccessor) == []
    lost(call)
    call.advance(5)
    assert call.did(do.ReopenAgent) == []
    assert len(call.did(do.UseReceptionist)) == 1


def test_after_the_receptionist_has_taken_over_a_lost_session_costs_the_ears_only() -> None:
    slow = iter([None])
    call = reconnecting(
        agent=lambda text: next(slow, AgentScript(text="אפשר לרשום הודעה?", delay_ms=10)),
        opens=lambda number: None,
        answer_wait_seconds=1.0,
    )
    call.caller_says(QUESTION)
    call.advance(4)
    assert call.did(do.UseReceptionist) == [do.UseReceptionist("too_slow", keeps_ears=True)]
    lost(call)
    call.advance(5)
    assert call.did(do.UseReceptionist)[1:] == [do.UseReceptionist("closed", keeps_ears=False)]
    assert asked(call) == [QUESTION, QUESTION]
    call.caller_says("כן בבקשה")
    call.advance(4)
    assert call.words_heard().count("אפשר לרשום הודעה?") == 2


def test_the_receptionists_ears_can_be_opened_anew_and_nobody_is_asked_again() -> None:
    slow = iter([None])
    call = reconnecting(
        agent=lambda text: next(slow, AgentScript(text="אפשר לרשום הודעה?", delay_ms=700)),
        answer_wait_seconds=1.0,
    )
    call.caller_says(QUESTION)
    call.advance_until(lambda: bool(call.did(do.UseReceptionist)))
    lost(call)
    call.advance(5)
    assert len(call.did(do.UseReceptionist)) == 1
    assert asked(call) == [QUESTION, QUESTION]
    assert call.did(do.ContinueAgent) == []
    assert call.words_heard().count("אפשר לרשום הודעה?") == 1


def test_a_call_that_ends_while_a_session_is_being_opened_ends() -> None:
    call = reconnecting(opens=lambda number: None)
    lost(call)
    call.advance(1)
    call.now += 2.0  # the loop was late: the attempt is over as well
    call.perform(on.EndRequested("caller_hangup"))
    assert call.did(do.HangUp) == [do.HangUp("caller_hangup")]
    assert isinstance(call.done[-1][1], do.HangUp)
