"""Sounds by which a listener says "go on": they do not take the floor."""

from __future__ import annotations

from server.faq.normalize import normalize

_SOUNDS = frozenset(
    normalize(
        "אהה אה אהא אממ אמ ממ מממ המ אוקיי אוקי אוקיי כן נכון הבנתי בסדר יופי טוב סבבה "
        "mhm mm hmm uh huh uhhuh ok okay yeah yes right sure"
    ).split()
)
_MOST_WORDS = 3


def is_backchannel(words: str) -> bool:
    """Tell whether ``words`` are nothing but listening sounds."""
    tokens = normalize(words).split()
    return 0 < len(tokens) <= _MOST_WORDS and all(token in _SOUNDS for token in tokens)
