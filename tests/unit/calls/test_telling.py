"""What a call tells its watchers, played with the real core in virtual time."""

from __future__ import annotations

from typing import Any

from server.calls.telling import Teller
from server.calls.watch import CallWatch, Event
from server.turns import actions as do
from server.turns import events as on
from tests.call_script import AgentScript, ScriptedCall
from tests.unit.calls.test_registry import BUSINESS, House


class ToldCall(ScriptedCall):
    """A scripted call whose loop tells what happens, as the session does."""

    def __init__(self, **options: Any) -> None:
        self.watch = CallWatch()
        bound = House().bound()
        self.teller = Teller(self.watch, bound, clock=lambda: self.now)
        self.teller.arrived()
        self.watcher = self.watch.watch(BUSINESS.id, bound.call_sid)
        super().__init__(**options)

    def perform(self, event: on.Event) -> None:
        if isinstance(event, on.PartialTranscript | on.Transcript):
            self.teller.recognised(event)
        super().perform(event)
        self.teller.look(self.core)

    def _act(self, action: do.Action) -> list[on.Event]:
        if isinstance(action, do.SaveTurn):
            self.teller.turn(action)
        return super()._act(action)

    def told(self) -> list[Event]:
        events = []
        while (event := self.watcher.get(0)) is not None:
            events.append(event)
        return events


def test_a_conversation_as_it_is_told() -> None:
    call = ToldCall(faq={"מה המחיר?": "מאה שקלים."})
    call.until_listening()
    call.advance(1)
    call.told()
    call.caller_says("מה המחיר?")
    call.advance(5)
    events = call.told()
    assert [event["type"] for event in events] == [
        "speech", "speech", "words", "turn", "turn", "turn",
    ]  # fmt: skip
    begins, ends, words, question, answer, heard = events
    assert (begins["speaking"], ends["speaking"]) == (True, False)
    assert words["text"] == question["turn"]["text"] == "מה המחיר?"
    assert answer["turn"]["path"] == "FAQ_FASTPATH"
    assert answer["turn"]["heard_ms"] is None
    assert answer["turn"]["timings_ms"]["total_latency_ms"] > 0
    assert heard["turn"] == answer["turn"] | {"heard_ms": 600}


def test_turns_lie_one_after_the_other_on_the_call_s_clock() -> None:
    call = ToldCall()
    call.until_listening()
    call.advance(1)
    said_until = call.caller_says("יש לכם מקום היום?")
    call.advance(8)
    greeting, question, answer = (call.turns[index] for index in range(3))
    assert (greeting.start_ms, greeting.length_ms) == (0, 1200)
    assert question.start_ms is not None
    assert question.length_ms is not None
    assert abs(question.start_ms + question.length_ms - said_until * 1000) <= 100
    assert abs(question.length_ms - 1200) <= 100
    assert answer.start_ms is not None
    sound = call.heard()[-1]
    assert abs(answer.start_ms - sound.at * 1000) <= 40
    assert answer.length_ms == sound.ms


def test_words_of_a_long_answer_are_told_as_they_come() -> None:
    call = ToldCall(agent=lambda _: None)
    call.until_listening()
    call.advance(1)
    call.caller_says("ספרו לי")
    call.advance(2)
    (asked,) = call.did(do.AskAgent)
    call.happens(on.AgentText(asked.reply_id, "בשמחה, "))
    call.happens(on.AgentAudio(asked.reply_id, b"\xd0" * 8 * 3000))
    call.advance(1)
    call.told()
    for word in ("אנחנו ", "מוסך ", "בחולון."):
        call.happens(on.AgentText(asked.reply_id, word))
    call.advance(0.3)
    call.happens(on.AgentText(asked.reply_id, " להתראות"))
    call.happens(on.AgentFinished(asked.reply_id, True))
    call.advance(0.3)
    first, second = call.told()
    assert (first["type"], first["text"]) == ("text", "בשמחה, אנחנו מוסך בחולון.")
    assert second["text"] == "בשמחה, אנחנו מוסך בחולון. להתראות"


def test_an_interruption_tells_how_much_was_heard_of_how_much() -> None:
    call = ToldCall(agent=AgentScript(text="מילה " * 20))
    call.until_listening()
    call.advance(1)
    call.caller_says("ספרו לי הכל")
    call.advance(4)
    call.caller_says("רגע רגע", ms=900)
    call.advance(3)
    cut = next(e["turn"] for e in call.told() if e["type"] == "turn" and e["turn"]["interrupted"])
    assert 0 < cut["heard_ms"] < cut["length_ms"] == 6000


def test_fillers_have_their_place_too() -> None:
    call = ToldCall(agent=AgentScript(delay_ms=3000))
    call.until_listening()
    call.advance(1)
    call.caller_says("יש לכם מקום?")
    call.advance(8)
    filler = call.fillers()[0]
    sound = next(one for one in call.heard() if one.text == filler.text)
    assert filler.start_ms is not None
    assert abs(filler.start_ms - sound.at * 1000) <= 40
    assert filler.length_ms == sound.ms


def test_partial_words_are_told_while_they_are_spoken() -> None:
    call = ToldCall()
    call.until_listening()
    call.told()
    call.perform(on.PartialTranscript("", "מה המח"))
    assert [event["text"] for event in call.told()] == ["מה המח"]
