"""Short-lived signed tokens.

One lets a media stream in, once; one marks a call as a test; one lets a browser's socket in,
for which nobody else vouches.
"""

from __future__ import annotations

from itsdangerous import BadSignature, URLSafeTimedSerializer

STREAM_SECONDS = 120
"""Twilio opens the stream within seconds of the TwiML."""

TEST_SECONDS = 60

BROWSER_SECONDS = 15
"""A page opens its socket at once; by then the call has ended unclaimed."""

_STREAM, _TEST, _BROWSER = "media-stream", "test-call", "browser-call"


def _serializer(secret_key: str, purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt=purpose)


def _verify(secret_key: str, purpose: str, token: str, max_age: int, expected: str) -> bool:
    try:
        return bool(_serializer(secret_key, purpose).loads(token, max_age=max_age) == expected)
    except BadSignature:
        return False


def stream_token(secret_key: str, call_sid: str) -> str:
    """Return the token of the media stream of ``call_sid``. Its single use is the registry's."""
    return _serializer(secret_key, _STREAM).dumps(call_sid)


def is_stream_token(secret_key: str, token: str, call_sid: str) -> bool:
    """Tell whether ``token`` is fresh and was made for ``call_sid``."""
    return _verify(secret_key, _STREAM, token, STREAM_SECONDS, call_sid)


def test_call_token(secret_key: str, call_sid: str) -> str:
    """Return the token by which our own test caller shows that it may send typed words."""
    return _serializer(secret_key, _TEST).dumps(call_sid)


def is_test_call_token(secret_key: str, token: str, call_sid: str) -> bool:
    """Tell whether ``token`` marks ``call_sid`` as a test call."""
    return _verify(secret_key, _TEST, token, TEST_SECONDS, call_sid)


def browser_token(secret_key: str, call_sid: str) -> str:
    """Return the token by which a page's socket comes in for ``call_sid``."""
    return _serializer(secret_key, _BROWSER).dumps(call_sid)


def call_of_browser_token(secret_key: str, token: str) -> str | None:
    """Return the call that ``token`` lets a browser in for; None where it is stale or forged."""
    try:
        call_sid = _serializer(secret_key, _BROWSER).loads(token, max_age=BROWSER_SECONDS)
    except BadSignature:
        return None
    return call_sid if isinstance(call_sid, str) else None
