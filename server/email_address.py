"""What counts as an e-mail address, wherever one is typed."""

from __future__ import annotations

import re

_MAX_CHARS = 254
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def email_address(text: str) -> str:
    """Return ``text`` as addresses are stored: trimmed, in lower case.

    Raises:
        ValueError: it is no e-mail address.
    """
    cleaned = text.strip().lower()
    if len(cleaned) > _MAX_CHARS or not cleaned.isprintable() or not _EMAIL.fullmatch(cleaned):
        raise ValueError("this is not an e-mail address")
    return cleaned
