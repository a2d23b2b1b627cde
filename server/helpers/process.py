"""The server's end of a helper process: starts it, asks it, replaces it when it fails."""

from __future__ import annotations

import contextlib
import logging
import socket
import subprocess
import sys
import threading
from typing import Any

import orjson

from server.errors import ProtocolError, ProviderError
from server.helpers.wire import receive_message, send_message

log = logging.getLogger(__name__)

REQUEST_SECONDS = 15.0
"""No request takes longer; a helper that does is killed and a new one started."""


class HelperProcess:
    """One helper process and one request at a time, started when first needed.

    Args:
        module: what it runs; it is given the descriptor of its socket and ``niceness``.
        what: how it is called in errors.
        niceness: by how much its priority is lower than the server's (see nice(2)).
        seconds: how long a request may take, where nothing else is said.
    """

    def __init__(
        self, module: str, what: str, niceness: int = 0, seconds: float = REQUEST_SECONDS
    ) -> None:
        self._module = module
        self._what = what
        self._niceness = niceness
        self._seconds = seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    def ask(
        self, request: dict[str, Any], payload: bytes = b"", *, seconds: float | None = None
    ) -> bytes:
        """Return the helper's answer to ``request``.

        Args:
            seconds: how long it may take.

        Raises:
            ProviderError: the helper refused, broke or was too slow; ``code`` tells which.
        """
        with self._lock:
            try:
                sock = self._connected()
                usual = sock.gettimeout()
                sock.settimeout(usual if seconds is None else seconds)
                send_message(sock, request, payload)
                answer = receive_message(sock)
                sock.settimeout(usual)
            except orjson.JSONEncodeError as error:  # nothing was sent
                raise ProviderError("the text is no text", code="helper_request") from error
            except (OSError, ProtocolError) as error:
                self._stop()
                raise ProviderError(
                    f"the {self._what} helper failed: {type(error).__name__}", code="helper_failed"
                ) from error
            if answer is None:
                self._stop()
                raise ProviderError(f"the {self._what} helper ended", code="helper_ended")
        header, body = answer
        if "error" in header:
            raise ProviderError(header["message"], code=header["error"])
        return body

    def close(self) -> None:
        """End the helper process, if there is one; who waits for its answer gets an error."""
        process = self._process
        if process is not None:
            process.kill()
        with self._lock:
            self._stop()

    def _connected(self) -> socket.socket:
        if self._process is not None and self._process.poll() is not None:
            log.warning(
                "[HELPER] %s ended by itself, code=%s", self._what, self._process.returncode
            )
            self._stop()
        if self._socket is None:
            ours, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 - our own module
                    [
                        sys.executable,
                        "-m",
                        self._module,
                        str(theirs.fileno()),
                        str(self._niceness),
                    ],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                )
            ours.settimeout(self._seconds)
            self._socket = ours
        return self._socket

    def _stop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._process is not None:
            self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=5)
            self._process = None
