"""A call's inbox: in order, bounded where it may lose, and nothing lost that matters."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.calls import inbox as module
from server.calls.inbox import MAX_WAITING, Inbox
from server.turns import events as on

FRAME = on.CallerAudio(b"\xff" * 160)


def taken(inbox: Inbox, count: int) -> list[object]:
    return [inbox.get() for _ in range(count)]


def test_items_come_out_in_the_order_in_which_they_went_in() -> None:
    inbox = Inbox()
    items = [on.KeyPressed("1"), FRAME, on.MarkEchoed("r1:end"), on.EndRequested("x"), on.Tick()]
    for item in items:
        inbox.put(item)
    assert taken(inbox, len(items)) == items


def test_when_it_is_full_the_newest_audio_is_dropped_and_counted() -> None:
    inbox = Inbox()
    frames = [on.CallerAudio(b"%d" % number) for number in range(MAX_WAITING + 7)]
    for frame in frames:
        inbox.put(frame)
    assert inbox.dropped == 7
    assert taken(inbox, MAX_WAITING) == frames[:MAX_WAITING]


def test_what_is_not_audio_enters_a_full_inbox() -> None:
    inbox = Inbox()
    for _ in range(MAX_WAITING):
        inbox.put(FRAME)
    last = [on.MarkEchoed("r1:end"), on.KeyPressed("0"), on.EndRequested("caller_hangup")]
    for item in [*last, FRAME]:
        inbox.put(item)
    assert inbox.dropped == 1
    taken(inbox, MAX_WAITING)
    assert taken(inbox, len(last)) == last


def test_there_is_room_again_when_something_was_taken() -> None:
    inbox = Inbox()
    for _ in range(MAX_WAITING):
        inbox.put(FRAME)
    inbox.get()
    inbox.put(FRAME)
    assert inbox.dropped == 0


def test_a_reader_waits_for_what_comes() -> None:
    inbox, got = Inbox(), []
    reader = threading.Thread(target=lambda: got.append(inbox.get()), daemon=True)
    reader.start()
    inbox.put(on.Tick())
    reader.join(5)
    assert got == [on.Tick()]


@given(st.integers(2, 4), st.integers(1, 30))
def test_many_writers_lose_nothing_and_keep_their_own_order(writers: int, count: int) -> None:
    inbox = Inbox()

    def write(writer: int) -> None:
        for number in range(count):
            inbox.put(on.MarkEchoed(f"{writer}:{number}"))

    threads = [threading.Thread(target=write, args=(w,), daemon=True) for w in range(writers)]
    for thread in threads:
        thread.start()
    names = [item.name for item in taken(inbox, writers * count) if isinstance(item, on.MarkEchoed)]
    for thread in threads:
        thread.join(5)
    for writer in range(writers):
        own = [name for name in names if name.startswith(f"{writer}:")]
        assert own == [f"{writer}:{number}" for number in range(count)]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the inbox's time; the first element counts."""
    time = [100.0]
    monkeypatch.setattr(module, "monotonic", lambda: time[0])
    return time


def test_it_knows_for_how_long_nothing_has_come(now: list[float]) -> None:
    inbox = Inbox()
    now[0] += 3
    assert inbox.quiet_seconds() == 3
    inbox.put(FRAME)
    assert inbox.quiet_seconds() == 0


def test_it_knows_for_how_long_its_reader_has_left_things_alone(now: list[float]) -> None:
    inbox = Inbox()
    inbox.begin()
    now[0] += 9
    assert inbox.stuck_seconds() == 0  # nothing waits
    inbox.put(FRAME)
    inbox.put(FRAME)
    inbox.get()
    now[0] += 2
    assert inbox.stuck_seconds() == 2
    inbox.get()
    assert inbox.stuck_seconds() == 0


def test_what_waited_for_the_reader_to_begin_was_not_its_fault(now: list[float]) -> None:
    inbox = Inbox()
    inbox.put(on.PartialTranscript("u1"))
    now[0] += 12
    inbox.begin()
    assert inbox.stuck_seconds() == 0


def test_an_item_that_has_just_come_does_not_wait_since_the_last_one(now: list[float]) -> None:
    inbox = Inbox()
    inbox.begin()
    now[0] += 9
    inbox.put(FRAME)
    assert inbox.stuck_seconds() == 0
