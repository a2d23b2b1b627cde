"""The FAQ fast-path on labelled sentences, and how long a match takes.

A set is ``<name>_businesses.json`` and ``<name>_utterances.jsonl`` under ``tests/data/faq``.
"""

from __future__ import annotations

import json
import math
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from server.faq.matcher import Hit, Miss, match
from server.faq.snapshot import FaqRow, FaqSnapshot, build_snapshot

DATA = Path(__file__).parents[1] / "data" / "faq"
SETS = tuple(sorted(path.name.removesuffix("_businesses.json") for path in DATA.glob("*.json")))
OUTCOMES = ("correct", "wrong", "miss", "leak", "rest")
"""Right; another row's answer; none where one was wanted; one where none was; none, rightly."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A caller's sentence with what should become of it."""

    id: str
    business: str
    text: str
    kind: str
    intent: str | None
    action: bool
    lang: str


@dataclass(slots=True)
class Tally:
    """What became of a set's sentences."""

    by_kind: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    by_business: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    total: Counter[str] = field(default_factory=Counter)
    actions: int = 0
    actions_answered: int = 0
    errors: list[tuple[str, Labelled, Hit | Miss]] = field(default_factory=list)
    times_ms: list[float] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """The share of automatic answers that were right; 1 when there were none."""
        answered = self.total["correct"] + self.total["wrong"] + self.total["leak"]
        return self.total["correct"] / answered if answered else 1.0

    @property
    def recall(self) -> float:
        """The share of answerable sentences that were answered rightly."""
        wanted = self.total["correct"] + self.total["wrong"] + self.total["miss"]
        return self.total["correct"] / wanted if wanted else 1.0


@cache
def businesses(name: str) -> dict[str, FaqSnapshot]:
    """Return the snapshots of a set's businesses by their keys."""
    listed = json.loads((DATA / f"{name}_businesses.json").read_text(encoding="utf-8"))
    return {
        business["business"]: build_snapshot(
            number,
            [
                FaqRow(
                    place,
                    row["intent_key"],
                    row.get("label", ""),
                    tuple(row["patterns"]),
                    row["answer_text"],
                    row["lang"],
                    row["priority"],
                )
                for place, row in enumerate(business["faq"], 1)
            ],
        )
        for number, business in enumerate(listed, 1)
    }


def utterances(name: str) -> list[Labelled]:
    """Return a set's sentences."""
    path = DATA / f"{name}_utterances.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    return [
        Labelled(
            said["id"],
            said["business"],
            said["text"],
            said["kind"],
            said.get("intent"),
            bool(said.get("action")),
            said.get("lang", "he-IL"),
        )
        for said in map(json.loads, filter(None, lines))
    ]


def tally(name: str, only: Iterable[str] = ()) -> Tally:
    """Match a set's sentences, of the businesses in ``only`` or of all, and count."""
    wanted = set(only)
    snapshots = businesses(name)
    counted = Tally()
    for said in utterances(name):
        if wanted and said.business not in wanted:
            continue
        started = time.perf_counter()
        found = match(snapshots[said.business], said.text, said.lang)
        counted.times_ms.append((time.perf_counter() - started) * 1000)
        _count(counted, said, found)
    return counted


def _count(counted: Tally, said: Labelled, found: Hit | Miss) -> None:
    outcome = _outcome(said, found)
    counted.total[outcome] += 1
    counted.by_kind[said.kind][outcome] += 1
    counted.by_business[said.business][outcome] += 1
    counted.actions += said.action
    counted.actions_answered += said.action and outcome == "leak"
    if outcome in ("wrong", "miss", "leak"):
        counted.errors.append((outcome, said, found))


def _outcome(said: Labelled, found: Hit | Miss) -> str:
    if isinstance(found, Miss):
        return "rest" if said.intent is None else "miss"
    if said.intent is None:
        return "leak"
    return "correct" if found.row.intent_key == said.intent else "wrong"


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile of ``values``, 0 when there are none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)] if ordered else 0.0


def describe(name: str, counted: Tally, *, errors: bool = False) -> str:
    """Return a set's figures as a few lines and a table by kind of sentence."""
    lines = [
        f"{name}: precision {counted.precision:.3f}, recall {counted.recall:.3f}, "
        f"actions answered {counted.actions_answered} of {counted.actions}; "
        f"p50 {percentile(counted.times_ms, 50):.3f} ms, "
        f"p95 {percentile(counted.times_ms, 95):.3f} ms",
        f"  {'':18}" + "".join(f"{outcome:>9}" for outcome in OUTCOMES),
    ]
    for group in (counted.by_kind, counted.by_business):
        for kind, counts in sorted(group.items()):
            lines.append(f"  {kind:18}" + "".join(f"{counts[one]:9}" for one in OUTCOMES))
    if errors:
        order = {"leak": 0, "wrong": 1, "miss": 2}
        for outcome, said, found in sorted(counted.errors, key=lambda one: order[one[0]]):
            got = found.row.intent_key if isinstance(found, Hit) else "-"
            lines.append(
                f"  {outcome:6} {said.kind:14} {said.business:13} want={said.intent} got={got} "
                f"{found.reason} {found.score:.2f} | {said.text}"
            )
    return "\n".join(lines)


def large_business(rows: int = 200, patterns: int = 6) -> FaqSnapshot:
    """Return a business with ``rows`` prepared answers of ``patterns`` patterns each.

    Real rows, repeated with a word of their own, so that common words nominate many of them.
    """
    listed = json.loads((DATA / f"{SETS[0]}_businesses.json").read_text(encoding="utf-8"))
    for name in SETS[1:]:
        listed += json.loads((DATA / f"{name}_businesses.json").read_text(encoding="utf-8"))
    typed = [row for business in listed for row in business["faq"] if row["lang"] == "he-IL"]
    letters = "בגדזטכלמנספצקרשת"
    made: list[FaqRow] = []
    for number in range(rows):
        row = typed[number % len(typed)]
        own = "".join(letters[(number // 16**power) % 16] for power in range(3)) + "ון"
        some = (row["patterns"] * patterns)[: patterns - 1]
        made.append(
            FaqRow(
                number + 1,
                f"{row['intent_key']}_{number}",
                row["intent_key"],
                (*(f"{pattern} {own}" for pattern in some), own),
                row["answer_text"],
                "he-IL",
                row["priority"],
            )
        )
    return build_snapshot(1, made)


def match_times_ms(snapshot: FaqSnapshot, texts: Iterable[str]) -> list[float]:
    """Return how long each of ``texts`` takes to match, in milliseconds."""
    times: list[float] = []
    for text in texts:
        started = time.perf_counter()
        match(snapshot, text, "he-IL")
        times.append((time.perf_counter() - started) * 1000)
    return times


def report(*, errors: bool = False) -> str:
    """Return the figures of every set, and the match time at a large business."""
    lines = [describe(name, tally(name), errors=errors) for name in SETS]
    texts = [said.text for name in SETS for said in utterances(name)]
    large = large_business()
    cold, warm = match_times_ms(large, texts), match_times_ms(large, texts)
    for name, times in (("first time", cold), ("again", warm)):
        lines.append(
            f"200 rows x 6 patterns, {len(texts)} sentences, {name}: "
            f"p50 {percentile(times, 50):.3f} ms, p95 {percentile(times, 95):.3f} ms, "
            f"longest {max(times):.3f} ms (p95 <= 2)"
        )
    return "\n".join(lines)
