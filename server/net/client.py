"""Opening a WebSocket to somebody else's server."""

from __future__ import annotations

import functools
import socket
import ssl
from collections.abc import Callable, Mapping

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI
from websockets.protocol import State
from websockets.uri import parse_uri

from server.clock import monotonic
from server.errors import ProviderError
from server.net.websocket import MAX_MESSAGE_BYTES, WebSocket


@functools.cache
def _tls() -> ssl.SSLContext:
    """Return the trusted roots; reading them takes 16 ms, in which no frame would move."""
    return ssl.create_default_context()


def connect(
    url: str,
    headers: Mapping[str, str],
    timeout_seconds: float,
    on_socket: Callable[[socket.socket], None] = lambda sock: None,
) -> WebSocket:
    """Return an open connection to ``url`` (``ws://`` or ``wss://``).

    Args:
        on_socket: told the socket before the handshake, so that another thread can cut it short.

    Raises:
        ProviderError: it could not be opened; ``code`` is ``refused`` (with the HTTP status in
            the message), ``unreachable`` or ``handshake``.
    """
    deadline = monotonic() + timeout_seconds
    try:
        uri = parse_uri(url)
    except InvalidURI as error:
        raise ProviderError("not a WebSocket address", code="address") from error
    protocol = ClientProtocol(uri, max_size=MAX_MESSAGE_BYTES)
    try:
        sock = socket.create_connection((uri.host, uri.port), timeout=timeout_seconds)
    except (OSError, UnicodeError) as error:
        raise ProviderError(f"{uri.host} unreachable: {error}", code="unreachable") from error
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if uri.secure:
            sock = _tls().wrap_socket(sock, server_hostname=uri.host)
        on_socket(sock)
        request = protocol.connect()
        for name, value in headers.items():
            request.headers[name] = value
        protocol.send_request(request)
        for data in protocol.data_to_send():
            sock.sendall(data)
        while protocol.state is State.CONNECTING and protocol.handshake_exc is None:
            sock.settimeout(max(0.01, deadline - monotonic()))
            data = sock.recv(16 << 10)
            if data:
                protocol.receive_data(data)
            else:
                protocol.receive_eof()
        if protocol.handshake_exc is not None:
            raise protocol.handshake_exc
        sock.settimeout(None)  # pings and a bounded outbox watch over it
    except InvalidStatus as error:
        sock.close()
        status = error.response.status_code
        raise ProviderError(f"{uri.host} answered {status}", code="refused") from error
    except (InvalidHandshake, OSError, EOFError) as error:
        sock.close()
        raise ProviderError(f"{uri.host}: {type(error).__name__}", code="handshake") from error
    return WebSocket(sock, protocol)
