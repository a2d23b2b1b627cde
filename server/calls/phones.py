"""The phones in pages: whose test calls are up, and which socket may come in for which.

Nobody signs a browser's socket, so each call placed from a page has a token for exactly one.
"""

from __future__ import annotations

import secrets
import threading

from server.calls.registry import CallRegistry, Stage
from server.errors import CapacityError
from server.telephony.stream_token import browser_token, call_of_browser_token

PHONE_PROTOCOL = "maane.phone"
"""The WebSocket subprotocol of the phone in the page; the token stands beside it."""

CALLER = "client:browser"
"""The number of whoever speaks through a page, in the form in which Twilio names browsers."""

MAX_CALLS_EACH = 2
MAX_SECONDS = 900.0
"""The longest call from a page: a tab is easily forgotten."""


class Phones:
    """Calls placed from pages. Safe to call from any thread; nothing here blocks.

    Args:
        registry: tells which of them are still up, and whether there is room.
        secret_key: signs the tokens.
    """

    def __init__(self, registry: CallRegistry, secret_key: str) -> None:
        self._registry = registry
        self._secret_key = secret_key
        self._whose: dict[str, str] = {}
        self._being_bound: set[str] = set()
        self._awaited: set[str] = set()
        """Calls whose socket has not come."""
        self._lock = threading.Lock()

    def reserve(self, who: str) -> str:
        """Return the CallSid of a new call of ``who``, to be bound now (or given back).

        Raises:
            CapacityError: they have enough calls up, or the server has no room for another.
        """
        if not self._registry.has_room():
            raise CapacityError("All lines are busy at the moment.", code="no_room")
        call_sid = "CA" + secrets.token_hex(16)
        with self._lock:
            self._forget_ended()
            if sum(other == who for other in self._whose.values()) >= MAX_CALLS_EACH:
                raise CapacityError(
                    f"Only {MAX_CALLS_EACH} test calls can run at once.", code="too_many_test_calls"
                )
            self._whose[call_sid] = who
            self._being_bound.add(call_sid)
        return call_sid

    def give_back(self, call_sid: str) -> None:
        """Forget a call that could not be bound."""
        with self._lock:
            self._whose.pop(call_sid, None)
            self._being_bound.discard(call_sid)

    def await_socket(self, call_sid: str) -> str:
        """Return the token that lets one socket in for ``call_sid``, which is bound now."""
        with self._lock:
            self._being_bound.discard(call_sid)
            self._awaited.add(call_sid)
        return browser_token(self._secret_key, call_sid)

    def admit(self, token: str) -> str | None:
        """Return the call whose one socket this is; None for any other, and from then on."""
        call_sid = call_of_browser_token(self._secret_key, token)
        if call_sid is None:
            return None
        with self._lock:
            if call_sid not in self._awaited:
                return None
            self._awaited.discard(call_sid)
        call = self._registry.live(call_sid)
        ready = call is not None and call.is_test and call.stage is Stage.BOUND
        return call_sid if ready else None

    def _forget_ended(self) -> None:
        for call_sid in list(self._whose):
            if call_sid not in self._being_bound and self._registry.live(call_sid) is None:
                del self._whose[call_sid]
                self._awaited.discard(call_sid)
