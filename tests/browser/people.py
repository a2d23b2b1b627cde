"""How people come to the site: their windows, and the form that lets them in."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, StorageState

from server.web.language import COOKIE
from tests.browser.site import PASSWORD

STEP_MS = 10_000
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


def new_window(
    browser: Browser,
    url: str,
    *,
    lang: str = "he",
    phone: bool = False,
    dark: bool = False,
    javascript: bool = True,
    motion: bool = False,
    microphone: bool = False,
    state: StorageState | None = None,
    **more: Any,
) -> BrowserContext:
    """Open a window that shares nothing with others.

    Args:
        browser: where.
        url: of the site; pages are then named by their paths.
        lang: of the person, ``he`` or ``en``, as they have once chosen on the page.
        phone: a phone's window, with fingers; else a desk's.
        dark: what their system prefers.
        javascript: whether scripts run.
        motion: whether things may move; by default their system asks for less.
        microphone: whether the site may listen; it hears a recording.
        state: a session to go on with.
        more: Playwright's own options.
    """
    context = browser.new_context(
        base_url=url,
        viewport=PHONE if phone else DESK,  # type: ignore[arg-type]
        is_mobile=phone,
        has_touch=phone,
        color_scheme="dark" if dark else "light",
        reduced_motion="no-preference" if motion else "reduce",
        locale={"he": "he-IL", "en": "en-US"}[lang],
        timezone_id="Asia/Jerusalem",
        java_script_enabled=javascript,
        permissions=["microphone"] if microphone else [],
        storage_state=state,
        **more,
    )
    context.add_cookies([{"name": COOKIE, "value": lang, "url": url}])
    context.set_default_timeout(STEP_MS)
    return context


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """Fill in the form like a person, and arrive."""
    page.goto("/sign-in")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("form:has(input[name=password]) [type=submit]").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def settle(page: Page) -> None:
    """Wait until the page's font is there and what it wanted to draw at once is drawn."""
    page.evaluate(
        "() => document.fonts.ready.then(() => new Promise(done =>"
        " requestAnimationFrame(() => requestAnimationFrame(done))))"
    )


def whole(page: Page) -> None:
    """Make the window as high as the page, so that what sticks to its edges stays there."""
    size = page.viewport_size
    assert size is not None
    high = page.evaluate("() => document.scrollingElement.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": min(max(size["height"], high), 8000)})
    settle(page)
