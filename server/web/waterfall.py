"""How long a caller waited for an answer, cut into its stages and drawn to scale."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

SLOW_MS = 1200.0
"""From here on a wait is felt as one."""

WIDTH = 1000.0
"""Of the drawing, in its own units."""

_LEAST_SCALE_MS = 1500.0

STAGES = {
    "hangover": _l("Making sure the caller is done"),
    "recognition": _l("Recognition"),
    "model": _l("Finding the answer"),
    "audio": _l("First sound"),
}
_ENDS = {
    "hangover": "hangover_ms",
    "recognition": "final_ms",
    "model": "tts_ready_ms",
    "audio": "total_latency_ms",
}
"""When each stage was over, counted from the caller's last sound."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a wait."""

    name: str
    ms: float
    x: float
    width: float

    @property
    def label(self) -> str:
        """What it is called."""
        return str(STAGES[self.name])


@dataclass(frozen=True, slots=True)
class Waterfall:
    """One wait."""

    total_ms: float
    stages: tuple[Stage, ...]
    slow_x: float
    """Where the bar becomes too long."""
    match_ms: float | None
    """How long of it the prepared answers were searched; None: they were not."""

    @property
    def slow(self) -> bool:
        """Whether the caller waited for too long."""
        return self.total_ms > SLOW_MS


def scale_of(timings: Iterable[Mapping[str, Any]]) -> float:
    """Return the milliseconds that the full width stands for, the same for all bars of a call."""
    totals = [_number(one.get("total_latency_ms")) or 0.0 for one in timings]
    return max(_LEAST_SCALE_MS, *totals) if totals else _LEAST_SCALE_MS


def waterfall(timings: Mapping[str, Any], scale_ms: float) -> Waterfall | None:
    """Return the wait that ``timings`` measured; None where none was.

    A stage that was not measured belongs to the next one; one that was over before the one before
    it took no time of its own.
    """
    total = _number(timings.get("total_latency_ms"))
    if total is None:
        return None
    stages, at = [], 0.0
    for name, key in _ENDS.items():
        end = _number(timings.get(key))
        if end is None:
            continue
        end = min(max(end, at), total)
        if end > at:
            stages.append(
                Stage(name, end - at, at / scale_ms * WIDTH, (end - at) / scale_ms * WIDTH)
            )
        at = end
    match_ms = _number(timings.get("faq_ms"))
    return Waterfall(total, tuple(stages), SLOW_MS / scale_ms * WIDTH, match_ms)


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) and value >= 0 else None
