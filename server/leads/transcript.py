"""The transcript of a lead as lines with speakers: how it is written, and how it is read again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

CALLER, AGENT = "caller", "agent"


@dataclass(frozen=True, slots=True)
class Line:
    """What one of the two said in one go."""

    speaker: str
    """``caller`` or ``agent``."""
    text: str


def write_lines(lines: Iterable[Line]) -> str:
    """Return the transcript as it is stored: ``caller: …`` and ``agent: …``, one line each.

    Line breaks within what was said become spaces: words cannot pose as somebody else's line.
    """
    said = ((line.speaker, " ".join(line.text.split())) for line in lines)
    return "\n".join(f"{speaker}: {text}" for speaker, text in said if text)


def read_lines(transcript: str) -> list[Line]:
    """Return the lines of a stored transcript; one without a speaker is the caller's."""
    lines = []
    for raw in transcript.splitlines():
        speaker, colon, text = raw.partition(":")
        if not colon or speaker not in (CALLER, AGENT):
            speaker, text = CALLER, raw
        if text.strip():
            lines.append(Line(speaker, text.strip()))
    return lines
