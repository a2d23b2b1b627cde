"""The voice webhook where what it needs is not there."""

from __future__ import annotations

from flask_openapi3 import OpenAPI

from server.wiring import Services

RINGING = {"CallSid": "CA_stranger", "From": "+972541234567", "To": "+97299999999"}


def test_a_number_of_no_business_is_told_so(app: OpenAPI) -> None:
    answer = app.test_client().post("/webhook/twilio/voice", data=RINGING)
    assert "<Hangup" in answer.text
    assert "<Record" not in answer.text


def test_where_no_business_could_be_read_yet_a_message_is_taken(
    app: OpenAPI, parts: Services
) -> None:
    parts.directory.complete = False  # as after a start without the database
    answer = app.test_client().post("/webhook/twilio/voice", data=RINGING)
    assert answer.status_code == 200
    assert "<Record" in answer.text
