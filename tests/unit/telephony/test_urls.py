"""Addresses as Twilio sees them."""

from __future__ import annotations

import pytest

from server.telephony.urls import MEDIA_PATH, public_url

HERE = "http://127.0.0.1:5000/"
PUBLIC = "https://phone.example.com"


@pytest.mark.parametrize(
    ("configured", "requested", "expected"),
    [
        ("", HERE, "http://127.0.0.1:5000/p"),
        ("", "https://phone.example.com", "https://phone.example.com/p"),
        (PUBLIC, HERE, "https://phone.example.com/p"),
        (PUBLIC + "/", HERE, "https://phone.example.com/p"),
        (PUBLIC + ":8443", HERE, "https://phone.example.com:8443/p"),
        ("", "http://[::1]:5000/", "http://[::1]:5000/p"),
    ],
)
def test_the_configured_origin_wins_over_the_requests(
    configured: str, requested: str, expected: str
) -> None:
    assert public_url(configured, requested, "/p") == expected


@pytest.mark.parametrize(
    ("configured", "requested", "expected"),
    [
        ("", HERE, "ws://127.0.0.1:5000/ws/twilio-media"),
        (PUBLIC, HERE, "wss://phone.example.com/ws/twilio-media"),
        ("http://lan.example.com", HERE, "ws://lan.example.com/ws/twilio-media"),
    ],
)
def test_the_socket_is_as_secure_as_the_page(
    configured: str, requested: str, expected: str
) -> None:
    assert public_url(configured, requested, MEDIA_PATH, websocket=True) == expected


def test_a_query_stays_in_its_place() -> None:
    assert public_url(PUBLIC, HERE, "/p?a=1&b=%20") == PUBLIC + "/p?a=1&b=%20"


def test_the_scheme_may_be_written_in_capitals() -> None:
    address = public_url("HTTPS://phone.example.com", HERE, MEDIA_PATH, websocket=True)
    assert address == "wss://phone.example.com/ws/twilio-media"
