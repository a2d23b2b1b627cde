"""Watching calls while they run: what a call's loop tells, and who is listening.

The loop publishes plain dicts and never waits. The hub keeps of each running call what it takes to
join in (``LiveCall``), so that who opens the page sees the conversation so far; each watcher has a
bounded queue of its own. One who is too slow loses the oldest events, is told so (``missed``), and
is then shown the calls as they stand: nothing of a call is lost to them but the intermediate steps.

Every event is a statement of how something is now, never a change to add up, so that hearing it
twice does no harm. All are JSON-ready and carry ``v``, ``type``, ``call_sid``, ``business_id`` and
``seq`` (rising within a call); more than one process would pass them through a broker as they are.

===========  ====================================================================================
arrived      the call is there: ``direction``, ``from``, ``to``, ``is_test``, ``agent``,
             ``arrived_at`` (ISO 8601)
started      its stream is up: ``started_at``
speech       the caller has begun or stopped to speak: ``speaking``
words        what is understood of what the caller says now: ``text``
turn         one turn as far as it is known: ``turn``, like the API's
text         the words of a turn, while more of them come: ``index``, ``text``
ended        ``reason``, ``ended_at``; the last event of a call
===========  ====================================================================================

To a watcher alone: ``calls`` (``call_sids``: those that run now, at the beginning and after
``missed``; what follows is each call as it stands) and ``missed`` (``count``).
"""

from __future__ import annotations

import itertools
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from server.clock import monotonic

VERSION = 1

MAX_WAITING = 256
"""Events that may wait for one watcher: half a minute of a lively call."""

MAX_KEPT_TURNS = 200
"""Turns that are kept of a running call."""

Event = dict[str, Any]


@dataclass(slots=True)
class LiveCall:
    """A running call as its events tell it."""

    call_sid: str
    business_id: int
    arrived: Event
    started: Event | None = None
    speech: Event | None = None
    """Unless the caller is silent."""
    words: Event | None = None
    """What is understood of what is not a turn yet."""
    turns: dict[int, Event] = field(default_factory=dict)
    """The newest ones, by index."""

    def take(self, event: Event) -> None:
        """Bring what is known up to date with ``event``."""
        match event["type"]:
            case "started":
                self.started = event
            case "speech":
                self.speech = event if event["speaking"] else None
            case "words":
                self.words = event
            case "turn":
                turn = event["turn"]
                if turn["speaker"] == "caller" or turn["index"] not in self.turns:
                    self.words = None
                self.turns[turn["index"]] = event
                if len(self.turns) > MAX_KEPT_TURNS:
                    del self.turns[min(self.turns)]
            case "text":
                known = self.turns.get(event["index"])
                if known is not None:
                    turn = known["turn"] | {"text": event["text"]}
                    self.turns[event["index"]] = known | {"turn": turn}

    def copy(self) -> LiveCall:
        """Return the call as it stands now, which no longer changes."""
        return replace(self, turns=dict(self.turns))

    def events(self) -> Iterator[Event]:
        """Yield the events that tell the call as it stands."""
        yield self.arrived
        if self.started is not None:
            yield self.started
        for index in sorted(self.turns):
            yield self.turns[index]
        if self.speech is not None:
            yield self.speech
        if self.words is not None:
            yield self.words


class Watcher:
    """One who watches. ``get`` gives the next event; ``close`` when no more is wanted."""

    def __init__(
        self, wants: Callable[[Event], bool], catch_up: Callable[[Watcher], list[Event]]
    ) -> None:
        self.wants = wants
        self._catch_up = catch_up
        self._told: deque[Event] = deque()
        """Of the calls as they stand; before anything that waits."""
        self._waiting: queue.Queue[Event | None] = queue.Queue(MAX_WAITING)
        self._lock = threading.Lock()
        self._missed = 0
        self._over = False
        self.closed = False
        """Whether everything has been given, and nothing more will come."""

    def end(self) -> None:
        """Let it be over; never waits."""
        self._over = True
        self.put(None)  # wakes who waits

    def put(self, event: Event | None) -> None:
        """Add ``event``; never waits. A full queue loses its oldest."""
        with self._lock:
            while True:
                try:
                    self._waiting.put_nowait(event)
                    return
                except queue.Full:
                    self._drop_oldest()

    def _drop_oldest(self) -> None:
        try:
            self._waiting.get_nowait()
            self._missed += 1
        except queue.Empty:
            pass

    def begin(self, events: list[Event]) -> None:
        """Give these first."""
        self._told.extend(events)

    def get(self, timeout_seconds: float) -> Event | None:
        """Return the next event; None when none comes in time, or when it is over (``closed``)."""
        if self._told:
            return self._told.popleft()
        deadline = monotonic() + timeout_seconds
        while not self._over:
            if self._missed:
                return self._begin_anew()
            try:
                event = self._waiting.get(timeout=max(0.0, deadline - monotonic()))
            except queue.Empty:
                return None
            if event is not None and not self._missed:
                return event
        self.closed = True
        return None

    def _begin_anew(self) -> Event:
        """Forget what waits: how the calls stand now says more than their last steps."""
        with self._lock:
            while not self._waiting.empty():
                self._drop_oldest()
            count, self._missed = self._missed, 0
        self._told.extend(self._catch_up(self))
        return {"v": VERSION, "type": "missed", "count": count}


class CallWatch:
    """The hub of one process. Safe from any thread; nothing here waits."""

    def __init__(self) -> None:
        self._calls: dict[str, LiveCall] = {}
        self._seq: dict[str, Iterator[int]] = {}
        self._watchers: list[Watcher] = []
        self._lock = threading.Lock()
        self.closed = False

    def publish(self, event: Event) -> None:
        """Tell what has happened in a call; of one that is not running it is dropped."""
        call_sid = event["call_sid"]
        with self._lock:
            if event["type"] == "arrived":
                if call_sid in self._calls:
                    return
                self._calls[call_sid] = LiveCall(call_sid, event["business_id"], event)
                self._seq[call_sid] = itertools.count(1)
            call = self._calls.get(call_sid)
            if call is None:
                return
            event["v"], event["seq"] = VERSION, next(self._seq[call_sid])
            if event["type"] == "ended":
                del self._calls[call_sid], self._seq[call_sid]
            else:
                call.take(event)
            for watcher in self._watchers:
                if watcher.wants(event):
                    watcher.put(event)

    def calls(self, business_id: int) -> list[LiveCall]:
        """Return the running calls of a business as they stand, oldest first."""
        with self._lock:
            mine = [call for call in self._calls.values() if call.business_id == business_id]
            return [call.copy() for call in mine]

    def count(self, business_id: int) -> int:
        """Return how many calls of a business are running."""
        with self._lock:
            return sum(call.business_id == business_id for call in self._calls.values())

    def call(self, call_sid: str) -> LiveCall | None:
        """Return a running call as it stands."""
        with self._lock:
            found = self._calls.get(call_sid)
            return None if found is None else found.copy()

    def watch(self, business_id: int, call_sid: str | None = None) -> Watcher:
        """Watch all calls of a business, or only this one, beginning with how they stand now."""

        def wants(event: Event) -> bool:
            return event["business_id"] == business_id and call_sid in (None, event["call_sid"])

        watcher = Watcher(wants, self._as_they_stand)
        with self._lock:
            watcher.begin(self._state_for(watcher))
            self._watchers.append(watcher)
            if self.closed:
                watcher.end()
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """Tell ``watcher`` nothing more."""
        with self._lock:
            if watcher in self._watchers:
                self._watchers.remove(watcher)

    def close(self) -> None:
        """The process is about to end: end every watching, and each that begins from now on."""
        with self._lock:
            self.closed = True
            for watcher in self._watchers:
                watcher.end()

    def _as_they_stand(self, watcher: Watcher) -> list[Event]:
        with self._lock:
            return self._state_for(watcher)

    def _state_for(self, watcher: Watcher) -> list[Event]:
        wanted = [call for call in self._calls.values() if watcher.wants(call.arrived)]
        calls: Event = {
            "v": VERSION,
            "type": "calls",
            "call_sids": [call.call_sid for call in wanted],
        }
        return [calls, *(event for call in wanted for event in call.events())]
