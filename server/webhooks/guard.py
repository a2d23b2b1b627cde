"""The door of the webhooks: only Twilio comes in, or this machine where there is no token."""

from __future__ import annotations

import logging

from flask import Response, request

from server.settings import Settings
from server.telephony.signature import is_local, is_signed
from server.telephony.urls import public_url
from server.wiring import services

log = logging.getLogger(__name__)


def refuse_strangers() -> Response | None:
    """Answer 403 to whoever is not Twilio (a ``before_request`` hook); nothing is stored."""
    settings = services().settings
    if _is_twilio(settings):
        return None
    log.warning("[WEBHOOK] refused path=%s", request.path)
    return Response("Forbidden\n", 403)


def _is_twilio(settings: Settings) -> bool:
    if not settings.twilio_auth_token:
        return is_local(request.remote_addr, request.host, request.headers.keys())
    path = request.full_path if request.query_string else request.path
    return is_signed(
        settings.twilio_auth_token,
        public_url(settings.public_base_url, request.host_url, path),
        request.form,
        request.headers.get("X-Twilio-Signature"),
    )
