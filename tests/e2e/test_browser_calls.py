"""The phone in the page at the door of the media socket: one token, one call, one socket."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from server.audio import mulaw
from server.calls.phones import PHONE_PROTOCOL
from server.telephony.stream_token import browser_token
from tests.e2e.calling import answered_call, stored_call
from tests.e2e.server_process import SECRET, ServerProcess

SILENCE = base64.b64encode(mulaw.silence(20)).decode()


def place(server: ServerProcess) -> dict[str, Any]:
    business = server.get("/api/businesses")["items"][0]["id"]
    placed: dict[str, Any] = server.send("POST", f"/api/businesses/{business}/test-calls", {})
    return placed


def open_socket(
    server: ServerProcess, placed: dict[str, Any], *, origin: str | None = None
) -> ClientConnection:
    return connect(
        placed["url"],
        origin=Origin(origin or server.base_url),
        subprotocols=[Subprotocol(name) for name in placed["protocols"]],
        compression=None,
        proxy=None,
        legacy=True,
    )


def start(socket: ClientConnection, placed: dict[str, Any]) -> None:
    socket.send(orjson.dumps({"event": "connected", "protocol": "Call"}).decode())
    say(
        socket,
        placed,
        "start",
        start={
            "streamSid": placed["stream_sid"],
            "callSid": placed["call_sid"],
            "customParameters": placed["parameters"],
        },
    )


def say(socket: ClientConnection, placed: dict[str, Any], event: str, **fields: Any) -> None:
    message = {"event": event, "streamSid": placed["stream_sid"], **fields}
    socket.send(orjson.dumps(message).decode())


def refused(dial: Callable[[], ClientConnection]) -> None:
    """Check that the server does not even shake hands."""
    with pytest.raises(InvalidStatus) as answer:
        dial()
    assert answer.value.response.status_code == 403


@pytest.fixture
def placed(local_server: ServerProcess) -> Iterator[dict[str, Any]]:
    """A test call that waits for its stream; whatever becomes of it is waited for."""
    call = place(local_server)
    yield call
    local_server.eventually(
        f"/api/calls/{call['call_sid']}", lambda found: found.get("end_reason"), 25
    )


def test_a_page_takes_its_call_and_types(
    local_server: ServerProcess, placed: dict[str, Any]
) -> None:
    heard, turns = bytearray(), {}
    with open_socket(local_server, placed) as socket:
        assert socket.subprotocol == PHONE_PROTOCOL
        start(socket, placed)
        typed = False
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not any(
            turn["path"] == "FAQ_FASTPATH" for turn in turns.values()
        ):
            message = orjson.loads(socket.recv(timeout=5))
            if message["event"] == "media":
                heard += base64.b64decode(message["media"]["payload"])
                say(socket, placed, "media", media={"track": "inbound", "payload": SILENCE})
            elif message["event"] == "mark":
                say(socket, placed, "mark", mark=message["mark"])
                if not typed:
                    typed = True
                    say(socket, placed, "typed", typed={"text": "איפה אתם נמצאים?"})
            elif message["event"] == "turn":
                turns[message["turn"]["index"]] = message["turn"]
        say(socket, placed, "stop", stop={})
    assert mulaw.rms(bytes(heard)) > 100
    spoken = [(turn["speaker"], turn["path"]) for _, turn in sorted(turns.items())]
    assert spoken == [("agent", "GREETING"), ("caller", None), ("agent", "FAQ_FASTPATH")]
    call = stored_call(local_server, placed["call_sid"])
    assert (call["is_test"], call["end_reason"]) == (True, "caller_hangup")
    assert placed["protocols"][1] not in local_server.log()


def test_a_closed_page_ends_the_call_at_once(
    local_server: ServerProcess, placed: dict[str, Any]
) -> None:
    with open_socket(local_server, placed) as socket:
        start(socket, placed)
        socket.recv(timeout=5)
    closed_at = time.monotonic()
    call = stored_call(local_server, placed["call_sid"])
    assert call["end_reason"] == "stream_lost"
    assert time.monotonic() - closed_at < 3


def test_a_token_is_good_for_one_socket(
    local_server: ServerProcess, placed: dict[str, Any]
) -> None:
    with open_socket(local_server, placed):
        refused(lambda: open_socket(local_server, placed))


def test_no_page_comes_in_without_a_token(
    local_server: ServerProcess, placed: dict[str, Any]
) -> None:
    for protocols in (
        [PHONE_PROTOCOL],
        [PHONE_PROTOCOL, "nonsense"],
        [PHONE_PROTOCOL, placed["protocols"][1], "more"],
        [placed["protocols"][1]],
        ["another"],
        [],
    ):
        wrong = placed | {"protocols": protocols}
        refused(lambda wrong=wrong: open_socket(local_server, wrong))  # type: ignore[misc]


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "null"])
def test_no_foreign_page_comes_in(
    local_server: ServerProcess, placed: dict[str, Any], origin: str
) -> None:
    refused(lambda: open_socket(local_server, placed, origin=origin))


def test_what_is_no_page_does_not_come_in_with_a_page_s_token(
    local_server: ServerProcess, placed: dict[str, Any]
) -> None:
    refused(
        lambda: connect(
            placed["url"],
            subprotocols=[Subprotocol(name) for name in placed["protocols"]],
            proxy=None,
            legacy=True,
        )
    )


def test_a_token_opens_its_own_call_only(
    local_server: ServerProcess, placed: dict[str, Any]
) -> None:
    other = place(local_server)
    with open_socket(local_server, placed) as socket:
        start(socket, other)
        with pytest.raises(ConnectionClosed):
            while True:
                socket.recv(timeout=5)
        assert socket.close_code == 1008
    with open_socket(local_server, other) as socket:  # it has lost nothing by that
        start(socket, other)
        assert orjson.loads(socket.recv(timeout=5))["streamSid"] == other["stream_sid"]


def test_a_real_call_is_not_taken_by_a_page(
    local_server: ServerProcess, placed: dict[str, Any]
) -> None:
    real = answered_call(local_server, test=False)
    try:
        call_sid = real.line.call_sid
        forged = placed | {
            "call_sid": call_sid,
            "protocols": [PHONE_PROTOCOL, browser_token(SECRET, call_sid)],
        }
        refused(lambda: open_socket(local_server, forged))
    finally:
        real.hang_up()


def test_a_call_that_no_socket_took_in_time_is_over(
    local_server: ServerProcess, placed: dict[str, Any]
) -> None:
    local_server.eventually(
        f"/api/calls/{placed['call_sid']}", lambda found: found.get("end_reason"), 25
    )
    refused(lambda: open_socket(local_server, placed))
