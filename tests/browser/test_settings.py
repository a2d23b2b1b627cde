"""An admin sets the business up, on a phone and at a desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import Chromium
from tests.browser.conftest import Person
from tests.browser.people import new_window, sign_in
from tests.browser.site import Site, email_of, running_site
from tests.fakes.twilio_rest import ACCOUNT_SID, AUTH_TOKEN, FakeTwilioRest

NEW = "+972722222222"


def test_opening_hours_are_changed_on_a_phone(
    person: Person, site: Site, accessible: Callable[[Page], None]
) -> None:
    page = person("admin", phone=True)
    page.goto(f"/b/{site.garage}/settings")
    page.get_by_role("link", name="שעות").first.click()
    page.get_by_label("יום ראשון, שעת פתיחה").first.fill("08:00")
    page.get_by_label("יום ראשון, שעת סגירה").first.fill("13:00")
    sunday = page.locator("[data-day]").first
    sunday.get_by_role("button", name="הוספת שעות").click()
    page.get_by_label("יום ראשון, שעת פתיחה").nth(1).fill("16:00")
    page.get_by_label("יום ראשון, שעת סגירה").nth(1).fill("15:00")
    page.get_by_role("button", name="שמירה").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("יום ראשון, שעת פתיחה").nth(1)).to_have_value("16:00")
    page.get_by_label("יום ראשון, שעת סגירה").nth(1).fill("19:00")
    page.get_by_role("button", name="שמירה").click()
    expect(page.locator(".toast-success")).to_be_visible()
    expect(page.get_by_label("יום ראשון, שעת סגירה").nth(1)).to_have_value("19:00")
    accessible(page)


def test_a_number_is_blocked_without_scripts(person: Person, site: Site) -> None:
    page = person("admin", lang="en", javascript=False)
    page.goto(f"/b/{site.garage}/settings/blocked")
    page.get_by_label("Numbers that are not answered").fill("054-111 2222\n058*")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Numbers that are not answered")).to_have_value(
        "+972541112222\n+97258*"
    )


@pytest.fixture(scope="module")
def twilio() -> Iterator[FakeTwilioRest]:
    with FakeTwilioRest() as fake:
        fake.numbers.add(NEW)
        yield fake
        assert fake.violations == []


@pytest.fixture(scope="module")
def connected_site(
    twilio: FakeTwilioRest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A server with an account at the stand-in."""
    with running_site(
        tmp_path_factory.mktemp("connected"),
        PUBLIC_BASE_URL="https://127.0.0.1:9",
        TWILIO_ACCOUNT_SID=ACCOUNT_SID,
        TWILIO_AUTH_TOKEN=AUTH_TOKEN,
        TWILIO_API_BASE_URL=twilio.base_url,
    ) as found:
        yield found


@pytest.mark.timeout(180)  # with a server of its own
def test_a_number_is_connected(
    chromium: Chromium,
    connected_site: Site,
    twilio: FakeTwilioRest,
    accessible: Callable[[Page], None],
) -> None:
    site = connected_site
    context = new_window(chromium.browser, site.url, lang="en")
    page = context.new_page()
    sign_in(page, email_of("owner", "en"))
    page.goto(f"/b/{site.garage}/settings/connect")
    page.get_by_role("button", name="Check the address").click()
    expect(page.get_by_text("Nobody answers there.")).to_be_visible()
    page.get_by_label("072-222-2222").check()
    accessible(page)
    page.get_by_role("button", name="Look at what changes").first.click()
    expect(page.get_by_text("https://demo.twilio.com/welcome/voice/")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Connect the number").click()
    expect(page.get_by_text("Waiting for the first call")).to_be_visible()
    assert twilio.numbers[NEW]["voice_url"] == "https://127.0.0.1:9/webhook/twilio/voice"
    accessible(page)
    context.close()
