"""Every page as a picky visitor goes over it: words, widths, thumbs, keyboard, screen reader.

The list is ``tests/pages.py``; the rulers are ``judges`` and ``axe``. Whatever goes wrong unseen
fails the test too (``watch`` in ``conftest``).
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page as Tab

from server.models import OWNER
from tests.browser import judges
from tests.browser.axe import barriers
from tests.browser.conftest import Person
from tests.browser.people import settle
from tests.browser.site import Site
from tests.pages import PAGES, Page


@dataclass(frozen=True)
class Visit:
    """Who looks at a page, and on what."""

    role: str
    lang: str
    phone: bool
    dark: bool

    def __str__(self) -> str:
        return f"{self.role}-{self.lang}-{'phone' if self.phone else 'desk'}"


THUMB = Visit("admin", "he", phone=True, dark=False)
DESK = Visit("owner", "en", phone=False, dark=True)
OF_BUSINESS = [page for page in PAGES if page.of_business]


def opened(person: Person, visit: Visit, page: Page, address: str) -> Tab:
    role = {None: None, OWNER: OWNER}.get(page.role, visit.role)
    tab = person(role, visit.lang, phone=visit.phone, dark=visit.dark)
    answer = tab.goto(address)
    assert answer is not None
    assert answer.status == 200, f"{address}: {answer.status}"
    settle(tab)
    return tab


@pytest.mark.parametrize("visit", [THUMB, DESK], ids=str)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page(person: Person, site: Site, page: Page, visit: Visit) -> None:
    tab = opened(person, visit, page, page.at(site.things))
    faults = [
        *judges.outline(tab, visit.lang),
        *judges.mixed_words(tab, visit.lang),
        *judges.sideways(tab),
        *judges.brittle_forms(tab),
        *(judges.small_targets(tab) if visit.phone else judges.unseen_focus(tab)),
        *barriers(tab),
    ]
    assert not faults, f"{page.name}:\n" + "\n".join(faults)


@pytest.mark.parametrize("state", ["empty", "long"])
@pytest.mark.parametrize("page", OF_BUSINESS, ids=lambda page: page.name)
def test_a_page_of_an_extreme_business(person: Person, site: Site, page: Page, state: str) -> None:
    things = site.things_of(getattr(site.ids, state))
    if not page.is_there(things):
        return
    tab = opened(person, THUMB, page, page.at(things))
    faults = [*judges.outline(tab, "he"), *judges.mixed_words(tab, "he"), *judges.sideways(tab)]
    assert not faults, f"{page.name}:\n" + "\n".join(faults)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_without_scripts(person: Person, site: Site, page: Page) -> None:
    tab = person(None if page.role is None else OWNER, "en", phone=True, javascript=False)
    answer = tab.goto(page.at(site.things))
    assert answer is not None
    assert answer.status == 200
    heading = tab.locator("h1")
    assert heading.count() == 1
    assert heading.inner_text().strip()
    # What waits for a script says so by being hidden; a page of nothing else would be empty.
    assert len(tab.locator("main").inner_text()) > len(heading.inner_text())
