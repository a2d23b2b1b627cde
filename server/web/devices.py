"""Browsers that somebody has signed in on: strangers' guesses do not lock these out.

Whoever guesses at somebody's password uses up the attempts at that e-mail address, and its owner
would be refused as well. So a browser that has signed in keeps a signed cookie, and its attempts
as the same person are counted by themselves ("device cookies", OWASP).
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from flask import Response, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from server.wiring import services

_COOKIE = "maane_device"
_KEPT = timedelta(days=365)


def attempt_name(email: str) -> str:
    """Return as whom an attempt to sign in as ``email`` is counted."""
    person = _digest(email)
    try:
        known, device = _serializer().loads(
            request.cookies.get(_COOKIE, ""), max_age=int(_KEPT.total_seconds())
        )
    except (BadSignature, ValueError, TypeError):
        return person
    return f"{person}:{device}" if known == person else person


def remember_device(response: Response, email: str) -> None:
    """Have this browser known as one on which this person has signed in."""
    response.set_cookie(
        _COOKIE,
        str(_serializer().dumps([_digest(email), secrets.token_hex(8)])),
        max_age=int(_KEPT.total_seconds()),
        path="/sign-in",
        httponly=True,
        samesite="Lax",
        secure=services().settings.public_base_url.startswith("https://"),
    )


def _digest(email: str) -> str:
    cleaned = email.strip().lower().encode("utf-8", "replace")
    return hashlib.sha256(cleaned).hexdigest()[:24]


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(services().settings.secret_key, salt="maane-device")
