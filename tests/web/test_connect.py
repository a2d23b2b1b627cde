"""Connecting a number, against the stand-in of Twilio."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask_openapi3 import OpenAPI
from sqlalchemy import select

from server.models import AuditEntry
from server.telephony.rest import TwilioRest
from server.wiring import Services
from tests.fakes.twilio_rest import ACCOUNT_SID, AUTH_TOKEN, FakeTwilioRest, TwilioOptions
from tests.web.conftest import Api, House, wrong_fields

ORIGIN = "https://phone.example.com"
NEW = "+972722222222"


@pytest.fixture
def twilio(app: OpenAPI, parts: Services) -> Iterator[FakeTwilioRest]:
    """Give the application an account, and an address."""
    with FakeTwilioRest() as fake:
        rest = TwilioRest(ACCOUNT_SID, AUTH_TOKEN, fake.base_url)
        settings = parts.settings.model_copy(update={"public_base_url": ORIGIN})
        app.extensions["maane"] = replace(parts, settings=settings, twilio=rest)
        yield fake
        rest.close()
        assert fake.violations == []


def path(house: House) -> str:
    return f"/api/businesses/{house.id}/connect"


def test_the_account_s_numbers_are_listed_with_where_they_ring(
    owner: Api, garage: House, bakery: House, twilio: FakeTwilioRest
) -> None:
    twilio.numbers.add(garage.number, voice_url=f"{ORIGIN}/webhook/twilio/voice")
    twilio.numbers.add(bakery.number)
    twilio.numbers.add(NEW, trunk_sid="TK1")
    found = owner.get(path(garage)).json
    assert found is not None
    assert (found["https"], found["configured"], found["problem"]) == (True, True, "")
    assert found["account"] == {"name": "Garage", "status": "active", "is_trial": False}
    assert [
        (n["number"], n["business_id"], n["connected"], n["usable"]) for n in found["numbers"]
    ] == [
        (garage.number, garage.id, False, True),
        (bakery.number, bakery.id, False, True),
        (NEW, None, False, False),
    ]
    assert AUTH_TOKEN not in owner.get(path(garage)).text


def test_looking_changes_nothing(
    owner: Api, parts: Services, garage: House, twilio: FakeTwilioRest
) -> None:
    twilio.numbers.add(NEW)
    looked = owner.post(path(garage), {"number": NEW, "dry_run": True}).json
    assert looked is not None
    assert (looked["done"], looked["adds_number"]) == (False, True)
    changes = {c["field"]: (c["before"], c["after"]) for c in looked["changes"] if c["differs"]}
    assert changes["VoiceUrl"] == (
        "https://demo.twilio.com/welcome/voice/",
        f"{ORIGIN}/webhook/twilio/voice",
    )
    assert set(changes) == {"VoiceUrl", "VoiceFallbackUrl", "StatusCallback"}
    assert "demo" in twilio.numbers[NEW]["voice_url"]
    assert parts.directory.by_number(NEW) is None


def test_a_new_number_rings_here_afterwards(
    owner: Api, parts: Services, garage: House, twilio: FakeTwilioRest
) -> None:
    twilio.numbers.add(NEW)
    done = owner.post(path(garage), {"number": "072-222-2222"}).json
    assert done is not None
    assert (done["number"], done["done"]) == (NEW, True)
    assert twilio.numbers[NEW]["voice_url"] == f"{ORIGIN}/webhook/twilio/voice"
    found = parts.directory.by_number(NEW)
    assert found is not None
    assert found.id == garage.id
    with parts.database.read() as session:
        entry = session.scalar(select(AuditEntry).where(AuditEntry.action == "number.connect"))
    assert entry is not None
    assert entry.detail == {"fields": ["VoiceUrl", "VoiceFallbackUrl", "StatusCallback"]}
    again = owner.post(path(garage), {"number": NEW}).json
    assert again is not None
    assert not any(change["differs"] for change in again["changes"])
    assert not again["adds_number"]


def test_what_cannot_be_connected_is_named_and_nothing_is_changed(
    owner: Api, parts: Services, garage: House, bakery: House, twilio: FakeTwilioRest
) -> None:
    twilio.numbers.add(bakery.number)
    twilio.numbers.add(NEW, trunk_sid="TK1")
    assert wrong_fields(owner.post(path(garage), {"number": "12"})) == ["number"]
    for number, code in (
        (bakery.number, "number_taken"),
        (garage.number, "not_in_account"),
        (NEW, "on_trunk"),
    ):
        answer = owner.post(path(garage), {"number": number, "dry_run": number != NEW})
        assert answer.status_code == 409, answer.text
        assert (answer.json or {})["code"] == code
    assert {request.method for request in twilio.requests} == {"GET"}
    assert parts.directory.by_number(NEW) is None


@pytest.mark.parametrize(
    ("status", "code"), [(401, "twilio_credentials"), (503, "twilio_unavailable")]
)
def test_an_account_that_does_not_answer(
    owner: Api, parts: Services, garage: House, twilio: FakeTwilioRest, status: int, code: str
) -> None:
    twilio.options = TwilioOptions(refuse=status)
    looked = owner.get(path(garage))
    assert looked.status_code == 200
    assert f"twilio_{(looked.json or {})['problem']}" == code
    answer = owner.post(path(garage), {"number": NEW})
    assert (answer.status_code, (answer.json or {})["code"]) == (409, code)
    assert parts.directory.by_number(NEW) is None


def test_a_suspended_account_is_called_so(
    owner: Api, garage: House, twilio: FakeTwilioRest
) -> None:
    twilio.options = TwilioOptions(account_status="suspended")
    assert (owner.get(path(garage)).json or {})["problem"] == "suspended"


def test_without_an_address_or_an_account_nothing_is_asked(
    app: OpenAPI, owner: Api, parts: Services, garage: House
) -> None:
    looked = owner.get(path(garage)).json
    assert looked is not None
    assert (looked["https"], looked["configured"], looked["numbers"]) == (False, False, [])
    refused = owner.post(path(garage), {"number": NEW})
    assert (refused.json or {})["code"] == "no_public_address"
    settings = parts.settings.model_copy(update={"public_base_url": ORIGIN})
    app.extensions["maane"] = replace(parts, settings=settings)
    refused = owner.post(path(garage), {"number": NEW})
    assert (refused.json or {})["code"] == "no_credentials"


def test_the_account_is_the_owner_s_alone(
    admin: Api, operator: Api, garage: House, twilio: FakeTwilioRest
) -> None:
    for api in (admin, operator):
        assert api.get(path(garage)).status_code == 403
        assert api.post(path(garage), {"number": NEW}).status_code == 403
    assert twilio.requests == []


def test_the_command_does_the_same(
    app: OpenAPI, parts: Services, garage: House, twilio: FakeTwilioRest
) -> None:
    twilio.numbers.add(garage.number)
    run = app.test_cli_runner()
    looked = run.invoke(args=["connect", "--number", garage.number, "--dry-run", "--no-check"])
    assert looked.exit_code == 0, looked.output
    assert "VoiceUrl: https://demo.twilio.com/welcome/voice/ -> " in looked.output
    assert "Nothing was changed" in looked.output
    done = run.invoke(args=["connect", "--number", "03-372-6000", "--no-check"])
    assert done.exit_code == 0, done.output
    assert twilio.numbers[garage.number]["voice_url"] == f"{ORIGIN}/webhook/twilio/voice"
    refused = run.invoke(args=["connect", "--number", NEW, "--no-check", "--business", "1"])
    assert refused.exit_code == 1
    assert AUTH_TOKEN not in looked.output + done.output + refused.output
