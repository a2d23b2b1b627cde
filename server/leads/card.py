"""What a summary puts into a lead: a headline, points and fields, within its length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MIN_WORDS, MAX_WORDS = 10, 30
"""Of headline and points together."""

MAX_HEADLINE_CHARS = 300
MAX_FIELD_CHARS = 300

TEXT_FIELDS = ("name", "phone", "need", "area", "budget", "time", "next_step")
SENTIMENTS = ("positive", "neutral", "negative")


@dataclass(frozen=True, slots=True)
class Card:
    """A summary that may be shown: everything in it was checked."""

    headline: str
    points: tuple[str, ...]
    fields: Mapping[str, str]
    """Some of ``TEXT_FIELDS`` and ``sentiment``; what was not said is absent."""

    @property
    def text(self) -> str:
        """The summary as it is stored: the headline and the points, a line each."""
        return "\n".join((self.headline, *self.points))


def count_words(*texts: str) -> int:
    """Return how many words stand in ``texts``."""
    return sum(len(text.split()) for text in texts)


def clip_words(text: str, limit: int) -> str:
    """Return the first ``limit`` words of ``text``, with an ellipsis where there are more."""
    words = text.split()
    if len(words) <= limit:
        return " ".join(words)
    return " ".join(words[:limit]).rstrip(",;:.") + "…"


def fit_words(texts: Sequence[str], limit: int) -> list[str]:
    """Return ``texts`` cut to ``limit`` words together; what the short ones spare the long get."""
    fitting = [""] * len(texts)
    shortest_first = sorted(range(len(texts)), key=lambda at: count_words(texts[at]))
    for done, at in enumerate(shortest_first):
        fitting[at] = clip_words(texts[at], limit // (len(texts) - done))
        limit -= count_words(fitting[at])
    return fitting
