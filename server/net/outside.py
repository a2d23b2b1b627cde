"""Requests to addresses that customers set: they may reach the internet and nothing else.

The name is resolved once, every address it has is checked, and the connection goes to one of the
checked addresses, with the name in ``Host`` and in the TLS handshake: a name that changes its
address in between (DNS rebinding) gains nothing. Redirects are not followed, proxies of the
environment are not used.
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from server.clock import monotonic
from server.errors import ProviderError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Result = TypeVar("Result")

MAX_URL_CHARS = 2000
_MAX_ANSWER_BYTES = 16 << 10
_WEB_PORTS = (80, 443)
_FIRST_UNPRIVILEGED_PORT = 1024

_INSIDE_V4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' own
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local: the clouds' metadata services
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # documentation, as the next two of the kind
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
"""All that has ever been given out. Loopback, link-local, unique-local, multicast, mapped
(``::ffff:0:0/96``), compatible and NAT64 (``64:ff9b::/96``, ``64:ff9b:1::/48``) lie outside."""

_INSIDE_V6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # Teredo, ORCHID and other protocols' own
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address within
        "3fff::/20",  # documentation
    )
)


class UnsafeAddressError(ProviderError):
    """The address is, or leads, where no customer's request may go."""

    code = "unsafe_address"


@dataclass(frozen=True, slots=True)
class OutsidePolicy:
    """Where requests may go beside the internet."""

    allow_http: bool = False
    """Whether addresses without TLS are taken."""
    own_networks: tuple[Network, ...] = ()
    """Networks of the operator's own that may be reached although they are inside."""


def parse_networks(text: str) -> tuple[Network, ...]:
    """Return the networks in a comma-separated list such as ``10.0.5.0/24, fd00::/8``.

    Raises:
        ValueError: one of them is none.
    """
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


def is_outside(address: Address, policy: OutsidePolicy = OutsidePolicy()) -> bool:
    """Tell whether ``address`` is public, or one of the operator's own networks."""
    if any(address.version == net.version and address in net for net in policy.own_networks):
        return True
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in block for block in _INSIDE_V4)
    return (
        address.scope_id is None
        and address in _GLOBAL_V6
        and address.is_global
        and not any(address in block for block in _INSIDE_V6)
    )


def check_url(url: str, policy: OutsidePolicy) -> SplitResult:
    """Return the parts of ``url``; does not resolve its name.

    Raises:
        UnsafeAddressError: scheme, host, port or form are not acceptable.
    """
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
        host.encode("idna" if not host.isascii() else "ascii")
    except ValueError as error:
        raise UnsafeAddressError("this is not an address") from error
    plain_text = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if len(url) > MAX_URL_CHARS or not plain_text or not host:
        raise UnsafeAddressError("this is not an address such as https://example.com/hook")
    if parts.scheme != "https" and not (parts.scheme == "http" and policy.allow_http):
        raise UnsafeAddressError("the address must begin with https://")
    if "@" in parts.netloc:
        raise UnsafeAddressError("the address must not hold a user or a password")
    if port is not None and port < _FIRST_UNPRIVILEGED_PORT and port not in _WEB_PORTS:
        raise UnsafeAddressError("this port serves no web pages")
    with contextlib.suppress(ValueError):
        if not is_outside(ipaddress.ip_address(host), policy):
            raise UnsafeAddressError("the address is inside a network")
    return parts


def resolve_outside(host: str, port: int, policy: OutsidePolicy) -> Sequence[Address]:
    """Return all addresses of ``host``.

    Raises:
        UnsafeAddressError: one of them is inside: the name is not to be trusted with any.
        ProviderError: it has none (``code`` ``unresolved``).
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ProviderError("the name has no address", code="unresolved") from error
    addresses = []
    for *_, sockaddr in found:
        try:
            addresses.append(ipaddress.ip_address(sockaddr[0]))
        except ValueError as error:
            raise UnsafeAddressError("the name leads to no address") from error
    if not addresses:
        raise ProviderError("the name has no address", code="unresolved")
    if not all(is_outside(address, policy) for address in addresses):
        raise UnsafeAddressError("the name leads inside a network")
    return list(dict.fromkeys(addresses))


def post_outside(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    policy: OutsidePolicy,
    *,
    timeout_seconds: float,
) -> int:
    """Send ``body`` to ``url`` and return the status of the answer, which is not read further.

    Args:
        timeout_seconds: for everything after the look-up of the name.

    Raises:
        UnsafeAddressError: the address is, or leads, inside.
        ProviderError: it could not be delivered: ``unresolved``, ``connection``, ``timeout``,
            ``tls`` or ``malformed``.
    """
    parts = check_url(url, policy)
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    addresses = resolve_outside(host, port, policy)
    deadline = monotonic() + timeout_seconds
    request = _request(parts, headers, body)
    try:
        with contextlib.closing(_connect(addresses, port, deadline)) as sock:
            wire = _Wire(sock, deadline)
            talk = _Tls(wire, host) if secure else wire
            talk.send(request)
            return _status(talk)
    except TimeoutError as error:
        raise ProviderError("no answer in time", code="timeout") from error
    except ssl.SSLError as error:
        raise ProviderError("no trusted connection", code="tls") from error
    except OSError as error:
        raise ProviderError("the connection failed", code="connection") from error


class _Wire:
    """A connection on which every wait is given what is left until the deadline."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline

    def send(self, data: bytes) -> None:
        """Send all of ``data``."""
        while data:
            self._sock.settimeout(_left(self._deadline))
            data = data[self._sock.send(data) :]

    def receive(self) -> bytes:
        """Return what comes next; nothing when the other side has ended."""
        self._sock.settimeout(_left(self._deadline))
        return self._sock.recv(4096)


class _Tls:
    """TLS over a wire.

    Not a TLS socket: a green one counts its time-out anew for every piece that comes, so that a
    server which sends a record byte by byte would keep us, and whoever waits behind, for hours.
    """

    def __init__(self, wire: _Wire, host: str) -> None:
        self._wire = wire
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = _tls().wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._done(self._tls.do_handshake)

    def send(self, data: bytes) -> None:
        """Send all of ``data``."""
        self._done(lambda: self._tls.write(data))

    def receive(self) -> bytes:
        """Return what comes next; nothing when the other side has ended."""
        try:
            return self._done(lambda: self._tls.read(4096))
        except ssl.SSLEOFError:  # many hang up without a word
            return b""

    def _done(self, step: Callable[[], Result]) -> Result:
        """Return what ``step`` gives once it has all that it waits for."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._wire.send(self._outgoing.read())
                if received := self._wire.receive():
                    self._incoming.write(received)
                else:
                    self._incoming.write_eof()
            else:
                self._wire.send(self._outgoing.read())
                return result


@functools.cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _left(deadline: float) -> float:
    """Return the seconds that are left.

    Raises:
        TimeoutError: none are.
    """
    left = deadline - monotonic()
    if left <= 0:
        raise TimeoutError("no time left")
    return left


def _connect(addresses: Sequence[Address], port: int, deadline: float) -> socket.socket:
    """Return a connection to the first of the checked addresses that takes one."""
    failure: OSError = OSError("no address")
    for tried, address in enumerate(addresses, 1):
        left = _left(deadline)
        patience = left if tried == len(addresses) else left / 2
        try:
            # A literal address: nothing is looked up a second time.
            return socket.create_connection((str(address), port), timeout=patience)
        except OSError as error:
            failure = error
    raise failure


def _request(parts: SplitResult, headers: Mapping[str, str], body: bytes) -> bytes:
    host = parts.netloc  # holds no user (checked), and the port only where one was given
    target = parts.path or "/"
    if parts.query:
        target += "?" + parts.query
    lines = [
        f"POST {target} HTTP/1.1",
        f"Host: {host}",
        "Connection: close",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body


def _status(talk: _Wire | _Tls) -> int:
    """Return the status of the final answer; interim ones (1xx) are skipped.

    Raises:
        ProviderError: it is no answer of HTTP/1.
    """
    received = b""
    while True:
        head, complete, rest = received.partition(b"\r\n\r\n")
        if complete:
            status = _status_of(head)
            if status >= 200:
                return status
            received = rest
            continue
        if len(received) > _MAX_ANSWER_BYTES:
            raise ProviderError("too much of an answer", code="malformed")
        chunk = talk.receive()
        if not chunk:
            raise ProviderError("the answer broke off", code="connection")
        received += chunk


def _status_of(head: bytes) -> int:
    version, _, rest = head.split(b"\r\n", 1)[0].partition(b" ")
    code = rest[:3]
    if not version.startswith(b"HTTP/1.") or not code.isdigit():
        raise ProviderError("this is no web server", code="malformed")
    return int(code)
