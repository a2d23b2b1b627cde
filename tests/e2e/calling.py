"""What the end-to-end tests do on the phone."""

from __future__ import annotations

from typing import Any

from server.caller.caller import Caller, ring
from server.caller.line import Webhooks
from tests.e2e.server_process import SECRET, ServerProcess

DEMO_NUMBER = "+97233726000"


def answered_call(server: ServerProcess, *, auth_token: str = "", test: bool = True) -> Caller:
    """Ring the demo business; return the call with its stream up."""
    call = ring(
        Webhooks(server.base_url, auth_token),
        to=DEMO_NUMBER,
        test_secret=SECRET if test else "",
    )
    assert call.caller is not None, call.answer
    return call.caller


def hear_greeting(caller: Caller) -> float:
    """Listen to the greeting; return when it was over."""
    starts = caller.wait_for("agent_starts")
    return caller.wait_for("agent_stops", after=starts.at).at


def stored_call(server: ServerProcess, call_sid: str) -> dict[str, Any]:
    """Return the call as the API shows it once it has ended."""
    call: dict[str, Any] = server.eventually(
        f"/api/calls/{call_sid}", lambda found: found.get("end_reason")
    )
    return call
