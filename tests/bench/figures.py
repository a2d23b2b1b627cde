"""Collecting durations and printing them as a table."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Figure:
    """One line of the table: durations in milliseconds."""

    name: str
    wanted: str = ""
    """What the specification asks for, as text."""
    values_ms: list[float] = field(default_factory=list)
    peer: Figure | None = None
    """Measured in the same run; the ratio of the medians is shown."""

    def quantile(self, share: float) -> float:
        """Return the value below which ``share`` of the durations lie."""
        ordered = sorted(self.values_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def median(self) -> float:
        """The middle of the durations."""
        return statistics.median(self.values_ms)

    def row(self) -> list[str]:
        """Return the line's cells."""
        ratio = f"{self.median / self.peer.median:.1f} x {self.peer.name}" if self.peer else ""
        return [
            self.name,
            str(len(self.values_ms)),
            f"{self.median:.1f}",
            f"{self.quantile(0.95):.1f}",
            f"{max(self.values_ms):.1f}",
            self.wanted,
            ratio,
        ]


def table(figures: Iterable[Figure]) -> str:
    """Return the figures as aligned text."""
    head = ["ms", "n", "p50", "p95", "max", "wanted", "ratio of medians"]
    rows = [head, *[figure.row() for figure in figures]]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if column in (0, 5, 6) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
