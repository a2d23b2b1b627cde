"""Who is let in, and with which role."""

from __future__ import annotations

import pytest
from flask_openapi3 import OpenAPI

from server.accounts import revoke_token
from server.wiring import Services
from tests.web.conftest import Api, House

FAQ = {"intent_key": "hours", "patterns": ["מתי פתוחים"], "answer_text": "תמיד."}


def routes(app: OpenAPI) -> list[tuple[str, str]]:
    """Return method and path of every endpoint of the API that wants a token."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/") and rule.rule != "/api/openapi.json":
            path = app.url_map.bind("").build(
                rule.endpoint, dict.fromkeys(rule.arguments, 1), append_unknown=False
            )
            found += [(method, path) for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}]
    return found


def test_every_endpoint_wants_a_token(app: OpenAPI) -> None:
    client = app.test_client()
    endpoints = routes(app)
    assert len(endpoints) >= 16
    for method, path in endpoints:
        response = client.open(path, method=method)
        assert (response.status_code, response.mimetype) == (
            401,
            "application/problem+json",
        ), (method, path)
        assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer maane_unknown", "Bearer ÿ", "maane_x"],
)
def test_bad_tokens_all_get_the_same_answer(app: OpenAPI, header: str | None) -> None:
    client = app.test_client()
    headers = {} if header is None else {"Authorization": header}
    response = client.get("/api/businesses", headers=headers)
    assert response.status_code == 401
    assert response.json == client.get("/api/businesses").json


def test_a_revoked_token_is_as_good_as_none(app: OpenAPI, parts: Services, owner: Api) -> None:
    assert owner.get("/api/businesses").status_code == 200
    with parts.database.write() as session:
        revoke_token(session, 1, actor="test")
    response = owner.get("/api/businesses")
    assert response.status_code == 401
    assert response.json == app.test_client().get("/api/businesses").json


def test_the_scheme_is_read_in_any_case(owner: Api) -> None:
    response = owner("GET", "/api/businesses", headers={"Authorization": f"bearer {owner.token}"})
    assert response.status_code == 200


def test_an_operator_reads_everything_of_the_business(operator: Api, garage: House) -> None:
    business = f"/api/businesses/{garage.id}"
    for path in (
        "/api/businesses",
        business,
        f"{business}/faqs",
        f"{business}/faqs/{garage.faq_id}",
        f"{business}/leads",
        f"/api/leads/{garage.lead_id}",
        f"{business}/calls",
        f"/api/calls/{garage.call_sid}",
        f"{business}/kpis",
    ):
        assert operator.get(path).status_code == 200, path
    assert operator.post(f"{business}/faqs/match", {"text": "מה המחיר?"}).status_code == 200
    assert operator.patch(f"/api/leads/{garage.lead_id}", {"name": "דנה"}).status_code == 200


def test_an_operator_writes_no_business_and_no_faq(operator: Api, garage: House) -> None:
    business = f"/api/businesses/{garage.id}"
    for method, path, body in (
        ("POST", "/api/businesses", {"name": "חדש"}),
        ("PATCH", business, {"name": "אחר"}),
        ("POST", f"{business}/faqs", FAQ),
        ("PUT", f"{business}/faqs/{garage.faq_id}", FAQ),
        ("DELETE", f"{business}/faqs/{garage.faq_id}", None),
    ):
        response = operator(method, path, json=body)
        assert response.status_code == 403, path
        assert response.json is not None
        assert response.json["code"] == "forbidden"
    faq = operator.get(f"{business}/faqs/{garage.faq_id}").json
    assert faq is not None
    assert faq["intent_key"] == "price"


def test_an_admin_edits_the_business_but_creates_none(admin: Api, garage: House) -> None:
    business = f"/api/businesses/{garage.id}"
    assert admin.patch(business, {"name": "מוסך אחר"}).status_code == 200
    assert admin.post(f"{business}/faqs", FAQ).status_code == 201
    assert admin.post("/api/businesses", {"name": "חדש"}).status_code == 403


def test_the_role_is_looked_at_before_the_body(operator: Api, garage: House) -> None:
    response = operator("POST", f"/api/businesses/{garage.id}/faqs", data="{")
    assert response.status_code == 403
