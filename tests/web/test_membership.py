"""A token of one business tries to read and write everything of another one."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from server.models import Lead, Recording
from server.wiring import Services
from tests.web.conftest import Api, House, MemoryStore, audit

FAQ = {"intent_key": "hacked", "patterns": ["פריצה"], "answer_text": "נפרץ."}
ABSENT = 999_999

SHEET = "intent_key,patterns,answer_text\nhacked,פריצה,נפרץ.\n"

Attempt = tuple[str, str, dict[str, Any] | str | None]
"""Method, path, and what is sent: an object, or a sheet."""


HOOK = {"url": "https://hook.example/mine", "events": ["lead.created"]}
NUMBER = {"phone": "+972541234567"}


def attempts(house: House) -> list[Attempt]:
    business_id, faq_id, lead_id, call_sid = house.id, house.faq_id, house.lead_id, house.call_sid
    webhook = f"/api/businesses/{business_id}/webhooks/{house.webhook_id}"
    business = f"/api/businesses/{business_id}"
    return [
        ("GET", business, None),
        ("PATCH", business, {"name": "נפרץ"}),
        ("GET", f"{business}/faqs", None),
        ("GET", f"{business}/faqs.csv", None),
        ("GET", f"{business}/faqs/conflicts", None),
        ("GET", f"{business}/faqs/learned", None),
        ("POST", f"{business}/faqs/reorder", {"ids": [faq_id]}),
        ("POST", f"{business}/faqs/learned/accept", FAQ | {"question": "יש חניה?"}),
        ("POST", f"{business}/faqs/learned/dismiss", {"question": "יש חניה?"}),
        ("POST", f"{business}/faqs/import", SHEET),
        ("POST", f"{business}/faqs", FAQ),
        ("POST", f"{business}/faqs/match", {"text": "מה המחיר?"}),
        ("GET", f"{business}/faqs/{faq_id}", None),
        ("PUT", f"{business}/faqs/{faq_id}", FAQ),
        ("POST", f"{business}/faqs/{faq_id}/switch", {"active": False}),
        ("POST", f"{business}/faqs/{faq_id}/move", {"to": "up"}),
        ("GET", f"{business}/faqs/{faq_id}/audio", None),
        ("DELETE", f"{business}/faqs/{faq_id}", None),
        ("GET", f"{business}/faqs/spoken?text=x", None),
        ("GET", f"{business}/pronunciations", None),
        ("PUT", f"{business}/pronunciations", {"items": []}),
        ("GET", f"{business}/leads", None),
        ("GET", f"{business}/leads/counts", None),
        ("POST", f"{business}/leads/change", {"ids": [lead_id], "work_status": "lost"}),
        ("GET", f"{business}/calls", None),
        ("GET", f"{business}/kpis", None),
        ("GET", f"{business}/home", None),
        ("GET", f"{business}/prompts", None),
        ("PUT", f"{business}/prompts", {"based_on": 0, "ai_prompt": "נפרץ"}),
        ("POST", f"{business}/prompts/preview", {"ai_prompt": "נפרץ"}),
        ("GET", f"{business}/prompts/versions", None),
        ("GET", f"{business}/prompts/versions/1", None),
        ("GET", f"{business}/prompts/versions/1/diff", None),
        ("POST", f"{business}/prompts/versions/1/restore", {"based_on": 2}),
        ("GET", f"/api/leads/{lead_id}", None),
        ("PATCH", f"/api/leads/{lead_id}", {"work_status": "lost"}),
        ("GET", f"/api/leads/{lead_id}/card", None),
        ("GET", f"/api/leads/{lead_id}/events", None),
        ("GET", f"/api/leads/{lead_id}/history", None),
        ("GET", f"/api/leads/{lead_id}/recording", None),
        ("POST", f"/api/leads/{lead_id}/retry", {}),
        ("GET", f"{business}/leads.csv", None),
        ("GET", f"{business}/webhooks", None),
        ("POST", f"{business}/webhooks", HOOK),
        ("GET", webhook, None),
        ("PATCH", webhook, {"active": True}),
        ("POST", f"{webhook}/secret", {}),
        ("POST", f"{webhook}/test", {}),
        ("GET", f"{webhook}/deliveries", None),
        ("DELETE", webhook, None),
        ("GET", f"{business}/jobs", None),
        ("GET", f"{business}/members", None),
        ("GET", f"{business}/invites", None),
        ("POST", f"{business}/invites", {"email": "me@example.com", "role": "admin"}),
        ("GET", f"{business}/tokens", None),
        ("POST", f"{business}/tokens", {"name": "mine", "role": "admin"}),
        ("GET", f"{business}/audit", None),
        ("POST", f"{business}/jobs/{house.job_id}/retry", {}),
        ("GET", f"/api/calls/{call_sid}", None),
        ("GET", f"{business}/live", None),
        ("GET", f"{business}/live/events", None),
        ("GET", f"/api/calls/{call_sid}/events", None),
        ("POST", f"/api/calls/{call_sid}/end", {}),
        ("POST", f"{business}/test-calls", {}),
        ("POST", f"{business}/personal-data/export", NUMBER),
        ("POST", f"{business}/personal-data/delete", NUMBER),
    ]


def attempt(api: Api, method: str, path: str, body: dict[str, Any] | str | None) -> TestResponse:
    if isinstance(body, str):
        return api(method, path, data=body, content_type="text/csv")
    return api(method, path, json=body)


@pytest.mark.parametrize("role", ["admin", "operator"])
def test_another_business_is_as_if_absent(
    request: pytest.FixtureRequest, parts: Services, garage: House, bakery: House, role: str
) -> None:
    api: Api = request.getfixturevalue(role)
    others = attempts(bakery)
    absent = attempts(House(ABSENT, "", ABSENT, ABSENT, "CA_absent", ABSENT, ABSENT))
    for (method, path, body), (_, absent_path, _) in zip(others, absent, strict=True):
        response = attempt(api, method, path, body)
        assert response.status_code == 404, (method, path)
        assert response.json == attempt(api, method, absent_path, body).json
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


def test_another_business_s_dismissal_is_not_reached(
    admin: Api, owner: Api, garage: House, bakery: House
) -> None:
    dismissed = owner.post(
        f"/api/businesses/{bakery.id}/faqs/learned/dismiss", {"question": "יש חניה?"}
    ).json
    assert dismissed is not None
    for house in (garage, bakery):
        path = f"/api/businesses/{house.id}/faqs/learned/dismissed/{dismissed['id']}"
        assert admin.delete(path).status_code == 404
    assert owner.delete(path).status_code == 204


def test_an_order_does_not_reach_rows_of_others(
    admin: Api, owner: Api, garage: House, bakery: House
) -> None:
    path = f"/api/businesses/{garage.id}/faqs/reorder"
    for api in (admin, owner):
        assert api.post(path, {"ids": [bakery.faq_id]}).status_code == 409


def test_an_import_touches_no_rows_of_others(owner: Api, garage: House, bakery: House) -> None:
    sheet = owner.get(f"/api/businesses/{bakery.id}/faqs.csv").data.replace(b",10,", b",99,")
    path = f"/api/businesses/{garage.id}/faqs/import"
    assert owner("POST", path, data=sheet, content_type="text/csv").status_code == 200
    for house, priority in ((garage, 99), (bakery, 10)):
        faq = owner.get(f"/api/businesses/{house.id}/faqs/{house.faq_id}").json
        assert faq is not None
        assert faq["priority"] == priority


def test_an_owner_sees_all(
    owner: Api, parts: Services, store: MemoryStore, garage: House, bakery: House
) -> None:
    listed = owner.get("/api/businesses").json
    assert listed is not None
    assert [item["id"] for item in listed["items"]] == [garage.id, bakery.id]
    for house in (garage, bakery):
        store.files[f"{house.call_sid}.wav"] = b"RIFF"
        with parts.database.write() as session:
            session.add(
                Recording(
                    key=house.call_sid,
                    call_sid=house.call_sid,
                    state="stored",
                    storage_key=f"{house.call_sid}.wav",
                )
            )
        # A lead that is processed: its stream ends at once.
        with parts.database.write() as session:
            session.get_one(Lead, house.lead_id).status = "processed"
        for method, path, body in attempts(house):
            assert attempt(owner, method, path, body).status_code < 300, (method, path)


def test_another_business_s_webhook_and_job_are_not_reached_through_the_own_one(
    admin: Api, garage: House, bakery: House
) -> None:
    business = f"/api/businesses/{garage.id}"
    webhook = f"{business}/webhooks/{bakery.webhook_id}"
    assert admin.get(webhook).status_code == 404
    assert admin.patch(webhook, {"active": True}).status_code == 404
    assert admin.post(f"{webhook}/secret", {}).status_code == 404
    assert admin.delete(webhook).status_code == 404
    assert admin.post(f"{business}/jobs/{bakery.job_id}/retry", {}).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "webhooks"),
        ("POST", "webhooks"),
        ("GET", "jobs"),
        ("POST", "personal-data/export"),
        ("POST", "personal-data/delete"),
    ],
)
def test_what_needs_an_admin(operator: Api, garage: House, method: str, path: str) -> None:
    body = {"webhooks": HOOK}.get(path, NUMBER) if method == "POST" else None
    response = operator(method, f"/api/businesses/{garage.id}/{path}", json=body)
    assert response.status_code == 403
