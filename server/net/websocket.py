"""One WebSocket on a plain blocking socket, around the sans-I/O protocol of ``websockets``.

Measured on this kind of load, this costs half of what ready-made socket handlers do, and it
sends whole messages (docs/decisions/media-transport.md).

Threads: one reads (:meth:`WebSocket.messages`), one writes (everything else). The reader itself
only answers pings and closes; the lock keeps those frames whole between the writer's.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed, InvalidState
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from server.clock import monotonic

_READ_BYTES = 64 << 10
_PING = b"maane"
_CLOSE_SECONDS = 0.2

MAX_MESSAGE_BYTES = 4 << 20
"""More than this in one message fails the connection (close code 1009)."""


class WebSocket:
    """An open connection.

    Args:
        sock: connected, handshake done. It should have no time-out: a green worker pays for a
            timer with every read. Whoever owns the connection cuts it when it hangs.
        protocol: in state OPEN.
    """

    def __init__(self, sock: socket.socket, protocol: ServerProtocol | ClientProtocol) -> None:
        self._socket = sock
        self._protocol = protocol
        self._lock = threading.Lock()
        self._ended = False
        self.last_heard_at = monotonic()
        """When the peer last sent anything, pongs included."""

    @property
    def close_code(self) -> int | None:
        """How the connection was closed, or None while it is open."""
        closed = self._protocol.close_rcvd
        return closed.code if closed is not None else self._protocol.close_code

    def messages(self) -> Iterator[bytes]:
        """Yield the peer's messages, whole, text as UTF-8, until the connection ends.

        Never raises: a broken connection is an ended one.
        """
        parts: list[bytes] = []
        events: list[object] = list(self._protocol.events_received())  # with the handshake
        while True:
            for event in events:
                if not isinstance(event, Frame):
                    continue
                if event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                    parts.append(bytes(event.data))
                    if event.fin:
                        yield parts[0] if len(parts) == 1 else b"".join(parts)
                        parts = []
            if self._ended:
                return
            events = self._receive()

    def _receive(self) -> list[object]:
        try:
            data = self._socket.recv(_READ_BYTES)
        except (OSError, EOFError, ValueError):  # broken, cut, or silent for longer than allowed
            data = b""
        self._ended = not data
        self.last_heard_at = monotonic()
        with self._lock:
            if data:
                self._protocol.receive_data(data)
            else:
                self._protocol.receive_eof()
            events = self._protocol.events_received()
            with contextlib.suppress(OSError):
                self._flush()
                if self._protocol.close_rcvd or self._protocol.parser_exc:
                    # The peer has closed, or cannot go on: it waits for our end of the line.
                    self._ended = True
                    self._socket.shutdown(socket.SHUT_WR)
        return list(events)

    def send(self, message: bytes) -> None:
        """Send one text message (UTF-8).

        Raises:
            ConnectionError: the connection is closed, broken, or took too long to accept it.
        """
        with self._lock:
            try:
                self._protocol.send_text(message)
                self._flush()
            except (InvalidState, ConnectionClosed, OSError) as error:
                raise ConnectionError(f"not sent: {type(error).__name__}") from error

    def ping(self) -> None:
        """Send a ping frame; the answer shows in ``last_heard_at``.

        Raises:
            ConnectionError: as :meth:`send`.
        """
        with self._lock:
            try:
                self._protocol.send_ping(_PING)
                self._flush()
            except (InvalidState, ConnectionClosed, OSError) as error:
                raise ConnectionError(f"not sent: {type(error).__name__}") from error

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye: send the close frame and nothing after it; harmless when it has ended.

        The reader goes on until the peer has closed too; :meth:`abort` ends the wait for that.
        """
        # A writer that is stuck on a frozen peer holds the lock.
        if not self._lock.acquire(timeout=_CLOSE_SECONDS):
            self.abort()
            return
        try:
            self._socket.settimeout(_CLOSE_SECONDS)  # a frozen peer may not even take this
            if self._protocol.state is State.OPEN:
                self._protocol.send_close(code, reason)
                self._flush()
            self._socket.shutdown(socket.SHUT_WR)
        except (InvalidState, OSError):
            self.abort()
        finally:
            self._lock.release()

    def abort(self) -> None:
        """Cut the connection: a waiting reader and a blocked writer return now."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def dispose(self) -> None:
        """Cut the connection and give its descriptor back; the reader must have ended."""
        self.abort()
        self._socket.close()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:  # an empty item asks for half-closing, which `close` does
                self._socket.sendall(data)
