"""Tuning the ears on one's own voice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Person
from tests.browser.site import Site


@pytest.mark.parametrize("lang", ["he", "en"])
def test_a_voice_moves_the_meter_and_is_told_where_it_interrupts(
    person: Person, site: Site, accessible: Callable[[Page], None], lang: str
) -> None:
    page = person("admin", lang=lang, phone=True, microphone=True)
    page.goto(f"/b/{site.garage}/settings/ears")
    listen = page.locator("[data-listen]")
    listen.click()
    expect(listen).to_have_attribute("aria-pressed", "true")
    expect(page.locator('[data-fact="threshold"]')).to_contain_text("dBFS")
    expect(page.locator('[data-fact="count"]')).not_to_have_text("0")
    accessible(page)
    listen.click()
    expect(listen).to_have_attribute("aria-pressed", "false")


def test_a_switch_is_tried_at_once_and_kept_when_it_is_saved(person: Person, site: Site) -> None:
    page = person("admin", lang="en", microphone=True)
    page.goto(f"/b/{site.garage}/settings/ears")
    page.get_by_role("button", name="Listen to me").click()
    expect(page.locator('[data-fact="count"]')).not_to_have_text("0")
    page.get_by_label("Callers may interrupt the agent").uncheck()
    expect(page.locator("[data-state]")).to_contain_text("would have talked on")
    slider = page.get_by_label("A sentence is over after a silence of")
    slider.focus()
    slider.press("ArrowRight")
    expect(page.locator('output[for="hangover_ms"]')).to_have_text("220 ms")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The next call goes by it")).to_be_visible()
    kept = site.server.get(f"/api/businesses/{site.garage}")["settings"]["ears"]
    assert (kept["barge_in"], kept["hangover_ms"]) == (False, 220)
    page.get_by_label("Callers may interrupt the agent").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Callers may interrupt the agent")).to_be_checked()


def test_without_a_microphone_it_says_so_and_the_settings_work(person: Person, site: Site) -> None:
    page = person("admin", lang="en", phone=True)
    page.goto(f"/b/{site.garage}/settings/ears")
    page.get_by_role("button", name="Listen to me").click()
    expect(page.get_by_role("alert").filter(has_text="microphone is blocked")).to_be_visible()
    page.get_by_label("Noise around the callers").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Noise around the callers")).to_be_checked()


def test_the_settings_work_without_scripts(person: Person, site: Site) -> None:
    page = person("admin", lang="en", javascript=False)
    page.goto(f"/b/{site.garage}/settings/ears")
    page.get_by_label("Normal").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The next call goes by it")).to_be_visible()
    expect(page.get_by_label("Normal")).to_be_checked()
