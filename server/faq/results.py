"""What becomes of a caller's sentence: a prepared answer, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from server.faq.scoring import RowScore
from server.faq.snapshot import FaqRow


@dataclass(frozen=True, slots=True)
class Hit:
    """A prepared answer that fits."""

    row: FaqRow
    score: float
    """How well it fits, from the bar to 1."""
    reason: str
    """What it was found by: ``exact``, ``phrase``, ``expression``, ``kind`` (a usual wording of
    its kind of question), ``topic``, ``bare`` (a question without a subject), ``part`` (of a
    phrase), ``answer`` (words of its answer) or ``similar`` (embeddings)."""


@dataclass(frozen=True, slots=True)
class Miss:
    """No automatic answer, and why."""

    reason: str
    """``empty``, ``too_long``, a guardrail (``action``, ``job``, ``negation``,
    ``statement``, ``backchannel``), ``ambiguous``, ``uncovered`` (a word that no row explains),
    ``other_question`` (the answer does not hold what is asked for) or ``no_match``."""
    score: float = 0.0
    """The best score that was not enough, 0 to 1."""
    clarify: str = ""
    """When ambiguous: the sentence that asks which is meant; empty when the agent has to."""
    grey: bool = False
    """Whether embeddings could still find an answer: get them and match again with them."""
    best: FaqRow | None = None
    """The row that came nearest, if any was scored."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A row and how well it answers."""

    row: FaqRow
    score: float
    """With the lift of its priority, 0 to 1."""
    found: RowScore

    @property
    def why(self) -> str:
        """The parts of the score in a line: ``phrase 0.94, uncovered -0.30``."""
        return ", ".join(f"{name} {points:.2f}" for name, points in self.found.parts)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about one match."""

    result: Hit | Miss
    guard: str
    """The guardrail that fired (``other_language`` is one, too), or an empty text."""
    rows: tuple[Scored, ...]
    """Every row that speaks of the sentence, the best first."""
    uncovered: tuple[str, ...]
    """The words that the best row does not explain, as keys."""

    @property
    def path(self) -> str:
        """``FAQ_FASTPATH`` or ``AGENT``."""
        return "FAQ_FASTPATH" if isinstance(self.result, Hit) else "AGENT"

    @property
    def reason(self) -> str:
        """The reason of the result."""
        return self.result.reason
