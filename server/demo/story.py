"""What a demo call is made of: who says what, what came of it, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from server.turns.model import AGENT_PATH, FALLBACK_PATH, FAQ_PATH, FILLER_PATH


@dataclass(frozen=True, slots=True)
class Line:
    """One turn. Its text may hold ``{name}``, ``{car}``, ``{day}``, ``{hour}`` and ``{phone}``."""

    speaker: str
    text: str
    path: str | None = None
    intent_key: str | None = None
    """Of a prepared answer, whose text it takes."""
    heard: float = 1.0
    """The share of it that was heard before the caller interrupted."""


@dataclass(frozen=True, slots=True)
class Story:
    """One kind of call."""

    lines: tuple[Line, ...]
    headline: str
    points: tuple[str, ...] = ()
    next_step: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    named: bool = False
    """Whether the caller's name came up."""
    lang: str = "he-IL"
    end_reason: str = "caller_hangup"
    direction: str = "inbound"
    callback: str = ""
    """Why somebody has to call back: the agent was lost for this reason."""
    tags: tuple[str, ...] = ()
    often: int = 1
    """How often it happens, compared to the others."""


def caller(text: str) -> Line:
    """Return what the caller says."""
    return Line("caller", text)


def agent(text: str, heard: float = 1.0) -> Line:
    """Return what the voice agent says, up to where it was interrupted."""
    return Line("agent", text, AGENT_PATH, heard=heard)


def prepared(intent_key: str, heard: float = 1.0) -> Line:
    """Return a prepared answer."""
    return Line("agent", "", FAQ_PATH, intent_key, heard)


def message(text: str) -> Line:
    """Return what the receptionist says, who stands in for the agent."""
    return Line("agent", text, FALLBACK_PATH)


def filler(text: str) -> Line:
    """Return a word that fills the silence while an answer is made."""
    return Line("agent", text, FILLER_PATH)
