"""Watching calls: in order, bounded, and complete again after having been too slow."""

from __future__ import annotations

import threading
from typing import Any

from server.calls.watch import MAX_KEPT_TURNS, MAX_WAITING, CallWatch, Event, Watcher

GARAGE, BAKERY = 1, 2


class Calls:
    """A hub, and calls that tell it things."""

    def __init__(self) -> None:
        self.watch = CallWatch()

    def tell(self, kind: str, sid: str = "CA1", business_id: int = GARAGE, **more: Any) -> None:
        self.watch.publish({"type": kind, "call_sid": sid, "business_id": business_id, **more})

    def arrive(self, sid: str = "CA1", business_id: int = GARAGE) -> None:
        self.tell("arrived", sid, business_id)

    def turn(self, index: int, speaker: str, text: str, sid: str = "CA1") -> None:
        self.tell("turn", sid, turn={"index": index, "speaker": speaker, "text": text})


def told(watcher: Watcher) -> list[Event]:
    """Everything that can be had without waiting."""
    events = []
    while (event := watcher.get(0)) is not None:
        events.append(event)
    return events


def kinds(watcher: Watcher) -> list[str]:
    return [event["type"] for event in told(watcher)]


def test_what_happens_is_told_in_order_to_those_whom_it_concerns() -> None:
    calls = Calls()
    all_of_garage, bakery = calls.watch.watch(GARAGE), calls.watch.watch(BAKERY)
    calls.arrive()
    one = calls.watch.watch(GARAGE, "CA1")
    calls.arrive("CA2")
    calls.arrive("CA3", BAKERY)
    calls.tell("started")
    calls.turn(0, "agent", "שלום")
    calls.tell("speech", speaking=True)
    calls.tell("words", text="מה")
    calls.turn(1, "caller", "מה המחיר?")
    calls.tell("ended", reason="caller_hangup")
    of_one = told(one)
    assert [event["type"] for event in of_one] == [
        "calls", "arrived", "started", "turn", "speech", "words", "turn", "ended",
    ]  # fmt: skip
    assert [event["seq"] for event in of_one[1:]] == [1, 2, 3, 4, 5, 6, 7]
    assert {event["v"] for event in of_one} == {1}
    assert kinds(all_of_garage).count("arrived") == 2
    assert kinds(bakery) == ["calls", "arrived"]


def test_who_comes_late_is_told_the_conversation_so_far() -> None:
    calls = Calls()
    calls.arrive()
    calls.tell("started")
    calls.turn(0, "agent", "שלום")
    calls.turn(1, "caller", "מה")
    calls.turn(1, "caller", "מה המחיר?")
    calls.turn(2, "agent", "מאה")
    calls.tell("text", index=2, text="מאה שקלים")
    calls.tell("speech", speaking=True)
    calls.tell("speech", speaking=False)
    calls.tell("words", text="תודה")
    events = told(calls.watch.watch(GARAGE))
    assert events[0]["call_sids"] == ["CA1"]
    assert [e["type"] for e in events[1:]] == [
        "arrived",
        "started",
        "turn",
        "turn",
        "turn",
        "words",
    ]
    assert [e["turn"]["text"] for e in events if e["type"] == "turn"] == [
        "שלום", "מה המחיר?", "מאה שקלים",
    ]  # fmt: skip


def test_words_are_gone_once_they_are_a_turn() -> None:
    calls = Calls()
    calls.arrive()
    calls.tell("words", text="מה המח")
    calls.turn(0, "caller", "מה המחיר?")
    assert "words" not in kinds(calls.watch.watch(GARAGE))


def test_what_has_been_looked_at_does_not_change_any_more() -> None:
    calls = Calls()
    calls.arrive()
    calls.turn(0, "agent", "שלום")
    (before,) = calls.watch.calls(GARAGE)
    calls.turn(1, "caller", "שלום")
    calls.tell("words", text="מה")
    assert (len(before.turns), before.words) == (1, None)


def test_a_call_that_is_over_is_forgotten() -> None:
    calls = Calls()
    calls.arrive()
    calls.tell("ended", reason="silence")
    calls.turn(0, "agent", "late")
    assert calls.watch.count(GARAGE) == 0
    assert calls.watch.call("CA1") is None
    assert kinds(calls.watch.watch(GARAGE)) == ["calls"]


def test_a_slow_watcher_is_bounded_told_so_and_loses_nothing_of_the_call() -> None:
    calls = Calls()
    calls.arrive()
    slow, quick = calls.watch.watch(GARAGE), calls.watch.watch(GARAGE)
    told(quick)
    for number in range(MAX_WAITING + 50):
        calls.turn(0, "agent", f"מילה {number}")
        assert kinds(quick) == ["turn"]
    calls.turn(1, "caller", "תודה")
    assert slow._waiting.qsize() == MAX_WAITING
    events = told(slow)
    assert [event["type"] for event in events[:2]] == ["calls", "arrived"]  # told before
    missed, again = events[2], events[3:]
    assert (missed["type"], missed["count"]) == ("missed", MAX_WAITING + 51)
    assert [event["type"] for event in again] == ["calls", "arrived", "turn", "turn"]
    assert [e["turn"]["text"] for e in again[2:]] == [f"מילה {MAX_WAITING + 49}", "תודה"]
    calls.tell("ended", reason="silence")
    assert kinds(slow) == ["ended"]


def test_who_missed_the_end_of_a_call_learns_that_it_is_gone() -> None:
    calls = Calls()
    calls.arrive()
    slow = calls.watch.watch(GARAGE)
    told(slow)
    for number in range(MAX_WAITING + 1):
        calls.turn(0, "agent", f"{number}")
    calls.tell("ended", reason="silence")
    missed, now = told(slow)
    assert (missed["type"], now["call_sids"]) == ("missed", [])


def test_of_an_endless_call_the_newest_turns_are_kept() -> None:
    calls = Calls()
    calls.arrive()
    for index in range(MAX_KEPT_TURNS + 10):
        calls.turn(index, "caller", str(index))
    (call,) = calls.watch.calls(GARAGE)
    assert len(call.turns) == MAX_KEPT_TURNS
    assert min(call.turns) == 10


def test_who_has_left_is_told_nothing() -> None:
    calls = Calls()
    watcher = calls.watch.watch(GARAGE)
    calls.watch.leave(watcher)
    calls.watch.leave(watcher)
    calls.arrive()
    assert kinds(watcher) == ["calls"]


def test_an_end_of_the_process_ends_every_watching() -> None:
    calls = Calls()
    watcher = calls.watch.watch(GARAGE)
    waiting = threading.Thread(target=lambda: told_until_closed(watcher), daemon=True)
    waiting.start()
    calls.watch.close()
    waiting.join(5)
    assert watcher.closed
    late = calls.watch.watch(GARAGE)
    assert kinds(late) == ["calls"]
    assert late.closed


def told_until_closed(watcher: Watcher) -> None:
    while not watcher.closed:
        watcher.get(30)


def test_of_calls_that_talk_at_once_each_stays_in_order() -> None:
    calls = Calls()
    watcher = calls.watch.watch(GARAGE)
    start = threading.Barrier(4)

    def talk(sid: str) -> None:
        start.wait(5)
        calls.arrive(sid)
        for number in range(50):
            calls.turn(0, "agent", str(number), sid)
        calls.tell("ended", sid, reason="silence")

    talkers = [threading.Thread(target=talk, args=(f"CA{n}",), daemon=True) for n in range(4)]
    for thread in talkers:
        thread.start()
    for thread in talkers:
        thread.join(10)
    events = told(watcher)[1:]
    for number in range(4):
        of_one = [event["seq"] for event in events if event["call_sid"] == f"CA{number}"]
        assert of_one == list(range(1, 53))
