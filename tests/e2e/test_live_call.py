"""A call is watched over the API while it is spoken, and ended from there."""

from __future__ import annotations

import json
import threading
import urllib.request
from typing import Any

from tests.e2e.calling import answered_call, hear_greeting, stored_call
from tests.e2e.server_process import ServerProcess

PRICE = "כמה עולה טיפול?"


class Follower:
    """Reads a stream of events in a thread of its own, as a browser does."""

    def __init__(self, server: ServerProcess, path: str) -> None:
        self.events: list[tuple[str, Any]] = []
        self.over = False
        self._changed = threading.Condition()
        request = urllib.request.Request(server.base_url + path)
        request.add_header("Authorization", f"Bearer {server.token}")
        self._response = urllib.request.urlopen(request, timeout=30)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        name = ""
        for line in self._response:
            text = line.decode().rstrip("\n")
            if text.startswith("event: "):
                name = text.removeprefix("event: ")
            elif text.startswith("data: "):
                data = text.removeprefix("data: ")
                with self._changed:
                    self.events.append((name, json.loads(data) if name == "call" else data))
                    self._changed.notify_all()
        with self._changed:
            self.over = True
            self._changed.notify_all()

    def sees(self, kind: str, **wanted: Any) -> Any:
        """Wait for an event of this type with these values."""

        def found() -> Any:
            for _, event in self.events:
                if isinstance(event, dict) and event["type"] == kind:
                    about = event | event.get("turn", {})
                    if all(about.get(name) == value for name, value in wanted.items()):
                        return event
            return None

        with self._changed:
            assert self._changed.wait_for(found, 15), self.events
            return found()

    def ends(self) -> str:
        """Wait for the end of the stream; return its last word."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.over, 15), self.events
        name, data = self.events[-1]
        assert name == "end"
        return str(data)


def test_a_call_is_watched_while_it_is_spoken_and_ended(local_server: ServerProcess) -> None:
    server = local_server
    caller = answered_call(server)
    sid = caller.line.call_sid
    follower = Follower(server, f"/api/calls/{sid}/events")
    follower.sees("started")
    hear_greeting(caller)
    caller.type_words(PRICE)
    follower.sees("turn", speaker="caller", text=PRICE)
    answer = follower.sees("turn", speaker="agent", index=2)["turn"]
    assert answer["start_ms"] > follower.sees("turn", index=1)["turn"]["start_ms"] > 0

    assert server.send("POST", f"/api/calls/{sid}/end", {})["state"] == "ending"
    assert caller.wait_until(lambda: caller.over or None, 10)
    assert follower.sees("ended")["reason"] == "operator"
    assert follower.ends() == "operator"
    goodbye = max(caller.turns.values(), key=lambda turn: turn["index"])
    assert "להתראות" in goodbye["text"]
    assert goodbye["heard_ms"] == goodbye["length_ms"]
    assert stored_call(server, sid)["end_reason"] == "operator"
    after = caller.after_stream({})  # the caller is not asked for a message
    assert after is not None
    assert "<Hangup" in after.body
    assert server.get("/api/businesses/1/live") == {"items": [], "next_cursor": None}
