"""A wait is bridged by a human word, and the word never costs the caller the answer."""

from __future__ import annotations

import pytest

from server.turns import actions as do
from server.turns import events as on
from server.turns.model import State
from tests.call_script import AgentScript, ScriptedCall, greeted

FIRST, SECOND = "רגע, אני בודקת.", "עוד רגע קטן."
ANSWER = "יש לנו מקום ביום שני."
FRAME = 0.021


def slow(delay_ms: int, **options: object) -> tuple[ScriptedCall, float]:
    """Return a call whose agent takes so long, and when the caller's question will be over."""
    call = greeted(agent=AgentScript(text=ANSWER, delay_ms=delay_ms), **options)
    return call, call.caller_says("יש לכם מקום?")


def in_filler(delay_ms: int = 3000, **options: object) -> tuple[ScriptedCall, float]:
    """Return a call in the middle of its first filler."""
    call, stops = slow(delay_ms, **options)
    call.advance_until(lambda: bool(call.fillers()))
    call.advance(0.3)
    return call, stops


def remembered(call: ScriptedCall) -> list[str]:
    return [spoken.text for spoken in call.did(do.RememberSpoken)]


# When


def test_a_word_bridges_the_wait_a_second_and_a_half_after_the_last_sound() -> None:
    call, stops = slow(3000)
    call.advance(5)
    word = next(sound for sound in call.heard() if sound.text == FIRST)
    assert word.at == pytest.approx(stops + 1.5, abs=FRAME)


def test_an_agent_that_answers_in_time_is_not_announced() -> None:
    call, _ = slow(1000)  # 200 ms of hangover and 150 ms of recognition before it
    call.advance(6)
    assert call.fillers() == []
    assert call.words_heard()[1:] == [ANSWER]


def test_a_second_and_different_word_follows_within_two_seconds() -> None:
    call, _ = slow(5500)
    call.advance(8)
    first, second = (sound for sound in call.heard() if sound.text in (FIRST, SECOND))
    assert (first.text, second.text) == (FIRST, SECOND)
    assert 1.0 < second.at - first.until <= 2.0 + FRAME


def test_there_is_no_third_word_and_at_six_seconds_the_receptionist_takes_over() -> None:
    asked: list[str | None] = []

    def agent(text: str | None) -> AgentScript | None:
        asked.append(text)
        return None if len(asked) == 1 else AgentScript(text="אשמח לרשום הודעה.", delay_ms=10)

    call = greeted(agent=agent)
    stops = call.caller_says("יש לכם מקום?")
    call.advance(9)
    assert call.did(do.UseReceptionist) == [do.UseReceptionist("too_slow", keeps_ears=True)]
    assert call.when(do.UseReceptionist) == pytest.approx(stops + 6.0, abs=FRAME)
    assert call.words_heard()[1:] == [FIRST, SECOND, "אשמח לרשום הודעה."]
    assert call.longest_silence(stops) <= 2.0 + FRAME


def test_the_next_wait_begins_with_other_words() -> None:
    call, _ = slow(2000)
    call.advance(7)
    call.caller_says("ומה עם מחר?")
    call.advance(7)
    assert [word.text for word in call.fillers()] == [FIRST, SECOND]


def test_a_slow_recogniser_is_bridged_as_well() -> None:
    call = greeted(stt_ms=2500, transcript_wait_seconds=3.0)
    stops = call.caller_says("יש לכם מקום?")
    call.advance(7)
    assert call.heard()[1].text == FIRST
    assert call.heard()[1].at == pytest.approx(stops + 1.5, abs=FRAME)
    rows = [turn.speaker for _, turn in sorted(call.turns.items())]
    assert rows == ["agent", "caller", "agent", "agent"]  # the question before its filler


def test_no_word_sounds_while_the_caller_speaks() -> None:
    call, _ = slow(3000)
    call.advance_until(lambda: call.core.state is State.THINKING)
    call.caller_pauses(1000)
    speaks_from = call.now + 1.0
    stops = call.caller_says("אני מתכוון למחר בבוקר", ms=2000)
    call.advance(2.9)
    assert [sound for sound in call.heard() if sound.at > speaks_from - 0.5] == []
    call.advance(4)
    assert call.heard()[1].at >= stops + 1.5 - FRAME


def test_a_word_that_is_asked_for_while_the_answer_comes_is_not_played() -> None:
    call, _ = slow(1400, clip_ms={FIRST: 400})
    call.advance(6)
    assert [wanted.text for wanted in call.did(do.FetchClip)][-1] == FIRST
    assert call.fillers() == []
    assert call.words_heard()[1:] == [ANSWER]


def test_an_answer_that_is_ready_and_held_back_needs_no_word() -> None:
    call, _ = slow(900)
    call.caller_pauses(1000)
    stops = call.caller_says("", ms=1400)  # coughs on, over the moment the answer is ready
    call.advance(7)
    assert call.fillers() == []
    assert [sound.text for sound in call.heard() if sound.at > stops] == [ANSWER]


def test_a_prepared_answer_that_has_to_be_rendered_is_waited_for_with_a_word() -> None:
    call = greeted(faq={"מה המחיר?": ANSWER}, clip_ms={ANSWER: 1700})
    call.caller_says("מה המחיר?")
    call.advance(6)
    assert call.words_heard()[1:] == [FIRST, ANSWER]


# Then the answer


def test_the_answer_follows_the_word_without_gap_or_overlap() -> None:
    call, _ = slow(2000)
    call.advance(7)
    word, answer = call.heard()[1:]
    assert (word.text, word.ms) == (FIRST, 900)
    assert (answer.text, answer.ms) == (ANSWER, 1500)
    assert answer.at == pytest.approx(word.until + 0.2, abs=FRAME)  # the tail of the word
    assert call.ear.most_waiting_ms == 400


def test_the_wait_is_measured_to_the_answer_and_not_to_the_word() -> None:
    call, stops = slow(2000)
    call.advance(7)
    answer = call.replies()[-1]
    first_audio = next(sound.at for sound in call.heard() if sound.text == ANSWER)
    latency_ms = answer.timings_ms["total_latency_ms"]
    assert latency_ms is not None
    # Up to 400 ms of the word are still at Twilio when the answer is sent behind them.
    assert (first_audio - stops) * 1000 - 400 - 25 <= latency_ms <= (first_audio - stops) * 1000
    assert call.fillers()[0].timings_ms == {}
    assert all(word.path == "FILLER" for word in call.fillers())


def test_the_word_enters_the_conversation_at_its_mark() -> None:
    call, _ = slow(4000)
    heard_at = call.advance_until(lambda: FIRST in remembered(call))
    word = call.heard()[1]
    assert heard_at == pytest.approx(word.until + 0.2, abs=2 * FRAME)
    call.advance(6)
    assert remembered(call).count(FIRST) == 1


def test_where_marks_are_not_echoed_a_timer_stands_in_for_the_words_too() -> None:
    call, _ = slow(2000, echo_marks=False)
    call.advance(8)
    assert remembered(call)[1:] == [FIRST]
    assert call.core.state is State.LISTENING


# The caller speaks


def test_who_speaks_over_the_word_silences_it_at_once_and_keeps_the_answer() -> None:
    call, _ = in_filler()
    starts = call.now
    call.caller_says("", ms=400)
    cleared = call.advance_until(lambda: bool(call.did(do.SendClear)))
    assert cleared - starts <= 0.22
    assert call.ear.waiting_ms == 0
    assert call.did(do.CancelAgent) == []
    call.advance(6)
    assert call.did(do.CancelAgent) == []
    assert len(call.did(do.AskAgent)) == 1
    assert call.words_heard()[-1] == ANSWER


def test_what_was_heard_of_an_interrupted_word_is_remembered_and_no_more() -> None:
    call, _ = in_filler()
    call.caller_says("", ms=400)
    call.advance(6)
    (word,) = call.fillers()
    assert word.interrupted
    assert word.heard_ms is not None and 300 <= word.heard_ms < 900
    said = remembered(call)[1]
    assert FIRST.startswith(said) and said != FIRST
    assert remembered(call).count(said) == 1  # the mark that the clear echoes adds nothing


def test_new_words_over_the_word_replace_the_answer() -> None:
    asked: list[str | None] = []

    def agent(text: str | None) -> AgentScript:
        asked.append(text)
        return AgentScript(text=f"תשובה {len(asked)}", delay_ms=2500)

    call = greeted(agent=agent)
    call.caller_says("יש לכם מקום?")
    call.advance_until(lambda: bool(call.fillers()))
    call.advance(0.3)
    call.caller_says("מחר בבוקר")
    call.advance(7)
    assert asked == ["יש לכם מקום?", "יש לכם מקום? מחר בבוקר"]
    assert len(call.did(do.CancelAgent)) == 1
    assert call.words_heard()[-1] == "תשובה 2"
    assert "תשובה 1" not in call.words_heard()
    assert call.said() == ["יש לכם מקום? מחר בבוקר"]


def test_typed_words_over_the_word_replace_the_answer() -> None:
    call, _ = in_filler()
    call.happens(on.CallerTyped("מחר בבוקר"))
    call.advance(7)
    assert [asked.text for asked in call.did(do.AskAgent)][-1] == "יש לכם מקום? מחר בבוקר"
    assert [turn.text for turn in call.replies()].count(ANSWER) == 1


def test_an_answer_that_waits_behind_the_word_is_not_lost_by_a_cough() -> None:
    call, _ = slow(1500)  # ready while the word sounds
    call.advance_until(lambda: bool(call.fillers()))
    call.advance(0.4)
    call.caller_says("", ms=300)
    call.advance(6)
    assert [(sound.text, sound.ms) for sound in call.heard()][-1] == (ANSWER, 1500)
    assert not call.replies()[-1].interrupted
    assert call.did(do.CancelAgent) == []


def test_who_speaks_over_the_end_of_the_word_hears_no_more_of_it() -> None:
    call, _ = slow(4000)
    call.advance_until(lambda: any(mark.name[0] == "f" for mark in call.did(do.SendMark)))
    assert call.ear.waiting_ms > 0  # all of it is sent, and not all is heard
    call.perform(on.CallerTyped("מחר"))
    assert call.ear.waiting_ms == 0
    call.advance(0.1)
    said = remembered(call)[1]
    assert FIRST.startswith(said) and said != FIRST
    assert remembered(call).count(said) == 1
    assert FIRST not in remembered(call)
    assert call.fillers()[0].interrupted


def test_who_interrupts_the_answer_behind_a_word_does_not_make_it_remembered_as_heard() -> None:
    call, _ = slow(1500)
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.perform(on.CallerTyped("מחר"))
    call.advance(0.1)
    assert call.fillers()[0].interrupted
    assert FIRST not in remembered(call)
    assert call.ear.waiting_ms == 0


def test_with_barge_in_off_words_spoken_into_a_wait_are_heard_all_the_same() -> None:
    call, _ = in_filler(barge_in=False)
    call.caller_says("מחר בבוקר")
    call.advance(8)
    assert call.said() == ["יש לכם מקום? מחר בבוקר"]
    assert call.did(do.DropHeard) == []
    assert call.words_heard()[-1] == ANSWER


def test_a_call_that_ends_in_the_word_ends_at_once() -> None:
    call, _ = in_filler()
    call.happens(on.EndRequested("caller_hangup"))
    call.advance(3)
    assert call.did(do.HangUp) == [do.HangUp("caller_hangup")]
    assert isinstance(call.done[-1][1], do.HangUp)


# Without the word


@pytest.mark.parametrize("first_ms", [None, 3000])
def test_a_word_that_does_not_come_is_replaced_by_the_other(first_ms: int | None) -> None:
    call, stops = slow(3500, clip_ms={FIRST: first_ms})
    call.advance(8)
    assert call.words_heard()[1:] == [SECOND, ANSWER]
    assert call.heard()[1].at - stops <= 2.0


def test_a_word_that_comes_a_little_late_still_bridges() -> None:
    call, stops = slow(4000, clip_ms={FIRST: 300})
    call.advance(8)
    assert call.words_heard()[1:] == [FIRST, ANSWER]
    assert call.heard()[1].at == pytest.approx(stops + 1.8, abs=FRAME)


def test_without_any_rendered_words_the_answer_comes_all_the_same() -> None:
    call = ScriptedCall(agent=AgentScript(text=ANSWER, delay_ms=4000), clips_fail=True)
    call.advance(7)  # the greeting is the agent's own
    call.caller_says("יש לכם מקום?")
    call.advance(9)
    assert call.fillers() == []
    assert call.words_heard() == [ANSWER, ANSWER]
    wanted = [clip.text for clip in call.did(do.FetchClip)[-2:]]
    assert wanted == [SECOND, FIRST]  # the other at once, and neither again


def test_without_a_text_there_is_no_word() -> None:
    call, _ = slow(3000, phrases={})
    call.advance(7)
    assert call.fillers() == []
    assert call.words_heard()[1:] == [ANSWER]


# The greeting


def test_a_generated_greeting_that_is_late_is_preceded_by_a_word() -> None:
    call = ScriptedCall(greeting_text="", agent=AgentScript(text="שלום, כאן המוסך.", delay_ms=2500))
    call.until_listening()
    assert call.words_heard() == ["שלום, רגע אחד.", "שלום, כאן המוסך."]
    assert call.heard()[0].at == pytest.approx(1.5, abs=FRAME)
    assert [turn.path for turn in call.replies()] == ["FILLER", "GREETING"]


def test_a_generated_greeting_in_time_comes_alone() -> None:
    call = ScriptedCall(greeting_text="", agent=AgentScript(text="שלום, כאן המוסך.", delay_ms=1000))
    call.until_listening()
    assert call.words_heard() == ["שלום, כאן המוסך."]
