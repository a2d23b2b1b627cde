"""Somebody watches a call while it is spoken, ends it, and looks at how it went."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from server.caller.caller import Caller
from server.models import Lead
from tests.browser.conftest import Person
from tests.browser.site import Site
from tests.e2e.calling import answered_call, hear_greeting

Looks = Callable[..., None]
Accessible = Callable[[Page], None]

_COUNTED_ANEW_MS = 30_000
"""What another process writes is counted after ten seconds, and asked for every five."""

PRICE = "כמה עולה טיפול?"
PRICE_ANSWER = "ארבע מאות וחמישים"
WORDS = {
    "he": {
        "none": "אין שיחות כרגע", "one": "שיחה פעילה אחת", "end": "סיום השיחה", "yes": "כן",
        "over": "הסתיימה מכאן", "whole": "לשיחה המלאה", "instant": "תשובה מהירה",
    },
    "en": {
        "none": "No calls right now", "one": "1 active call", "end": "End the call", "yes": "Yes",
        "over": "Ended from here", "whole": "See the whole call", "instant": "Instant answer",
    },
}  # fmt: skip


@pytest.fixture
def phone_of(site: Site) -> Iterator[Callable[[], Caller]]:
    """Call the garage; who is still on the line at the end hangs up."""
    callers: list[Caller] = []

    def call() -> Caller:
        callers.append(answered_call(site.server))
        return callers[-1]

    yield call
    for caller in callers:
        caller.hang_up()


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("lang", "phone"), [("he", True), ("en", False)])
def test_a_call_is_watched_while_it_is_spoken_and_ended(
    site: Site,
    person: Person,
    phone_of: Callable[[], Caller],
    accessible: Accessible,
    look: Looks,
    lang: str,
    phone: bool,
) -> None:
    said = WORDS[lang]
    page = person("operator", lang=lang, phone=phone)
    page.goto(f"/b/{site.garage}/live")
    expect(page.locator("[data-empty]")).to_be_visible()
    accessible(page)
    look(page, f"live-empty-{lang}", full=False)

    caller = phone_of()
    card = page.locator(f"[data-call='{caller.line.call_sid}']")
    expect(card).to_be_visible()
    expect(page.locator("[data-empty]")).to_be_hidden()
    expect(card.locator(".turn-agent").first).to_contain_text("מוסך הגפן")
    hear_greeting(caller)
    caller.type_words(PRICE)
    expect(card.locator(".turn-caller").last).to_contain_text(PRICE)
    answer = card.locator(".turn-agent").last
    expect(answer).to_contain_text(PRICE_ANSWER)
    expect(answer).to_contain_text(said["instant"])
    expect(card.locator(".live-clock")).to_have_text(re.compile(r"^0:(0[1-9]|[1-5]\d)$"))
    accessible(page)
    look(page, f"live-{lang}", full=False)

    card.get_by_role("button", name=said["end"]).click()
    page.get_by_role("dialog").get_by_role("button", name=said["yes"]).click()
    expect(card.locator("[data-over]")).to_contain_text(said["over"])
    assert caller.wait_until(lambda: caller.over or None, 10)
    goodbye = [turn["text"] for turn in caller.turns.values()][-1]
    assert "להתראות" in goodbye
    look(page, f"live-over-{lang}", full=False)

    card.get_by_role("link", name=said["whole"]).click()
    expect(page.locator(".turn")).to_have_count(len(caller.turns))
    expect(page.locator(".facts")).to_contain_text(said["over"])
    accessible(page)
    look(page, f"call-{lang}")


def test_a_call_that_runs_already_is_shown_from_its_beginning(
    site: Site, person: Person, phone_of: Callable[[], Caller]
) -> None:
    caller = phone_of()
    hear_greeting(caller)
    caller.type_words(PRICE)
    caller.wait_until(lambda: caller.turns.get(2), 10)
    card = f"[data-call='{caller.line.call_sid}'] .turn"
    with_script, without = person("operator"), person("operator", javascript=False)
    for page in (with_script, without):
        page.goto(f"/b/{site.garage}/live")
        expect(page.locator(card)).to_have_count(3)
    # Without a script it is looked at anew, and ended, by plain forms.
    without.get_by_role("link", name="רענון").click()
    expect(without.locator(card)).to_have_count(3)
    without.get_by_role("button", name="סיום השיחה").click()
    asked = without.get_by_text("המתקשרים שומעים קודם מילות פרידה.")
    expect(asked).to_be_visible()
    without.get_by_role("button", name="סיום השיחה").click()
    assert caller.wait_until(lambda: caller.over or None, 10)
    expect(with_script.locator("[data-over]")).to_be_visible()


def test_the_strip_tells_of_calls_on_every_page(
    site: Site, person: Person, phone_of: Callable[[], Caller]
) -> None:
    page = person("operator", lang="en")
    page.goto(f"/b/{site.garage}/calls")
    strip = page.locator("[data-strip]")
    expect(strip).to_have_text(WORDS["en"]["none"])
    before = page.get_by_role("heading", level=1).bounding_box()
    caller = phone_of()
    expect(strip).to_contain_text(WORDS["en"]["one"])
    assert page.get_by_role("heading", level=1).bounding_box() == before  # nothing jumps
    strip.click()
    expect(page.locator(f"[data-call='{caller.line.call_sid}']")).to_be_visible()
    caller.hang_up()
    expect(strip).to_have_text(WORDS["en"]["none"])


def test_a_new_lead_is_counted_on_every_page_and_told_once(
    site: Site, person: Person, accessible: Callable[[Page], None]
) -> None:
    page = person("operator", lang="en", phone=True)
    page.goto(f"/b/{site.garage}/calls")
    count, told = page.locator(".side [data-news]"), page.locator("[data-news-said]")
    before = int(count.get_attribute("data-unread") or 0)
    expect(told).to_be_empty()
    with site.write() as session:
        lead = Lead(business_id=site.garage, call_sid="CA_asks", phone="+972541234567")
        lead.wants_callback = True
        session.add(lead)
        session.flush()
        lead_id = lead.id
    expect(count).to_have_attribute("data-unread", str(before + 1), timeout=_COUNTED_ANEW_MS)
    expect(told).to_contain_text(f"{before + 1} unread leads, ")
    accessible(page)
    # That somebody has read it is no news: the count sinks, and nothing is said.
    site.server.send("PATCH", f"/api/leads/{lead_id}", {"read": True, "work_status": "done"})
    expect(count).to_have_attribute("data-unread", str(before))
    expect(told).to_contain_text(f"{before + 1} unread leads, ")


def test_who_looks_away_sees_on_return_how_things_stand(
    site: Site, person: Person, phone_of: Callable[[], Caller]
) -> None:
    page = person("operator")
    page.goto(f"/b/{site.garage}/live")
    caller = phone_of()
    card = page.locator(f"[data-call='{caller.line.call_sid}']")
    expect(card.locator(".turn").first).to_be_visible()
    page.context.set_offline(True)
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
                  "document.dispatchEvent(new Event('visibilitychange'))")  # fmt: skip
    hear_greeting(caller)
    caller.type_words(PRICE)
    caller.wait_until(lambda: caller.turns.get(2), 10)
    expect(card.locator(".turn")).to_have_count(1)
    page.context.set_offline(False)
    page.evaluate("Object.defineProperty(document, 'hidden', {value: false, configurable: true});"
                  "document.dispatchEvent(new Event('visibilitychange'))")  # fmt: skip
    expect(card.locator(".turn")).to_have_count(3)


def test_who_ends_a_call_by_keyboard_stays_at_it(
    site: Site, person: Person, phone_of: Callable[[], Caller]
) -> None:
    page = person("operator", lang="en")
    page.goto(f"/b/{site.garage}/live")
    caller = phone_of()
    card = page.locator(f"[data-call='{caller.line.call_sid}']")
    card.get_by_role("button", name="End the call").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(card.get_by_role("link", name="See the whole call")).to_be_focused()


def test_who_was_signed_out_is_not_told_to_wait(site: Site, person: Person) -> None:
    page = person("operator", lang="en")
    page.clock.install()
    page.goto(f"/b/{site.garage}/live")
    state = page.locator("[data-state]")
    expect(state).to_have_text("Up to date")
    page.context.clear_cookies()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(state).to_contain_text("Connection lost")
    page.clock.fast_forward(11_000)
    expect(page).to_have_url(re.compile(r"/sign-in[?]next="))


@pytest.mark.parametrize(("lang", "phone", "dark"), [("he", True, False), ("en", False, True)])
def test_calls_are_found_and_read(
    site: Site,
    person: Person,
    accessible: Accessible,
    look: Looks,
    lang: str,
    phone: bool,
    dark: bool,
) -> None:
    page = person("operator", lang=lang, phone=phone, dark=dark)
    page.goto(f"/b/{site.garage}/calls")
    accessible(page)
    look(page, f"calls-{lang}")
    page.locator(".more-filters summary").click()
    page.locator("#number").fill("052-765-4321")
    page.locator("#number").press("Enter")
    expect(page.locator(".call-row")).to_have_count(1)
    page.locator(".call-row").click()
    cut = page.locator(".turn-cut")
    expect(cut).to_have_text(re.compile(r"1[.]8"))
    slow = page.locator(".waits-slow").first
    expect(slow).to_contain_text(re.compile(r"1[.]4"))
    slow.locator("summary").click()
    expect(slow.locator("dl")).to_be_visible()
    page.keyboard.press("Control+Home")  # nothing half under the bars
    accessible(page)
    look(page, f"call-scene-{lang}")
