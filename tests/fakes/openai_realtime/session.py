"""One connection: reads client events, keeps the session's state, answers."""

import contextlib
import json
import threading
import time
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from . import rules
from .conversation import Conversation, Item, new_id
from .handlers import Handler
from .input_events import InputEvents
from .item_events import ItemEvents
from .options import Json, RealtimeOptions
from .records import ClientEvent, ServerEvent, SessionRecord, Violation
from .response_events import ResponseEvents
from .responses import ResponseRun
from .schema import ClientError, check_shape
from .wire import Close, Drop, Wire

UNKNOWN_EVENT_EVERY = 3


class Session:
    """The server's end of one websocket.

    State is guarded by ``lock`` (reader, responses); sending is the wire's business. ``record``
    is what tests see, and its Condition is notified after every change. ``active`` is the response
    running in the default conversation, ``runs`` holds every running one by id.
    """

    def __init__(
        self,
        connection: ServerConnection,
        model: str,
        options: RealtimeOptions,
        record: SessionRecord,
    ) -> None:
        self.record = record
        self.options = options
        self.lock = threading.RLock()
        self.conversation = Conversation()
        self.audio_started = False
        self._connection = connection
        self.active: ResponseRun | None = None
        self.runs: dict[str, ResponseRun] = {}
        self._emitted = 0
        record.conversation = self.conversation.views
        record.config = rules.default_config(record.id, model)
        self._wire = Wire(connection, self._record_sent)
        self._handlers: dict[str, Handler] = {
            **InputEvents(self).handlers(),
            **ItemEvents(self).handlers(),
            **ResponseEvents(self).handlers(),
        }

    def serve(self) -> None:
        """Run until the socket closes, whoever closes it."""
        if self.options.close_code_on_connect is not None:
            self.close(self.options.close_code_on_connect)
        else:
            self.emit("session.created", session=self.record.config)
        try:
            with contextlib.suppress(ConnectionClosed):
                for message in self._connection:
                    self._receive(message, time.monotonic())
        finally:
            self._end()

    def emit(self, event_type: str, *, delay_ms: float = 0, **fields: Any) -> None:
        """Queue a server event, ``delay_ms`` from now."""
        if self.options.accept_then_silent:
            return
        with self.lock:
            event: Json = {"type": event_type, "event_id": new_id("event"), **fields}
            if self.options.unknown_events:
                self._emitted += 1
                if self._emitted % UNKNOWN_EVENT_EVERY == 1:
                    strange = {"type": "session.weather.updated", "event_id": new_id("event")}
                    self._wire.put({**strange, "forecast": ["sun"]}, delay_ms / 1000)
                event["x_unknown_field"] = {"nested": [1, None]}
            self._wire.put(event, delay_ms / 1000)

    def close(self, code: int, reason: str = "") -> None:
        """Close the websocket after what is already queued."""
        self._wire.put(Close(code, reason))

    def drop(self) -> None:
        """Cut the TCP connection after what is already queued."""
        self._wire.put(Drop())

    def expire(self) -> None:
        """End the session as the service does at its maximum age."""
        error = {
            "type": "invalid_request_error",
            "code": "session_expired",
            "message": "Your session hit the maximum duration of 60 minutes.",
            "param": None,
            "event_id": None,
        }
        self.emit("error", error=error)
        self.close(1001, "session expired")

    def response_ended(self, run: ResponseRun) -> None:
        """Forget a response that is over (lock held)."""
        self.runs.pop(run.record.id, None)
        if self.active is run:
            self.active = None
        self._changed()

    def script_error(self, message: str) -> None:
        """Record a mistake of the test's own script."""
        self.record.script_errors.append(message)
        self._changed()

    def _record_sent(self, event: Json) -> None:
        self.record.sent.append(ServerEvent(time.monotonic(), event["type"], event))
        self._changed()

    def _changed(self) -> None:
        """Wake those who wait for something in the record."""
        with self.record.changed:
            self.record.changed.notify_all()

    def _end(self) -> None:
        self._wire.stop()
        with self.lock:
            runs = list(self.runs.values())
        for run in runs:
            run.abandon()
        self.record.close_code = self._connection.close_code
        self.record.closed_at = time.monotonic()
        self._changed()

    def _receive(self, message: str | bytes, at: float) -> None:
        """Record one message, check it, act on it; answer a fault with an ``error`` event."""
        with self.lock:
            event: Any = message
            try:
                event, fault = _parse(message), None
            except ClientError as error:
                fault = error
            self._record_event(event, at)
            try:
                if fault is not None:
                    raise fault
                checked = check_shape(event)
                self._handlers[checked["type"]](checked, at)
            except ClientError as error:
                self.refuse(error, event, at)
        self._changed()

    def _record_event(self, event: Any, at: float) -> None:
        kind = event.get("type") if isinstance(event, dict) else None
        self.record.events.append(ClientEvent(at, kind if isinstance(kind, str) else "", event))

    def refuse(self, error: ClientError, event: Any, at: float) -> None:
        """Answer ``event`` with an ``error`` and record it, unless a test injected it."""
        if not error.injected:
            self.violation(error, event, at)
        event_id = event.get("event_id") if isinstance(event, dict) else None
        body = {
            "type": "invalid_request_error",
            "code": error.code,
            "message": error.message,
            "param": error.param,
            "event_id": event_id if error.blame_event else None,
        }
        self.emit("error", error=body)

    def violation(self, error: ClientError, event: Any, at: float) -> None:
        """Record a fault of the client without answering it."""
        self.record.violations.append(
            Violation(at, error.code, error.message, event, error.param, error.race)
        )

    def announce(self, item: Item, previous: str | None) -> None:
        """Tell the client of an item now in the conversation."""
        for kind in ("conversation.item.added", "conversation.item.done"):
            self.emit(kind, previous_item_id=previous, item=item.wire())

    def existing_item(self, item_id: str, verb: str) -> Item:
        """The item with that id; ClientError naming ``verb`` when there is none."""
        item = self.conversation.find(item_id)
        if item is None:
            raise ClientError(
                f"item_{verb}_invalid_item_id", f"Item with id '{item_id}' not found.", "item_id"
            )
        return item


def _parse(message: str | bytes) -> Any:
    """JSON of one text message; ClientError for anything else."""
    if isinstance(message, bytes):
        raise ClientError("invalid_type", "Client events are text messages, not binary ones.")
    try:
        return json.loads(message)
    except ValueError as exc:
        raise ClientError("invalid_json", f"We could not parse the JSON: {exc}") from exc
