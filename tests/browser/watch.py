"""What goes wrong in a page unseen: errors of scripts, of its policy, of the server."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, ConsoleMessage, Response, WebError

_BROKEN_PARTS = ("script", "stylesheet", "image", "font", "media", "manifest")
_TOLD_ELSEWHERE = re.compile(r"^Failed to load resource: ")
"""Chromium says so of every answer of 4xx and 5xx; those are judged as answers."""


class Watch:
    """Collects what went wrong in all pages of a test."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._expected: list[re.Pattern[str]] = []

    def follow(self, context: BrowserContext) -> None:
        """Watch all pages of ``context``."""
        context.on("console", self._hear_console)
        context.on("weberror", self._hear_error)
        context.on("response", self._hear_response)

    def expect(self, pattern: str) -> None:
        """Say that faults which match ``pattern`` are part of the test."""
        self._expected.append(re.compile(pattern))

    def note(self, fault: str) -> None:
        """Add a fault."""
        self._found.append(fault)

    @property
    def faults(self) -> list[str]:
        """What went wrong unexpectedly."""
        return [
            fault
            for fault in self._found
            if not any(pattern.search(fault) for pattern in self._expected)
        ]

    def take(self) -> list[str]:
        """Return the faults so far, and forget them."""
        faults = self.faults
        self._found.clear()
        return faults

    def _hear_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not _TOLD_ELSEWHERE.search(message.text):
            where = message.page.url if message.page else ""
            self.note(f"console of {where}: {message.text}")

    def _hear_error(self, error: WebError) -> None:
        where = error.page.url if error.page else ""
        self.note(f"script of {where}: {error.error}")

    def _hear_response(self, response: Response) -> None:
        kind = response.request.resource_type
        if response.status >= 500 or (response.status >= 400 and kind in _BROKEN_PARTS):
            self.note(f"{response.request.method} {response.url} ({kind}): {response.status}")
