"""The test bed itself: what it must notice, and that it ends."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from tests.browser import axe
from tests.browser.chromium import Chromium
from tests.browser.conftest import Person
from tests.browser.site import Site
from tests.browser.watch import Watch


def test_axe_is_the_one_that_was_vendored() -> None:
    note = (axe.SOURCE.parent / "README.md").read_text()
    assert hashlib.sha256(axe.SOURCE.read_bytes()).hexdigest() in note


def test_a_barrier_is_found_under_a_strict_policy(
    person: Person, accessible: Callable[[Page], None]
) -> None:
    page = person(None)
    page.route(
        "**/barrier",
        lambda route: route.fulfill(
            body="<!doctype html><html><title>x</title><h1>x</h1><img src='data:image/gif,'>",
            content_type="text/html",
            headers={"Content-Security-Policy": "default-src 'self'; img-src data:"},
        ),
    )
    page.goto("/barrier")
    with pytest.raises(AssertionError, match="image-alt"):
        accessible(page)


@pytest.mark.parametrize(
    ("body", "policy", "told"),
    [
        ("<script>throw new Error('broken')</script>", "", "broken"),
        ("<script>console.error('bad news')</script>", "", "bad news"),
        ("<p style='color:red'>", "default-src 'self'", "Content Security Policy"),
        ("<script src='/absent.js'></script>", "", "absent.js (script): 404"),
    ],
)
def test_what_goes_wrong_unseen_is_noticed(
    person: Person, watch: Watch, body: str, policy: str, told: str
) -> None:
    page = person(None)
    headers = {"Content-Security-Policy": policy} if policy else {}
    page.route(
        "**/broken",
        lambda route: route.fulfill(body=body, content_type="text/html", headers=headers),
    )
    page.goto("/broken")
    page.context.close()
    assert any(told in fault for fault in watch.faults), watch.faults
    watch.expect(".")


def test_a_page_that_hangs_is_ended_and_the_next_one_works(
    person: Person, chromium: Chromium, site: Site
) -> None:
    page = person(None)
    page.goto("/version")
    began = time.monotonic()
    with chromium.ended_after(1.0), pytest.raises(PlaywrightError):
        page.evaluate("() => { for (;;) {} }")
    assert time.monotonic() - began < 20
    assert chromium.browser.is_connected()
    other = chromium.browser.new_page()
    other.goto(site.url + "/version")
    other.close()
