"""The other end of a WebSocket: websockets' own protocol on a plain socket, one step at a time."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from server.net.websocket import MAX_MESSAGE_BYTES, WebSocket

URI = parse_uri("ws://127.0.0.1/")
PATIENCE_SECONDS = 5.0
"""Nothing here takes this long unless it is broken."""


class Peer:
    """Speaks correctly, unless told to send raw bytes."""

    def __init__(self, sock: socket.socket, protocol: ClientProtocol | ServerProtocol) -> None:
        self.socket = sock
        self.protocol = protocol
        sock.settimeout(PATIENCE_SECONDS)

    def flush(self) -> None:
        for data in self.protocol.data_to_send():
            if data:
                self.socket.sendall(data)

    def send(self, data: bytes, *, fin: bool = True, first: bool = True) -> None:
        """Send a message, or one of its fragments."""
        if first:
            self.protocol.send_text(data, fin)
        else:
            self.protocol.send_continuation(data, fin)
        self.flush()

    def ping(self, data: bytes = b"there?") -> None:
        self.protocol.send_ping(data)
        self.flush()

    def close(self, code: int = 1000, reason: str = "") -> None:
        self.protocol.send_close(code, reason)
        self.flush()

    def frames(self, *, answer: bool = True) -> Iterator[Frame]:
        """Yield what comes until the end of the stream; ``answer`` pings and closes."""
        while data := self._read():
            self.protocol.receive_data(data)
            events = self.protocol.events_received()
            if answer:
                with contextlib.suppress(OSError):
                    self.flush()
            yield from (event for event in events if isinstance(event, Frame))

    def _read(self) -> bytes:
        try:
            return self.socket.recv(1 << 16)
        except ConnectionError:
            return b""

    def next(self, opcode: Opcode, *, answer: bool = True) -> Frame:
        """Return the next frame of this kind."""
        return next(frame for frame in self.frames(answer=answer) if frame.opcode is opcode)


@contextlib.contextmanager
def connected(*, client: bool = False) -> Iterator[tuple[WebSocket, Peer]]:
    """Give an open WebSocket of ours (the server's end, or the client's) and its peer."""
    ours, theirs = socket.socketpair()
    sides = (
        ServerProtocol(state=State.OPEN, max_size=MAX_MESSAGE_BYTES),
        ClientProtocol(URI, state=State.OPEN, max_size=None),
    )
    if client:
        sides = (  # type: ignore[assignment]
            ClientProtocol(URI, state=State.OPEN, max_size=MAX_MESSAGE_BYTES),
            ServerProtocol(state=State.OPEN, max_size=None),
        )
    with ours, theirs:
        yield WebSocket(ours, sides[0]), Peer(theirs, sides[1])


def upgraded(sock: socket.socket, *then: bytes) -> Peer:
    """Answer a client's handshake on ``sock``, with messages in the same segment."""
    protocol = ServerProtocol()
    request = None
    while request is None:
        protocol.receive_data(sock.recv(1 << 16))
        request = next((e for e in protocol.events_received() if isinstance(e, Request)), None)
    protocol.send_response(protocol.accept(request))
    for message in then:
        protocol.send_text(message)
    sock.sendall(b"".join(protocol.data_to_send()))
    return Peer(sock, protocol)


@contextlib.contextmanager
def listening(serve: Callable[[socket.socket], object]) -> Iterator[int]:
    """Give the port of a server that handles one connection with ``serve``."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_SECONDS)

        def accept() -> None:
            with contextlib.suppress(OSError):
                sock, _ = server.accept()
                with sock:
                    sock.settimeout(PATIENCE_SECONDS)
                    serve(sock)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(PATIENCE_SECONDS)
