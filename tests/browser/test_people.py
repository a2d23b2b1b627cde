"""Inviting, joining and signing in, in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from server.accounts import links
from server.clock import utc_now
from server.models import User
from tests.browser.conftest import Person
from tests.browser.people import sign_in
from tests.browser.site import PASSWORD, Site, email_of
from tests.browser.watch import Watch

NEW_PASSWORD = "battery staple"


def submit(page: Page) -> None:
    page.locator("main form:has(input[name=csrf_token]) [type=submit]").last.click()


def invite(page: Page, site: Site, email: str) -> str:
    """Invite somebody by the form; return the path of the link that is shown."""
    page.goto(f"/b/{site.garage}/settings/members")
    page.locator("a[href$='/members/invite']").click()
    page.locator("input[name=email]").fill(email)
    submit(page)
    return urlsplit(page.locator("#secret").input_value()).path


@pytest.mark.parametrize(("lang", "phone"), [("he", True), ("en", False)])
def test_somebody_is_invited_joins_and_is_removed(
    site: Site, person: Person, accessible: Callable[[Page], None], lang: str, phone: bool
) -> None:
    admin = person("admin", lang=lang, phone=phone)
    email = f"dana-{lang}@example.com"
    link = invite(admin, site, email)
    accessible(admin)
    admin.context.grant_permissions(["clipboard-read", "clipboard-write"])
    admin.locator("[data-copy]").click()
    expect(admin.locator("[data-copy]")).to_have_text({"he": "הועתק", "en": "Copied"}[lang])
    assert str(admin.evaluate("navigator.clipboard.readText()")).endswith(link)

    dana = person(None, lang=lang, phone=phone)
    dana.goto(link)
    accessible(dana)
    dana.locator("input[name=name]").fill("דנה")
    dana.locator("input[name=password]").fill(NEW_PASSWORD)
    submit(dana)
    dana.wait_for_url(f"**/b/{site.garage}/")
    dana.goto(f"/b/{site.ids.bakery}/")
    expect(dana.locator("h1")).to_be_visible()
    assert "404" in dana.locator("main").inner_text()

    admin.goto(f"/b/{site.garage}/settings/members")
    accessible(admin)
    admin.get_by_text(email).click()
    accessible(admin)
    admin.locator("a[href$='/remove']").click()
    submit(admin)
    admin.wait_for_url("**/settings/members")
    expect(admin.get_by_text(email)).to_have_count(0)


def test_without_scripts_somebody_joins_and_signs_in_again(site: Site, person: Person) -> None:
    link = invite(person("admin", javascript=False), site, "noscript@example.com")
    page = person(None, javascript=False)
    page.goto(link)
    page.locator("input[name=name]").fill("דנה")
    page.locator("input[name=password]").fill(NEW_PASSWORD)
    submit(page)
    assert page.url.endswith(f"/b/{site.garage}/")
    page.goto("/account")
    page.locator("main form[action='/sign-out'] [type=submit]").click()
    page.goto(f"/b/{site.garage}/leads")
    page.locator("input[name=email]").fill("noscript@example.com")
    page.locator("input[name=password]").fill(NEW_PASSWORD)
    submit(page)
    assert page.url.endswith(f"/b/{site.garage}/leads")


def test_a_tap_on_how_long_ago_says_when_without_scripts_too(site: Site, person: Person) -> None:
    page = person("admin", phone=True, javascript=False)
    page.goto(f"/b/{site.garage}/settings/members")
    exact = page.locator(".when-exact").first
    expect(exact).to_be_hidden()
    page.locator(".when").first.tap()
    expect(exact).to_be_visible()
    expect(exact).to_contain_text(str(utc_now().year))


@pytest.mark.parametrize("lang", ["he", "en"])
def test_a_wrong_password_is_told_and_a_link_helps(
    site: Site, person: Person, accessible: Callable[[Page], None], lang: str
) -> None:
    email = f"forgetful-{lang}@example.com"
    with site.write() as session:
        user = User(email=email, password_hash="no hash", lang=lang, is_owner=True)
        session.add(user)
        session.flush()
        _, token = links.new_reset(session, user, actor="test")
    page = person(None, lang=lang, phone=True)
    page.context.add_cookies([{"name": "maane_lang", "value": lang, "url": site.url}])
    page.goto("/sign-in")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill("wrong horse")
    submit(page)
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("input[name=email]")).to_have_value(email)
    accessible(page)
    page.locator("a[href='/sign-in/forgot']").click()
    page.wait_for_url("**/sign-in/forgot")
    accessible(page)
    page.goto(f"/reset/{token}")
    accessible(page)
    page.locator("input[name=password]").fill(NEW_PASSWORD)
    submit(page)
    page.wait_for_url(re.compile(r"/(b/\d+/)?$"))
    page.goto(f"/reset/{token}")
    expect(page.get_by_role("alert")).to_be_visible()
    accessible(page)


def test_another_browser_is_signed_out_by_a_new_password(site: Site, person: Person) -> None:
    email = email_of("stranger", "he")
    here, there = person(None), person(None)
    for page in (here, there):
        sign_in(page, email)
    here.goto("/account")
    here.locator("input[name=current]").fill(PASSWORD)
    here.locator("input[name=new]").fill(NEW_PASSWORD)
    here.locator("form[action='/account/password'] [type=submit]").click()
    expect(here.locator(".toast-success")).to_be_visible()
    there.goto("/account")
    expect(there).to_have_url(re.compile(r"/sign-in\?next=/account$"))
    here.locator("input[name=current]").fill(NEW_PASSWORD)
    here.locator("input[name=new]").fill(PASSWORD)
    here.locator("form[action='/account/password'] [type=submit]").click()
    expect(here.locator(".toast-success")).to_be_visible()


def test_the_log_tells_what_was_done(
    site: Site, person: Person, accessible: Callable[[Page], None], watch: Watch
) -> None:
    page = person("owner", lang="en")
    page.goto(f"/b/{site.garage}/settings/tokens")
    accessible(page)
    page.locator("input[name=name]").fill("till")
    submit(page)
    assert page.locator("#secret").input_value().startswith("maane_")
    page.goto(f"/b/{site.garage}/settings/audit")
    accessible(page)
    first = page.locator(".log-row").first
    expect(first).to_contain_text("Ruth")
    expect(first).to_contain_text("Key made")
    exact = first.locator(".when-exact")
    expect(exact).to_be_hidden()
    first.locator(".when").press("Enter")
    expect(exact).to_be_visible()
    expect(exact).to_contain_text(str(utc_now().year))
    accessible(page)
    page.keyboard.press("Escape")
    expect(exact).to_be_hidden()
    first.locator("a").click()
    expect(page.locator(".log-row").first).to_contain_text("Ruth")
    assert watch.faults == []
