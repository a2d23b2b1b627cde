"""Connecting a number of the Twilio account. The account is the server's, so only owners may."""

from __future__ import annotations

from flask import Response

from server.api import connecting
from server.api.access import caller, needs
from server.api.business_models import BusinessPath
from server.api.connecting import ConnectInput, ConnectResult, ConnectView
from server.api.resource import BUSINESS_ID, answer, new_resource, writing
from server.models import OWNER

blueprint = new_resource("connect", "Having a number of the Twilio account ring here.")

CONNECT = f"/businesses/{BUSINESS_ID}/connect"


@blueprint.get(CONNECT, responses={200: ConnectView})
@needs(OWNER)
def get_connect(path: BusinessPath) -> Response:
    """Get the Twilio account and its numbers, with where each rings (owner's token)."""
    return answer(connecting.look(path.business_id))


@blueprint.post(CONNECT, responses=writing(ConnectResult))
@needs(OWNER)
def connect_a_number(path: BusinessPath, body: ConnectInput) -> Response:
    """Set a number's addresses at Twilio to this server's, or tell what that would change."""
    return answer(connecting.connect(path.business_id, body, caller().actor))
