"""Personal data and secrets in logs: how little of them may be seen."""

from __future__ import annotations

import re

_PHONE = re.compile(r"(?<!\d)(?:\+?\d(?:[\d\s().,/–—-]{5,}\d))")


def mask_phone(number: str | None) -> str:
    """Return ``number`` with all but its last two digits hidden: ``+972541234567`` → ``…67``.

    Fewer than five digits are hidden wholly; ``None`` and empty give ``-``.
    """
    if not number:
        return "-"
    digits = [c for c in number if c.isdigit()]
    return "…" + "".join(digits[-2:]) if len(digits) >= 5 else "…"


def mask_text(text: str) -> str:
    """Return ``text`` with everything that looks like a phone or ID number hidden."""
    return _PHONE.sub(lambda found: mask_phone(found.group()), text)
