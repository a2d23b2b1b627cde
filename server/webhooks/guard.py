"""Keeps strangers out of the webhooks."""

from __future__ import annotations

import logging

from flask import Response, request

from server.telephony.admission import is_twilio
from server.wiring import services

log = logging.getLogger(__name__)


def refuse_strangers() -> Response | None:
    """Answer 403 to whoever is not Twilio (a ``before_request`` hook); nothing is stored."""
    if is_twilio(request, services().settings):
        return None
    log.warning("[WEBHOOK] refused path=%s", request.path)
    return Response("Forbidden\n", 403)
