"""Members, invitations, users, tokens, the log and one's account, as programs see them."""

from __future__ import annotations

from typing import Any

import pytest
from flask_openapi3 import OpenAPI

from server.accounts import links
from server.accounts.people import add_user
from server.accounts.tokens import find_token
from server.models import ADMIN, OPERATOR, AuditEntry, Membership
from server.wiring import Services
from tests.fakes.smtp import FakeSmtp
from tests.web.conftest import MAILED_BASE, Api, House, audit, wrong_fields


def user(parts: Services, name: str, *, owner: bool = False, **roles: int) -> int:
    """Make a user: ``user(parts, "dana", admin=garage.id)``."""
    with parts.database.write() as session:
        row = add_user(
            session, f"{name}@x.test", "no hash", name=name, is_owner=owner, actor="test"
        )
        for role, business_id in roles.items():
            session.add(Membership(user_id=row.id, business_id=business_id, role=role))
        return row.id


def emails(api: Api, house: House, what: str) -> list[str]:
    listed = api.get(f"/api/businesses/{house.id}/{what}")
    assert listed.status_code == 200, listed.text
    return [item["email"] for item in listed.json["items"]]  # type: ignore[index]


def made(api: Api, path: str, body: dict[str, Any]) -> dict[str, Any]:
    response = api.post(path, body)
    assert response.status_code == 201, response.text
    assert response.json is not None
    return dict(response.json)


def test_members_are_listed_changed_and_removed(parts: Services, admin: Api, garage: House) -> None:
    user(parts, "ruth", owner=True)
    dana = user(parts, "dana", operator=garage.id)
    assert emails(admin, garage, "members") == ["ruth@x.test", "dana@x.test"]
    path = f"/api/businesses/{garage.id}/members/{dana}"
    changed = admin.patch(path, {"role": "admin"})
    assert (changed.status_code, changed.json and changed.json["role"]) == (200, "admin")
    assert admin.delete(path).status_code == 204
    assert admin.delete(path).status_code == 404
    assert emails(admin, garage, "members") == ["ruth@x.test"]
    assert [entry[1:] for entry in audit(parts)] == [
        ("member.role", garage.id, f"user:{dana}"),
        ("member.remove", garage.id, f"user:{dana}"),
    ]


def test_what_only_an_owner_does(parts: Services, admin: Api, owner: Api, garage: House) -> None:
    ruth, noa = user(parts, "ruth", owner=True), user(parts, "noa", owner=True)
    dana = user(parts, "dana", operator=garage.id)
    members = f"/api/businesses/{garage.id}/members"
    for response in (
        admin.patch(f"{members}/{dana}", {"role": "owner"}),
        admin.patch(f"{members}/{ruth}", {"role": "operator"}),
        admin.delete(f"{members}/{ruth}"),
        admin.get("/api/users"),
        admin.patch(f"/api/users/{dana}", {"active": False}),
        admin.post(f"/api/users/{ruth}/reset-link", {}),
        admin.get("/api/owner-invites"),
        admin.post("/api/owner-invites", {"email": "x@x.test"}),
        admin.get("/api/tokens"),
        admin.post("/api/tokens", {"name": "x"}),
        admin.delete("/api/tokens/1"),
        admin.get("/api/audit"),
    ):
        assert response.status_code == 403
    assert owner.patch(f"{members}/{dana}", {"role": "owner"}).status_code == 200
    assert owner.delete(f"{members}/{ruth}").status_code == 204
    assert owner.delete(f"{members}/{noa}").status_code == 204
    last = owner.delete(f"{members}/{dana}")
    assert (last.status_code, last.json and last.json["code"]) == (409, "last_owner")


def test_somebody_of_another_business_is_nobody_here(
    parts: Services, admin: Api, owner: Api, garage: House, bakery: House
) -> None:
    tal = user(parts, "tal", operator=bakery.id)
    invited = made(
        owner, f"/api/businesses/{bakery.id}/invites", {"email": "x@x.test", "role": "admin"}
    )
    here = f"/api/businesses/{garage.id}"
    for response in (
        admin.patch(f"{here}/members/{tal}", {"role": "admin"}),
        admin.delete(f"{here}/members/{tal}"),
        admin.post(f"{here}/members/{tal}/reset-link", {}),
        admin.delete(f"{here}/invites/{invited['id']}"),
        admin.post(f"{here}/invites/{invited['id']}/link", {}),
    ):
        assert response.status_code == 404
    assert emails(owner, bakery, "members") == ["tal@x.test"]
    assert emails(owner, bakery, "invites") == ["x@x.test"]


def test_an_invitation_is_made_listed_and_withdrawn(
    parts: Services, admin: Api, garage: House
) -> None:
    path = f"/api/businesses/{garage.id}/invites"
    invited = made(admin, path, {"email": "Dana@X.test", "role": "operator"})
    assert invited["email"] == "dana@x.test"
    assert invited["url"].startswith("http://localhost/join/")
    assert (invited["mail"], invited["expired"]) == (None, False)
    again = admin.post(f"{path}/{invited['id']}/link", {})
    assert again.json is not None
    assert again.json["url"] != invited["url"]
    listed = admin.get(path).json
    assert listed is not None
    assert "url" not in listed["items"][0]
    assert admin.delete(f"{path}/{invited['id']}").status_code == 204
    assert emails(admin, garage, "invites") == []
    with parts.database.read() as session, pytest.raises(links.LinkGoneError):
        links.find_link(session, again.json["url"].rpartition("/")[2], "invite")


def test_a_token_called_by_a_number_is_not_the_token_with_that_id(
    app: OpenAPI, owner: Api, garage: House, bakery: House
) -> None:
    theirs = made(
        owner, f"/api/businesses/{bakery.id}/tokens", {"name": "a secret plan", "role": "admin"}
    )
    mine = made(
        owner, f"/api/businesses/{garage.id}/tokens", {"name": str(theirs["id"]), "role": "admin"}
    )
    invited = made(
        Api(app.test_client(), mine["token"]),
        f"/api/businesses/{garage.id}/invites",
        {"email": "dana@x.test", "role": "operator"},
    )
    assert (invited["created_by"], invited["created_by_name"]) == (f"token:{theirs['id']}", "")


def test_a_bad_invitation_names_its_field(admin: Api, garage: House) -> None:
    path = f"/api/businesses/{garage.id}/invites"
    assert wrong_fields(admin.post(path, {"email": "x", "role": "admin"})) == ["email"]
    assert wrong_fields(admin.post(path, {"email": "a@x.test", "role": "owner"})) == ["role"]
    assert wrong_fields(admin.post(path, {"email": "a@x.test"})) == ["role"]
    lang = {"email": "a@x.test", "role": "admin", "lang": "fr"}
    assert wrong_fields(admin.post(path, lang)) == ["lang"]


def test_with_a_mail_server_the_link_is_mailed_and_not_shown(
    post: FakeSmtp, parts: Services, admin: Api, garage: House
) -> None:
    path = f"/api/businesses/{garage.id}/invites"
    invited = made(admin, path, {"email": "dana@x.test", "role": "operator", "lang": "en"})
    assert (invited["url"], invited["mail"]) == (None, "waiting")
    assert parts.jobs.run_one("mail")
    assert post.recipients == ["dana@x.test"]
    assert f"{MAILED_BASE}/join/" in post.text()
    listed = admin.get(path).json
    assert listed is not None
    assert listed["items"][0]["mail"] == "sent"


def test_nobody_mails_strangers_without_end(
    post: FakeSmtp, admin: Api, owner: Api, garage: House
) -> None:
    path = f"/api/businesses/{garage.id}/invites"

    def mail(api: Api, email: str) -> int:
        return api.post(path, {"email": email, "role": "operator"}).status_code

    assert [mail(admin, "dana@x.test") for _ in range(6)] == [201] * 5 + [429]
    assert mail(owner, "dana@x.test") == 429
    assert {mail(admin, f"n{number}@x.test") for number in range(24)} == {201}
    assert mail(admin, "one-more@x.test") == 429
    assert mail(owner, "one-more@x.test") == 201


def test_a_reset_link_lets_an_admin_into_nothing_that_is_not_theirs(
    parts: Services, admin: Api, owner: Api, garage: House, bakery: House
) -> None:
    here = user(parts, "here", operator=garage.id)
    both = user(parts, "both", operator=garage.id, admin=bakery.id)
    ruth = user(parts, "ruth", owner=True)
    members = f"/api/businesses/{garage.id}/members"
    shown = made(admin, f"{members}/{here}/reset-link", {})
    assert shown["url"].startswith("http://localhost/reset/")
    assert not shown["mailed"]
    for user_id in (both, ruth):
        refused = admin.post(f"{members}/{user_id}/reset-link", {})
        assert (refused.status_code, refused.json and refused.json["code"]) == (403, "owners_only")
        assert owner.post(f"{members}/{user_id}/reset-link", {}).status_code == 201


def test_with_a_mail_server_an_admin_may_have_anybody_of_theirs_mailed(
    post: FakeSmtp, parts: Services, admin: Api, garage: House, bakery: House
) -> None:
    both = user(parts, "both", operator=garage.id, admin=bakery.id)
    sent = made(admin, f"/api/businesses/{garage.id}/members/{both}/reset-link", {})
    assert (sent["mailed"], sent["url"]) == (True, None)
    assert parts.jobs.run_one("mail")
    assert post.recipients == ["both@x.test"]


def test_an_owner_shuts_somebody_out_and_lets_them_in_again(
    parts: Services, owner: Api, garage: House
) -> None:
    dana = user(parts, "dana", admin=garage.id)
    ruth = user(parts, "ruth", owner=True)
    changed = owner.patch(f"/api/users/{dana}", {"active": False}).json
    assert changed is not None
    assert not changed["active"]
    assert changed["memberships"] == [{"business_id": garage.id, "role": "admin"}]
    assert owner.post(f"/api/users/{dana}/reset-link", {}).status_code == 409
    assert owner.patch(f"/api/users/{dana}", {"active": True}).status_code == 200
    assert owner.patch(f"/api/users/{ruth}", {"active": False}).status_code == 409
    assert owner.patch(f"/api/users/{ruth}", {"is_owner": False}).status_code == 409
    assert owner.patch("/api/users/999", {"active": False}).status_code == 404
    assert wrong_fields(owner.patch(f"/api/users/{dana}", {"active": "no"})) == ["active"]


def test_users_come_in_pages(parts: Services, owner: Api) -> None:
    for name in ("c", "a", "b"):
        user(parts, name)
    first = owner.get("/api/users", limit=2).json
    assert first is not None
    second = owner.get("/api/users", limit=2, cursor=first["next_cursor"]).json
    assert second is not None
    found = [item["email"] for page in (first, second) for item in page["items"]]
    assert found == ["a@x.test", "b@x.test", "c@x.test"]
    assert second["next_cursor"] is None


def test_a_token_is_shown_once_works_and_is_revoked(
    app: OpenAPI, parts: Services, admin: Api, garage: House
) -> None:
    path = f"/api/businesses/{garage.id}/tokens"
    created = made(admin, path, {"name": " crm ", "role": "operator"})
    assert (created["name"], created["business_id"]) == ("crm", garage.id)
    crm = Api(app.test_client(), created["token"])
    assert crm.get(f"/api/businesses/{garage.id}/leads").status_code == 200
    assert crm.get(path).status_code == 403
    listed = admin.get(path)
    assert created["token"] not in listed.text
    assert listed.json is not None
    assert listed.json["items"][0]["name"] == "crm"
    assert admin.delete(f"{path}/{created['id']}").status_code == 204
    assert crm.get(f"/api/businesses/{garage.id}/leads").status_code == 401
    assert [entry[1] for entry in audit(parts)] == ["token.create", "token.revoke"]


def test_an_admin_s_tokens_end_at_the_business(
    parts: Services, admin: Api, owner: Api, garage: House, bakery: House
) -> None:
    path = f"/api/businesses/{garage.id}/tokens"
    assert wrong_fields(admin.post(path, {"name": "x", "role": "owner"})) == ["role"]
    assert wrong_fields(admin.post(path, {"name": "\n", "role": "admin"})) == ["name"]
    theirs = made(owner, f"/api/businesses/{bakery.id}/tokens", {"name": "theirs", "role": "admin"})
    assert admin.delete(f"{path}/{theirs['id']}").status_code == 404
    listed = admin.get(path).json
    assert listed is not None
    assert "theirs" not in [item["name"] for item in listed["items"]]
    everything = owner.get("/api/tokens").json
    assert everything is not None
    assert "theirs" in [item["name"] for item in everything["items"]]
    mine = made(owner, "/api/tokens", {"name": "mine"})
    assert (mine["role"], mine["business_id"]) == ("owner", None)
    assert owner.delete(f"/api/tokens/{mine['id']}").status_code == 204
    with parts.database.read() as session:
        assert find_token(session, mine["token"]) is None
        assert find_token(session, theirs["token"]) is not None


def test_tokens_do_not_pile_up(admin: Api, garage: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.api.tokens.MAX_TOKENS", 2)  # the admin's own is one of them
    path = f"/api/businesses/{garage.id}/tokens"
    first = made(admin, path, {"name": "1", "role": "admin"})
    full = admin.post(path, {"name": "2", "role": "admin"})
    assert (full.status_code, full.json and full.json["code"]) == (409, "too_many_tokens")
    assert admin.delete(f"{path}/{first['id']}").status_code == 204
    assert admin.post(path, {"name": "2", "role": "admin"}).status_code == 201


def test_the_log_is_read_by_its_business_in_pages_and_by_kind(
    parts: Services, admin: Api, owner: Api, garage: House, bakery: House
) -> None:
    dana = user(parts, "dana", admin=garage.id)
    with parts.database.write() as session:
        for number in range(5):
            session.add(
                AuditEntry(
                    business_id=garage.id if number else bakery.id,
                    actor=f"user:{dana}" if number % 2 else "token:crm",
                    action="faq.update" if number < 4 else "faqs_of_others.update",
                    target=f"faq:{number}",
                    detail={"fields": ["answer_text"]},
                )
            )
    path = f"/api/businesses/{garage.id}/audit"

    def targets(api: Api, address: str, **query: Any) -> list[str]:
        response = api.get(address, **query)
        assert response.json is not None
        return [item["target"] for item in response.json["items"] if "faq:" in item["target"]]

    assert targets(admin, path) == ["faq:4", "faq:3", "faq:2", "faq:1"]
    assert "faq:0" in targets(owner, "/api/audit")
    assert targets(admin, path, action="faq") == ["faq:3", "faq:2", "faq:1"]
    assert targets(admin, path, action="faq.update, lead") == ["faq:3", "faq:2", "faq:1"]
    assert targets(admin, path, action="fa_") == []
    assert targets(admin, path, actor="token:crm") == ["faq:4", "faq:2"]
    first = admin.get(path, limit=3).json
    assert first is not None
    assert first["items"][1]["actor_name"] == "dana"
    assert targets(admin, path, limit=3, cursor=first["next_cursor"]) == ["faq:1"]
    assert wrong_fields(admin.get(path, cursor="x")) == ["cursor"]
    assert wrong_fields(admin.get(path, actor="\0")) == ["actor"]


def test_a_token_has_no_account(admin: Api, garage: House) -> None:
    mine = admin.get("/api/account").json
    assert mine is not None
    assert (mine["email"], mine["name"]) == (None, "a test's admin")
    assert mine["memberships"] == [{"business_id": garage.id, "role": "admin"}]
    assert admin.patch("/api/account", {"name": "x"}).status_code == 403
    body = {"current": "x" * 10, "new": "y" * 10}
    assert admin.post("/api/account/password", body).status_code == 403


@pytest.mark.parametrize("role", [ADMIN, OPERATOR])
@pytest.mark.parametrize("path", ["members", "invites", "tokens", "audit"])
def test_operators_see_none_of_it(
    request: pytest.FixtureRequest, garage: House, role: str, path: str
) -> None:
    api: Api = request.getfixturevalue(role)
    expected = 200 if role == ADMIN else 403
    assert api.get(f"/api/businesses/{garage.id}/{path}").status_code == expected
