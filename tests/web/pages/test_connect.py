"""Connecting a number by the guided page, against the stand-in of Twilio."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask_openapi3 import OpenAPI

from server.clock import utc_now
from server.models import Call
from server.telephony.rest import TwilioRest
from server.wiring import Services
from tests.fakes.twilio_rest import ACCOUNT_SID, AUTH_TOKEN, FakeTwilioRest, TwilioOptions
from tests.web.conftest import House
from tests.web.pages.conftest import Browser

ORIGIN = "https://phone.example.com"
NEW = "+972722222222"


@pytest.fixture
def twilio(app: OpenAPI, parts: Services) -> Iterator[FakeTwilioRest]:
    with FakeTwilioRest() as fake:
        rest = TwilioRest(ACCOUNT_SID, AUTH_TOKEN, fake.base_url)
        settings = parts.settings.model_copy(
            update={"public_base_url": ORIGIN, "twilio_auth_token": AUTH_TOKEN}
        )
        app.extensions["maane"] = replace(parts, settings=settings, twilio=rest)
        yield fake
        rest.close()
        assert fake.violations == []


def page(house: House, tail: str = "") -> str:
    return f"/b/{house.id}/settings/connect{tail}"


def test_from_the_list_to_the_first_call(
    as_owner: Browser, parts: Services, garage: House, twilio: FakeTwilioRest
) -> None:
    as_owner.speaks("en")
    twilio.numbers.add(NEW)
    steps = as_owner.get(page(garage))
    assert twilio.requests == []  # the page is there before Twilio is asked
    assert page(garage, "/account") in steps.text
    listed = as_owner.part(page(garage, "/account"))
    assert f'value="{NEW}"' in listed.text
    assert f'value="{NEW}"' in as_owner.get(page(garage) + "?look=1").text
    review = as_owner.get(page(garage, "/review"), query_string={"number": NEW})
    assert "https://demo.twilio.com/welcome/voice/" in review.text
    assert f"{ORIGIN}/webhook/twilio/fallback" in review.text
    assert "#arrow-right" in review.text
    assert "demo" in twilio.numbers[NEW]["voice_url"]

    done = as_owner.post(page(garage, "/apply"), {"number": NEW})
    assert done.status_code == 303
    assert twilio.numbers[NEW]["voice_url"] == f"{ORIGIN}/webhook/twilio/voice"
    waiting = as_owner.get(done.location).text
    assert "Waiting for the first call" in waiting
    assert "every 3s" in waiting
    assert as_owner.part(done.location).status_code == 204
    with parts.database.write() as session:
        session.add(
            Call(
                call_sid="CA_first",
                business_id=garage.id,
                from_number="+972541112222",
                to_number=NEW,
                started_at=utc_now(),
            )
        )
    arrived = as_owner.part(done.location).text
    assert "The call has arrived." in arrived
    assert "every 3s" not in arrived
    for text in (steps.text, listed.text, review.text, waiting):
        assert AUTH_TOKEN not in text


def test_older_calls_and_other_numbers_are_not_the_first_one(
    as_owner: Browser, garage: House, twilio: FakeTwilioRest
) -> None:
    as_owner.speaks("en")
    now = int(utc_now().timestamp())
    ring = page(garage, f"/ring?number={garage.number.replace('+', '%2B')}&since={{}}")
    assert "Waiting" in as_owner.get(ring.format(now)).text
    assert "has arrived" in as_owner.get(ring.format(now - 500)).text
    other = as_owner.get(page(garage, f"/ring?number=%2B1555&since={now - 700}")).text
    assert "No call has come." in other
    assert as_owner.get(page(garage, "/ring?number=x&since=9999999999999")).status_code == 200


def test_a_test_call_from_a_page_is_not_the_first_call(
    as_owner: Browser, parts: Services, garage: House
) -> None:
    as_owner.speaks("en")
    since = int(utc_now().timestamp())
    ring = page(garage, f"/ring?number={NEW.replace('+', '%2B')}&since={since}")
    with parts.database.write() as session:
        session.add(
            Call(
                call_sid="CA_from_a_page",
                business_id=garage.id,
                from_number="+972541112222",
                to_number=NEW,
                started_at=utc_now(),
                is_test=True,
            )
        )
    assert "Waiting for the first call" in as_owner.get(ring).text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (TwilioOptions(refuse=401), "refuses the credentials"),
        (TwilioOptions(refuse=503), "does not answer now"),
        (TwilioOptions(account_status="suspended"), "suspended"),
        (TwilioOptions(account_type="Trial"), "verified numbers only"),
        (TwilioOptions(), "no number yet"),
    ],
)
def test_what_the_account_may_say(
    as_owner: Browser, garage: House, twilio: FakeTwilioRest, options: TwilioOptions, said: str
) -> None:
    twilio.options = options
    assert said in as_owner.speaks("en").part(page(garage, "/account")).text


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("", "This is not a phone number."),
        ("12", "This is not a complete phone number."),
        ("+972733333333", "has no such number"),
        (NEW, "SIP trunk"),
    ],
)
def test_what_cannot_be_connected_is_said(
    as_owner: Browser, garage: House, twilio: FakeTwilioRest, number: str, said: str
) -> None:
    as_owner.speaks("en")
    twilio.numbers.add(NEW, trunk_sid="TK1")
    looked = as_owner.get(page(garage, "/review"), query_string={"number": number})
    applied = as_owner.post(page(garage, "/apply"), {"number": number})
    for answer in (looked, applied):
        assert answer.status_code == 422
        assert said in answer.text
    assert "demo" in twilio.numbers[NEW]["voice_url"]


def test_without_address_and_account_the_page_says_what_is_missing(
    as_owner: Browser, garage: House
) -> None:
    shown = as_owner.speaks("en").get(page(garage)).text
    assert "PUBLIC_BASE_URL=" in shown
    assert "TWILIO_ACCOUNT_SID=" in shown
    assert "cloudflared tunnel" in shown
    assert page(garage, "/account") not in shown


def test_an_admin_is_told_whose_it_is(
    as_admin: Browser, garage: House, bakery: House, twilio: FakeTwilioRest
) -> None:
    shown = as_admin.speaks("en").get(page(garage) + "?look=1")
    assert shown.status_code == 200
    assert "its owner does this" in shown.text
    for tail in ("/account", "/review?number=1"):
        assert as_admin.get(page(garage, tail)).status_code == 403
    for tail in ("/check", "/apply"):
        assert as_admin.post(page(garage, tail), {"number": NEW}).status_code == 403
    assert as_admin.get(page(bakery)).status_code == 404
    assert as_admin.get(page(bakery, "/ring")).status_code == 404
    assert twilio.requests == []
