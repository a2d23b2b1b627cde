"""What OpenAI asks for what a call uses, so that a day's cost can have a limit.

An estimate at list prices: discounts, taxes and what no ``usage`` reports are not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

LIST_DATE = "2025-08-28"
"""Of OpenAI's price list from which the numbers below are; ``OPENAI_PRICES`` replaces them."""

_MILLION = 1_000_000
_MINUTE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars; per million tokens where nothing else is said. ``gpt-realtime``'s by default."""

    text_in: float = 4.0
    text_cached: float = 0.4
    text_out: float = 16.0
    audio_in: float = 32.0
    audio_cached: float = 0.4
    audio_out: float = 64.0
    transcribe_in: float = 6.0
    transcribe_out: float = 10.0
    transcribe_minute: float = 0.006
    """Per minute of audio, for recognisers that report seconds."""

    def of_response(self, usage: object) -> float:
        """Return the price of one response of the model by its ``usage``; 0 without one."""
        if not isinstance(usage, Mapping):
            return 0.0
        given = _part(usage, "input_token_details")
        cached = _part(given, "cached_tokens_details")
        made = _part(usage, "output_token_details")
        if not given and not made:  # not told apart: what costs most, so that a limit holds
            heard, said = _tokens(usage, "input_tokens"), _tokens(usage, "output_tokens")
            return (heard * self.audio_in + said * self.audio_out) / _MILLION
        text, audio = _tokens(given, "text_tokens"), _tokens(given, "audio_tokens")
        cached_text, cached_audio = _tokens(cached, "text_tokens"), _tokens(cached, "audio_tokens")
        if not cached:
            cached_text = min(text, _tokens(given, "cached_tokens"))
        return (
            max(0, text - cached_text) * self.text_in
            + cached_text * self.text_cached
            + max(0, audio - cached_audio) * self.audio_in
            + cached_audio * self.audio_cached
            + _tokens(made, "text_tokens") * self.text_out
            + _tokens(made, "audio_tokens") * self.audio_out
        ) / _MILLION

    def of_transcript(self, usage: object) -> float:
        """Return the price of one transcript by its ``usage``, in tokens or seconds."""
        if not isinstance(usage, Mapping):
            return 0.0
        if usage.get("type") == "duration" or "seconds" in usage:
            return self.of_heard(_tokens(usage, "seconds"))
        heard, made = _tokens(usage, "input_tokens"), _tokens(usage, "output_tokens")
        return (heard * self.transcribe_in + made * self.transcribe_out) / _MILLION

    def of_heard(self, seconds: float) -> float:
        """Return the price of having so much audio understood."""
        return seconds * self.transcribe_minute / _MINUTE_SECONDS


_BY_MODEL = {
    "gpt-realtime": Prices(),
    "gpt-realtime-mini": Prices(0.6, 0.06, 2.4, 10.0, 0.3, 20.0),
}
"""By the beginning of the model's name, the longest that fits."""


def prices_of(model: str, changes: str = "") -> Prices:
    """Return what ``model`` costs.

    Args:
        changes: ``name=dollars`` pairs with commas, such as ``audio_in=32,audio_out=64``; they
            replace the table's.

    Raises:
        ValueError: a name or a number in ``changes`` is none.
    """
    fitting = [name for name in _BY_MODEL if model.startswith(name)]
    prices = _BY_MODEL[max(fitting, key=len)] if fitting else Prices()
    known = {field.name for field in fields(Prices)}
    replaced: dict[str, float] = {}
    for pair in filter(None, (part.strip() for part in changes.split(","))):
        name, _, value = (part.strip() for part in pair.partition("="))
        if name not in known:
            raise ValueError(f"{name}: must be one of {', '.join(sorted(known))}")
        dollars = float(value)
        if not 0 <= dollars < _MILLION:
            raise ValueError(f"{name}: must be a price in US dollars")
        replaced[name] = dollars
    return replace(prices, **replaced)


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = whole.get(name)
    return found if isinstance(found, Mapping) else {}


def _tokens(part: Mapping[str, Any], name: str) -> float:
    found = part.get(name)
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return max(0.0, float(found)) if is_number and found is not None else 0.0
