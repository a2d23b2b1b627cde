"""Playing a story: its turns with their moments and timings, as a real call writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from server.demo.story import Line, Story
from server.models import CallTurn
from server.turns.model import (
    AGENT_PATH,
    FALLBACK_PATH,
    FAQ_PATH,
    FILLER_PATH,
    GREETING_PATH,
    words_heard,
)

_MS_PER_LETTER = 68
"""Of unhurried speech, Hebrew as English."""
_SHORTEST_MS = 600

Voice = Callable[[str, str, str], bytes]
"""Speaks a text: its speaker and its language come before it; mu-law at 8 kHz, or nothing."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A piece of the recording."""

    speaker: str
    start_ms: int
    audio: bytes
    text: str


@dataclass(frozen=True, slots=True)
class Played:
    """What one call left."""

    turns: list[CallTurn]
    sounds: list[Sound]
    """Empty without a voice."""
    seconds: float


def silent_voice(_speaker: str, _lang: str, _text: str) -> bytes:
    """Speak nothing: the call gets no recording."""
    return b""


def play(
    story: Story,
    call_sid: str,
    started_at: datetime,
    words: Mapping[str, str],
    greeting: str,
    answers: Mapping[tuple[str, str], str],
    chance: Random,
    voice: Voice = silent_voice,
) -> Played:
    """Return the turns of ``story``.

    Args:
        words: what its placeholders stand for.
        greeting: what the caller hears first; empty: the story's own first line is that.
        answers: the prepared answers by language and intent key.
        voice: speaks the turns for a recording.
    """
    lines = [Line("agent", greeting, GREETING_PATH)] if greeting else []
    turns: list[CallTurn] = []
    sounds: list[Sound] = []
    at_ms, waiting = 350.0, 0.0
    for line in (*lines, *story.lines):
        text = (line.text or answers[story.lang, line.intent_key or ""]).format_map(words)
        audio = voice(line.speaker, story.lang, text)
        length_ms = len(audio) / 8 or max(_SHORTEST_MS, len(text) * _MS_PER_LETTER)
        timings: dict[str, Any] = {}
        if line.speaker == "agent" and line.path not in (GREETING_PATH, FILLER_PATH):
            timings = _timings(line.path or "", chance, filled=waiting > 0)
            at_ms += max(60.0, timings["total_latency_ms"] - waiting)
        elif line.path == FILLER_PATH:
            at_ms += 1500
        elif line.speaker == "caller":
            at_ms += chance.randint(350, 1400)
        heard_ms = round(length_ms * line.heard)
        cut = line.heard < 1
        said = words_heard(text, heard_ms, round(length_ms)) if cut else text
        sounds.append(Sound(line.speaker, round(at_ms), audio[: heard_ms * 8], said))
        at_ms += heard_ms
        waiting = 1500 + heard_ms if line.path == FILLER_PATH else 0.0
        turns.append(
            CallTurn(
                call_sid=call_sid,
                index=len(turns),
                speaker=line.speaker,
                text=text,
                path=line.path,
                intent_key=line.intent_key,
                heard_ms=heard_ms if line.speaker == "agent" else None,
                interrupted=cut,
                timings_ms=timings,
                created_at=started_at + timedelta(milliseconds=at_ms),
            )
        )
    return Played(turns, [one for one in sounds if one.audio], (at_ms + 900) / 1000)


def _timings(path: str, chance: Random, *, filled: bool) -> dict[str, Any]:
    """Return the stages of one reply in milliseconds, with the keys that calls write."""
    hangover = chance.gauss(212, 9)
    partial = hangover + abs(chance.gauss(60, 35))
    final = partial + abs(chance.gauss(130, 60))
    match_ms = abs(chance.gauss(0.7, 0.35)) + 0.1
    if path == FAQ_PATH:
        ready = final + match_ms + abs(chance.gauss(9, 6))
    elif path == AGENT_PATH:
        ready = final + chance.lognormvariate(6.15, 0.33)
    else:
        ready = final + abs(chance.gauss(240, 90))
    if filled:
        ready = max(ready, chance.uniform(1750, 2350))
    total = ready + abs(chance.gauss(14, 6))
    stages = {
        "first_partial_ms": partial,
        "final_ms": final,
        "tts_ready_ms": ready,
        "total_latency_ms": total,
        "hangover_ms": hangover,
    }
    rounded: dict[str, Any] = {name: round(value, 1) for name, value in stages.items()}
    rounded["faq_ms"] = None if path == FALLBACK_PATH else round(match_ms, 3)
    return rounded
