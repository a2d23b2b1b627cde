"""The password process: a plain Python beside the server that hashes and checks passwords.

Argon2 keeps a core busy for tens of milliseconds. In the server, which is one green process, every
phone call would stand still for that long at every sign-in; here none does: the server waits on a
socket, which is green. It serves one request at a time on the socket whose descriptor is its first
argument, and ends when the server closes it; the second argument lowers its priority.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import sys
from typing import Any

from server.helpers.wire import receive_message, send_message
from server.passwords.hashing import bytes_match, hash_bytes


def serve(sock: socket.socket) -> None:
    """Answer requests until the other side closes."""
    # Somebody unknown is checked against this, so that it takes as long as a wrong password.
    nobody = hash_bytes(secrets.token_bytes(16))

    def answer(request: dict[str, Any], password: bytes) -> bytes:
        if request["do"] == "hash":
            return hash_bytes(password).encode()
        stored = request["hash"]
        fits = bytes_match(stored or nobody, password)
        return b"1" if fits and stored else b"0"

    while (message := receive_message(sock)) is not None:
        try:
            send_message(sock, {"ok": True}, answer(*message))
        except Exception as error:
            # The process must outlive any one request, and its words hold no password.
            send_message(sock, {"error": "helper", "message": type(error).__name__})


if __name__ == "__main__":
    # Ctrl-C reaches the whole foreground group; this process ends when the server closes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server_socket = socket.socket(fileno=int(sys.argv[1]))
    os.nice(int(sys.argv[2]))
    server_socket.setblocking(True)  # a green server hands it over non-blocking
    with contextlib.suppress(OSError):  # the server went without a word
        serve(server_socket)
