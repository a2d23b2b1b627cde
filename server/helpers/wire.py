"""The framing between the server and its helper processes.

One message: two big-endian 32-bit lengths, a JSON header, a binary payload.
"""

from __future__ import annotations

import socket
import struct
from typing import Any

import orjson

from server.errors import ProtocolError

_LENGTHS = struct.Struct(">II")
MAX_BYTES = 64 << 20
"""No message of either side comes near this; more means a broken stream."""


def send_message(sock: socket.socket, header: dict[str, Any], payload: bytes = b"") -> None:
    """Write one message; blocks until it is taken or the socket times out."""
    head = orjson.dumps(header)
    sock.sendall(_LENGTHS.pack(len(head), len(payload)) + head + payload)


def receive_message(sock: socket.socket) -> tuple[dict[str, Any], bytes] | None:
    """Read one message; None at a clean end of the stream.

    Raises:
        ProtocolError: the stream ended inside a message, or its lengths make no sense.
        TimeoutError: nothing came within the socket's time-out.
    """
    lengths = _read(sock, _LENGTHS.size)
    if lengths is None:
        return None
    head_size, payload_size = _LENGTHS.unpack(lengths)
    if head_size > MAX_BYTES or payload_size > MAX_BYTES:
        raise ProtocolError("helper message too long", code="helper_message")
    head = _read(sock, head_size)
    payload = _read(sock, payload_size) if payload_size else b""
    if head is None or payload is None:
        raise ProtocolError("a helper stopped in mid-message", code="helper_message")
    try:
        return orjson.loads(head), payload
    except orjson.JSONDecodeError:
        raise ProtocolError("a helper sent no JSON", code="helper_message") from None


def _read(sock: socket.socket, size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        chunk = sock.recv(size - len(data))
        if not chunk:
            if data:
                raise ProtocolError("a helper stopped in mid-message", code="helper_message")
            return None
        data += chunk
    return bytes(data)
