"""Short-lived signed tokens: one lets a media stream in, once; one marks a call as a test."""

from __future__ import annotations

from itsdangerous import BadSignature, URLSafeTimedSerializer

STREAM_SECONDS = 120
"""Twilio opens the stream within seconds of the TwiML."""

TEST_SECONDS = 60

_STREAM, _TEST = "media-stream", "test-call"


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
