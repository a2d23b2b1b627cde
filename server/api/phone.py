"""Test calls from a page: bound like any call, and taken by the browser's own socket."""

from __future__ import annotations

from typing import Literal

from flask import Response, request
from pydantic import BaseModel, Field

from server.api.access import caller, missing, needs
from server.api.fields import Input
from server.api.problems import documented_problems
from server.api.resource import BUSINESS_ID, answer, new_resource, writing
from server.calls.phones import CALLER, MAX_SECONDS, PHONE_PROTOCOL
from server.models import OPERATOR
from server.telephony.stream_token import BROWSER_SECONDS, stream_token
from server.telephony.urls import MEDIA_PATH, public_url
from server.wiring import services

blueprint = new_resource("test-calls", "Test calls from a browser.")


class PhonePath(BaseModel):
    """Whose agent is called."""

    business_id: int = Field(description="Id of the business.")


class NewTestCall(Input):
    """A test call to place."""

    direction: Literal["inbound", "outbound"] = Field(
        default="inbound",
        description="inbound: as if a customer rang; outbound: as if the business rang one.",
    )


class PlacedCall(BaseModel):
    """A call that waits for its media stream, in the words of Twilio's Media Streams."""

    call_sid: str
    stream_sid: str = Field(description="What the stream is to call itself.")
    url: str = Field(description="WebSocket to open, from a page of this server.")
    protocols: list[str] = Field(
        description="Subprotocols to offer. One of them is a secret, good for one socket, soon."
    )
    parameters: dict[str, str] = Field(description="`customParameters` of the `start` message.")
    expires_in: int = Field(description="Seconds within which the stream must have begun.")
    max_seconds: int = Field(description="The longest that it may last.")


@blueprint.post(
    f"/businesses/{BUSINESS_ID}/test-calls",
    responses={**writing(PlacedCall, 201), **documented_problems(429)},
)
@needs(OPERATOR)
def place_test_call(path: PhonePath, body: NewTestCall) -> Response:
    """Place a test call: it uses no telephone, makes no real lead, and counts in no figure.

    What its agent uses is counted apart from customers' calls (see the costs).
    """
    return answer(place(path.business_id, body, caller().key), 201)


def place(business_id: int, order: NewTestCall, who: str) -> PlacedCall:
    """Bind a test call of ``who`` and return how its stream is opened.

    Raises:
        NotFoundError: there is no such business.
        CapacityError: there is no room, or they have enough test calls up.
    """
    parts = services()
    business = parts.directory.by_id(business_id)
    if business is None:
        raise missing("business")
    ours = business.numbers[0] if business.numbers else ""
    inbound = order.direction == "inbound"
    phones = parts.calls.phones
    call_sid = phones.reserve(who)
    try:
        parts.calls.bind(
            call_sid,
            business,
            order.direction,
            CALLER if inbound else ours,
            ours if inbound else CALLER,
            is_test=True,
            max_seconds=MAX_SECONDS,
        )
    except BaseException:
        phones.give_back(call_sid)
        raise
    settings = parts.settings
    return PlacedCall(
        call_sid=call_sid,
        stream_sid="MZ" + call_sid[2:],
        url=public_url(settings.public_base_url, request.host_url, MEDIA_PATH, websocket=True),
        protocols=[PHONE_PROTOCOL, phones.await_socket(call_sid)],
        parameters={
            "call_sid": call_sid,
            "direction": order.direction,
            "business_id": str(business.id),
            "token": stream_token(settings.secret_key, call_sid),
        },
        expires_in=BROWSER_SECONDS,
        max_seconds=int(min(settings.max_call_sec, MAX_SECONDS)),
    )
