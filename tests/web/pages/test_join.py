"""Invitations from the first to the last step, as the one who invites and the one who comes."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask_openapi3 import OpenAPI
from sqlalchemy import select

from server.models import Business, User
from server.wiring import Services
from tests.fakes.smtp import FakeSmtp
from tests.web.conftest import House
from tests.web.pages.conftest import Browser
from tests.web.pages.test_sign_in import guest, sign_in


def link_in(text: str) -> str:
    """Return the path of the link that a page shows."""
    found = re.search(r'id="secret"[^>]* value="([^"]+)"', text)
    assert found is not None, text
    return urlsplit(found[1]).path


def invite(browser: Browser, house: House, email: str, role: str = "operator") -> str:
    answer = browser.post(f"/b/{house.id}/settings/members/invite", {"email": email, "role": role})
    assert answer.status_code == 200, answer.text
    return link_in(answer.text)


def test_somebody_invited_joins_and_sees_only_that_business(
    app: OpenAPI, as_admin: Browser, garage: House, bakery: House
) -> None:
    link = invite(as_admin, garage, "dana@maane.test")
    browser = guest(app)
    page = browser.get(link)
    assert page.status_code == 200
    assert "dana@maane.test" in page.text
    assert "מוסך" in page.text
    empty = browser.post(link, {"name": " ", "password": "short"})
    assert empty.status_code == 422
    assert empty.text.count('aria-invalid="true"') == 2
    joined = browser.post(link, {"name": "דנה", "password": "battery staple"})
    assert joined.location == f"/b/{garage.id}/"
    assert browser.get(f"/b/{garage.id}/more").status_code == 200
    assert browser.get(f"/b/{bakery.id}/more").status_code == 404
    assert browser.get(f"/b/{garage.id}/settings/members").status_code == 403
    members = as_admin.get(f"/b/{garage.id}/settings/members").text
    assert "דנה" in members
    assert sign_in(guest(app), "dana@maane.test", "battery staple").status_code == 303
    assert guest(app).get(link).status_code == 410


def test_an_owner_is_invited_by_an_owner_only(
    app: OpenAPI, parts: Services, as_admin: Browser, as_owner: Browser, garage: House
) -> None:
    path = f"/b/{garage.id}/settings/members/invite"
    assert 'value="owner"' not in as_admin.get(path).text
    form = {"email": "noa@maane.test", "role": "owner"}
    assert as_admin.post(path, form).status_code == 403
    assert 'value="owner"' in as_owner.get(path).text
    link = invite(as_owner, garage, "noa@maane.test", "owner")
    assert "noa@maane.test" in as_owner.get(f"/b/{garage.id}/settings/members").text
    assert "noa@maane.test" not in as_admin.get(f"/b/{garage.id}/settings/members").text
    answer = guest(app).post(link, {"name": "נועה", "password": "battery staple"})
    assert answer.location == "/"
    with parts.database.read() as session:
        noa = session.scalars(select(User).where(User.email == "noa@maane.test")).one()
    assert noa.is_owner


def test_who_has_an_account_signs_in_and_joins_with_one_press(
    app: OpenAPI, as_admin: Browser, as_owner: Browser, garage: House, bakery: House
) -> None:
    link = invite(as_owner, bakery, "admin@maane.test")
    browser = guest(app)
    page = browser.get(link)
    assert 'name="password"' not in page.text
    assert f'href="/sign-in?next={link}"' in page.text
    # A thief of the link cannot set a password of an account that is there.
    assert browser.post(link, {"name": "x", "password": "battery staple"}).status_code == 200
    answer = sign_in(browser, "admin@maane.test", path=f"/sign-in?next={link}")
    assert answer.location == link
    assert browser.get(link).status_code == 200
    assert browser.post(link).location == f"/b/{bakery.id}/"
    assert browser.get(f"/b/{bakery.id}/more").status_code == 200


def test_nobody_joins_with_the_link_of_another(
    app: OpenAPI, as_admin: Browser, as_operator: Browser, garage: House
) -> None:
    link = invite(as_admin, garage, "dana@maane.test", "admin")
    page = as_operator.get(link)
    assert "dana@maane.test" in page.text
    assert "operator@maane.test" in page.text
    assert as_operator.post(link).status_code == 200
    assert as_operator.get(f"/b/{garage.id}/settings/members").status_code == 403
    assert guest(app).get(link).status_code == 200  # and it is still good


def test_a_withdrawn_invitation_says_so(app: OpenAPI, as_admin: Browser, garage: House) -> None:
    link = invite(as_admin, garage, "dana@maane.test")
    members = as_admin.get(f"/b/{garage.id}/settings/members").text
    found = re.search(r'href="([^"]+/withdraw)"', members)
    assert found is not None
    assert "dana@maane.test" in as_admin.get(found[1]).text  # it asks first
    assert guest(app).get(link).status_code == 200
    assert as_admin.post(found[1]).status_code == 303
    assert guest(app).get(link).status_code == 410
    assert "dana@maane.test" not in as_admin.get(f"/b/{garage.id}/settings/members").text


def test_a_lost_link_is_replaced(app: OpenAPI, as_admin: Browser, garage: House) -> None:
    first = invite(as_admin, garage, "dana@maane.test")
    members = as_admin.get(f"/b/{garage.id}/settings/members").text
    found = re.search(r'action="([^"]+/link)"', members)
    assert found is not None
    second = link_in(as_admin.post(found[1]).text)
    assert guest(app).get(first).status_code == 410
    assert guest(app).get(second).status_code == 200


def test_a_bad_address_is_told_at_its_field_and_kept(as_admin: Browser, garage: House) -> None:
    path = f"/b/{garage.id}/settings/members/invite"
    answer = as_admin.post(path, {"email": "dana@home", "role": "operator"})
    assert answer.status_code == 422
    assert 'value="dana@home"' in answer.text
    assert 'aria-describedby="email-wrong"' in answer.text
    assert as_admin.post(path, {"email": "a@x.test", "role": "king"}).status_code == 422
    assert as_admin.post(path, {"email": "admin@maane.test", "role": "admin"}).status_code == 422


def test_who_invites_too_many_is_told_to_wait(
    post: FakeSmtp, as_admin: Browser, garage: House
) -> None:
    path = f"/b/{garage.id}/settings/members/invite"
    form = {"email": "dana@maane.test", "role": "operator"}
    assert [as_admin.post(path, form).status_code for _ in range(5)] == [303] * 5
    told = as_admin.speaks("en").post(path, form)
    assert told.status_code == 429
    assert "Too many attempts. Try again in 60 minutes." in told.text
    assert 'value="dana@maane.test"' in told.text


def test_links_cannot_be_tried_without_end(app: OpenAPI) -> None:
    browser = guest(app, "203.0.113.9")
    statuses = [browser.get(f"/join/{n}").status_code for n in range(61)]
    assert statuses[59:] == [410, 429]


def test_hostile_names_are_shown_as_they_are(
    app: OpenAPI, parts: Services, as_admin: Browser, garage: House
) -> None:
    with parts.database.write() as session:
        session.get_one(Business, garage.id).name = "<script>alert(1)</script>"
    link = invite(as_admin, garage, "dana@maane.test")
    page = guest(app).get(link).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    guest(app).post(link, {"name": "<b>דנה</b>", "password": "battery staple"})
    assert "&lt;b&gt;דנה" in as_admin.get(f"/b/{garage.id}/settings/members").text
