"""Spark lines: the last days of one figure as the path of a small drawing."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH, HEIGHT = 120, 32
"""Of the drawing's own coordinates; the page stretches it."""

_MARGIN = 3


def spark_path(values: Sequence[float | None]) -> str:
    """Return the ``d`` of an SVG path through ``values``; days without one are gaps.

    The line stands on zero, so that a small change does not look like a great one. A lone point
    becomes a short stroke.
    """
    known = [value for value in values if value is not None]
    if not known or len(values) < 2:
        return ""
    top = max(known) or 1.0
    step = (WIDTH - 2 * _MARGIN) / (len(values) - 1)
    drawn: list[str] = []
    for at, value in enumerate(values):
        if value is None:
            continue
        x = _MARGIN + at * step
        y = HEIGHT - _MARGIN - value / top * (HEIGHT - 2 * _MARGIN)
        starts = at == 0 or values[at - 1] is None
        drawn.append(f"{'M' if starts else 'L'}{x:.1f} {y:.1f}")
        alone = starts and (at + 1 == len(values) or values[at + 1] is None)
        if alone:
            drawn.append("h0.1")
    return "".join(drawn)
