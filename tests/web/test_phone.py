"""Placing a test call: what the page gets, who may, and that it is no lead and no figure."""

from __future__ import annotations

import pytest

from server.calls.phones import MAX_SECONDS, PHONE_PROTOCOL
from server.models import JobRow, Lead
from server.telephony.stream_token import call_of_browser_token, is_stream_token
from server.wiring import Services
from tests.web.conftest import Api, House, wrong_fields


def path_of(house: House) -> str:
    return f"/api/businesses/{house.id}/test-calls"


def test_an_operator_places_a_call(operator: Api, parts: Services, garage: House) -> None:
    response = operator.post(path_of(garage), {})
    assert response.status_code == 201
    placed = response.json
    assert placed is not None
    call_sid, secret = placed["call_sid"], parts.settings.secret_key
    assert placed["url"] == "ws://localhost/ws/twilio-media"
    assert placed["protocols"][0] == PHONE_PROTOCOL
    assert call_of_browser_token(secret, placed["protocols"][1]) == call_sid
    assert is_stream_token(secret, placed["parameters"].pop("token"), call_sid)
    assert placed["parameters"] == {
        "call_sid": call_sid,
        "direction": "inbound",
        "business_id": str(garage.id),
    }
    assert (placed["expires_in"], placed["max_seconds"]) == (15, MAX_SECONDS)
    bound = parts.calls.registry.live(call_sid)
    assert bound is not None
    assert bound.is_test
    assert bound.business.id == garage.id
    assert bound.policy.max_call_seconds == MAX_SECONDS
    assert not bound.policy.takes_messages
    parts.calls.registry.end_all("error")


def test_it_may_be_one_that_the_business_makes(
    operator: Api, parts: Services, garage: House
) -> None:
    placed = operator.post(path_of(garage), {"direction": "outbound"}).json
    assert placed is not None
    bound = parts.calls.registry.live(placed["call_sid"])
    assert bound is not None
    assert (bound.direction, bound.from_number) == ("outbound", garage.number)
    parts.calls.registry.end_all("error")


def test_another_direction_is_refused(operator: Api, garage: House) -> None:
    response = operator.post(path_of(garage), {"direction": "sideways"})
    assert wrong_fields(response) == ["direction"]


def test_a_third_at_once_is_refused(operator: Api, parts: Services, garage: House) -> None:
    for status in (201, 201, 429):
        response = operator.post(path_of(garage), {})
        assert response.status_code == status
    assert response.json is not None
    assert response.json["code"] == "too_many_test_calls"
    parts.calls.registry.end_all("error")
    assert operator.post(path_of(garage), {}).status_code == 201
    parts.calls.registry.end_all("error")


def test_a_server_without_room_says_so(
    operator: Api, parts: Services, garage: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts.calls.registry, "draining", True)
    response = operator.post(path_of(garage), {})
    assert response.status_code == 429
    assert response.json is not None
    assert response.json["code"] == "no_room"


def test_it_is_no_lead_for_anybody(operator: Api, parts: Services, garage: House) -> None:
    before = operator.get(f"/api/businesses/{garage.id}/kpis").json
    placed = operator.post(path_of(garage), {}).json
    assert placed is not None
    parts.calls.registry.request_end(placed["call_sid"], "caller_hangup")
    parts.calls.recorder.flush()
    call = operator.get(f"/api/calls/{placed['call_sid']}").json
    assert call is not None
    assert (call["is_test"], call["end_reason"]) == (True, "caller_hangup")
    assert operator.get(f"/api/businesses/{garage.id}/kpis").json == before
    with parts.database.read() as session:
        lead = session.get(Lead, call["lead_id"])
        assert lead is not None
        told = session.query(JobRow).filter(JobRow.lead_id == lead.id, JobRow.lane == "webhook")
        assert told.count() == 0
