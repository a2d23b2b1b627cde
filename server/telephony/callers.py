"""Who is calling, as far as the number tells: hidden, or turned away."""

from __future__ import annotations

from collections.abc import Iterable

_HIDDEN_WORDS = frozenset(
    {"", "anonymous", "restricted", "unavailable", "unknown", "private", "blocked"}
)
_HIDDEN_NUMBERS = frozenset(
    {"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253", "+464"}
)
"""The words ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN, UNAVAILABLE on a telephone's keys."""


def is_hidden(number: str) -> bool:
    """Tell whether the caller shows no number. An internet address (``sip:…``) is shown."""
    return number.strip().lower() in _HIDDEN_WORDS or number in _HIDDEN_NUMBERS


def is_blocked(number: str, patterns: Iterable[str]) -> bool:
    """Tell whether ``number`` (E.164) is one of ``patterns`` or begins like one that ends in *."""
    return any(
        number.startswith(pattern[:-1]) if pattern.endswith("*") else number == pattern
        for pattern in patterns
    )
