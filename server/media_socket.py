"""``/ws/twilio-media``: from the HTTP upgrade to a call's session.

The socket is taken over from Gunicorn (docs/decisions/media-transport.md): whoever connects must
be Twilio by signature (or local, without an auth token), and its ``start`` must carry the token
that the webhook made for this very call, once. The phone in the page comes in by the same door
with a token of its own, for one test call, once; it stands among the subprotocols because a
browser's socket can carry no header, and an address would end up in the logs of proxies.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, request
from websockets.datastructures import Headers
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from server.calls.phones import PHONE_PROTOCOL
from server.calls.registry import BoundCall
from server.errors import ProtocolError
from server.net.websocket import MAX_MESSAGE_BYTES, WebSocket
from server.telephony import media_codec
from server.telephony.admission import is_own_page, is_twilio
from server.telephony.stream_token import is_stream_token
from server.telephony.urls import MEDIA_PATH
from server.wiring import Services, services

log = logging.getLogger(__name__)

blueprint = Blueprint("media_socket", __name__)

_START_SECONDS = 10.0
"""A connection that has not started a stream by then is closed."""

_MAX_BEFORE_START = 20
POLICY_VIOLATION = 1008


class _Upgraded(Response):
    """The answer of a view whose socket has been used up: nothing may be written to it.

    Gunicorn's asynchronous workers take StopIteration from the application for "handled".
    """

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        raise StopIteration


@blueprint.route(MEDIA_PATH, websocket=True)
def media_stream() -> Response:
    """Serve one media stream; returns when the call has ended."""
    sock: socket.socket | None = request.environ.get("gunicorn.socket")
    if request.headers.get("Upgrade", "").lower() != "websocket" or sock is None:
        return Response("This is a WebSocket.\n", 426, {"Upgrade": "websocket"})
    parts, protocols = services(), _offered_protocols()
    call_sid: str | None = None
    if PHONE_PROTOCOL in protocols:
        call_sid = _call_of_page(parts, protocols)
        if call_sid is None:
            return Response(status=403)
    elif not is_twilio(request, parts.settings, websocket=True):
        log.warning("[STREAM] refused: not signed by Twilio")
        return Response(status=403)
    try:
        _serve(parts, sock, call_sid)
    except Exception:  # nothing may reach Gunicorn, who would write an HTTP error on the socket
        log.exception("[STREAM] failed")
    return _Upgraded()


def _offered_protocols() -> list[str]:
    offered = request.headers.get("Sec-WebSocket-Protocol", "")
    return [name.strip() for name in offered.split(",")]


def _call_of_page(parts: Services, protocols: list[str]) -> str | None:
    """Return the test call that a page of ours may take now; None, and why in the log, if none."""
    if not is_own_page(request, parts.settings):
        log.warning("[STREAM] refused: page of another origin")
        return None
    given = [name for name in protocols if name != PHONE_PROTOCOL]
    call_sid = parts.calls.phones.admit(given[0]) if len(given) == 1 else None
    if call_sid is None:
        log.warning("[STREAM] refused: page without a token that is good now")
    return call_sid


def _serve(parts: Services, sock: socket.socket, call_sid: str | None) -> None:
    """Take the stream on ``sock``; ``call_sid`` is the only call that it may be, where given."""
    web_socket = _accept(sock, [] if call_sid is None else [Subprotocol(PHONE_PROTOCOL)])
    if web_socket is None:
        return
    messages = web_socket.messages()
    too_late = threading.Timer(_START_SECONDS, web_socket.abort)
    too_late.start()
    start = _await_start(web_socket, messages)
    too_late.cancel()
    if start is not None and call_sid not in (None, start.call_sid):
        log.warning("[STREAM] refused: page of another call")
        start = None
    call = _claim(parts, start) if start is not None else None
    if start is None or call is None:
        web_socket.close(POLICY_VIOLATION, "not admitted")
        web_socket.abort()
        return
    parts.calls.run(call, web_socket, messages, start)


def _accept(sock: socket.socket, subprotocols: list[Subprotocol]) -> WebSocket | None:
    """Shake hands; None (and an HTTP error sent) where the request is no proper upgrade."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.settimeout(None)
    protocol = ServerProtocol(max_size=MAX_MESSAGE_BYTES, subprotocols=subprotocols or None)
    headers = Headers()
    for name, value in request.headers.items():
        headers[name] = value
    # Gunicorn has read the request already; the protocol gets it again as it was.
    protocol.receive_data(Request(request.full_path.rstrip("?"), headers).serialize())
    upgrade = next((e for e in protocol.events_received() if isinstance(e, Request)), None)
    if upgrade is None:
        return None
    response = protocol.accept(upgrade)
    protocol.send_response(response)
    for data in protocol.data_to_send():
        if data:
            sock.sendall(data)
    return WebSocket(sock, protocol) if response.status_code == 101 else None


def _await_start(
    web_socket: WebSocket, messages: Iterable[bytes]
) -> media_codec.StreamStart | None:
    """Return the ``start`` message, or None if something else comes instead."""
    for count, message in enumerate(messages):
        try:
            decoded = media_codec.decode(message, None)
        except ProtocolError as error:
            log.warning("[STREAM] before start: %s", error.code)
            decoded = None
        if isinstance(decoded, media_codec.StreamStart):
            return decoded
        if count >= _MAX_BEFORE_START:
            break
    log.warning("[STREAM] closed: no start, code=%s", web_socket.close_code)
    return None


def _claim(parts: Services, start: media_codec.StreamStart) -> BoundCall | None:
    token = start.parameters.get("token", "")
    if not is_stream_token(parts.settings.secret_key, token, start.call_sid):
        log.warning("[STREAM] refused: bad token call=%s", start.call_sid[:40])
        return None
    call = parts.calls.registry.claim(start.call_sid)
    if call is None:
        log.warning("[STREAM] refused: used or unknown call=%s", start.call_sid[:40])
        return None
    direction = start.parameters.get("direction", call.direction)
    if direction != call.direction:
        log.error("[CALL_DIRECTION_CHANGE_BLOCKED] call=%s", call.call_sid)
    return call
