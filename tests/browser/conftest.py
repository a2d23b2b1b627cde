"""A person at a browser: the running server, a Chromium, and pages that are signed in.

Everything that a page does wrong unseen (errors in the console, of scripts, of the content security
policy, answers of 5xx, tracebacks in the server's log) fails the test that opened it; what a test
provokes it names beforehand: ``watch.expect("…")``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, StorageState, expect

from tests.browser.axe import check_accessible
from tests.browser.chromium import Chromium, running_chromium
from tests.browser.people import STEP_MS, new_window, sign_in, whole
from tests.browser.site import Site, email_of, running_site
from tests.browser.watch import Watch

_GRACE_SECONDS = 20.0
"""How long before pytest-timeout a browser that hangs is ended."""


Person = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)


# Of the package, not of the session: while Playwright runs, nobody else in this thread can have an
# event loop, and the tests of other folders need not pay for the server.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Chromium]:
    """The browser."""
    expect.set_options(timeout=STEP_MS)
    with running_chromium() as found:
        yield found


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The running server: ``site.url``, ``site.garage``, ``site.add(scene)``, ``site.write()``…"""
    with running_site(tmp_path_factory.mktemp("site")) as found:
        yield found


@pytest.fixture(scope="package")
def signed_in() -> dict[tuple[str, str], StorageState]:
    """The sessions that were begun by the form, by role and language."""
    return {}


@pytest.fixture(autouse=True)
def _ends_by_itself(request: pytest.FixtureRequest) -> Iterator[None]:
    """Kill a browser that hangs, in time for the test to say so."""
    if "chromium" not in request.fixturenames:
        yield
        return
    marker = request.node.get_closest_marker("timeout")
    seconds = float(marker.args[0] if marker else request.config.getini("timeout"))
    with request.getfixturevalue("chromium").ended_after(seconds - _GRACE_SECONDS):
        yield


@pytest.fixture
def watch(site: Site) -> Iterator[Watch]:
    """What goes wrong unseen in this test; none of it, unless the test says that it expects it."""
    site.new_log()
    found = Watch()
    yield found
    for entry in site.new_log().split("Traceback (most recent call last)")[1:]:
        found.note(f"the server's log: Traceback{entry[-3000:]}")
    assert not found.faults, "\n".join(found.faults)


@pytest.fixture
def new_context(
    chromium: Chromium, watch: Watch, site: Site
) -> Iterator[Callable[..., BrowserContext]]:
    """Open browser windows that share nothing; they are closed after the test."""
    opened: list[BrowserContext] = []

    def new(**how: Any) -> BrowserContext:
        context = new_window(chromium.browser, site.url, **how)
        watch.follow(context)
        opened.append(context)
        return context

    yield new
    for context in opened:
        context.close()


@pytest.fixture
def person(
    new_context: Callable[..., BrowserContext],
    signed_in: dict[tuple[str, str], StorageState],
) -> Person:
    """Return a page of somebody who has signed in, not yet anywhere.

    ``person("admin", lang="en", phone=True)``: owner, admin or operator of the demo business (and
    of an empty one and one with long names), or ``stranger``, the admin of the bakery; None is
    somebody who has not signed in. Further: ``dark``, ``javascript=False``, ``motion=True``
    (animations), ``microphone=True`` (allowed; it hears a recording).
    """

    def open_page(role: str | None = "admin", lang: str = "he", **how: Any) -> Page:
        if role is None:
            return new_context(lang=lang, **how).new_page()
        if (role, lang) not in signed_in:
            context = new_context(lang=lang)
            sign_in(context.new_page(), email_of(role, lang))
            signed_in[role, lang] = context.storage_state()
        return new_context(lang=lang, state=signed_in[role, lang], **how).new_page()

    return open_page


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Fail where axe-core finds a serious or critical barrier in a page."""
    return check_accessible


@pytest.fixture
def look() -> Callable[..., None]:
    """Keep a screenshot in ``instance/screens/`` where the environment has ``MAANE_SCREENS``."""

    def keep(page: Page, name: str, *, full: bool = True) -> None:
        if os.environ.get("MAANE_SCREENS"):
            folder = Path(__file__).resolve().parents[2] / "instance" / "screens"
            folder.mkdir(parents=True, exist_ok=True)
            if full:
                whole(page)
            page.screenshot(path=folder / f"{name}.png")

    return keep
