"""Calls while they run, over the API: who is on the line, what is said, and ending one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask_openapi3 import OpenAPI
from sqlalchemy import update
from werkzeug.test import TestResponse

from server.accounts import members
from server.accounts.people import add_user
from server.api import streams
from server.api.streams import MAX_STREAMS_PER_CALLER
from server.calls.telling import Teller
from server.clock import utc_now
from server.directory import BusinessProfile
from server.models import OPERATOR, ApiToken, Membership
from server.turns import events as on
from server.turns.actions import SaveTurn
from server.wiring import Services
from tests.web.conftest import Api, House, audit

SID = "CA_live"
CALLER = "+972521112222"


class Line:
    """A call of the garage that has just come in."""

    def __init__(self, parts: Services, house: House, sid: str = SID) -> None:
        parts.directory.load()
        business = parts.directory.by_id(house.id)
        assert isinstance(business, BusinessProfile)
        self.parts, self.sid = parts, sid
        parts.calls.bind(sid, business, "inbound", CALLER, house.number, is_test=False)
        assert parts.calls.recorder.flush()
        bound = parts.calls.registry.live(sid)
        assert bound is not None
        self.bound = bound
        self.teller = Teller(parts.calls.watch, bound)

    def says(self, index: int, speaker: str, text: str, **more: Any) -> None:
        self.teller.turn(SaveTurn(index, speaker, text, **more))

    def hangs_up(self) -> None:
        self.parts.calls.registry.request_end(self.sid, "caller_hangup")


@pytest.fixture
def line(parts: Services, garage: House) -> Line:
    return Line(parts, garage)


class Stream:
    """A stream of events as a browser reads it."""

    def __init__(self, response: TestResponse) -> None:
        assert response.status_code == 200, response.text
        assert response.mimetype == "text/event-stream"
        assert response.headers["X-Accel-Buffering"] == "no"
        self._response = response
        self._lines: Iterator[bytes] = response.iter_encoded()

    def next(self) -> tuple[str, Any]:
        name, data = next(self._lines).decode().rstrip("\n").split("\n")
        text = data.removeprefix("data: ")
        name = name.removeprefix("event: ")
        return name, json.loads(text) if name == "call" else text

    def types(self, count: int) -> list[str]:
        return [self.next()[1]["type"] for _ in range(count)]

    def is_over(self) -> bool:
        return next(self._lines, None) is None

    def close(self) -> None:
        self._response.close()


def test_nobody_is_on_the_line(operator: Api, garage: House) -> None:
    assert operator.get(f"/api/businesses/{garage.id}/live").json == {
        "items": [],
        "next_cursor": None,
    }


def test_a_call_and_what_has_been_said(operator: Api, garage: House, line: Line) -> None:
    line.teller.started()
    line.says(0, "agent", "שלום", path="GREETING", start_ms=0, length_ms=900)
    line.says(1, "caller", "מה המחיר?")
    body = operator.get(f"/api/businesses/{garage.id}/live").json
    assert body is not None
    (call,) = body["items"]
    assert (call["call_sid"], call["from"], call["to"]) == (SID, CALLER, garage.number)
    assert call["lead_id"] is not None
    assert call["started_at"] >= call["arrived_at"]
    assert [(turn["speaker"], turn["text"]) for turn in call["turns"]] == [
        ("agent", "שלום"),
        ("caller", "מה המחיר?"),
    ]
    line.hangs_up()
    assert operator.get(f"/api/businesses/{garage.id}/live").json == {
        "items": [],
        "next_cursor": None,
    }


def test_watching_all_calls(operator: Api, parts: Services, garage: House, bakery: House) -> None:
    stream = Stream(operator.get(f"/api/businesses/{garage.id}/live/events"))
    Line(parts, bakery, "CA_bakery_live")
    line = Line(parts, garage)
    line.says(0, "agent", "שלום")
    line.hangs_up()
    assert stream.types(4) == ["calls", "arrived", "turn", "ended"]
    stream.close()
    assert parts.calls.watch._watchers == []


def test_watching_one_call_until_it_is_over(operator: Api, line: Line) -> None:
    stream = Stream(operator.get(f"/api/calls/{SID}/events"))
    line.says(0, "agent", "שלום")
    line.hangs_up()
    assert stream.types(4) == ["calls", "arrived", "turn", "ended"]
    assert stream.next() == ("end", "caller_hangup")
    assert stream.is_over()


def test_watching_a_call_that_is_over(operator: Api, garage: House) -> None:
    stream = Stream(operator.get(f"/api/calls/{garage.call_sid}/events"))
    assert stream.next()[1]["call_sids"] == []
    assert stream.next() == ("end", "over")
    assert stream.is_over()


def test_who_may_look_no_more_is_told_no_more(
    app: OpenAPI,
    operator: Api,
    parts: Services,
    garage: House,
    line: Line,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streams, "ADMISSION_SECONDS", 0.0)
    with parts.database.write() as session:
        user = add_user(session, "dana@x.test", "no hash", actor="test")
        session.add(Membership(user_id=user.id, business_id=garage.id, role=OPERATOR))
    browser = app.test_client()
    with browser.session_transaction() as kept:
        kept["_user_id"] = f"{user.id}.0"
    path = f"/api/businesses/{garage.id}/live/events"
    by_token, by_browser = Stream(operator.get(path)), Stream(browser.get(path))
    assert by_token.types(2) == by_browser.types(2) == ["calls", "arrived"]
    with parts.database.write() as session:
        session.execute(update(ApiToken).values(revoked_at=utc_now()))
        members.remove_member(session, garage.id, user.id, actor="test", by_owner=True)
    line.says(0, "agent", "שלום")
    assert by_token.is_over()
    assert by_browser.is_over()


def test_streams_end_when_the_server_is_about_to(
    operator: Api, parts: Services, line: Line
) -> None:
    stream = Stream(operator.get(f"/api/businesses/{line.bound.business.id}/live/events"))
    parts.calls.watch.close()
    assert stream.types(2) == ["calls", "arrived"]
    assert stream.is_over()


def test_so_many_streams_and_no_more(operator: Api, parts: Services, garage: House) -> None:
    path = f"/api/businesses/{garage.id}/live/events"
    streams = [operator.get(path) for _ in range(MAX_STREAMS_PER_CALLER)]
    assert operator.get(path).status_code == 429
    assert len(parts.calls.watch._watchers) == MAX_STREAMS_PER_CALLER
    for stream in streams:
        stream.close()
    assert parts.calls.watch._watchers == []


def test_a_call_is_ended_by_an_operator_who_is_on_record(
    operator: Api, parts: Services, garage: House, line: Line
) -> None:
    response = operator.post(f"/api/calls/{SID}/end", {})
    assert (response.status_code, response.json) == (202, {"call_sid": SID, "state": "ending"})
    assert audit(parts) == [("token:a test's operator", "call.end", garage.id, f"call:{SID}")]
    assert parts.calls.recorder.flush()
    call = operator.get(f"/api/calls/{SID}").json
    assert call is not None
    assert call["end_reason"] == "operator"
    ended = parts.calls.registry.ended(SID)
    assert ended is not None
    assert ended.stage == "ended"  # no message is asked for
    again = operator.post(f"/api/calls/{SID}/end", {})
    assert (again.status_code, again.json) == (202, {"call_sid": SID, "state": "over"})
    assert len(audit(parts)) == 1


def test_a_call_with_sound_is_told_to_end_politely(operator: Api, line: Line) -> None:
    assert line.parts.calls.registry.claim(SID) is line.bound
    assert operator.post(f"/api/calls/{SID}/end", {}).status_code == 202
    while isinstance(wish := line.bound.inbox.get(), on.Tick):
        pass  # the registry's pulse
    assert wish == on.EndRequested("operator", politely=True)
    assert line.parts.calls.registry.live(SID) is not None


def test_running_calls_of_others_are_as_if_absent(
    operator: Api, parts: Services, bakery: House, line: Line
) -> None:
    Line(parts, bakery, "CA_theirs")
    assert operator.get("/api/calls/CA_theirs/events").status_code == 404
    assert operator.post("/api/calls/CA_theirs/end", {}).status_code == 404
    assert operator.get(f"/api/businesses/{bakery.id}/live").status_code == 404
    assert parts.calls.registry.live("CA_theirs") is not None
    assert audit(parts) == []
