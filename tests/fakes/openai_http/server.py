"""The stand-in itself: an HTTP server on loopback, with its records and switches."""

import json
import socket
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from tests.fakes.openai_realtime.schema import ClientError

from . import embeddings, responses, transcriptions
from .connections import Connections, Received, Reply
from .options import HttpOptions
from .records import HttpRequest, Json, TranscriptionRequest, Violation

DEFAULT_TIMEOUT_SECONDS = 5.0
_REFUSALS = {
    401: ("invalid_request_error", "invalid_api_key"),
    429: ("requests", "rate_limit_exceeded"),
}
_HALF_AN_OBJECT = b'{"text": "half an ans'


class FakeOpenAIHttp:
    """OpenAI's HTTP API, on threads, for tests.

    Use it as a context manager. ``requests`` lists every request, refused ones too, oldest first;
    ``transcriptions`` the well-formed ones for a transcription; ``violations`` the faulty ones;
    ``script_errors`` the mistakes of the test's own callables. ``options`` may be changed at any
    time.
    """

    def __init__(
        self, options: HttpOptions | None = None, *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.options = options or HttpOptions()
        self.requests: list[HttpRequest] = []
        self.transcriptions: list[TranscriptionRequest] = []
        self.violations: list[Violation] = []
        self.script_errors: list[str] = []
        self._changed = threading.Condition()
        self._connections = Connections(host, port, self._answer)
        self.host = host
        self.port = self._connections.port

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
    def connections(self) -> int:
        """How many connections have ever been served."""
        return self._connections.used

    def configure(self, **changes: Any) -> None:
        """Set options while running; AttributeError for one that does not exist."""
        for name, value in changes.items():
            if not hasattr(self.options, name):
                raise AttributeError(f"HttpOptions has no {name!r}")
            setattr(self.options, name, value)

    def requests_to(self, end: str) -> list[HttpRequest]:
        """The requests whose path ends so, e.g. ``"/embeddings"``, oldest first."""
        return [request for request in list(self.requests) if request.path.endswith(end)]

    def wait_until(
        self, condition: Callable[[Self], object], timeout: float = DEFAULT_TIMEOUT_SECONDS
    ) -> None:
        """Block until ``condition(self)`` is true; TimeoutError after ``timeout`` seconds.

        It is looked at when a request has come and when it has been understood.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: condition(self), timeout):
                paths = [request.path for request in self.requests]
                raise TimeoutError(f"not within {timeout} s; {paths=} {self.violations=}")

    def serve_connection(self, sock: socket.socket, address: Any) -> None:
        """Take over a connection that another server has accepted; returns at once."""
        self._connections.serve_connection(sock, address)

    def stop(self) -> None:
        """End every connection and the server; safe to call twice."""
        self._connections.stop()

    def _answer(self, received: Received) -> Reply | None:
        """What to answer to one request; None cuts the connection."""
        scheme, _, key = received.headers.pop("authorization", "").partition(" ")
        request = HttpRequest(
            at=time.monotonic(),
            method=received.method,
            path=received.path,
            headers=received.headers,
            authorized=scheme == "Bearer" and bool(key.strip()),
            body=received.body,
        )
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
        faulty = request.path.endswith(self.options.fault_path)
        if faulty:
            self._connections.stopping.wait(self.options.delay_seconds)
            if self.options.drop_connection:
                return None
            if self.options.refuse is not None:
                return self._refusal(self.options.refuse)
        reply = self._judge(request)
        if faulty and self.options.malformed_body:
            reply = Reply(HTTPStatus.OK, _HALF_AN_OBJECT)
        if faulty:
            reply.drip_seconds = self.options.drip_seconds
        return reply

    def _refusal(self, status: int) -> Reply:
        kind, code = _REFUSALS.get(status, ("server_error", "server_error"))
        reply = _error(status, kind, code, f"Refused by the test with {status}.", None)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            reply.headers["retry-after"] = str(self.options.retry_after_seconds)
        return reply

    def _judge(self, request: HttpRequest) -> Reply:
        """The answer of the service, or its complaint, which is a violation as well."""
        try:
            if not request.authorized:
                raise ClientError("missing_api_key", "Missing bearer authentication.")
            answer = self._dispatch(request)
        except ClientError as fault:
            with self._changed:
                self.violations.append(
                    Violation(request.at, request.path, fault.code, fault.message, fault.param)
                )
                self._changed.notify_all()
            known = {
                "missing_api_key": HTTPStatus.UNAUTHORIZED,
                "not_found": HTTPStatus.NOT_FOUND,
                "model_not_found": HTTPStatus.NOT_FOUND,
            }
            status = known.get(fault.code, HTTPStatus.BAD_REQUEST)
            return _error(status, "invalid_request_error", fault.code, fault.message, fault.param)
        except Exception as error:  # the test's own callable
            with self._changed:
                self.script_errors.append(repr(error))
                self._changed.notify_all()
            return _error(500, "server_error", "server_error", "The test's script failed.", None)
        return Reply(HTTPStatus.OK, json.dumps(answer).encode())

    def _dispatch(self, request: HttpRequest) -> Json:
        match request.method, request.path:
            case "POST", "/v1/audio/transcriptions":
                content_type = request.headers.get("content-type", "")
                understood, answer = transcriptions.answer(content_type, request.body, self.options)
                with self._changed:
                    self.transcriptions.append(understood)
                    self._changed.notify_all()
                return answer
            case "POST", "/v1/embeddings":
                return embeddings.answer(_json(request), self.options)
            case "POST", "/v1/responses":
                return responses.answer(_json(request), self.options)
            case "GET", "/v1/models":
                return {"object": "list", "data": [_model(*m) for m in self.options.models.items()]}
        message = f"Invalid URL ({request.method} {request.path})"
        raise ClientError("not_found", message)


def _json(request: HttpRequest) -> Json:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise ClientError("invalid_content_type", "The request must be application/json.")
    try:
        body = json.loads(request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ClientError("invalid_json", "The body is no JSON object.")
    return body


def _model(name: str, shutdown_date: str | None) -> Json:
    return {
        "id": name,
        "object": "model",
        "created": 1_750_000_000,
        "owned_by": "openai",
        "shutdown_date": shutdown_date,
    }


def _error(status: int, kind: str, code: str, message: str, param: str | None) -> Reply:
    error = {"message": message, "type": kind, "param": param, "code": code}
    return Reply(status, json.dumps({"error": error}).encode())
