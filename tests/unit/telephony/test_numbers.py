"""Connecting a number at Twilio, against the stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from server.errors import ConflictError, NotFoundError, ProviderError
from server.telephony.numbers import (
    changes_to,
    connect_number,
    find_number,
    list_numbers,
    read_account,
)
from server.telephony.rest import TwilioRest
from tests.fakes.twilio_rest import ACCOUNT_SID, AUTH_TOKEN, FakeTwilioRest, TwilioOptions

ORIGIN = "https://phone.example.com"
NUMBER = "+97233726000"


@pytest.fixture
def twilio() -> Iterator[FakeTwilioRest]:
    with FakeTwilioRest() as fake:
        yield fake
        assert fake.violations == []


@pytest.fixture
def rest(twilio: FakeTwilioRest) -> Iterator[TwilioRest]:
    rest = TwilioRest(ACCOUNT_SID, AUTH_TOKEN, twilio.base_url)
    yield rest
    rest.close()


def test_the_account_tells_of_itself(rest: TwilioRest, twilio: FakeTwilioRest) -> None:
    assert not read_account(rest).is_trial
    twilio.options = TwilioOptions(account_status="suspended", account_type="Trial")
    account = read_account(rest)
    assert (account.name, account.status, account.is_trial) == ("Garage", "suspended", True)


def test_wrong_credentials_are_called_so() -> None:
    with FakeTwilioRest() as twilio:
        rest = TwilioRest(ACCOUNT_SID, "wrong", twilio.base_url)
        with pytest.raises(ProviderError) as refused:
            read_account(rest)
        assert refused.value.code == "credentials"
        assert "wrong" not in refused.value.message
        rest.close()


def test_a_number_is_connected_and_nothing_else_is_touched(
    rest: TwilioRest, twilio: FakeTwilioRest
) -> None:
    twilio.numbers.add(NUMBER, voice_application_sid="AP1")
    twilio.numbers.add("+972541111111")
    number = find_number(rest, NUMBER)
    before = {change.field: change.before for change in changes_to(number, ORIGIN)}
    assert before["VoiceUrl"] == "https://demo.twilio.com/welcome/voice/"
    connected = connect_number(rest, number, ORIGIN)
    assert not any(change.differs for change in changes_to(connected, ORIGIN))
    row = twilio.numbers[NUMBER]
    assert row["voice_url"] == f"{ORIGIN}/webhook/twilio/voice"
    assert row["voice_fallback_url"] == f"{ORIGIN}/webhook/twilio/fallback"
    assert row["status_callback"] == f"{ORIGIN}/webhook/twilio/call_status"
    assert row["voice_application_sid"] == ""
    assert "demo" in twilio.numbers["+972541111111"]["voice_url"]


def test_what_is_right_already_is_not_sent(rest: TwilioRest, twilio: FakeTwilioRest) -> None:
    twilio.numbers.add(NUMBER)
    connect_number(rest, find_number(rest, NUMBER), ORIGIN)
    asked = len(twilio.requests)
    connect_number(rest, find_number(rest, NUMBER), ORIGIN)
    assert [request.method for request in twilio.requests[asked:]] == ["GET"]


def test_a_number_that_only_begins_so_is_not_taken(
    rest: TwilioRest, twilio: FakeTwilioRest
) -> None:
    twilio.numbers.add(NUMBER + "1")
    with pytest.raises(NotFoundError):
        find_number(rest, NUMBER)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"trunk_sid": "TK1"}, "on_trunk"),
        ({"capabilities": {"voice": False, "sms": True}}, "no_voice"),
    ],
)
def test_a_number_whose_calls_could_not_arrive_is_left_alone(
    rest: TwilioRest, twilio: FakeTwilioRest, fields: dict[str, Any], code: str
) -> None:
    twilio.numbers.add(NUMBER, **fields)
    with pytest.raises(ConflictError) as refused:
        connect_number(rest, find_number(rest, NUMBER), ORIGIN)
    assert refused.value.code == code
    assert {request.method for request in twilio.requests} == {"GET"}


def test_the_list_is_bounded(rest: TwilioRest, twilio: FakeTwilioRest) -> None:
    for index in range(250):
        twilio.numbers.add(f"+9725400{index:05}")
    assert len(list_numbers(rest)) == 200
