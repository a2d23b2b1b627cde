"""The door of webhooks and media: only Twilio comes in, or this machine where there is no token.

A page of ours has a socket too; browsers let any page open one, so its ``Origin`` is looked at.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Request

from server.settings import Settings
from server.telephony.signature import is_local, is_signed
from server.telephony.urls import public_url

MAX_FORM_BYTES = 32 << 10
"""Many times what Twilio sends. A stranger's form has to be read to see that it is one, and reading
a megabyte of fields would hold up every call for half a second."""


def is_twilio(request: Request, settings: Settings, *, websocket: bool = False) -> bool:
    """Tell whether ``request`` is Twilio's by its signature, or local where none is checked.

    A page in a browser on this machine is not "local": it acts for whoever wrote it.
    """
    if not settings.twilio_auth_token:
        if "Origin" in request.headers or request.headers.get("Sec-Fetch-Site") == "cross-site":
            return False
        return is_local(request.remote_addr, request.host, request.headers.keys())
    request.max_content_length = MAX_FORM_BYTES
    path = request.full_path if request.query_string else request.path
    return is_signed(
        settings.twilio_auth_token,
        public_url(settings.public_base_url, request.host_url, path, websocket=websocket),
        request.form,
        request.headers.get("X-Twilio-Signature"),
    )


def is_own_page(request: Request, settings: Settings) -> bool:
    """Tell whether the page that made ``request`` came from this server.

    A proxy may end TLS before us: of the host that was asked for, either scheme is ours.
    """
    origin = request.headers.get("Origin", "").lower()
    try:
        scheme, host = urlsplit(origin).scheme, urlsplit(origin).netloc
    except ValueError:
        return False
    if scheme not in ("http", "https") or not host:
        return False
    return host == request.host.lower() or origin == _origin_of(settings.public_base_url)


def _origin_of(url: str) -> str:
    parts = urlsplit(url.lower())
    return f"{parts.scheme}://{parts.netloc}"
