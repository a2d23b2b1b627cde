"""One Chromium for the browser tests: found, started, watched, and ended by its process id."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright
from playwright.sync_api import Error as PlaywrightError

ABSENT = "no Chromium here: neither CHROMIUM nor a program of that name (apt: chromium)"
SPEECH = Path(__file__).resolve().parents[1] / "data" / "audio" / "speech_en_11s.wav"

_ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    # A microphone that hears this recording over and over; asking for it still needs permission.
    "--use-fake-device-for-media-stream",
    f"--use-file-for-fake-audio-capture={SPEECH}",
]


def executable() -> str:
    """Return the path of the machine's Chromium.

    Skips the test where there is none; on a build machine (CI) it fails instead.
    """
    found = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    if found:
        return found
    if os.environ.get("CI"):
        pytest.fail(ABSENT)
    pytest.skip(ABSENT)


class Chromium:
    """The one browser; started when it is first wanted, and anew after it has died."""

    def __init__(self, playwright: Playwright, path: str) -> None:
        self._playwright = playwright
        self._path = path
        self._browser: Browser | None = None
        self._process_ids: set[int] = set()

    @property
    def browser(self) -> Browser:
        """The running browser."""
        if self._browser is None or not self._browser.is_connected():
            before = _descendants(os.getpid())
            self._browser = self._playwright.chromium.launch(
                executable_path=self._path, args=_ARGUMENTS, timeout=30_000
            )
            self._process_ids = _descendants(os.getpid()) - before
        return self._browser

    def kill(self) -> None:
        """End the browser's processes at once: whoever waits for it gets an error."""
        for process_id in self._process_ids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGKILL)

    @contextlib.contextmanager
    def ended_after(self, seconds: float) -> Iterator[None]:
        """Kill the browser when the block takes longer: a page that hangs must not hang the tests.

        pytest-timeout alone would raise inside Playwright's event loop and break it for all tests
        that follow; a browser that dies is an ordinary error of the call that waits for it.
        """
        timer = threading.Timer(seconds, self.kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def close(self) -> None:
        """End the browser."""
        if self._browser is not None:
            with self.ended_after(10), contextlib.suppress(PlaywrightError):
                self._browser.close()
            self._browser = None


@contextlib.contextmanager
def running_chromium() -> Iterator[Chromium]:
    """Give a browser; nothing of it is left afterwards."""
    path = executable()
    with sync_playwright() as playwright:
        chromium = Chromium(playwright, path)
        try:
            yield chromium
        finally:
            chromium.close()


def _descendants(process_id: int) -> set[int]:
    """Return the ids of all processes that ``process_id`` has started, and theirs."""
    found: set[int] = set()
    waiting = [process_id]
    while waiting:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{waiting.pop()}/task").iterdir():
                children = {int(child) for child in (task / "children").read_text().split()}
                waiting.extend(children - found)
                found |= children
    return found
