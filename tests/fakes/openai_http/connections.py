"""HTTP/1.1 with kept connections, on a thread each; requests in, replies out."""

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Received:
    """One request; ``headers`` in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """One answer; with ``drip_seconds`` its body comes byte by byte, that far apart."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    drip_seconds: float = 0


Answerer: TypeAlias = Callable[[Received], Reply | None]
"""Answers one request, on its connection's thread; None cuts the connection."""


class Connections(ThreadingHTTPServer):
    """Accepts connections from the start until ``stop``, and serves those handed to it."""

    daemon_threads = False  # they are waited for when the server closes
    request_queue_size = 128

    def __init__(self, host: str, port: int, answer: Answerer) -> None:
        super().__init__((host, port), _Handler)
        self.answer = answer
        self.port: int = self.server_address[1]
        self.stopping = threading.Event()
        self.used = 0
        """How many connections have ever been served."""
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._acceptor = threading.Thread(
            target=self.serve_forever, args=(0.05,), name="openai-http-accept", daemon=True
        )
        self._acceptor.start()

    def serve_connection(self, sock: socket.socket, address: Any) -> None:
        """Serve a connection that another server has accepted, on a thread of its own."""
        self.process_request(sock, address)

    def stop(self) -> None:
        """Cut every connection and wait for its thread; safe to call twice."""
        if self.stopping.is_set():
            return
        with self._lock:
            self.stopping.set()
            for sock in self._open:
                _cut(sock)
        self.shutdown()
        self.server_close()
        self._acceptor.join()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection to its end."""
        with self._lock:
            if self.stopping.is_set():
                return
            self._open.add(request)
            self.used += 1
        try:
            with contextlib.suppress(ConnectionError):  # the client's good right
                super().finish_request(request, client_address)
        finally:
            with self._lock:
                self._open.discard(request)


def _cut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    server: Connections
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_GET  # noqa: N815
    do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Stay silent; requests are recorded."""

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        reply = self.server.answer(Received(self.command, self.path, headers, body))
        if reply is None:
            self.close_connection = True
            _cut(self.connection)
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if not reply.drip_seconds:
            self.wfile.write(reply.body)
            return
        for at in range(len(reply.body)):
            self.wfile.write(reply.body[at : at + 1])
            if self.server.stopping.wait(reply.drip_seconds):
                return
