"""A token of one business tries to read and write everything of another one."""

from __future__ import annotations

from typing import Any

import pytest

from server.wiring import Services
from tests.web.conftest import Api, House, audit

FAQ = {"intent_key": "hacked", "patterns": ["פריצה"], "answer_text": "נפרץ."}
ABSENT = 999_999

Attempt = tuple[str, str, dict[str, Any] | None]


def attempts(business_id: int, faq_id: int, lead_id: int, call_sid: str) -> list[Attempt]:
    business = f"/api/businesses/{business_id}"
    return [
        ("GET", business, None),
        ("PATCH", business, {"name": "נפרץ"}),
        ("GET", f"{business}/faqs", None),
        ("POST", f"{business}/faqs", FAQ),
        ("POST", f"{business}/faqs/match", {"text": "מה המחיר?"}),
        ("GET", f"{business}/faqs/{faq_id}", None),
        ("PUT", f"{business}/faqs/{faq_id}", FAQ),
        ("DELETE", f"{business}/faqs/{faq_id}", None),
        ("GET", f"{business}/leads", None),
        ("GET", f"{business}/calls", None),
        ("GET", f"{business}/kpis", None),
        ("GET", f"/api/leads/{lead_id}", None),
        ("PATCH", f"/api/leads/{lead_id}", {"work_status": "lost"}),
        ("GET", f"/api/calls/{call_sid}", None),
    ]


@pytest.mark.parametrize("role", ["admin", "operator"])
def test_another_business_is_as_if_absent(
    request: pytest.FixtureRequest, parts: Services, garage: House, bakery: House, role: str
) -> None:
    api: Api = request.getfixturevalue(role)
    others = attempts(bakery.id, bakery.faq_id, bakery.lead_id, bakery.call_sid)
    absent = attempts(ABSENT, ABSENT, ABSENT, "CA_absent")
    for (method, path, body), (_, absent_path, _) in zip(others, absent, strict=True):
        response = api(method, path, json=body)
        assert response.status_code == 404, (method, path)
        assert response.json == api(method, absent_path, json=body).json
    assert audit(parts) == []


def test_another_business_s_faq_is_not_reached_through_the_own_one(
    admin: Api, owner: Api, garage: House, bakery: House
) -> None:
    path = f"/api/businesses/{garage.id}/faqs/{bakery.faq_id}"
    assert admin.get(path).status_code == 404
    assert admin.put(path, FAQ).status_code == 404
    assert admin.delete(path).status_code == 404
    assert owner.get(path).status_code == 404
    assert owner.get(f"/api/businesses/{bakery.id}/faqs/{bakery.faq_id}").status_code == 200


def test_lists_hold_nothing_of_others(admin: Api, garage: House, bakery: House) -> None:
    business = f"/api/businesses/{garage.id}"
    listed = admin.get("/api/businesses").json
    assert listed is not None
    assert [item["id"] for item in listed["items"]] == [garage.id]
    leads = admin.get(f"{business}/leads").json
    assert leads is not None
    assert [item["id"] for item in leads["items"]] == [garage.lead_id]
    calls = admin.get(f"{business}/calls").json
    assert calls is not None
    assert [item["call_sid"] for item in calls["items"]] == [garage.call_sid]


def test_a_cursor_of_another_business_opens_nothing(
    admin: Api, owner: Api, parts: Services, garage: House, bakery: House
) -> None:
    assert owner.post(f"/api/businesses/{bakery.id}/faqs", FAQ).status_code == 201
    first = owner.get(f"/api/businesses/{bakery.id}/faqs", limit=1).json
    assert first is not None
    assert first["next_cursor"]
    got = admin.get(f"/api/businesses/{garage.id}/faqs", cursor=first["next_cursor"]).json
    assert got is not None
    assert all(item["intent_key"] != "hacked" for item in got["items"])


def test_an_owner_sees_all(owner: Api, garage: House, bakery: House) -> None:
    listed = owner.get("/api/businesses").json
    assert listed is not None
    assert [item["id"] for item in listed["items"]] == [garage.id, bakery.id]
    for house in (garage, bakery):
        for method, path, body in attempts(house.id, house.faq_id, house.lead_id, house.call_sid):
            assert owner(method, path, json=body).status_code < 300, (method, path)
