"""Opening a WebSocket: what can be wrong with the other side, and what we make of it."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from websockets.frames import Opcode

from server.errors import ProviderError
from server.net.client import connect
from tests.fakes.openai_realtime import FakeRealtime, RealtimeOptions
from tests.unit.net.peer import PATIENCE_SECONDS, listening, upgraded

HEADERS = {"Authorization": "Bearer key"}


def failure(port: int, timeout_seconds: float = PATIENCE_SECONDS) -> ProviderError:
    with pytest.raises(ProviderError) as failed:
        connect(f"ws://127.0.0.1:{port}/v1/realtime?model=m", HEADERS, timeout_seconds)
    return failed.value


def test_messages_flow_over_a_new_connection() -> None:
    seen: dict[str, str] = {}

    def serve(sock: socket.socket) -> None:
        peer = upgraded(sock)
        frame = peer.next(Opcode.TEXT)
        seen["said"] = bytes(frame.data).decode()
        peer.send(b"answer")
        peer.next(Opcode.CLOSE)

    with listening(serve) as port:
        ours = connect(f"ws://127.0.0.1:{port}/", HEADERS, PATIENCE_SECONDS)
        ours.send(b"question")
        assert next(ours.messages()) == b"answer"
        ours.close()
    ours.abort()
    assert seen == {"said": "question"}


def test_the_headers_and_the_path_are_sent() -> None:
    request = b""

    def serve(sock: socket.socket) -> None:
        nonlocal request
        while b"\r\n\r\n" not in request:
            request += sock.recv(1 << 16)

    with listening(serve) as port:
        assert failure(port).code == "handshake"
    assert request.startswith(b"GET /v1/realtime?model=m HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Bearer key\r\n" in request
    assert b"permessage-deflate" not in request  # audio does not compress


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_a_refusal_carries_its_status(status: int) -> None:
    with FakeRealtime(RealtimeOptions(refuse=status)) as fake:
        error = failure(fake.port)
    assert error.code == "refused"
    assert str(status) in error.message
    assert "key" not in error.message


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"hello\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 101\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
        b"\0" * 100_000,
    ],
)
def test_what_does_not_speak_websocket_is_a_failed_handshake(answer: bytes) -> None:
    def serve(sock: socket.socket) -> None:
        sock.recv(1 << 16)
        sock.sendall(answer)
        sock.shutdown(socket.SHUT_WR)

    with listening(serve) as port:
        assert failure(port).code == "handshake"


def test_a_server_that_says_nothing_is_given_up() -> None:
    over = threading.Event()
    with listening(lambda _: over.wait(PATIENCE_SECONDS)) as port:
        started = time.monotonic()
        assert failure(port, 0.1).code == "handshake"
        assert time.monotonic() - started < 1
        over.set()


def test_a_server_that_drips_is_given_up_too() -> None:
    over = threading.Event()

    def serve(sock: socket.socket) -> None:
        while not over.wait(0.02):
            try:
                sock.sendall(b"H")
            except OSError:
                return

    with listening(serve) as port:
        started = time.monotonic()
        assert failure(port, 0.2).code == "handshake"
        assert time.monotonic() - started < 2
        over.set()


def test_nobody_there_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert failure(port).code == "unreachable"


def test_a_secure_address_does_not_talk_to_an_insecure_server() -> None:
    def serve(sock: socket.socket) -> None:
        sock.recv(1 << 16)
        sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with listening(serve) as port, pytest.raises(ProviderError) as failed:
        connect(f"wss://127.0.0.1:{port}/", HEADERS, PATIENCE_SECONDS)
    assert failed.value.code == "handshake"


def test_a_message_right_behind_the_handshake_is_not_lost() -> None:
    with listening(lambda sock: upgraded(sock, b"session.created", b"error").close()) as port:
        ours = connect(f"ws://127.0.0.1:{port}/", HEADERS, PATIENCE_SECONDS)
        assert list(ours.messages()) == [b"session.created", b"error"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/", "ws://", f"ws://{'a' * 70}.example.invalid/"]
)
def test_an_address_that_is_none_is_a_failure_like_any_other(url: str) -> None:
    with pytest.raises(ProviderError):
        connect(url, HEADERS, 0.2)
