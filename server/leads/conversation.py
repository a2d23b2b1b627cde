"""What was said in a lead's call, as a chat in step with its recording.

The words are the recording's transcript where there is one, else what was heard live. Times are of
the recording; without one, of the call as it was measured. How a reply came about (its path) is
known from the call itself, so the replies that a recogniser understood are paired with those that
were made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.faq.normalize import normalize
from server.leads.transcript import AGENT, CALLER, read_lines
from server.models import Call, CallTurn, Lead, Recording, Transcript

_SAME_WORDS = 0.5
"""So much of the shorter one's words two replies must share to be taken for one."""

_LOOK_AHEAD = 4
"""Replies of the call that a recogniser may have missed between two that it understood."""

_PAUSE_MS = 300
_MS_PER_CHAR = 70
_LONGEST_UTTERANCE_MS = 20_000


@dataclass(frozen=True, slots=True)
class Part:
    """Words that were said in one breath."""

    text: str
    start_ms: int | None = None
    """Of the recording, without one from the first sound; None where that is not known."""
    end_ms: int | None = None


@dataclass(frozen=True, slots=True)
class SaidLine:
    """What one of the two said in one go."""

    speaker: str
    """``caller`` or ``agent``; empty where nobody can tell."""
    parts: tuple[Part, ...]
    path: str | None = None
    """How a reply came about: ``GREETING``, ``FAQ_FASTPATH``, ``AGENT`` or ``FALLBACK``."""
    interrupted: bool = False

    @property
    def text(self) -> str:
        """Everything in this line."""
        return " ".join(part.text for part in self.parts)

    @property
    def start_ms(self) -> int | None:
        """When it begins, counted as in its parts."""
        return self.parts[0].start_ms if self.parts else None


def conversation(session: Session, lead: Lead, played: Recording | None) -> list[SaidLine]:
    """Return what was said in the call of ``lead``, in order.

    Args:
        played: the recording that the player plays; times are of it. None: there is none, and
            turns stand at the times that the call measured.
    """
    call = session.scalar(select(Call).where(Call.call_sid == lead.call_sid))
    turns = list(call.turns) if call is not None else []
    segments = _segments(session, played)
    if segments:
        return with_paths(spoken_lines(segments), turns)
    if turns:
        return live_lines(turns, _began_at(call, played) if call and played else None)
    return [SaidLine(line.speaker, (Part(line.text),)) for line in read_lines(lead.transcript)]


def spoken_lines(segments: Sequence[dict[str, Any]]) -> list[SaidLine]:
    """Return stored segments as lines: whoever goes on speaking goes on in the same line."""
    said = [segment for segment in segments if str(segment.get("text", "")).strip()]
    lines = []
    for speaker, run in groupby(said, lambda segment: str(segment.get("speaker", ""))):
        parts = tuple(
            Part(str(one["text"]).strip(), one.get("start_ms"), one.get("end_ms")) for one in run
        )
        lines.append(SaidLine(speaker, parts))
    return lines


def with_paths(lines: Sequence[SaidLine], turns: Sequence[CallTurn]) -> list[SaidLine]:
    """Return ``lines`` with the paths of the replies among ``turns`` that they are."""
    replies = [turn for turn in turns if turn.speaker == AGENT]
    at, marked = 0, []
    for line in lines:
        if line.speaker != AGENT:
            marked.append(line)
            continue
        ahead = range(at, min(at + _LOOK_AHEAD, len(replies)))
        best = max(ahead, key=lambda n: _alike(line.text, replies[n].text), default=None)
        if best is None or _alike(line.text, replies[best].text) < _SAME_WORDS:
            marked.append(line)
            continue
        reply, at = replies[best], best + 1
        marked.append(replace(line, path=reply.path, interrupted=reply.interrupted))
    return marked


def live_lines(turns: Sequence[CallTurn], began_at: datetime | None) -> list[SaidLine]:
    """Return the turns of a call as lines, each where it is in the recording.

    Args:
        began_at: when the recording began; None: there is none. Then nothing can be played, and a
            turn that does not know when it began has no time: a guess would be of no use.
    """
    lines: list[SaidLine] = []
    free_from = 0
    for turn in turns:
        if not turn.text.strip():
            continue
        start, end = turn.start_ms, None
        if began_at is not None:
            start, end = _place(turn, began_at, free_from)
            free_from = end
        part = Part(turn.text.strip(), start, end)
        lines.append(SaidLine(turn.speaker, (part,), turn.path, turn.interrupted))
    return lines


def _place(turn: CallTurn, began_at: datetime, free_from: int) -> tuple[int, int]:
    """Return from when to when a turn was heard.

    Of turns that do not know when they began: a reply was stored when its first sound went out, an
    utterance when it was over; its length is a guess.
    """
    guess = min(len(turn.text) * _MS_PER_CHAR, _LONGEST_UTTERANCE_MS)
    length = turn.heard_ms if turn.heard_ms is not None else turn.length_ms
    if turn.start_ms is not None:
        return turn.start_ms, turn.start_ms + (guess if length is None else length)
    stored = max(0, round((turn.created_at - began_at).total_seconds() * 1000))
    if turn.speaker == CALLER:
        return min(max(free_from, stored - guess - _PAUSE_MS), stored), stored
    return stored, stored + (guess if length is None else length)


def _segments(session: Session, played: Recording | None) -> list[dict[str, Any]]:
    if played is None:
        return []
    newest = session.scalar(
        select(Transcript)
        .where(Transcript.recording_id == played.id)
        .order_by(Transcript.id.desc())
        .limit(1)
    )
    return newest.segments if newest is not None else []


def _began_at(call: Call, played: Recording) -> datetime:
    """Return when the recording began: our own is noted then, the carrier's when it is over."""
    return played.received_at if played.source == "bridge" else call.started_at


def _alike(one: str, other: str) -> float:
    words, others = set(normalize(one).split()), set(normalize(other).split())
    shorter = min(len(words), len(others))
    return len(words & others) / shorter if shorter else 0.0
