"""`make screenshots`: every page as people see it, in files to look at.

Goes through all pages in Hebrew and English, on a phone and on a desk, light and dark, full, empty
and with long names, into ``instance/screens/<page>-<lang>-<width>-<theme>-<state>.png``, and
writes the few that the README shows to ``docs/images/``. Arguments narrow it down:
``python -m tests.browser.screenshots leads lead --lang he --width 390``.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError
from sqlalchemy import func, select

from server.models import Lead, Recording
from tests.browser.chromium import Chromium, running_chromium
from tests.browser.people import new_window, settle, sign_in, whole
from tests.browser.png import repack
from tests.browser.site import LANGUAGES, Site, email_of, running_site
from tests.pages import PAGES, Page

ROOT = Path(__file__).resolve().parents[2]
SCREENS = ROOT / "instance" / "screens"
IMAGES = ROOT / "docs" / "images"
MAX_IMAGE_BYTES = 250_000
STATES = ("full", "empty", "long")

FOR_THE_README = (
    ("home", "he", 1440, "light"),
    ("lead", "he", 1440, "light"),
    ("faqs", "he", 1440, "light"),
    ("leads", "he", 390, "dark"),
)
"""The screens that the README shows."""


@dataclass(frozen=True)
class Look:
    """One way of looking at all pages."""

    lang: str
    width: int
    theme: str

    @property
    def name(self) -> str:
        """As it stands in the names of files."""
        return f"{self.lang}-{self.width}-{self.theme}"


def main() -> None:
    """Take the screenshots that were asked for; all by default."""
    names = [page.name for page in PAGES]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", metavar="page", help=", ".join(names))
    parser.add_argument("--lang", choices=LANGUAGES)
    parser.add_argument("--width", type=int, choices=(390, 1440))
    parser.add_argument("--theme", choices=("light", "dark"))
    parser.add_argument("--state", choices=STATES)
    parser.add_argument("--readme", action="store_true", help="the README's images alone")
    wanted = parser.parse_args()
    if unknown := set(wanted.pages) - set(names):
        parser.error(f"no such page: {', '.join(unknown)}")
    looks = [
        Look(lang, width, theme)
        for lang, width, theme in itertools.product(LANGUAGES, (390, 1440), ("light", "dark"))
        if wanted.lang in (None, lang)
        and wanted.width in (None, width)
        and wanted.theme in (None, theme)
    ]
    pages = [page for page in PAGES if not wanted.pages or page.name in wanted.pages]
    states = [state for state in STATES if wanted.state in (None, state)]
    SCREENS.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as name,
        running_site(Path(name), history=True) as site,
        running_chromium() as chromium,
    ):
        if not wanted.readme:
            count = sum(_take(chromium, site, look, pages, states) for look in looks)
            print(f"{count} screenshots in {SCREENS.relative_to(ROOT)}")
        if wanted.readme or not any(vars(wanted).values()):
            _publish(chromium, site)


def _take(chromium: Chromium, site: Site, look: Look, pages: list[Page], states: list[str]) -> int:
    count = 0
    with _windows(chromium, site, look) as (stranger, owner):
        for page, state in itertools.product(pages, states):
            business = {"full": site.garage, "empty": site.ids.empty, "long": site.ids.long}[state]
            things = site.things_of(business)
            if page.role is None and state != "full":
                continue
            if not page.of_business and state != "full":
                continue
            if not page.is_there(things):
                continue
            tab = (stranger if page.role is None else owner).new_page()
            tab.goto(page.at(things))
            settle(tab)
            whole(tab)
            tab.screenshot(path=SCREENS / f"{page.name}-{look.name}-{state}.png")
            tab.close()
            count += 1
    return count


def _publish(chromium: Chromium, site: Site) -> None:
    """Write the README's images: one window each, not the whole length of the page."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name, lang, width, theme in FOR_THE_README:
        look = Look(lang, width, theme)
        page = next(page for page in PAGES if page.name == name)
        target = IMAGES / f"{name}.png"
        with _windows(chromium, site, look) as (_, owner):
            tab = owner.new_page()
            tab.goto(page.at({**site.things, "lead_id": _telling_lead(site)}))
            settle(tab)
            # What is drawn from data comes a moment later; a stream of events never ends.
            with contextlib.suppress(PlaywrightTimeoutError):
                tab.wait_for_load_state("networkidle", timeout=3000)
            tab.screenshot(path=target)
        repack(target)
        size = target.stat().st_size
        assert size < MAX_IMAGE_BYTES, f"{target.name} has {size} bytes"
        print(f"{target.relative_to(ROOT)}: {size // 1000} kB")


def _telling_lead(site: Site) -> int:
    """Return the lead whose card shows most: a recording, and much said."""
    with site.read() as session:
        found = session.scalar(
            select(Lead.id)
            .join(Recording, Recording.lead_id == Lead.id)
            .where(Lead.business_id == site.garage, Recording.state == "stored")
            .order_by(func.length(Lead.transcript).desc())
            .limit(1)
        )
    assert found is not None
    return found


@contextlib.contextmanager
def _windows(
    chromium: Chromium, site: Site, look: Look
) -> Iterator[tuple[BrowserContext, BrowserContext]]:
    """Give the windows of somebody who has not signed in, and of the owner."""

    def window() -> BrowserContext:
        return new_window(
            chromium.browser,
            site.url,
            lang=look.lang,
            phone=look.width < 600,
            dark=look.theme == "dark",
        )

    stranger, owner = window(), window()
    tab = owner.new_page()
    sign_in(tab, email_of("owner", look.lang))
    tab.close()
    yield stranger, owner
    stranger.close()
    owner.close()


if __name__ == "__main__":
    main()
