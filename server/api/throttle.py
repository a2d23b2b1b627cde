"""How often somebody may guess: sign-in attempts, forgotten passwords, one's present password.

Attempts are counted by Flask-Limiter in this process's memory, in windows that move: whoever is
refused can try again as soon as the oldest attempt is old enough, and nobody is shut out for good.
"""

from __future__ import annotations

import ipaddress
import math
import time
from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app, request
from flask_limiter import Limiter
from limits import RateLimitItem, parse

from server.errors import ThrottledError


@dataclass(frozen=True, slots=True)
class Rule:
    """How many attempts of one kind there may be in a while."""

    name: str
    limit: RateLimitItem


SIGN_IN_FROM = Rule("sign-in-from", parse("100 per 15 minutes"))
"""Attempts to sign in from one address on the net; an office shares one."""

SIGN_IN_AS = Rule("sign-in-as", parse("10 per 15 minutes"))
"""Attempts to sign in as one person."""

FORGOT_FROM = Rule("forgot-from", parse("10 per hour"))
FORGOT_AS = Rule("forgot-as", parse("3 per hour"))
"""Mails with a link to one person; anybody may ask for them."""

LINK_FROM = Rule("link-from", parse("60 per 15 minutes"))
"""Links tried from one address."""

PRESENT_PASSWORD = Rule("present-password", parse("10 per 15 minutes"))
"""Guesses of the present password by who is signed in, to change it."""

INVITE_MAILS_BY = Rule("invite-mails-by", parse("30 per hour"))
INVITE_MAILS_TO = Rule("invite-mails-to", parse("5 per hour"))
"""Mails that one person has sent by inviting, and those to one address: it may be a stranger's."""

ALERT_TESTS = Rule("alert-tests", parse("6 per hour"))
"""Tests of a business's alerts: each is paid for."""

_EXTENSION = "maane_throttle"
_IPV6_HOME = 64
"""Bits of an IPv6 address that a household cannot choose by itself."""


def put_throttle(app: Flask) -> None:
    """Have ``app`` count attempts."""
    app.extensions[_EXTENSION] = Limiter(
        client_address, app=app, storage_uri="memory://", strategy="moving-window"
    )


def attempt(rule: Rule, *who: str) -> None:
    """Count an attempt of ``who``.

    Raises:
        ThrottledError: there were too many already; it tells how long to wait.
    """
    limits = _limiter().limiter
    key = (rule.name, *who)
    if not limits.hit(rule.limit, *key):
        free_at = limits.get_window_stats(rule.limit, *key).reset_time
        raise ThrottledError(max(1, math.ceil(free_at - time.time())))


def forgive(rule: Rule, *who: str) -> None:
    """Forget the attempts of ``who``: they were who they said they are."""
    _limiter().limiter.clear(rule.limit, rule.name, *who)


def client_address() -> str:
    """Return where the request comes from, as far as it can be known.

    A proxy on this machine or network tells whom it works for, as the last of what it hands on;
    what a stranger tells of itself counts for nothing. Of IPv6 the network counts.
    """
    peer = _address(request.remote_addr or "")
    if peer is not None and (peer.is_private or peer.is_loopback):
        told = _address(request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip())
        peer = told or peer
    if peer is None:
        return "unknown"
    if isinstance(peer, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((peer, _IPV6_HOME), strict=False))
    return str(peer)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def _limiter() -> Limiter:
    return cast(Limiter, current_app.extensions[_EXTENSION])
