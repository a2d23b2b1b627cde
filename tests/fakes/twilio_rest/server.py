"""The stand-in itself: recordings, the account and its numbers, with its records and switches."""

from __future__ import annotations

import base64
import json
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from .numbers import Numbers

ACCOUNT_SID = "AC" + "a" * 32
AUTH_TOKEN = "twilio-secret"
_TIMEOUT_SECONDS = 5.0
_EVENTS = {"in-progress", "completed", "absent"}


@dataclass(frozen=True)
class Request:
    """One request as it came; without the credentials themselves."""

    at: float
    method: str
    path: str
    query: dict[str, list[str]]
    form: dict[str, list[str]]


@dataclass
class TwilioOptions:
    """Switches, each read when it matters.

    ``live_calls``: the calls that can be recorded; None for any. ``refuse``: HTTP status instead
    of an answer, for the next ``refuse_count`` requests (-1: for all). ``late``: how many fetches
    of a recording find nothing yet. ``delay_seconds`` before an answer. ``drop_after``: media
    breaks off after that many bytes. ``redirect_to``: where a fetch is sent instead.
    ``account_status`` and ``account_type`` are what the account says of itself.
    """

    live_calls: set[str] | None = None
    refuse: int | None = None
    refuse_count: int = -1
    late: int = 0
    delay_seconds: float = 0
    drop_after: int | None = None
    redirect_to: str = ""
    account_status: str = "active"
    account_type: str = "Full"


@dataclass
class _Media:
    by_channels: dict[int, bytes] = field(default_factory=dict)


class FakeTwilioRest:
    """Twilio's API for one account. Use it as a context manager.

    ``requests`` lists what came with the right credentials, ``violations`` what a correct client
    never sends, ``deleted`` the SIDs that were deleted, ``started`` (CallSid, SID) of
    recordings, ``messages`` the SMS that were taken, which only come from one of ``senders``.
    """

    def __init__(self, options: TwilioOptions | None = None) -> None:
        self.options = options or TwilioOptions()
        self.requests: list[Request] = []
        self.violations: list[str] = []
        self.deleted: list[str] = []
        self.started: list[tuple[str, str]] = []
        self.messages: list[dict[str, str]] = []
        self.senders: set[str] = set()
        self.numbers = Numbers(self._violation)
        self._media: dict[str, _Media] = {}
        self._changed = threading.Condition()
        self._server = _Server(self)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="twilio-rest", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.stop()
        self._thread.join()

    @property
    def base_url(self) -> str:
        """What the client takes as TWILIO_API_BASE_URL."""
        return f"http://127.0.0.1:{self.port}"

    def recording_url(self, recording_sid: str) -> str:
        """The ``RecordingUrl`` of a callback."""
        return f"{self.base_url}/2010-04-01/Accounts/{ACCOUNT_SID}/Recordings/{recording_sid}"

    def add_recording(self, *, mono: bytes | None = None, stereo: bytes | None = None) -> str:
        """Have a recording; return its SID."""
        sid = "RE" + secrets.token_hex(16)
        kept = {1: mono, 2: stereo}
        self._media[sid] = _Media({n: data for n, data in kept.items() if data is not None})
        return sid

    def wait_until(self, condition: Callable[[Self], object], timeout: float = 10.0) -> None:
        """Block until ``condition(self)`` is true; it is looked at after each request."""
        with self._changed:
            if not self._changed.wait_for(lambda: condition(self), timeout):
                raise TimeoutError(f"{self.requests} {self.violations}")

    # Answering

    def answer(self, handler: _Handler) -> None:
        """Answer one request."""
        parts = urlsplit(handler.path)
        length = int(handler.headers.get("Content-Length") or 0)
        form = parse_qs(handler.rfile.read(length).decode(), keep_blank_values=True)
        wanted = base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
        if handler.headers.get("Authorization") != f"Basic {wanted}":
            self._violation(f"{handler.command} {parts.path}: wrong credentials")
            handler.refuse(401, 20003, "Authenticate")
            return
        request = Request(
            time.monotonic(), handler.command, parts.path, parse_qs(parts.query), form
        )
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
        if self.options.delay_seconds:
            time.sleep(self.options.delay_seconds)
        if self.options.refuse is not None and self.options.refuse_count != 0:
            self.options.refuse_count -= 1
            handler.refuse(self.options.refuse, 20500, "Refused")
            return
        self._dispatch(handler, request)
        with self._changed:
            self._changed.notify_all()

    def _dispatch(self, handler: _Handler, request: Request) -> None:
        prefix = f"/2010-04-01/Accounts/{ACCOUNT_SID}/"
        if (request.method, request.path) == ("GET", prefix.rstrip("/") + ".json"):
            status, kind = self.options.account_status, self.options.account_type
            body = {"sid": ACCOUNT_SID, "friendly_name": "Garage", "status": status, "type": kind}
            handler.send_json(200, body)
            return
        if not request.path.startswith(prefix):
            self._violation(f"{request.method} {request.path}: no such resource")
            handler.refuse(404, 20404, "Not found")
            return
        match request.method, request.path.removeprefix(prefix).split("/"):
            case "POST", ["Calls", call_sid, "Recordings.json"]:
                self._start(handler, call_sid, request.form)
            case "DELETE", ["Recordings", name] if name.endswith(".json"):
                self._delete(handler, name.removesuffix(".json"))
            case "GET", ["Recordings", name] if name.endswith(".wav"):
                self._fetch(handler, name.removesuffix(".wav"), request.query)
            case "POST", ["Messages.json"]:
                self._message(handler, request.form)
            case "GET", ["IncomingPhoneNumbers.json"]:
                handler.send_json(200, self.numbers.page(request.query))
            case "POST", ["IncomingPhoneNumbers", name] if name.endswith(".json"):
                changed = self.numbers.change(name.removesuffix(".json"), request.form)
                if changed is None:
                    handler.refuse(404, 20404, "The number was not found")
                else:
                    handler.send_json(200, changed)
            case _:
                self._violation(f"{request.method} {request.path}: no such resource")
                handler.refuse(404, 20404, "Not found")

    def _message(self, handler: _Handler, form: dict[str, list[str]]) -> None:
        kept = {name: values[0] for name, values in form.items()}
        if set(kept) != {"To", "From", "Body"} or not 0 < len(kept.get("Body", "")) <= 1600:
            self._violation(f"message: {form}")
            handler.refuse(400, 21602, "A message needs To, From and Body")
            return
        if kept["From"] not in self.senders:
            handler.refuse(400, 21606, "The 'From' phone number is not a valid message-capable one")
            return
        self.messages.append(kept)
        handler.send_json(201, {"sid": "SM" + secrets.token_hex(16), "status": "queued"})

    def _start(self, handler: _Handler, call_sid: str, form: dict[str, list[str]]) -> None:
        expected = {
            "RecordingChannels": {"mono", "dual"},
            "RecordingTrack": {"inbound", "outbound", "both"},
            "Trim": {"trim-silence", "do-not-trim"},
            "RecordingStatusCallbackMethod": {"GET", "POST"},
            "RecordingStatusCallbackEvent": _EVENTS,
        }
        for name, values in form.items():
            if name != "RecordingStatusCallback" and not set(values) <= expected.get(name, set()):
                self._violation(f"start: {name}={values}")
        callback = urlsplit(form.get("RecordingStatusCallback", [""])[0])
        if callback.scheme not in ("http", "https") or not callback.hostname:
            self._violation("start: no absolute RecordingStatusCallback")
        live = self.options.live_calls
        if live is not None and call_sid not in live:
            handler.refuse(404, 20404, "The call was not found")
            return
        sid = self.add_recording()
        self.started.append((call_sid, sid))
        handler.send_json(201, {"sid": sid, "call_sid": call_sid, "status": "in-progress"})

    def _delete(self, handler: _Handler, sid: str) -> None:
        if self._media.pop(sid, None) is None:
            handler.refuse(404, 20404, "The recording was not found")
            return
        self.deleted.append(sid)
        handler.send_response(204)
        handler.end_headers()

    def _fetch(self, handler: _Handler, sid: str, query: dict[str, list[str]]) -> None:
        if self.options.redirect_to:
            handler.send_response(302)
            handler.send_header("Location", self.options.redirect_to)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        media = self._media.get(sid)
        if media is None or self.options.late > 0:
            self.options.late -= 1
            handler.refuse(404, 20404, "The recording was not found")
            return
        channels = int(query.get("RequestedChannels", ["1"])[0])
        if channels not in media.by_channels and channels == 2:
            handler.refuse(400, 16113, "The recording has one channel")
            return
        body = media.by_channels.get(channels) or next(iter(media.by_channels.values()))
        handler.send_response(200)
        handler.send_header("Content-Type", "audio/x-wav")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if self.options.drop_after is not None:
            handler.wfile.write(body[: self.options.drop_after])
            handler.wfile.flush()
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
            return
        handler.wfile.write(body)

    def _violation(self, what: str) -> None:
        with self._changed:
            self.violations.append(what)
            self._changed.notify_all()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.server.fake.answer(self)

    do_POST = do_GET  # noqa: N815
    do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Stay silent; requests are recorded."""

    def refuse(self, status: int, code: int, message: str) -> None:
        """Answer as Twilio does when it will not."""
        self.send_json(status, {"code": code, "message": message, "status": status})

    def send_json(self, status: int, body: dict[str, Any]) -> None:
        """Answer JSON."""
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, fake: FakeTwilioRest) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fake = fake

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client may hang up at any time."""

    def stop(self) -> None:
        """Accept no more."""
        self.shutdown()
        self.server_close()
