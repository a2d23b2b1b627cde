"""Somebody opens the home page in the morning: what waits, how it goes, who called."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from server.models import DEAD, JobRow
from tests.browser.conftest import Person
from tests.browser.site import Site
from tests.browser.watch import Watch

Looks = Callable[..., None]
Accessible = Callable[[Page], None]

WORDS = {
    "he": {"needs": "מה מחכה לכם עכשיו", "by_hour": "לפי שעה ביום", "numbers": "במספרים",
           "again": "ניסיון נוסף", "tried": "מנסים שוב", "month": "30 ימים",
           "first": "עוד לא התקשרו אליכם"},
    "en": {"needs": "What needs you now", "by_hour": "By hour of the day", "numbers": "In numbers",
           "again": "Try again", "tried": "It is being tried again", "month": "30 days",
           "first": "Nobody has called yet"},
}  # fmt: skip

_INK = """
(canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set();
    for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3] > 200) colours.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
    }
    return colours.size;
}
"""


def has_drawing(page: Page, which: str) -> bool:
    """Tell whether there is more on the chart than one plain colour."""
    canvas = page.locator(f"[data-chart={which}] canvas")
    expect(canvas).to_be_visible()
    return bool(canvas.evaluate(_INK) > 2)


def hold(page: Page, where: str | re.Pattern[str]) -> list[Route]:
    """Keep the page's requests there from being answered; return them as they come."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route(where, keep)
    return held


@pytest.mark.parametrize(("lang", "phone"), [("he", True), ("en", False)])
def test_the_charts_are_drawn_and_say_what_the_table_says(
    site: Site, person: Person, accessible: Accessible, look: Looks, lang: str, phone: bool
) -> None:
    said = WORDS[lang]
    page = person("operator", lang=lang, phone=phone)
    page.goto(f"/b/{site.garage}/")
    expect(page.get_by_role("heading", name=said["needs"])).to_be_visible()
    assert has_drawing(page, "bars")
    accessible(page)
    look(page, f"home-{lang}")
    page.get_by_role("link", name=said["month"]).click()
    expect(page).to_have_url(re.compile(r"days=30"))
    assert has_drawing(page, "bars")
    page.get_by_role("link", name=said["by_hour"]).click()
    expect(page.get_by_role("link", name=said["by_hour"])).to_have_attribute("aria-current", "true")
    assert has_drawing(page, "bars")
    page.locator("summary", has_text=said["numbers"]).first.click()
    expect(page.locator("#calls-table tbody tr")).to_have_count(24)
    accessible(page)


def test_going_back_draws_the_charts_that_were_there(site: Site, person: Person) -> None:
    page = person("operator", lang="en")
    page.goto(f"/b/{site.garage}/")
    assert has_drawing(page, "bars")
    page.get_by_role("link", name=WORDS["en"]["month"]).click()
    expect(page.locator("#calls-table tbody tr")).to_have_count(30)
    page.go_back()
    expect(page.locator("#calls-table tbody tr")).to_have_count(24)
    assert has_drawing(page, "bars")


def test_what_takes_long_is_seen_to_be_on_its_way(
    site: Site, person: Person, accessible: Accessible, look: Looks
) -> None:
    page = person("operator", lang="en", phone=True)
    page.goto(f"/b/{site.garage}/")
    assert has_drawing(page, "bars")
    held = hold(page, "**/home/charts*")
    month = page.get_by_role("link", name=WORDS["en"]["month"])
    month.scroll_into_view_if_needed()
    before = month.bounding_box()
    month.click()
    expect(month).to_have_class(re.compile("is-waiting"))
    expect(page.locator("#home-charts")).to_have_attribute("aria-busy", "true")
    expect(page.locator("body")).to_have_class(re.compile("is-slow"))
    assert month.bounding_box() == before
    accessible(page)
    look(page, "home-waiting", full=False)
    assert len(held) == 1
    held[0].continue_()
    expect(page).to_have_url(re.compile(r"days=30"))
    expect(page.locator("body")).not_to_have_class(re.compile("is-slow"))
    expect(page.locator("#home-charts")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator(".is-waiting")).to_have_count(0)


def test_what_the_page_asks_for_by_itself_stays_quiet(site: Site, person: Person) -> None:
    page = person("operator", lang="en")
    page.goto(f"/b/{site.garage}/")
    held = hold(page, re.compile(r"/home/(now|charts)"))
    with page.expect_request("**/home/now"):
        page.evaluate("htmx.trigger('#home-now', 'refresh')")
    page.get_by_role("link", name=WORDS["en"]["month"]).click()
    expect(page.locator("#home-charts")).to_have_attribute("aria-busy", "true")
    expect(page.locator("#home-now")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator(".is-waiting")).to_have_count(1)
    for one in held:
        one.continue_()
    expect(page.locator(".is-waiting")).to_have_count(0)


def test_pointing_at_a_bar_tells_its_numbers(site: Site, person: Person) -> None:
    page = person("operator", lang="en")
    page.goto(f"/b/{site.garage}/?by=day")
    assert has_drawing(page, "bars")
    readout = page.locator(".chart-readout").first
    before = readout.inner_text()
    over = page.locator("[data-chart=bars] .u-over")
    over.scroll_into_view_if_needed()  # a mouse reaches what is seen
    box = over.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.93, box["y"] + box["height"] / 2)
    expect(readout).not_to_have_text(before)
    today = page.locator("#calls-table tbody tr").last.locator("th").text_content() or ""
    expect(readout).to_contain_text(today.strip())


def test_the_charts_change_with_the_light(site: Site, person: Person) -> None:
    page = person("operator")
    page.goto(f"/b/{site.garage}/")
    assert has_drawing(page, "bars")
    canvas = page.locator("[data-chart=bars] canvas")
    light = canvas.evaluate("(one) => one.toDataURL()")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(
        "(before) => document.querySelector('[data-chart=bars] canvas')?.toDataURL() !== before",
        arg=light,
    )


def test_an_open_page_without_a_network_tells_nobody_to_try_again(
    site: Site, person: Person, watch: Watch
) -> None:
    watch.expect("htmx:(sendError|afterRequest)")
    page = person("operator")
    page.goto(f"/b/{site.garage}/")
    assert has_drawing(page, "bars")
    page.context.set_offline(True)
    with page.expect_event("requestfailed", lambda request: "/home/now" in request.url):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    with page.expect_event("requestfailed", lambda request: "/home/charts" in request.url):
        page.get_by_role("link", name=WORDS["he"]["month"]).click()  # this was asked for
    toast = page.locator(".toast-line")
    expect(toast.first).to_be_visible()
    assert toast.count() == 1


@pytest.mark.parametrize("javascript", [True, False])
def test_what_failed_is_tried_again(site: Site, person: Person, javascript: bool) -> None:
    said = WORDS["he"]
    with site.write() as session:
        job = JobRow(
            lane="summary",
            kind="summarise",
            key=f"a dead one, {javascript}",
            business_id=site.garage,
            payload={},
            state=DEAD,
            last_error="the summary took too long (timeout)",
        )
        session.add(job)
        session.flush()
        job_id = job.id
    page = person("admin", javascript=javascript)
    page.goto(f"/b/{site.garage}/")
    page.locator(f"form[action$='/jobs/{job_id}/retry'] button").click()
    expect(page.locator(".toasts")).to_contain_text(said["tried"])
    expect(page.locator(f"form[action$='/jobs/{job_id}/retry']")).to_have_count(0)


def test_what_is_counted_later_moves_nothing(site: Site, person: Person) -> None:
    page = person("operator", lang="en", phone=True)
    counting = hold(page, "**/home/now")
    page.goto(f"/b/{site.garage}/")
    before = page.locator(".tiles").bounding_box()
    page.evaluate("htmx.trigger('#home-now', 'refresh')")
    expect(page.locator("#home-now.htmx-request")).to_have_count(1)
    row = '<li class="need"></li>'
    less = counting[0].fetch().text()
    less = less.replace(less[less.index('<ul class="rows">') : less.index("</ul>")], f"<ul>{row}")
    counting[0].fulfill(body=less, content_type="text/html")
    expect(page.locator(".needs li")).to_have_count(1)
    assert page.locator(".tiles").bounding_box() == before


def test_without_scripts_the_numbers_are_there(site: Site, person: Person) -> None:
    page = person("operator", lang="en", javascript=False)
    page.goto(f"/b/{site.garage}/")
    expect(page.locator("[data-chart=bars]")).to_be_hidden()
    page.locator("summary", has_text=WORDS["en"]["numbers"]).first.click()
    expect(page.locator("#calls-table tbody tr")).to_have_count(24)
    page.get_by_role("link", name=WORDS["en"]["month"]).click()
    expect(page.locator("#calls-table tbody tr")).to_have_count(30)


@pytest.mark.parametrize("lang", ["he", "en"])
def test_a_new_business_is_shown_where_to_begin(
    site: Site, person: Person, accessible: Accessible, look: Looks, lang: str
) -> None:
    page = person("admin", lang=lang, phone=True)
    page.goto(f"/b/{site.ids.empty}/")
    expect(page.get_by_role("heading", name=WORDS[lang]["first"])).to_be_visible()
    expect(page.locator(".first-step")).to_have_count(4)
    accessible(page)
    look(page, f"home-empty-{lang}")
    page.locator(".first-step a.btn").first.click()
    expect(page).to_have_url(re.compile(r"/prompts$"))
