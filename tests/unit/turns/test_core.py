"""The rules of a call, each as a short call in virtual time."""

from __future__ import annotations

import pytest

from server.turns import actions as do
from server.turns import events as on
from server.turns.core import CallCore
from server.turns.model import TRANSITIONS, State
from server.turns.policy import CallPolicy, Phrase
from tests.call_script import POLICY, AgentScript, ScriptedCall, greeted, spoken

PRICE = {"מה המחיר?": "טיפול שוטף עולה ארבע מאות וחמישים שקלים."}


# Greeting


def test_greeting_sounds_at_once_and_its_mark_opens_the_ear() -> None:
    call = ScriptedCall()
    assert call.when(do.SendAudio) == 0.0
    assert call.core.state is State.GREETING
    call.until_listening()
    assert 1.2 <= call.now <= 1.2 + 0.2 + 0.1  # four words, the tail, the mark's way
    assert call.replies()[0].path == "GREETING"
    assert call.replies()[0].heard_ms == 1200


def test_prompt_is_upgraded_once_after_the_greetings_first_frame() -> None:
    call = greeted(faq=PRICE)
    call.caller_says("מה המחיר?")
    call.advance(5)
    assert len(call.did(do.UpgradePrompt)) == 1
    kinds = [type(action) for _, action in call.done]
    assert kinds.index(do.SendAudio) < kinds.index(do.UpgradePrompt)


def test_where_the_caller_speaks_first_the_call_listens() -> None:
    call = ScriptedCall(caller_speaks_first=True)
    assert call.core.state is State.LISTENING
    assert call.did(do.SendAudio) == []
    assert len(call.did(do.UpgradePrompt)) == 1


def test_without_a_greeting_text_the_agent_greets() -> None:
    call = ScriptedCall(greeting_text="")
    assert call.did(do.AskAgent) == [do.AskAgent("r1", None)]
    call.until_listening()
    assert call.replies()[0].path == "GREETING"
    # The instructions are expanded behind the response, not in the middle of it.
    assert call.when(do.UpgradePrompt) > call.when(do.SendAudio)


def test_a_greeting_that_cannot_be_rendered_is_made_by_the_agent() -> None:
    call = ScriptedCall(clips_fail=True)
    call.until_listening()
    assert call.did(do.AskAgent) == [do.AskAgent("r2", None)]
    assert call.replies()[0].path == "GREETING"


def test_rendered_speech_that_does_not_come_is_not_waited_for() -> None:
    call = ScriptedCall(clips_fail=None)
    call.advance(3)
    assert call.when(do.AskAgent) == pytest.approx(2.0, abs=0.02)


def test_the_full_prompt_is_asked_for_before_the_first_answer() -> None:
    call = ScriptedCall(clips_fail=None)
    call.caller_says("יש לי שאלה")
    call.advance(4)
    kinds = [type(action) for _, action in call.done]
    assert kinds.index(do.UpgradePrompt) < kinds.index(do.AskAgent)
    assert len(call.did(do.UpgradePrompt)) == 1


# Answers


def test_a_common_question_is_answered_without_the_agent() -> None:
    call = greeted(faq=PRICE)
    stops = call.caller_says("מה המחיר?")
    call.advance(1.5)
    assert call.did(do.AskAgent) == []
    assert call.when(do.SendAudio, after=stops) == pytest.approx(stops + 0.4, abs=0.025)
    answer = call.replies()[-1]
    assert (answer.path, answer.intent_key, answer.text) == (
        "FAQ_FASTPATH",
        "key",
        PRICE["מה המחיר?"],
    )
    assert call.said() == ["מה המחיר?"]
    assert answer.timings_ms["total_latency_ms"] == pytest.approx(400, abs=25)
    assert answer.timings_ms["hangover_ms"] == pytest.approx(200, abs=1)
    assert answer.timings_ms["final_ms"] == pytest.approx(350, abs=25)
    call.until_listening()
    assert do.RememberSpoken(PRICE["מה המחיר?"]) in call.did(do.RememberSpoken)


def test_what_the_faq_does_not_know_goes_to_the_agent() -> None:
    call = greeted(agent=AgentScript(text="יש לנו מקום ביום שני.", delay_ms=500))
    stops = call.caller_says("אני רוצה לקבוע תור")
    call.advance(4)
    assert [asked.text for asked in call.did(do.AskAgent)] == ["אני רוצה לקבוע תור"]
    assert call.when(do.SendAudio, after=stops) == pytest.approx(stops + 0.2 + 0.15 + 0.5, abs=0.05)
    assert call.replies()[-1].path == "AGENT"
    assert call.replies()[-1].text == "יש לנו מקום ביום שני."


def test_long_utterances_skip_the_faq() -> None:
    story = "מילה " * 60
    call = greeted(faq={story.strip(): "תשובה"})
    call.caller_says(story, ms=3000)
    call.advance(5)
    assert call.did(do.MatchFaq) == []
    assert len(call.did(do.AskAgent)) == 1


def test_faq_switched_off_goes_to_the_agent() -> None:
    call = greeted(faq=PRICE, faq_enabled=False)
    call.caller_says("מה המחיר?")
    call.advance(3)
    assert call.did(do.MatchFaq) == []
    assert len(call.did(do.AskAgent)) == 1


def test_an_answer_that_cannot_be_rendered_is_given_by_the_agent() -> None:
    call = greeted(faq=PRICE, clips_fail=True)
    call.caller_says("מה המחיר?")
    call.advance(3)
    assert [asked.text for asked in call.did(do.AskAgent)] == [None, "מה המחיר?"]


def test_twilio_never_holds_more_than_400_ms() -> None:
    call = greeted(agent=AgentScript(text="מילה " * 40))
    call.caller_says("ספרו לי על הכל")
    call.advance(14)
    assert call.ear.most_waiting_ms == 400


# Turns


def test_a_pause_in_mid_sentence_is_one_turn_and_one_reply() -> None:
    call = greeted(faq={"אני רוצה לדעת מה המחיר?": "מאה שקלים."})
    call.caller_says("אני רוצה לדעת")
    call.caller_pauses(300)
    call.caller_says("מה המחיר?")
    call.advance(4)
    assert len(call.did(do.CommitUtterance)) == 2
    assert call.said() == ["אני רוצה לדעת מה המחיר?"]
    assert [reply.text for reply in call.replies()[1:]] == ["מאה שקלים."]


def test_an_onset_holds_the_reply_and_words_replace_it() -> None:
    call = greeted(agent=lambda text: AgentScript(text=f"עניתי על {text}", delay_ms=20))
    call.caller_says("יש לכם")
    call.caller_pauses(330)  # the reply is there already, and has not sounded
    call.caller_says("חניה בחצר")
    call.advance(5)
    assert [reply.text for reply in call.replies()[1:]] == ["עניתי על יש לכם חניה בחצר"]
    assert len(call.did(do.CancelAgent)) == 1


def test_a_cough_before_the_reply_does_not_cost_it() -> None:
    call = greeted(faq=PRICE)
    call.caller_says("מה המחיר?")
    call.caller_pauses(260)
    call.caller_says("", ms=220)  # the cough: nothing is recognised
    call.advance(4)
    assert [reply.path for reply in call.replies()[1:]] == ["FAQ_FASTPATH"]
    assert not call.replies()[-1].interrupted


def test_a_short_sound_without_words_gets_no_answer() -> None:
    call = greeted()
    call.caller_says("", ms=400)
    call.advance(4)
    assert len(call.replies()) == 1
    assert call.said() == []
    assert call.core.state is State.LISTENING


def test_a_long_sound_without_words_is_asked_about() -> None:
    call = greeted()
    call.caller_says("", ms=1500)
    call.advance(4)
    assert call.replies()[-1].path == "FALLBACK"
    assert call.replies()[-1].text.startswith("לא שמעתי")


def test_a_short_yes_is_a_turn() -> None:
    call = greeted()
    call.caller_says("כן", ms=300)
    call.advance(3)
    assert call.said() == ["כן"]
    assert len(call.did(do.AskAgent)) == 1


def test_without_a_transcript_the_agent_is_asked_after_800_ms() -> None:
    call = greeted(stt_ms=None)
    stops = call.caller_says("שלום לכם")
    call.advance(4)
    assert call.did(do.AskAgent) == [do.AskAgent("r3", None)]
    assert call.when(do.AskAgent) == pytest.approx(stops + 0.2 + 0.8, abs=0.03)


def test_a_late_transcript_still_fills_its_row() -> None:
    call = greeted(stt_ms=1500)
    call.caller_says("שלום לכם")
    call.advance(5)
    assert call.said() == ["שלום לכם"]
    assert len(call.did(do.AskAgent)) == 1


def test_a_failed_transcript_asks_the_agent_who_has_the_audio() -> None:
    call = greeted()
    call.caller_says(None, ms=900)
    call.advance(3)
    assert call.did(do.AskAgent) == [do.AskAgent("r3", None)]


def test_the_caller_is_heard_from_before_the_onset() -> None:
    call = greeted()
    call.caller_says("שלום לכם")
    call.advance(2)
    heard = b"".join(action.audio for action in call.did(do.HearAudio))
    assert len(heard) / 8 >= 600 + 300 - 20  # all of the speech and the pre-roll


# Typed words


def test_typed_words_are_a_turn() -> None:
    call = greeted(faq=PRICE)
    call.happens(on.CallerTyped("מה המחיר?"))
    call.advance(1)
    assert call.replies()[-1].path == "FAQ_FASTPATH"
    assert call.did(do.RememberTyped) == [do.RememberTyped("מה המחיר?")]


def test_words_typed_beside_speech_are_its_transcript() -> None:
    call = greeted(faq=PRICE)
    call.caller_says("", ms=900)
    call.happens(on.CallerTyped("מה המחיר?"), in_seconds=0.6)
    call.advance(3)
    assert call.said() == ["מה המחיר?"]
    assert call.replies()[-1].path == "FAQ_FASTPATH"
    assert call.did(do.RememberTyped) == []


def test_empty_typing_is_nothing() -> None:
    call = greeted()
    call.happens(on.CallerTyped("  "))
    call.advance(1)
    assert call.said() == []


# Barge-in


def test_barge_in_clears_first_then_cancels_then_truncates() -> None:
    call = greeted(agent=AgentScript(text="מילה " * 20, finishes=False))
    call.caller_says("ספרו לי")
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.advance(1.0)
    call.caller_says("רגע רגע", ms=800)
    cleared = call.advance_until(lambda: bool(call.did(do.SendClear)))
    kinds = [type(a) for at, a in call.done if at == call.when(do.SendClear)]
    order = [k for k in kinds if k in (do.SendClear, do.CancelAgent, do.TruncateAgent)]
    assert order == [do.SendClear, do.CancelAgent]
    assert call.core.state is State.LISTENING
    assert call.ear.waiting_ms == 0
    call.advance_until(lambda: bool(call.did(do.TruncateAgent)))
    cut = call.did(do.TruncateAgent)[0]
    assert isinstance(cut, do.TruncateAgent)
    assert cut.heard_ms == pytest.approx(1000 + 200, abs=60)
    assert call.when(do.TruncateAgent) > cleared  # only once it was known to hold words
    assert call.replies()[1].interrupted


def test_no_frame_of_a_cancelled_reply_follows_the_clear() -> None:
    call = greeted(agent=AgentScript(text="מילה " * 20, finishes=False))
    call.caller_says("ספרו לי")
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    reply_id = call.did(do.AskAgent)[0].reply_id
    call.advance(0.5)
    call.caller_says("די", ms=2000)
    cleared = call.advance_until(lambda: bool(call.did(do.SendClear)))
    call.happens(on.AgentAudio(reply_id, b"\x10" * 8000))
    call.happens(on.AgentFinished(reply_id, completed=True))
    call.advance(0.5)
    assert [at for at, a in call.done if isinstance(a, do.SendAudio) and at > cleared] == []


def test_the_greeting_can_be_interrupted() -> None:
    call = ScriptedCall(greeting_text="מילה " * 20, faq=PRICE)
    call.advance(0.7)
    call.caller_says("מה המחיר?")
    call.advance(2)
    greeting = call.replies()[0]
    assert greeting.interrupted
    assert greeting.heard_ms is not None
    assert 700 <= greeting.heard_ms <= 1000
    assert call.replies()[1].path == "FAQ_FASTPATH"
    heard = call.did(do.RememberSpoken)[0]
    assert isinstance(heard, do.RememberSpoken)
    assert 1 <= len(heard.text.split()) <= 3


def test_marks_echoed_by_a_clear_prove_nothing() -> None:
    call = greeted(faq={"מה?": "מילה"})
    call.caller_says("מה?", ms=400)
    call.advance_until(lambda: len(call.did(do.SendMark)) == 2)  # sent, not played yet
    call.caller_says("רגע", ms=600)
    call.advance_until(lambda: bool(call.did(do.SendClear)) or call.now > 20)
    if call.did(do.SendClear):
        assert call.replies()[1].interrupted
    call.advance(1)
    assert call.core.state is not State.ENDED


def test_with_barge_in_off_the_agent_finishes() -> None:
    call = greeted(faq=PRICE, barge_in=False)
    call.caller_says("מה המחיר?")
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.caller_says("רגע", ms=600)
    call.until_listening()
    assert call.did(do.SendClear) == []
    assert not call.replies()[-1].interrupted
    assert len(call.did(do.DropHeard)) == 1


# Failures


def test_an_agent_that_stays_silent_is_replaced_after_six_seconds() -> None:
    asked: list[str | None] = []

    def agent(text: str | None) -> AgentScript | None:
        asked.append(text)
        return None if len(asked) == 1 else AgentScript(text="אשמח לקחת הודעה")

    call = greeted(agent=agent)
    stops = call.caller_says("אפשר לדבר עם דני")
    call.advance(8)
    assert call.did(do.UseReceptionist) == [do.UseReceptionist("too_slow", keeps_ears=True)]
    assert call.when(do.UseReceptionist) == pytest.approx(stops + 6, abs=0.05)
    assert asked == ["אפשר לדבר עם דני"] * 2
    assert call.replies()[-1].path == "FALLBACK"


def test_a_lost_agent_is_replaced_at_once_and_for_good() -> None:
    call = greeted()
    call.happens(on.AgentLost("closed"))
    call.advance(0.1)
    assert call.did(do.UseReceptionist) == [do.UseReceptionist("closed", keeps_ears=False)]
    call.caller_says("יש שם מישהו")
    call.advance(3)
    assert call.replies()[-1].path == "FALLBACK"
    call.happens(on.AgentLost("again"))
    call.advance(3)
    assert len(call.did(do.UseReceptionist)) == 1


def test_an_agent_lost_in_mid_answer_keeps_what_was_said() -> None:
    call = greeted(agent=AgentScript(text="מילה " * 6, finishes=False))
    call.caller_says("ספרו לי")
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.advance(0.3)
    call.happens(on.AgentLost("closed"))
    call.until_listening()
    assert not call.replies()[-1].interrupted


def test_an_answer_that_stops_coming_is_asked_for_again_and_then_taken_as_over() -> None:
    call = greeted(agent=AgentScript(text="שתי מילים", finishes=False))
    call.caller_says("ספרו לי")
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.until_listening()
    assert call.replies()[1].heard_ms == 600
    (rest,) = call.did(do.ContinueAgent)
    assert isinstance(rest, do.ContinueAgent) and rest.said == "שתי מילים"
    assert call.did(do.UseReceptionist) == [do.UseReceptionist("stalled", keeps_ears=True)]


def test_a_receptionist_that_fails_too_leaves_the_call_listening() -> None:
    call = greeted(agent=AgentScript(silent=True, completed=False, delay_ms=50))
    call.caller_says("יש שם מישהו")
    call.advance(3)
    assert len(call.did(do.AskAgent)) == 3  # the agent twice, the receptionist once
    assert call.core.state is State.LISTENING


def test_one_refused_response_does_not_cost_the_agent() -> None:
    asked: list[str | None] = []

    def agent(text: str | None) -> AgentScript:
        asked.append(text)
        first = len(asked) == 1
        return AgentScript(silent=first, completed=not first, delay_ms=100)

    call = greeted(agent=agent)
    call.caller_says("יש שם מישהו")
    call.advance(4)
    assert asked == ["יש שם מישהו"] * 2
    assert call.did(do.UseReceptionist) == []
    assert call.replies()[-1].path == "AGENT"


def test_where_nobody_understands_the_caller_a_message_is_taken() -> None:
    phrases = {"he": {**POLICY.phrases["he"], Phrase.LEAVE_MESSAGE: "אפשר להשאיר הודעה"}}
    call = greeted(recognises=False, takes_messages=True, phrases=phrases)
    call.caller_says("", ms=1500)
    call.advance(4)
    assert call.replies()[-1].text == "אפשר להשאיר הודעה"
    assert call.did(do.HangUp) == [do.HangUp("error")]  # which leads to the carrier's recorder


def test_a_mark_that_never_comes_is_replaced_by_a_timer() -> None:
    call = ScriptedCall(echo_marks=False)
    call.until_listening()
    assert call.now == pytest.approx(1.2 + 0.2 + 1.0, abs=0.03)


# Ends


def test_goodbye_is_heard_out_before_hanging_up() -> None:
    call = greeted(agent=AgentScript(text="תודה ולהתראות", hang_up=True))
    call.caller_says("זה הכל תודה")
    call.advance(5)
    assert call.did(do.HangUp) == [do.HangUp("agent_goodbye")]
    assert call.replies()[-1].heard_ms == 600
    assert not call.replies()[-1].interrupted


def test_an_agent_that_ends_the_call_without_a_word_says_goodbye_all_the_same() -> None:
    call = greeted(agent=AgentScript(silent=True, hang_up=True))
    call.caller_says("זה הכל תודה")
    call.advance(5)
    assert call.replies()[-1].text == "להתראות!"
    assert call.did(do.HangUp) == [do.HangUp("agent_goodbye")]


def test_who_interrupts_a_goodbye_stays_on_the_line() -> None:
    call = greeted(agent=lambda text: AgentScript(text="מילה " * 10, hang_up="זה הכל" in str(text)))
    call.caller_says("זה הכל תודה")
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.advance(0.4)
    call.caller_says("רגע עוד שאלה", ms=900)
    call.advance(3)
    assert call.core.state is not State.ENDED


def test_the_call_has_a_longest_length() -> None:
    call = ScriptedCall(max_call_seconds=3)
    call.advance(4)
    assert call.did(do.HangUp) == [do.HangUp("max_duration")]
    assert call.when(do.HangUp) == pytest.approx(3.0, abs=0.02)


@pytest.mark.parametrize("seconds", [0.0, 0.5, 3.0])
def test_an_end_from_outside_ends_once_and_nothing_follows(seconds: float) -> None:
    call = ScriptedCall(faq=PRICE)
    call.caller_says("מה המחיר?")
    call.advance(seconds)
    call.happens(on.EndRequested("caller_hangup"))
    call.happens(on.EndRequested("stream_lost"))
    call.advance(5)
    assert call.did(do.HangUp) == [do.HangUp("caller_hangup")]
    assert isinstance(call.done[-1][1], do.HangUp)
    assert call.core.next_deadline() is None


def test_a_reply_cut_off_by_the_end_says_how_much_was_heard() -> None:
    call = ScriptedCall(greeting_text="מילה " * 20)
    call.advance(1.0)
    call.happens(on.EndRequested("caller_hangup"))
    call.advance(0.1)
    assert call.replies()[0].interrupted
    assert call.replies()[0].heard_ms == pytest.approx(1000, abs=40)


def test_an_answer_in_the_silent_tail_is_no_interruption() -> None:
    call = greeted(agent=AgentScript(text="תודה ולהתראות", hang_up=True))
    call.caller_says("זה הכל תודה")
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.advance(0.6 - 0.1)
    call.caller_says("להתראות", ms=600)
    call.advance(2)
    assert call.did(do.HangUp) == [do.HangUp("agent_goodbye")]
    assert call.did(do.SendClear) == []
    assert not call.replies()[-1].interrupted


# The table


def test_every_state_is_in_the_table_and_the_end_is_reachable() -> None:
    assert set(TRANSITIONS) == set(State)
    for state in State:
        if state is not State.ENDED:
            assert State.ENDED in TRANSITIONS[state]


def test_a_way_that_is_not_in_the_table_is_refused() -> None:
    core = CallCore(CallPolicy())
    with pytest.raises(AssertionError, match="no way from connecting"):
        core._context.go(State.SPEAKING)


def test_keys_are_noted() -> None:
    call = greeted()
    call.happens(on.KeyPressed("5"))
    call.advance(0.1)
    notes = [n for n in call.did(do.Note) if isinstance(n, do.Note) and n.tag == "[DTMF]"]
    assert len(notes) == 1
    assert "5" not in str(notes[0].fields)


def test_policy_defaults_are_the_specs() -> None:
    policy = CallPolicy()
    assert (policy.hangover_ms, policy.reply_after_silence_ms) == (200, 400)
    assert (policy.lead_ms, policy.tail_ms) == (400, 200)
    assert POLICY.answer_wait_seconds == 6


# Interruptions that are none


def interrupted(reply: str = "מילה " * 12, **options: object) -> ScriptedCall:
    """A call whose agent has been talking for a second and is about to be disturbed."""
    call = greeted(agent=AgentScript(text=reply), **options)
    call.caller_says("ספרו לי")
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.advance(1.0)
    return call


def heard_out_after_all(call: ScriptedCall) -> None:
    """The agent stops, goes on, and is heard to its end."""
    call.advance_until(lambda: bool(call.did(do.SendClear)))
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.until_listening()


def test_a_cough_stops_the_agent_only_for_a_moment() -> None:
    call = interrupted()
    before = bytes(call.ear.heard).rstrip(b"\xff")
    call.caller_says("", ms=300)
    stopped = call.advance_until(lambda: bool(call.did(do.SendClear)))
    resumed = call.advance_until(lambda: call.core.state is State.SPEAKING)
    assert resumed - stopped < 1.3
    call.until_listening()
    assert call.did(do.TruncateAgent) == []
    assert not call.replies()[-1].interrupted
    assert call.replies()[-1].heard_ms == 3600
    assert len(call.did(do.AskAgent)) == 1
    # Not a frame of the reply is missing or heard twice.
    heard = bytes(call.ear.heard)[len(before) :].replace(b"\xff", b"")
    assert len(call.replies()) == 2
    assert len(heard) + len(before.replace(b"\xff", b"")) == pytest.approx(
        len(spoken("מילה " * 12)) + len(spoken(POLICY.greeting_text)), rel=0.02
    )


@pytest.mark.parametrize("words", ["אהה", "אוקיי", "כן, הבנתי", "okay"])
def test_a_listeners_sound_does_not_take_the_floor(words: str) -> None:
    call = interrupted()
    call.caller_says(words, ms=400)
    heard_out_after_all(call)
    assert not call.replies()[1].interrupted
    assert len(call.replies()) == 2
    assert call.said() == ["ספרו לי", words]


def test_yes_to_an_open_question_is_an_answer() -> None:
    call = interrupted(reply="רוצים תור? " + "מילה " * 10)
    call.caller_says("כן", ms=400)
    call.advance(4)
    assert call.replies()[1].interrupted
    assert [asked.text for asked in call.did(do.AskAgent)] == ["ספרו לי", "כן"]


def test_an_unfinished_reply_is_asked_for_to_its_end() -> None:
    call = greeted(agent=AgentScript(text="מילה " * 12, finishes=False))
    call.caller_says("ספרו לי")
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.advance(0.5)
    call.caller_says("", ms=300)
    call.advance_until(lambda: bool(call.did(do.ContinueAgent)))
    (wanted,) = call.did(do.ContinueAgent)
    assert isinstance(wanted, do.ContinueAgent)
    call.happens(on.AgentText(wanted.reply_id, "והסוף"))
    call.happens(on.AgentAudio(wanted.reply_id, spoken("והסוף")))
    call.happens(on.AgentFinished(wanted.reply_id, completed=True))
    call.until_listening()
    assert len(call.did(do.CancelAgent)) == 1
    assert call.did(do.TruncateAgent) == []
    assert call.replies()[-1].text.endswith("והסוף")
    assert call.replies()[-1].heard_ms == 13 * 300


def test_without_a_recogniser_a_short_noise_resumes_and_speech_takes_the_floor() -> None:
    call = interrupted(recognises=False)
    call.caller_says("", ms=300)
    heard_out_after_all(call)
    assert not call.replies()[1].interrupted


def test_an_interrupted_goodbye_that_was_only_a_cough_still_hangs_up() -> None:
    call = greeted(agent=AgentScript(text="מילה " * 10, hang_up=True))
    call.caller_says("זה הכל תודה")
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.advance(0.4)
    call.caller_says("", ms=300)
    call.advance(6)
    assert call.did(do.HangUp) == [do.HangUp("agent_goodbye")]


def test_two_coughs_are_two_resumes_with_marks_of_their_own() -> None:
    call = interrupted()
    for _ in range(2):
        call.caller_says("", ms=300)
        stopped = len(call.did(do.SendClear))
        call.advance_until(lambda: len(call.did(do.SendClear)) > stopped)  # noqa: B023
        call.advance_until(lambda: call.core.state is State.SPEAKING)
        call.advance(0.3)
    call.until_listening()
    marks = [mark.name for mark in call.did(do.SendMark) if isinstance(mark, do.SendMark)]
    assert len(marks) == len(set(marks))
    assert not call.replies()[-1].interrupted


def test_grace_keeps_a_reply_from_being_stopped_at_once() -> None:
    call = greeted(agent=AgentScript(text="מילה " * 12), barge_in_grace_ms=250)
    call.caller_says("ספרו לי")
    starts = call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.caller_says("רגע רגע רגע", ms=900)
    call.advance_until(lambda: bool(call.did(do.SendClear)))
    assert call.when(do.SendClear) >= starts + 0.23


def test_the_next_reply_keeps_its_distance_from_the_last() -> None:
    call = ScriptedCall(faq=PRICE)
    call.until_listening()
    heard_out = call.now
    call.happens(on.CallerTyped("מה המחיר?"))
    call.advance(3)
    assert call.when(do.SendAudio, after=heard_out) == pytest.approx(heard_out + 1.0, abs=0.03)


def test_after_an_interruption_the_reply_keeps_no_distance() -> None:
    call = interrupted(faq=PRICE)
    stops = call.caller_says("מה המחיר?")
    call.advance(3)
    assert call.when(do.SendAudio, after=stops) == pytest.approx(stops + 0.37, abs=0.03)


@pytest.mark.parametrize("delay_ms", [80, 120, 150])
def test_the_echo_of_the_agents_own_voice_does_not_stop_it(delay_ms: int) -> None:
    call = greeted(agent=AgentScript(text="מילה " * 30))
    call.echo(db=-20, delay_ms=delay_ms)
    call.caller_says("ספרו לי")
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.until_listening()
    assert call.did(do.SendClear) == []


def test_a_caller_is_heard_through_the_echo() -> None:
    call = greeted(agent=AgentScript(text="מילה " * 30))
    call.echo(db=-20, delay_ms=120)
    call.caller_says("ספרו לי")
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.advance(2)
    starts = call.now
    call.caller_says("רגע רגע", ms=800)
    call.advance_until(lambda: bool(call.did(do.SendClear)))
    assert call.now - starts < 0.4


# Monologues and dictated numbers


def test_a_monologue_is_committed_between_4_5_and_5_seconds_and_answered_at_the_pause() -> None:
    asked: list[str | None] = []

    def agent(text: str | None) -> AgentScript:
        asked.append(text)
        return AgentScript(text="הבנתי אתכם", delay_ms=300)

    call = greeted(agent=agent, faq={"סיפור ארוך": "תשובה"})
    starts = call.now
    call.caller_says("סיפור ארוך", ms=4700)
    call.caller_says("", ms=2300)  # what the rest holds is no new word
    call.advance(6.5)
    committed = call.when(do.CommitUtterance)
    assert 4.5 <= committed - starts <= 5.05
    assert asked == ["סיפור ארוך"]  # prepared while the caller still talks, and not by the FAQ
    assert [at for at, a in call.done if isinstance(a, do.SendAudio) and at > starts] == []
    call.advance(2)
    assert call.when(do.SendAudio, after=starts) == pytest.approx(starts + 7.0 + 0.37, abs=0.05)
    assert call.replies()[-1].text == "הבנתי אתכם"
    assert len(call.said()) == 1


def test_more_words_after_the_cut_remake_the_reply() -> None:
    asked: list[str | None] = []

    def agent(text: str | None) -> AgentScript:
        asked.append(text)
        return AgentScript(text=f"תשובה {len(asked)}", delay_ms=200)

    call = greeted(agent=agent)
    call.caller_says("חלק ראשון", ms=4700)
    call.caller_says("וחלק שני", ms=1500)
    call.advance(9)
    assert asked == ["חלק ראשון", "חלק ראשון וחלק שני"]
    assert [reply.text for reply in call.replies()[1:]] == ["תשובה 2"]
    assert call.said() == ["חלק ראשון וחלק שני"]


def test_nothing_of_a_cut_monologue_is_lost_upstream() -> None:
    call = greeted()
    call.caller_says("סיפור", ms=7000)
    call.advance(9)
    heard = b"".join(a.audio for a in call.did(do.HearAudio) if isinstance(a, do.HearAudio))
    assert len(heard) / 8 == pytest.approx(7000 + 300 + 200, abs=60)


def test_a_number_told_in_pieces_is_one_turn() -> None:
    call = greeted(agent=lambda text: AgentScript(text=f"רשמתי {text}", delay_ms=50))
    call.caller_says("אפס חמש ארבע")
    call.caller_pauses(900)
    call.caller_says("אחת שתיים שלוש")
    call.caller_pauses(900)
    call.caller_says("ארבע חמש שש שבע")
    call.advance(7)
    assert [reply.text for reply in call.replies()[1:]] == [
        "רשמתי אפס חמש ארבע אחת שתיים שלוש ארבע חמש שש שבע"
    ]


def test_an_unfinished_number_is_answered_in_the_end() -> None:
    call = greeted()
    stops = call.caller_says("אפס חמש ארבע")
    call.advance(4)
    assert call.when(do.SendAudio, after=stops) == pytest.approx(stops + 1.5, abs=0.05)


def test_a_dictated_number_is_not_cut() -> None:
    call = greeted(agent=AgentScript(text="מה מספר הטלפון?"))
    call.caller_says("אני רוצה תור")
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.until_listening()
    call.caller_says("אפס חמש ארבע אחת שתיים שלוש ארבע חמש שש שבע", ms=6000)
    call.advance(9)
    assert len(call.did(do.CommitUtterance)) == 2


@pytest.mark.parametrize(("keys", "said"), [("0541234567", "0541234567"), ("12345#", "12345")])
def test_keys_stand_for_a_spoken_number(keys: str, said: str) -> None:
    call = greeted()
    for number, digit in enumerate(keys):
        call.happens(on.KeyPressed(digit), in_seconds=0.2 * number)
    call.advance(5)
    assert call.said() == [said]
    assert len(call.did(do.AskAgent)) == 1


def test_keys_without_a_hash_count_after_a_pause() -> None:
    call = greeted()
    for number, digit in enumerate("123456789"):
        call.happens(on.KeyPressed(digit), in_seconds=0.2 * number)
    call.advance(2.5)
    assert call.said() == []
    call.advance(3)
    assert call.said() == ["123456789"]


def test_who_goes_on_over_the_first_syllable_of_the_reply_was_not_done() -> None:
    call = greeted(agent=lambda text: AgentScript(text=f"עניתי על {text}", delay_ms=0), stt_ms=50)
    call.caller_says("אני רוצה")
    call.caller_pauses(500)
    call.caller_says("תור למחר")
    call.advance(6)
    assert call.said() == ["אני רוצה תור למחר"]
    assert [asked.text for asked in call.did(do.AskAgent)] == ["אני רוצה", "אני רוצה תור למחר"]
    assert call.replies()[1].interrupted
    assert not call.replies()[2].interrupted
