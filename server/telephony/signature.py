"""Is a request really Twilio's? Signature where there is a token, loopback where there is none.

Source: Twilio, "Webhooks Security" and "Media Streams Configuration".
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

_FORWARDING_HEADERS = ("forwarded", "x-forwarded-", "x-real-ip", "via", "cf-connecting-ip")
"""Beginnings of the headers by which a proxy or tunnel gives itself away."""


def is_local(peer: str | None, host: str, header_names: Iterable[str]) -> bool:
    """Tell whether a request was made on this machine and for it.

    A tunnel also arrives from 127.0.0.1, but under another Host or with a forwarding header.
    """
    if any(name.lower().startswith(_FORWARDING_HEADERS) for name in header_names):
        return False
    try:
        hostname = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return _is_loopback(peer or "") and _is_loopback(hostname or "")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_signed(
    auth_token: str, url: str, parameters: MultiDict[str, str], signature: str | None
) -> bool:
    """Tell whether ``signature`` is Twilio's for ``url`` (as configured) and ``parameters``."""
    if not signature:
        return False
    try:
        return bool(RequestValidator(auth_token).validate(url, parameters, signature))
    except ValueError:  # an address made from a broken Host header
        return False


def sign(auth_token: str, url: str, parameters: Mapping[str, str]) -> str:
    """Return the signature that Twilio would send; the synthetic caller signs with it."""
    signature: str = RequestValidator(auth_token).compute_signature(url, parameters)
    return signature
