"""What a picky visitor measures in an open page; ``judges.js`` has the rulers.

The rulers come in through the debugger, as axe does: the page's policy stays in force.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.pages import PROPER_NAMES

_SOURCE = (Path(__file__).parent / "judges.js").read_text()


def mixed_words(page: Page, lang: str) -> list[str]:
    """Return the words of the other script that are nobody's data.

    Data stands in ``<bdi>``, ``data-user``, a field; technical terms in ``.technical`` or
    ``<code>``; words of another language in an element with its ``lang``.
    """
    return _ask(page, "mixedWords", lang, PROPER_NAMES)


def sideways(page: Page) -> list[str]:
    """Return what makes the page wider than its window."""
    size = page.viewport_size
    assert size is not None
    return _ask(page, "sideways", size["width"])


def small_targets(page: Page) -> list[str]:
    """Return what a thumb misses: less than 44 px, in a line of text less than 24."""
    return _ask(page, "smallTargets")


def unseen_focus(page: Page) -> list[str]:
    """Return what looks the same with the keyboard's focus on it."""
    return _ask(page, "unseenFocus")


def outline(page: Page, lang: str) -> list[str]:
    """Return what is wrong with language, direction, title, headings, landmarks and ids."""
    return _ask(page, "outline", lang)


def brittle_forms(page: Page) -> list[str]:
    """Return forms without a CSRF token, and actions that need JavaScript."""
    return _ask(page, "brittleForms")


def _ask(page: Page, judge: str, *arguments: Any) -> list[str]:
    if not page.evaluate("() => typeof judges === 'object'"):
        page.evaluate(_SOURCE)
    found: list[str] = page.evaluate(
        "([judge, given]) => judges[judge](...given)", [judge, [*arguments]]
    )
    return found
