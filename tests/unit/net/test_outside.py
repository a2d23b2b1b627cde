"""Requests to customers' addresses: nothing inside a network is ever reached."""

from __future__ import annotations

import ipaddress
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from server.errors import ProviderError
from server.net import outside
from server.net.outside import (
    OutsidePolicy,
    UnsafeAddressError,
    check_url,
    is_outside,
    parse_networks,
    post_outside,
    resolve_outside,
)

STRICT = OutsidePolicy()
LOOPBACK = OutsidePolicy(allow_http=True, own_networks=parse_networks("127.0.0.0/8"))

INSIDE = [
    "0.0.0.0",  # noqa: S104
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "224.0.1.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2001:10::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "3fff::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "2a00:1450::1%eth0",
    "4000::1",
]
OUTSIDE = ["1.1.1.1", "8.8.8.8", "172.32.0.1", "192.0.1.1", "2606:4700:4700::1111", "2a00:1450::1"]


@pytest.mark.parametrize("address", INSIDE)
def test_inside(address: str) -> None:
    assert not is_outside(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_outside(address: str) -> None:
    assert is_outside(ipaddress.ip_address(address))


def test_the_operator_s_own_networks() -> None:
    own = OutsidePolicy(own_networks=parse_networks("10.0.5.0/24, fd00::/8"))
    assert is_outside(ipaddress.ip_address("10.0.5.9"), own)
    assert is_outside(ipaddress.ip_address("fd00::9"), own)
    assert not is_outside(ipaddress.ip_address("10.0.6.9"), own)
    assert not is_outside(ipaddress.ip_address("::ffff:10.0.5.9"), own)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "example.com",
        "https://",
        "https:///path",
        "https://user@example.com/",
        "https://user:secret@example.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:7f00:1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.1.2.3:8443/",
        "https://example.com:22/",
        "https://example.com:99999/",
        "https://example.com:x/",
        "https://example.com/\r\nX-Evil: 1",
        "https://example.com/ path",
        "https://exa\\mple.com/",
        "https://דוגמה.co.il/",
        "https://example.com/" + "x" * 2000,
        "https://[::1",
    ],
)
def test_a_url_that_is_refused_at_sight(url: str) -> None:
    with pytest.raises(UnsafeAddressError):
        check_url(url, STRICT)


@pytest.mark.parametrize(
    "url", ["https://example.com", "https://example.com:8443/a?b=c", "HTTPS://EXAMPLE.com/x"]
)
def test_a_url_that_is_taken(url: str) -> None:
    assert check_url(url, STRICT).hostname == "example.com"


def lookup(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Have names resolve to these, one answer after the other; return the list of look-ups."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        if host[0].isdigit():
            return real(host, port, *args, **kwargs)
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(outside.socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.0.0.1", "::1", "fe80::1%2"])
def test_one_address_inside_is_one_too_many(monkeypatch: pytest.MonkeyPatch, inside: str) -> None:
    lookup(monkeypatch, ["8.8.8.8", inside])
    with pytest.raises(UnsafeAddressError):
        resolve_outside("evil.example", 443, STRICT)


@pytest.mark.parametrize("spelling", ["127.1", "0x7f.0.0.1", "2130706433", "0177.0.0.1"])
def test_other_spellings_of_loopback(spelling: str) -> None:
    with pytest.raises(ProviderError):
        post_outside(f"https://{spelling}/", {}, b"", STRICT, timeout_seconds=1)


def test_a_name_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    lookup(monkeypatch, [])
    with pytest.raises(ProviderError) as caught:
        resolve_outside("nowhere.example", 443, STRICT)
    assert caught.value.code == "unresolved"


@contextmanager
def peer(*parts: bytes, hold: bool = False) -> Iterator[tuple[int, list[bytes]]]:
    """A server that takes one request, sends ``parts`` and hangs up (or, held, does not)."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)
    heard: list[bytes] = []
    over = threading.Event()

    def serve() -> None:
        try:
            sock, _ = listener.accept()
        except OSError:
            return  # nobody came
        with sock:
            heard.append(sock.recv(65536))
            with suppress(BrokenPipeError, ConnectionResetError):
                for part in parts:
                    sock.sendall(part)
                    time.sleep(0.01)
            if hold:
                over.wait(10)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        over.set()
        listener.close()
        thread.join(5)


def post(port: int, policy: OutsidePolicy = LOOPBACK, timeout_seconds: float = 5) -> int:
    return post_outside(
        f"http://hook.example:{port}/in?x=1",
        {"X-Test": "yes"},
        b'{"a": 1}',
        policy,
        timeout_seconds=timeout_seconds,
    )


def test_the_request_goes_to_the_checked_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with peer(b"HTTP/1.1 204 No Content\r\n\r\n") as (port, heard):
        # A second look-up would lead elsewhere; there is none.
        asked = lookup(monkeypatch, ["127.0.0.1"], ["10.9.9.9"])
        connected: list[Any] = []
        connect = socket.create_connection
        monkeypatch.setattr(
            outside.socket,
            "create_connection",
            lambda address, timeout: connected.append(address) or connect(address, timeout),
        )
        assert post(port) == 204
    assert asked == ["hook.example"]
    assert connected == [("127.0.0.1", port)]
    head, _, body = heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /in?x=1 HTTP/1.1\r\n")
    assert f"Host: hook.example:{port}".encode() in head
    assert b"X-Test: yes" in head
    assert body == b'{"a": 1}'


def test_a_redirect_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with peer(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n") as (port, _):
        lookup(monkeypatch, ["127.0.0.1"])
        assert post(port) == 302


def test_interim_answers_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = (b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 20", b"0 OK\r\nA: b\r\n\r\nbody")
    with peer(*parts) as (port, _):
        lookup(monkeypatch, ["127.0.0.1"])
        assert post(port) == 200


@pytest.mark.parametrize(
    ("parts", "hold", "code"),
    [
        ((), False, "connection"),
        ((b"SSH-2.0-x\r\n\r\n",), False, "malformed"),
        ((b"HTTP/1.1 200 OK\r\n",), False, "connection"),
        ((b"A" * 20_000,), True, "malformed"),
        ((), True, "timeout"),
        (tuple([b"H"] * 50), True, "timeout"),  # dripping does not extend the time
    ],
)
def test_bad_peers(
    monkeypatch: pytest.MonkeyPatch, parts: tuple[bytes, ...], hold: bool, code: str
) -> None:
    with peer(*parts, hold=hold) as (port, _):
        lookup(monkeypatch, ["127.0.0.1"])
        with pytest.raises(ProviderError) as caught:
            post(port, timeout_seconds=0.3)
    assert caught.value.code == code


def test_https_to_a_server_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    with peer(b"HTTP/1.1 200 OK\r\n\r\n") as (port, _):
        lookup(monkeypatch, ["127.0.0.1"])
        with pytest.raises(ProviderError) as caught:
            post_outside(f"https://hook.example:{port}/", {}, b"", LOOPBACK, timeout_seconds=2)
    assert caught.value.code == "tls"


GREEN = """
import eventlet
eventlet.monkey_patch()
import sys
from server.errors import ProviderError
from server.net.outside import OutsidePolicy, parse_networks, post_outside

own = OutsidePolicy(own_networks=parse_networks("127.0.0.0/8"))
try:
    post_outside(f"https://127.0.0.1:{sys.argv[1]}/", {}, b"", own, timeout_seconds=0.3)
except ProviderError as error:
    print(error.code)
"""


def test_a_handshake_that_drips_does_not_extend_the_time_of_a_green_server() -> None:
    record = b"\x16\x03\x03\x40\x00" + bytes(300)  # the beginning of one of 16 KB
    with peer(*(record[at : at + 1] for at in range(len(record)))) as (port, _):
        done = subprocess.run(
            [sys.executable, "-c", GREEN, str(port)],
            timeout=60,
            check=False,
            capture_output=True,
            text=True,
        )
    assert done.stdout.split() == ["timeout"], done.stderr[-2000:]
