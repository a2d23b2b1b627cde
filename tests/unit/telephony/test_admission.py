"""Who comes in by the door of webhooks."""

from __future__ import annotations

import pytest
from flask import Flask, request
from werkzeug.exceptions import RequestEntityTooLarge

from server.settings import load_settings
from server.telephony.admission import is_twilio

SETTINGS = {
    "DATABASE_URL": "sqlite://",
    "SECRET_KEY": "x",
    "PUBLIC_BASE_URL": "https://phone.example.com",
    "TWILIO_AUTH_TOKEN": "token",
}


@pytest.mark.parametrize("websocket", [False, True])
def test_a_strangers_form_is_not_read_for_long(websocket: bool) -> None:
    fields = {f"field{number}": "א" for number in range(2000)}
    settings = load_settings(SETTINGS)
    asked = Flask("door").test_request_context("/webhook", method="POST", data=fields)
    with asked, pytest.raises(RequestEntityTooLarge):
        is_twilio(request, settings, websocket=websocket)
