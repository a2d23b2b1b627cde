"""The calls of a process: bound once, claimed once, ended once, remembered for a while."""

from __future__ import annotations

import threading

import pytest

from server.agent.prompts import Prompts
from server.calls import registry as module
from server.calls.inbox import Inbox
from server.calls.registry import UNCLAIMED_SECONDS, BoundCall, CallRegistry, Stage
from server.directory import BusinessProfile
from server.faq.snapshot import FaqSnapshot
from server.speech.typed import TypedWords
from server.turns import events as on
from server.turns.policy import CallPolicy

REMEMBERED_SECONDS = 900

BUSINESS = BusinessProfile(
    id=1,
    name="מוסך",
    lang="he-IL",
    timezone="Asia/Jerusalem",
    ai_prompt="",
    outbound_ai_prompt="",
    greeting_text="",
    phrase_hints=(),
    voice="",
    numbers=("+1555",),
    faq=FaqSnapshot(1),
)


class Closable:
    """An agent of which only the end matters here."""

    name = "closable"

    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


class House:
    """A registry with a clock of its own and calls to put into it."""

    def __init__(self, max_calls: int = 10) -> None:
        self.now = 1000.0
        self.registry = CallRegistry(max_calls, clock=lambda: self.now)
        self.registry._sweeper = threading.current_thread()  # the tests bring the time

    def call(self, sid: str = "CA1", *, direction: str = "inbound") -> BoundCall:
        inbox = Inbox()
        call = BoundCall(
            call_sid=sid,
            business=BUSINESS,
            direction=direction,
            from_number="+972541234567",
            to_number="+1555",
            prompts=Prompts("compact", "full"),
            policy=CallPolicy(language="he-IL"),
            inbox=inbox,
            is_test=False,
            bound_at=self.now,
        )
        call.agent = Closable()  # type: ignore[assignment]
        call.transcriber = TypedWords(inbox.put)
        return call

    def bound(self, sid: str = "CA1") -> BoundCall:
        call = self.call(sid)
        assert self.registry.bind(call)
        return call

    def streaming(self, sid: str = "CA1") -> BoundCall:
        call = self.bound(sid)
        assert self.registry.claim(sid) is call
        return call


def closed(call: BoundCall) -> int:
    assert isinstance(call.agent, Closable)
    return call.agent.closed


def test_a_call_is_claimed_by_the_first_stream_only() -> None:
    house = House()
    call = house.bound()
    assert house.registry.claim("CA1") is call
    assert call.stage is Stage.STREAMING
    assert house.registry.claim("CA1") is None


def test_of_many_streams_at_once_one_gets_the_call() -> None:
    house = House()
    house.bound()
    start, got = threading.Barrier(8), []

    def claim() -> None:
        start.wait(5)
        got.append(house.registry.claim("CA1"))

    threads = [threading.Thread(target=claim, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert len(got) == 8
    assert len([call for call in got if call is not None]) == 1


def test_an_unknown_call_cannot_be_claimed() -> None:
    assert House().registry.claim("CA1") is None


def test_a_retried_webhook_binds_nothing_new() -> None:
    house = House()
    call = house.bound()
    assert not house.registry.bind(house.call())
    assert house.registry.live("CA1") is call
    house.registry.end(call, "caller_hangup")
    assert not house.registry.bind(house.call())  # nor after its end
    assert house.registry.live("CA1") is None


def test_past_the_limit_there_is_no_room() -> None:
    house = House(max_calls=2)
    first = house.bound("CA1")
    assert house.registry.has_room()
    house.streaming("CA2")
    assert not house.registry.has_room()
    assert house.registry.count() == 2
    house.registry.end(first, "caller_hangup")
    assert house.registry.has_room()


def test_while_it_drains_there_is_no_room() -> None:
    house = House()
    house.registry.draining = True
    assert not house.registry.has_room()


@pytest.mark.parametrize(
    ("reason", "stage"),
    [
        ("caller_hangup", Stage.ENDED),
        ("agent_goodbye", Stage.ENDED),
        ("call_status_completed", Stage.ENDED),
        ("max_duration", Stage.ENDED),
        ("stream_lost", Stage.LOST),
        ("error", Stage.LOST),
    ],
)
def test_how_a_call_ended_is_remembered(reason: str, stage: Stage) -> None:
    house = House()
    call = house.streaming()
    house.registry.end(call, reason)
    ended = house.registry.ended("CA1")
    assert ended is not None
    assert (ended.stage, ended.reason, ended.language) == (stage, reason, "he-IL")
    assert ended.ended_at == house.now
    assert house.registry.live("CA1") is None
    assert house.registry.count() == 0


def test_the_first_end_counts() -> None:
    house = House()
    call = house.streaming()
    house.registry.end(call, "caller_hangup")
    house.registry.end(call, "error")
    ended = house.registry.ended("CA1")
    assert ended is not None
    assert ended.reason == "caller_hangup"


def test_an_end_is_forgotten_after_a_quarter_of_an_hour() -> None:
    house = House()
    house.registry.end(house.streaming("CA1"), "caller_hangup")
    house.now += 60
    house.registry.end(house.streaming("CA2"), "caller_hangup")
    house.now += REMEMBERED_SECONDS - 60
    house.registry.sweep()
    house.now += 1
    house.registry.sweep()
    assert house.registry.ended("CA1") is None
    assert house.registry.ended("CA2") is not None
    house.now += REMEMBERED_SECONDS
    house.registry.sweep()
    assert house.registry.ended("CA2") is None


# Ends from outside


def test_a_streaming_call_ends_itself_when_it_is_told_to() -> None:
    house = House()
    call = house.streaming()
    house.registry.request_end("CA1", "call_status_completed")
    assert call.inbox.get() == on.EndRequested("call_status_completed")
    assert house.registry.live("CA1") is call
    assert closed(call) == 0


def test_a_call_without_a_stream_is_ended_here_and_its_session_closed() -> None:
    house = House()
    call = house.bound()
    house.registry.request_end("CA1", "call_status_canceled")
    assert house.registry.live("CA1") is None
    assert closed(call) == 1
    ended = house.registry.ended("CA1")
    assert ended is not None
    assert ended.reason == "call_status_canceled"
    assert house.registry.claim("CA1") is None


def test_the_end_of_an_ended_or_unknown_call_changes_nothing() -> None:
    house = House()
    call = house.streaming()
    house.registry.end(call, "caller_hangup")
    house.registry.request_end("CA1", "error")
    house.registry.request_end("CA9", "error")
    ended = house.registry.ended("CA1")
    assert ended is not None
    assert ended.reason == "caller_hangup"
    assert closed(call) == 0


def test_all_calls_end_in_the_way_of_their_stage() -> None:
    house = House()
    bound, streaming = house.bound("CA1"), house.streaming("CA2")
    house.registry.end_all("error")
    assert closed(bound) == 1
    assert streaming.inbox.get() == on.EndRequested("error")
    assert house.registry.count() == 1  # the streaming one ends by itself


# Time


def test_a_call_whose_stream_never_comes_is_closed() -> None:
    house = House()
    call = house.bound()
    house.now += UNCLAIMED_SECONDS
    house.registry.sweep()
    assert house.registry.live("CA1") is call
    house.now += 0.1
    house.registry.sweep()
    assert house.registry.live("CA1") is None
    assert closed(call) == 1
    ended = house.registry.ended("CA1")
    assert ended is not None
    assert ended.stage is Stage.LOST
    assert house.registry.claim("CA1") is None


def test_a_streaming_call_is_not_swept_away() -> None:
    house = House()
    call = house.streaming()
    house.now += 10_000
    house.registry.sweep()
    assert house.registry.live("CA1") is call
    assert closed(call) == 0


def test_somebody_is_told_of_a_call_that_ended_without_a_stream() -> None:
    house, told = House(), []
    house.registry.on_unclaimed = lambda call, reason: told.append((call.call_sid, reason))
    house.bound("CA1")
    house.bound("CA2")
    house.streaming("CA3")
    house.registry.request_end("CA1", "call_status_failed")
    house.now += UNCLAIMED_SECONDS + 1
    house.registry.sweep()
    house.registry.sweep()
    assert told == [("CA1", "call_status_failed"), ("CA2", "stream_lost")]


def test_a_quiet_call_is_told_the_time_and_a_busy_one_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = House()
    quiet, busy, bound = house.streaming("CA1"), house.streaming("CA2"), house.bound("CA3")
    later = quiet.inbox._last_put_at + 0.15
    monkeypatch.setattr("server.calls.inbox.monotonic", lambda: later)
    busy.inbox.put(on.CallerAudio(b""))
    house.registry.pulse()
    assert quiet.inbox.get() == on.Tick()
    assert busy.inbox.get() == on.CallerAudio(b"")
    for call in (quiet, busy, bound):
        assert call.inbox._items.qsize() == 0


def test_a_call_whose_loop_hangs_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    house, cut = House(), []
    for sid in ("CA1", "CA2"):
        call = house.streaming(sid)
        call.cut = lambda sid=sid: cut.append(sid)  # type: ignore[misc]
        call.inbox.begin()
        call.inbox.put(on.Tick())
    later = call.inbox._last_taken_at + 6
    monkeypatch.setattr("server.calls.inbox.monotonic", lambda: later)
    call.inbox.get()  # the second one is alive
    call.inbox.put(on.Tick())
    house.registry.pulse()
    assert cut == ["CA1"]


def test_the_clock_starts_with_the_first_call_and_only_once() -> None:
    house = House()
    house.registry._sweeper = None
    house.bound("CA1")
    clock = house.registry._sweeper
    house.bound("CA2")
    assert clock is not None
    assert house.registry._sweeper is clock
    assert clock.daemon


def test_many_calls_leave_nothing_behind() -> None:
    house = House(max_calls=10_000)
    for number in range(500):
        house.registry.end(house.streaming(f"CA{number}"), "caller_hangup")
    house.now += REMEMBERED_SECONDS + 1
    house.registry.sweep()
    assert (house.registry._live, house.registry._ended) == ({}, {})


def test_the_stage_values_are_what_logs_and_webhooks_speak_of() -> None:
    assert [stage.value for stage in module.Stage] == ["bound", "streaming", "ended", "lost"]


def test_the_end_of_a_call_is_told_once() -> None:
    house, told = House(), []
    house.registry.on_ended = lambda call, reason: told.append((call.call_sid, reason))
    streaming = house.streaming("CA1")
    house.registry.end(streaming, "operator")
    house.registry.end(streaming, "error")
    house.bound("CA2")
    assert house.registry.request_end("CA2", "operator", politely=True)
    assert not house.registry.request_end("CA2", "operator", politely=True)
    assert told == [("CA1", "operator"), ("CA2", "operator")]


def test_only_a_call_with_sound_can_be_told_goodbye() -> None:
    house = House()
    call = house.streaming("CA1")
    assert house.registry.request_end("CA1", "operator", politely=True)
    assert call.inbox.get() == on.EndRequested("operator", politely=True)
    assert house.registry.live("CA1") is call
