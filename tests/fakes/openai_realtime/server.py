"""The stand-in itself: a websocket server on loopback, with its sessions and switches."""

import contextlib
import json
import select
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import parse_qs, urlsplit

from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from .conversation import new_id
from .options import RealtimeOptions
from .records import DEFAULT_TIMEOUT_SECONDS, SessionRecord
from .session import Session

PATH = "/v1/realtime"
CLOSE_TIMEOUT_SECONDS = 2
_POLL_SECONDS = 0.1


class HttpServer(Protocol):
    """Answers plain HTTP on connections that were accepted here."""

    def serve_connection(self, sock: socket.socket, address: Any) -> None:
        """Take the connection over, with whatever has arrived on it; return at once."""
        ...


@dataclass(frozen=True)
class Handshake:
    """One connection attempt: when it was answered, its path with query, the HTTP status."""

    at: float
    path: str
    status: int


class FakeRealtime:
    """OpenAI's Realtime websocket, on threads, for tests.

    Use it as a context manager. ``sessions`` lists every session ever opened, oldest first, of
    calls (``calls``) and for rendering (``renderings``); ``handshakes`` every connection attempt,
    refused ones too. ``options`` may be changed at any time; ``configure`` also wakes what waits
    on a clock (``expire_session_after_s``).

    With ``http`` every connection that does not open with a request for the websocket's path is
    handed to it, so that one ``base_url`` serves both. It stays the caller's to stop.
    """

    def __init__(
        self,
        options: RealtimeOptions | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        http: HttpServer | None = None,
    ) -> None:
        self.options = options or RealtimeOptions()
        self.sessions: list[SessionRecord] = []
        self.handshakes: list[Handshake] = []
        self._live: dict[str, Session] = {}
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._server: Server = serve(
            self._handle,
            host,
            port,
            process_request=self._process_request,
            max_size=None,
            compression=None,
            open_timeout=None,
            close_timeout=CLOSE_TIMEOUT_SECONDS,
        )
        if http is not None:
            self._server.handler = partial(self._divide, http, self._server.handler)
        self.host = host
        self.port: int = self._server.socket.getsockname()[1]
        self._threads = [
            threading.Thread(target=self._server.serve_forever, name="realtime-accept"),
            threading.Thread(target=self._watch_expiry, name="realtime-expiry"),
        ]
        for thread in self._threads:
            thread.daemon = True
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
        """What the client takes as ``base_url`` (or OPENAI_BASE_URL)."""
        return f"http://{self.host}:{self.port}/v1"

    @property
    def calls(self) -> list[SessionRecord]:
        """The sessions of calls, oldest first."""
        return [session for session in self.sessions if not session.rendering]

    @property
    def renderings(self) -> list[SessionRecord]:
        """The sessions that read sentences aloud ahead of calls, oldest first."""
        return [session for session in self.sessions if session.rendering]

    @property
    def open_sessions(self) -> int:
        """How many sockets are live now."""
        return sum(session.open for session in self.sessions)

    def configure(self, **changes: Any) -> None:
        """Set options while running; AttributeError for one that does not exist."""
        with self._changed:
            for name, value in changes.items():
                if not hasattr(self.options, name):
                    raise AttributeError(f"RealtimeOptions has no {name!r}")
                setattr(self.options, name, value)
            self._changed.notify_all()

    def wait_until(
        self, condition: Callable[[Self], object], timeout: float = DEFAULT_TIMEOUT_SECONDS
    ) -> None:
        """Block until ``condition(self)`` is true; TimeoutError after ``timeout`` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: condition(self), timeout):
                states = "; ".join(session.summary() for session in self.sessions)
                raise TimeoutError(f"not within {timeout} s; {states or 'no session'}")

    def wait_for_session(
        self, n: int = 1, timeout: float = DEFAULT_TIMEOUT_SECONDS
    ) -> SessionRecord:
        """The ``n``-th session ever opened (1 is the first), waited for if need be."""
        self.wait_until(lambda fake: len(fake.sessions) >= n, timeout)
        return self.sessions[n - 1]

    def wait_for_call(self, n: int = 1, timeout: float = DEFAULT_TIMEOUT_SECONDS) -> SessionRecord:
        """The ``n``-th session of a call (1 is the first), waited for if need be."""
        self.wait_until(lambda fake: len(fake.calls) >= n, timeout)
        return self.calls[n - 1]

    def wait_all_closed(self, timeout: float = DEFAULT_TIMEOUT_SECONDS) -> None:
        """Block until no socket is live."""
        self.wait_until(lambda fake: fake.open_sessions == 0, timeout)

    def stop(self) -> None:
        """Close every socket (1001) and the server; safe to call twice."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        self._server.shutdown()
        for thread in self._threads:
            thread.join()

    def _divide(
        self,
        http: HttpServer,
        websocket: Callable[[socket.socket, Any], None],
        sock: socket.socket,
        address: Any,
    ) -> None:
        """Give an accepted connection to whom its first bytes ask for; they stay unread."""
        if self._asks_for_websocket(sock):
            websocket(sock, address)
            return
        with self._server.lock:  # this thread ends without what the library's handler does
            self._server.handler_threads.discard(threading.current_thread())
        http.serve_connection(sock, address)

    def _asks_for_websocket(self, sock: socket.socket) -> bool:
        """Look at the first bytes as soon as there are some; False when none come any more."""
        while not select.select([sock], [], [], _POLL_SECONDS)[0]:
            if self._stopping.is_set():
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
                return False
        wanted = f"GET {PATH}".encode()
        try:
            head = sock.recv(len(wanted) + 1, socket.MSG_PEEK)
        except ConnectionError:
            return False
        return head.startswith(wanted) and head[-1:] in b"? "

    def _process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        """Let the handshake through (None) or answer it as the service would refuse it."""
        self._stopping.wait(self.options.handshake_delay_ms / 1000)
        status, code, message = self._judge(request)
        with self._changed:
            self.handshakes.append(Handshake(time.monotonic(), request.path, status))
            self._changed.notify_all()
        if status == HTTPStatus.SWITCHING_PROTOCOLS:
            return None
        error = {"type": "invalid_request_error", "code": code, "message": message, "param": None}
        response = connection.respond(status, json.dumps({"error": error}))
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = "application/json"
        return response

    def _judge(self, request: Request) -> tuple[int, str, str]:
        """HTTP status, error code and message for a handshake."""
        url = urlsplit(request.path)
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if self.options.refuse is not None:
            codes = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
            code = codes.get(self.options.refuse, "server_error")
            return self.options.refuse, code, f"Refused by the test with {self.options.refuse}."
        if url.path != PATH:
            return HTTPStatus.NOT_FOUND, "not_found", f"Invalid URL ({url.path})"
        if scheme != "Bearer" or not key.strip():
            return HTTPStatus.UNAUTHORIZED, "missing_api_key", "Missing bearer authentication."
        if not parse_qs(url.query).get("model"):
            return HTTPStatus.BAD_REQUEST, "missing_model", "You must provide a model parameter."
        return HTTPStatus.SWITCHING_PROTOCOLS, "", ""

    def _handle(self, connection: ServerConnection) -> None:
        """Thread of one accepted connection."""
        request = connection.request
        if request is None:
            return
        model = parse_qs(urlsplit(request.path).query)["model"][0]
        record = SessionRecord(
            id=new_id("sess"),
            model=model,
            opened_at=time.monotonic(),
            changed=self._changed,
            user_agent=request.headers.get("User-Agent", ""),
        )
        session = Session(connection, model, self.options, record)
        with self._changed:
            self.sessions.append(record)
            self._live[record.id] = session
            self._changed.notify_all()
        try:
            session.serve()
        finally:
            with self._changed:
                del self._live[record.id]
                self._changed.notify_all()

    def _watch_expiry(self) -> None:
        """Expire sessions that reach the age the options set."""
        expired: set[str] = set()
        while not self._stopping.is_set():
            with self._changed:
                limit = self.options.expire_session_after_s
                now = time.monotonic()
                ages = {
                    session: now - session.record.opened_at
                    for key, session in self._live.items()
                    if key not in expired
                }
                due = [
                    session for session, age in ages.items() if limit is not None and age >= limit
                ]
                if not due:
                    wait = limit - max(ages.values()) if limit is not None and ages else None
                    self._changed.wait(wait)
            for session in due:
                expired.add(session.record.id)
                session.expire()
