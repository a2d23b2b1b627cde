"""The door of webhooks and media: only Twilio comes in, or this machine where there is no token."""

from __future__ import annotations

from flask import Request

from server.settings import Settings
from server.telephony.signature import is_local, is_signed
from server.telephony.urls import public_url


def is_twilio(request: Request, settings: Settings, *, websocket: bool = False) -> bool:
    """Tell whether ``request`` is Twilio's by its signature, or local where none is checked.

    A page in a browser on this machine is not "local": it acts for whoever wrote it.
    """
    if not settings.twilio_auth_token:
        if "Origin" in request.headers or request.headers.get("Sec-Fetch-Site") == "cross-site":
            return False
        return is_local(request.remote_addr, request.host, request.headers.keys())
    path = request.full_path if request.query_string else request.path
    return is_signed(
        settings.twilio_auth_token,
        public_url(settings.public_base_url, request.host_url, path, websocket=websocket),
        request.form,
        request.headers.get("X-Twilio-Signature"),
    )
