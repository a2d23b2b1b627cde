"""What an owner should look at in a prepared answer: a stable code, what it is about, a sentence.

Programs and translated pages go by the code; the sentence is for those who read the API.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a row."""

    code: str
    """``broken_pattern``, ``long_pattern``, ``guarded_pattern``, ``empty_pattern``, ``no_price``
    or ``long_answer``."""
    message: str
    pattern: str = ""
    """The pattern that it is about, as it was typed; empty: the row as a whole."""
    detail: str = ""
    """Of a broken pattern the reason (see :class:`server.faq.patterns.PatternError`), of a
    guarded one the guardrail."""

    def __str__(self) -> str:
        """Return what the API says."""
        return self.message
