"""One's account, the people of a business and of the server, keys, and the log of changes."""

from __future__ import annotations

import re

import pytest
from flask_openapi3 import OpenAPI

from server.accounts.people import add_user
from server.accounts.tokens import find_token
from server.models import AuditEntry, Membership, User
from server.wiring import Services
from tests.web.conftest import House
from tests.web.pages.conftest import PASSWORD, Browser
from tests.web.pages.test_join import link_in
from tests.web.pages.test_sign_in import guest, sign_in


def member(parts: Services, house: House, name: str, role: str = "operator") -> int:
    with parts.database.write() as session:
        user = add_user(session, f"{name}@x.test", "no hash", name=name, actor="test")
        session.add(Membership(user_id=user.id, business_id=house.id, role=role))
        return user.id


def role_of(parts: Services, user_id: int) -> str | None:
    with parts.database.read() as session:
        rows = session.query(Membership).filter_by(user_id=user_id).all()
        return rows[0].role if rows else None


def content(text: str) -> str:
    return text.partition("<main")[2].partition(">")[2].partition("</main>")[0]


def test_name_and_language_are_ones_own(parts: Services, as_operator: Browser) -> None:
    assert "operator@maane.test" in as_operator.get("/account").text
    answer = as_operator.post("/account", {"name": "רותי", "lang": "en"})
    assert answer.status_code == 303
    page = as_operator.get("/account").text
    assert '<html lang="en"' in page
    assert 'value="רותי"' in page
    wrong = as_operator.post("/account", {"name": "x" * 121, "lang": "en"})
    assert wrong.status_code == 422
    assert "At most 120 characters" in wrong.text


def test_the_present_password_is_asked_for(app: OpenAPI, as_operator: Browser) -> None:
    path = "/account/password"
    wrong = as_operator.post(path, {"current": "wrong horse", "new": "battery staple"})
    assert wrong.status_code == 422
    assert 'id="current-wrong"' in wrong.text
    short = as_operator.post(path, {"current": PASSWORD, "new": "short"})
    assert 'id="new-wrong"' in short.text
    statuses = [
        as_operator.post(path, {"current": "guess", "new": "battery staple"}).status_code
        for _ in range(10)
    ]
    assert statuses[-1] == 429
    assert sign_in(guest(app), "operator@maane.test").status_code == 303


def test_who_belongs_nowhere_still_has_an_account(
    app: OpenAPI, parts: Services, as_owner: Browser, as_operator: Browser, garage: House
) -> None:
    path = f"/b/{garage.id}/settings/members/{as_operator.user_id}/remove"
    assert as_owner.post(path).status_code == 303
    assert as_operator.get("/").status_code == 200
    assert as_operator.get("/account").status_code == 200
    assert as_operator.get(f"/b/{garage.id}/more").status_code == 404


def test_operators_do_not_see_these_pages(as_operator: Browser, garage: House) -> None:
    for page in ("members", "members/invite", "members/1", "tokens", "audit"):
        assert as_operator.get(f"/b/{garage.id}/settings/{page}").status_code == 403
    for path in ("/system/people", "/system/audit"):
        assert as_operator.get(path).status_code == 403


def test_an_admin_changes_a_role_and_removes_after_being_asked(
    parts: Services, as_admin: Browser, garage: House, bakery: House
) -> None:
    dana = member(parts, garage, "dana")
    path = f"/b/{garage.id}/settings/members/{dana}"
    assert 'value="owner"' not in as_admin.get(path).text
    assert as_admin.post(f"{path}/role", {"role": "owner"}).status_code == 403
    assert as_admin.post(f"{path}/role", {"role": "admin"}).status_code == 303
    assert role_of(parts, dana) == "admin"
    asked = as_admin.get(f"{path}/remove")
    assert "dana" in content(asked.text)
    assert role_of(parts, dana) == "admin"
    assert as_admin.post(f"{path}/remove").status_code == 303
    assert role_of(parts, dana) is None
    assert as_admin.get(path).status_code == 404
    theirs = member(parts, bakery, "tal")
    assert as_admin.get(f"/b/{garage.id}/settings/members/{theirs}").status_code == 404


def test_an_admin_sees_owners_but_does_not_touch_them(
    as_owner: Browser, as_admin: Browser, garage: House
) -> None:
    path = f"/b/{garage.id}/settings/members/{as_owner.user_id}"
    page = content(as_admin.get(path).text)
    assert "owner@maane.test" in page
    assert "<form" not in page
    assert as_admin.post(f"{path}/remove").status_code == 403


def test_the_last_owner_is_told_and_stays(as_owner: Browser, garage: House) -> None:
    path = f"/b/{garage.id}/settings/members/{as_owner.user_id}"
    assert as_owner.post(f"{path}/role", {"role": "operator"}).location == path
    assert "toast-danger" in as_owner.get(path).text
    assert as_owner.post(f"{path}/remove").location == path
    assert as_owner.post(f"/system/people/{as_owner.user_id}/deactivate").status_code == 303
    assert as_owner.get("/system/people").status_code == 200


def test_an_admin_helps_somebody_who_cannot_get_in(
    app: OpenAPI, parts: Services, as_admin: Browser, garage: House, bakery: House
) -> None:
    dana = member(parts, garage, "dana")
    path = f"/b/{garage.id}/settings/members/{dana}"
    shown = as_admin.post(f"{path}/reset-link")
    link = link_in(shown.text)
    assert shown.headers["Cache-Control"] == "no-store"
    assert guest(app).post(link, {"password": "battery staple"}).status_code == 303
    with parts.database.write() as session:
        session.add(Membership(user_id=dana, business_id=bakery.id, role="admin"))
    refused = as_admin.post(f"{path}/reset-link")
    assert refused.location == path
    assert "toast-danger" in as_admin.get(path).text


def test_an_owner_shuts_somebody_out_everywhere(
    app: OpenAPI, as_owner: Browser, as_admin: Browser
) -> None:
    path = f"/system/people/{as_admin.user_id}"
    assert "admin@maane.test" in as_owner.get("/system/people").text
    assert as_admin.get("/account").status_code == 200
    assert "admin@maane.test" in as_owner.get(f"{path}/deactivate").text
    assert as_owner.post(f"{path}/deactivate").location == path
    assert as_admin.get("/account").status_code == 303
    assert as_owner.post(f"{path}/reset-link").location == path
    assert as_owner.post(f"{path}/activate").status_code == 303
    assert sign_in(guest(app), "admin@maane.test").status_code == 303


def test_an_owner_makes_another_one_and_steps_back(
    parts: Services, as_owner: Browser, as_admin: Browser
) -> None:
    assert as_admin.get("/system/people").status_code == 403
    made = as_owner.post(f"/system/people/{as_admin.user_id}/owner", {"is_owner": "1"})
    assert made.status_code == 303
    assert as_admin.get("/system/people").status_code == 200
    back = as_owner.post(f"/system/people/{as_owner.user_id}/owner", {"is_owner": "0"})
    assert back.location == "/"
    assert as_owner.get("/system/people").status_code == 403


def test_a_key_is_shown_once_and_revoked_after_being_asked(
    parts: Services, as_admin: Browser, garage: House
) -> None:
    path = f"/b/{garage.id}/settings/tokens"
    assert "empty-state" in as_admin.get(path).text
    shown = as_admin.post(path, {"name": "crm", "role": "operator"})
    found = re.search(r'value="(maane_[^"]+)"', shown.text)
    assert found is not None
    listed = as_admin.get(path).text
    assert "crm" in listed
    assert found[1] not in listed
    with parts.database.read() as session:
        row = find_token(session, found[1])
    assert row is not None
    asked = as_admin.get(f"{path}/{row.id}/revoke")
    assert "crm" in content(asked.text)
    assert as_admin.post(f"{path}/{row.id}/revoke").location == path
    with parts.database.read() as session:
        assert find_token(session, found[1]) is None
    wrong = as_admin.post(path, {"name": "", "role": "operator"})
    assert (wrong.status_code, 'id="name-wrong"' in wrong.text) == (422, True)


def test_the_log_names_people_and_speaks_plainly(
    parts: Services, as_admin: Browser, garage: House, bakery: House
) -> None:
    with parts.database.write() as session:
        session.get_one(User, as_admin.user_id).name = "רותי <b>"
        for house, action in (
            (garage, "faq.update"),
            (garage, "prompts.restore"),
            (garage, "nova.explode"),
            (bakery, "faq.x"),
        ):
            session.add(
                AuditEntry(
                    business_id=house.id,
                    actor=f"user:{as_admin.user_id}",
                    action=action,
                    target="faq:7",
                    detail={"fields": ["answer_text", "unheard_of"]},
                )
            )
    path = f"/b/{garage.id}/settings/audit"
    page = content(as_admin.get(path).text)
    assert "רותי &lt;b&gt;" in page
    assert "תשובה שונתה" in page
    assert "התשובה, unheard_of" in page
    assert "faq.update faq:7" in page
    assert page.count("משהו אחר") == 1
    assert "prompts.restore" in content(as_admin.get(f"{path}?action=business,prompts,number").text)
    assert "faq.x" not in page
    only = content(as_admin.get(f"{path}?action=faq").text)
    assert "nova.explode" not in only
    nobody = content(as_admin.get(f"{path}?actor=user:999").text)
    assert "empty-state" in nobody
    assert as_admin.get(f"{path}?actor={'x' * 300}").status_code == 200
    assert as_admin.get(f"{path}?cursor=x").status_code == 422


def test_a_long_log_goes_on_with_and_without_scripts(
    parts: Services, as_admin: Browser, garage: House
) -> None:
    with parts.database.write() as session:
        session.add_all(
            AuditEntry(business_id=garage.id, actor="command line", action="faq.update",
                       target=f"faq:{number}")
            for number in range(60)
        )  # fmt: skip
    path = f"/b/{garage.id}/settings/audit"
    first = as_admin.get(path).text
    found = re.search(r'href="([^"]+cursor=[^"]+)"', first)
    assert found is not None
    following = found[1].replace("&amp;", "&")
    rest = as_admin.get(following).text
    assert first.count("log-row") == 50
    assert "<html" in rest
    part = as_admin.part(following).text
    assert "<html" not in part
    assert part.count("log-row") == rest.count("log-row") >= 10


@pytest.mark.parametrize("lang", ["he", "en"])
def test_pages_mix_no_languages(as_owner: Browser, garage: House, lang: str) -> None:
    as_owner.client.post("/language", data={"lang": lang})
    for path in (
        "/account",
        "/system/people",
        f"/system/people/{as_owner.user_id}",
        f"/b/{garage.id}/settings/members/invite",
        f"/b/{garage.id}/settings/tokens",
    ):
        page = content(as_owner.get(path).text)
        shown = re.sub(r"<bdi[^>]*data-user.*?</bdi>|<[^>]+>|עברית|English|/api/\S+", " ", page)
        foreign = re.findall(r"[א-ת]{2,}" if lang == "en" else r"[A-Za-z]{3,}", shown)
        known = {"CRM", "Authorization", "Bearer"}
        assert not set(foreign) - known, path


def test_what_stands_fixed_in_a_template_is_said_in_each_language(as_owner: Browser) -> None:
    for lang, word in (("he", "בעלים"), ("en", "Owner"), ("he", "בעלים")):
        text = as_owner.speaks(lang).get("/system/people").text
        assert f">{word}</span>" in text
