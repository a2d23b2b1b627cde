"""Callers who are turned away, and calls beyond the day's cap."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask_openapi3 import OpenAPI
from sqlalchemy import func, select

from server.calls.service import CallService
from server.models import Call, Lead
from server.telephony.stream_token import test_call_token as call_token
from server.wiring import Services
from tests.web.conftest import Api, House


def ring(app: OpenAPI, house: House, caller: str, sid: str = "CA_new", **fields: str) -> str:
    form = {"CallSid": sid, "From": caller, "To": house.number, "Direction": "inbound"} | fields
    answer = app.test_client().post("/webhook/twilio/voice", data=form)
    assert answer.status_code == 200
    return answer.text


def block(admin: Api, house: House, **settings: object) -> None:
    changed = admin.patch(f"/api/businesses/{house.id}", {"settings": settings})
    assert changed.status_code == 200, changed.text


def leads(parts: Services) -> int:
    assert parts.calls.recorder.flush()
    with parts.database.read() as session:
        return session.scalar(select(func.count()).select_from(Lead)) or 0


@pytest.mark.parametrize("caller", ["+972541112222", "054-1112222", "+972581234567"])
def test_a_blocked_number_is_not_answered(
    app: OpenAPI, parts: Services, admin: Api, garage: House, caller: str
) -> None:
    block(admin, garage, blocked_numbers=["054-111-2222", "058*"])
    assert "<Reject" in ring(app, garage, caller)
    assert parts.calls.refused[garage.id] == 1
    assert parts.calls.registry.count() == 0
    assert leads(parts) == 1  # the one that the house came with


def test_others_get_through(app: OpenAPI, parts: Services, admin: Api, garage: House) -> None:
    block(admin, garage, blocked_numbers=["+972541112222"])
    assert "<Stream" in ring(app, garage, "+972541112223")
    assert leads(parts) == 2


@pytest.mark.parametrize("caller", ["anonymous", "", "+266696687"])
def test_a_hidden_number_is_asked_to_show_itself(
    app: OpenAPI, parts: Services, admin: Api, garage: House, caller: str
) -> None:
    assert "<Stream" in ring(app, garage, caller, "CA_before")
    block(admin, garage, block_hidden=True)
    heard = ring(app, garage, caller, "CA_after")
    assert "חסוי" in heard
    assert "<Hangup" in heard
    assert leads(parts) == 2


def test_the_owner_s_test_call_and_outbound_calls_are_never_turned_away(
    app: OpenAPI, parts: Services, admin: Api, garage: House
) -> None:
    block(admin, garage, blocked_numbers=["+97254*"], block_hidden=True)
    token = call_token(parts.settings.secret_key, "CA_test")
    assert "<Stream" in ring(app, garage, "+972541112222", "CA_test", TestCall=token)
    form = {"From": garage.number, "To": "+972541112222", "Direction": "outbound-api"}
    heard = app.test_client().post("/webhook/twilio/voice", data=form | {"CallSid": "CA_out"}).text
    assert "<Stream" in heard


def test_one_s_list_is_not_the_other_s(
    app: OpenAPI, admin: Api, garage: House, bakery: House
) -> None:
    block(admin, garage, blocked_numbers=["+97254*"])
    assert "<Stream" in ring(app, bakery, "+972541112222")


def test_a_retention_of_one_s_own_survives_a_new_list(admin: Api, garage: House) -> None:
    block(admin, garage, retention_days=7)
    block(admin, garage, blocked_numbers=["+97254*"])
    kept = (admin.get(f"/api/businesses/{garage.id}").json or {})["settings"]
    assert (kept["retention_days"], kept["blocked_numbers"]) == (7, ["+97254*"])


@pytest.fixture
def paying(app: OpenAPI, parts: Services, tmp_path: Path) -> Services:
    """Have calls answered by sessions, at an address where nobody listens."""
    settings = parts.settings.model_copy(
        update={"openai_api_key": "sk-x", "openai_base_url": "http://127.0.0.1:9/v1"}
    )
    old = parts.calls
    calls = CallService(
        settings,
        parts.directory,
        parts.clips,
        old.recorder,
        old.registry,
        parts.faq,
        parts.recordings,
        old.costs,
    )
    changed = replace(parts, settings=settings, calls=calls)
    app.extensions["maane"] = changed
    return changed


def agent_of(parts: Services, sid: str) -> str:
    assert parts.calls.recorder.flush()
    with parts.database.read() as session:
        call = session.get(Call, sid)
        assert call is not None
        return call.agent


def test_beyond_the_cap_calls_are_answered_without_a_session(
    app: OpenAPI, paying: Services, admin: Api, garage: House
) -> None:
    block(admin, garage, daily_cost_cap_usd=0.5)
    assert "<Stream" in ring(app, garage, "+972541112222", "CA_first")
    first = paying.calls.registry.live("CA_first")
    assert first is not None
    assert first.agent.name == "openai-realtime"
    assert first.policy.agent_hears
    paying.calls.costs.spend(first, 0.7)

    assert "<Stream" in ring(app, garage, "+972541112223", "CA_second")
    second = paying.calls.registry.live("CA_second")
    assert second is not None
    assert second.agent.name == "receptionist"
    assert second.transcriber.name == "openai-transcription"
    assert second.policy.recognises
    assert not second.policy.agent_hears
    assert not second.policy.reconnects
    assert agent_of(paying, "CA_second") == "receptionist"
    paying.calls.registry.end_all("error")


def test_test_calls_leave_the_cap_to_customers(
    app: OpenAPI, paying: Services, admin: Api, garage: House
) -> None:
    block(admin, garage, daily_cost_cap_usd=0.5)
    profile = paying.directory.by_id(garage.id)
    assert profile is not None
    agents = []
    for sid in ("CA_tried", "CA_tried_again"):
        paying.calls.bind(sid, profile, "inbound", "+972541112222", garage.number, is_test=True)
        tried = paying.calls.registry.live(sid)
        assert tried is not None
        agents.append(tried.agent.name)
        paying.calls.costs.spend(tried, 0.7)
    assert agents == ["openai-realtime", "receptionist"]
    ring(app, garage, "+972541112223", "CA_customer")
    customer = paying.calls.registry.live("CA_customer")
    assert customer is not None
    assert customer.agent.name == "openai-realtime"
    paying.calls.registry.end_all("error")


def test_another_business_goes_on_talking(
    app: OpenAPI, paying: Services, admin: Api, garage: House, bakery: House
) -> None:
    block(admin, garage, daily_cost_cap_usd=0.01)
    ring(app, garage, "+972541112222", "CA_first")
    first = paying.calls.registry.live("CA_first")
    assert first is not None
    paying.calls.costs.spend(first, 0.7)
    ring(app, bakery, "+972541112222", "CA_other")
    other = paying.calls.registry.live("CA_other")
    assert other is not None
    assert other.agent.name == "openai-realtime"
    paying.calls.registry.end_all("error")


def test_a_call_pays_for_what_its_session_reports(
    app: OpenAPI, paying: Services, admin: Api, garage: House
) -> None:
    ring(app, garage, "+972541112222", "CA_first")
    call = paying.calls.registry.live("CA_first")
    assert call is not None
    usage = b'{"input_tokens":1000,"output_tokens":1000}'
    done = b'{"type":"response.done","response":{"id":"r","status":"completed","usage":%b}}'
    call.agent.receive(done % usage)
    heard = b'{"type":"duration","seconds":60}'
    kind = b"conversation.item.input_audio_transcription.completed"
    call.agent.receive(b'{"type":"%b","item_id":"i","transcript":"x","usage":%b}' % (kind, heard))
    assert call.cost_usd == pytest.approx((1000 * 32 + 1000 * 64) / 1e6 + 0.006)
    assert paying.calls.recorder.flush()
    with paying.database.read() as session:
        row = session.get(Call, "CA_first")
        assert row is not None
        assert row.cost_usd == pytest.approx(call.cost_usd)
    paying.calls.registry.end_all("error")


def test_the_fallback_takes_a_message_whatever_comes(
    app: OpenAPI, parts: Services, garage: House
) -> None:
    client = app.test_client()
    form = {"CallSid": "CA_fallen", "From": "+972541112222", "To": garage.number}
    heard = client.post("/webhook/twilio/fallback", data=form)
    assert heard.status_code == 200
    assert "<Record" in heard.text
    assert leads(parts) == 2
    strange: list[dict[str, str]] = [{}, {"CallSid": "?" * 100}, {"CallSid": "CA1", "To": "+1"}]
    for broken in strange:
        assert "<Record" in client.post("/webhook/twilio/fallback", data=broken).text
    assert leads(parts) == 2


def test_the_fallback_lets_go_of_a_session_that_was_opened_in_vain(
    app: OpenAPI, parts: Services, garage: House
) -> None:
    ring(app, garage, "+972541112222", "CA_late")
    assert parts.calls.registry.count() == 1
    form = {"CallSid": "CA_late", "From": "+972541112222", "To": garage.number}
    assert "<Record" in app.test_client().post("/webhook/twilio/fallback", data=form).text
    assert parts.calls.registry.count() == 0
