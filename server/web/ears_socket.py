"""``/ws/ears/<business>``: a page sends what its microphone hears, and is told what a call's ears
would make of it.

The low-rate socket of the pages, by flask-sock: ten messages a second, each a tenth of a second of
mu-law audio, answered by a reading; a text message changes the settings that are being tried.
Refusals happen before the handshake (flask-sock shakes hands before it calls a view), and nothing
may be raised into Gunicorn afterwards, who would write an HTTP error on the socket.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from dataclasses import asdict
from http import HTTPStatus
from socket import SHUT_RDWR

import orjson
from flask import Response, current_app, request
from flask.blueprints import BlueprintSetupState
from flask_sock import Sock
from pydantic import ValidationError
from simple_websocket import ConnectionClosed, Server

from server.api.access import needs
from server.audio.mulaw import SAMPLE_RATE
from server.business_settings import Ears
from server.calls.tuning import tuning
from server.clock import monotonic
from server.models import ADMIN
from server.telephony.admission import is_own_page
from server.turns.meter import EarsMeter
from server.web.pages import caller, here, new_pages
from server.wiring import Services, services

log = logging.getLogger(__name__)

blueprint = new_pages("ears_socket")

MAX_SECONDS = 60.0
"""How long one may listen to oneself before asking again."""

MAX_MESSAGE_BYTES = 16 << 10
MAX_WAITING = 50
"""Messages that may wait for us: five seconds."""

_QUIET_SECONDS = 5.0
"""A page that sends nothing for so long has gone."""

_AHEAD_SECONDS = 3.0
"""How much more audio than time may come: a page that was held up catches up."""

_LINGER_SECONDS = 0.5
"""How long the page may take to answer our close frame."""

_ENOUGH, _BUSY, _TOO_MUCH, _GOING = 1000, 1013, 1008, 1001
_EXTENSION = "maane_ears"


class _Places:
    """Who is listening to themselves: each once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def take(self, who: str) -> Iterator[bool]:
        """Hold the place of ``who``; False if they have it already."""
        with self._lock:
            free = who not in self._taken
            self._taken.add(who)
        try:
            yield free
        finally:
            if free:
                with self._lock:
                    self._taken.discard(who)


@blueprint.record_once
def _limit_messages(state: BlueprintSetupState) -> None:
    """Bound what flask-sock takes as one message."""
    options = state.app.config.setdefault("SOCK_SERVER_OPTIONS", {})
    options.setdefault("max_message_size", MAX_MESSAGE_BYTES)


@blueprint.before_request
def _refuse_other_pages() -> Response | None:
    """Let pages of ours in; a browser sends a person's cookie along with anybody's socket."""
    if is_own_page(request, services().settings):
        return None
    return Response(status=HTTPStatus.FORBIDDEN)


@Sock().route("/ws/ears/<int(max=2147483647):business_id>", bp=blueprint)  # type: ignore[untyped-decorator]
@needs(ADMIN)
def listen(socket: Server, business_id: int) -> None:
    """Tell what the ears of a call of this business make of what they are sent."""
    places = current_app.extensions.setdefault(_EXTENSION, _Places())
    try:
        with places.take(caller().key) as free:
            socket.close(*(_listen(services(), socket) if free else (_BUSY, "once at a time")))
    except ConnectionClosed:
        pass
    except Exception:
        log.exception("[EARS] failed")
    finally:
        _wait_for_reader(socket)


def _wait_for_reader(socket: Server) -> None:
    """Have the socket's own reader end before Gunicorn closes the socket under it.

    Under a green worker that would end the reader by an error that simple-websocket does not know.
    """
    socket.thread.join(_LINGER_SECONDS)
    with contextlib.suppress(OSError):
        socket.sock.shutdown(SHUT_RDWR)
    socket.thread.join(_LINGER_SECONDS)


def _listen(parts: Services, socket: Server) -> tuple[int, str]:
    """Answer what comes; return why it is over."""
    meter = EarsMeter(parts.calls.speech_model, tuning(parts.settings, here().settings.ears))
    began, heard_bytes = monotonic(), 0
    while (age := monotonic() - began) < MAX_SECONDS:
        if parts.calls.registry.draining:
            return _GOING, "the server ends"
        message = socket.receive(timeout=_QUIET_SECONDS)
        if message is None:
            return _ENOUGH, "nothing is heard"
        if isinstance(message, str):
            _tune(parts, meter, message)
            continue
        heard_bytes += len(message)
        too_much = heard_bytes > (age + _AHEAD_SECONDS) * SAMPLE_RATE
        if too_much or len(socket.input_buffer) > MAX_WAITING:
            return _TOO_MUCH, "faster than sound"
        socket.send(orjson.dumps(asdict(meter.push(message))).decode())
    return _ENOUGH, "time is up"


def _tune(parts: Services, meter: EarsMeter, message: str) -> None:
    """Try other settings; what cannot be read changes nothing."""
    try:
        meter.tune(tuning(parts.settings, Ears.model_validate_json(message)))
    except ValidationError:
        log.warning("[EARS] settings that cannot be read")
