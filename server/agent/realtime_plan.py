"""What one Realtime session is set up with, and the session objects that say so to the service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_AUDIO_TOKENS_PER_TEXT_TOKEN = 4
"""A reply's budget is given in text; its audio costs about four times as many tokens."""

_LISTING_MODELS = ("gpt-transcribe", "gpt-live-transcribe")
"""Recognisers that take ``languages`` and ``keywords`` instead of one ``language``."""

FALLBACK_TRANSCRIBER = "gpt-transcribe"
DEFAULT_VOICE = "marin"
VOICES = (
    "marin",
    "cedar",
    "alloy",
    "ash",
    "ballad",
    "coral",
    "echo",
    "sage",
    "shimmer",
    "verse",
)
"""The service's own voices; its makers recommend the first two."""

END_CALL = "end_call"
_END_CALL_TOOL = {
    "type": "function",
    "name": END_CALL,
    "description": "Ends the phone call. Call it only after saying goodbye.",
    "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
}


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """What one Realtime session is set up with."""

    compact_prompt: str
    full_prompt: str
    languages: tuple[str, ...]
    """ISO 639-1 codes that the caller may speak, likeliest first."""
    keywords: tuple[str, ...]
    transcribe_model: str
    voice: str
    speed: float
    max_output_tokens: int
    """A reply's budget in text tokens."""


def setup_session(
    plan: SessionPlan, transcribe_model: str, voice: str, *, full: bool
) -> dict[str, Any]:
    """Return the ``session`` that configures a fresh one: pcmu both ways, turns made by us.

    Args:
        full: with the full instructions and the tools, where those were sent already.
        transcribe_model: the plan's, or what replaces it.
        voice: the plan's, or what replaces it.
    """
    instructions = upgraded_session(plan) if full else {"instructions": plan.compact_prompt}
    return {
        **instructions,
        "type": "realtime",
        "output_modalities": ["audio"],
        "max_output_tokens": plan.max_output_tokens * _AUDIO_TOKENS_PER_TEXT_TOKEN,
        "audio": {
            "input": {
                "format": {"type": "audio/pcmu"},
                "noise_reduction": {"type": "near_field"},
                "transcription": _transcription(plan, transcribe_model, plan.languages),
                "turn_detection": None,
            },
            "output": {"format": {"type": "audio/pcmu"}, "voice": voice, "speed": plan.speed},
        },
    }


def upgraded_session(plan: SessionPlan) -> dict[str, Any]:
    """Return the ``session`` that expands the instructions and brings the tools."""
    return {
        "type": "realtime",
        "instructions": plan.full_prompt,
        "tools": [_END_CALL_TOOL],
        "tool_choice": "auto",
    }


def relistening_session(
    plan: SessionPlan, transcribe_model: str, languages: tuple[str, ...]
) -> dict[str, Any]:
    """Return the ``session`` that makes the recogniser expect other languages."""
    transcription = _transcription(plan, transcribe_model, languages)
    return {"type": "realtime", "audio": {"input": {"transcription": transcription}}}


def _transcription(plan: SessionPlan, model: str, languages: tuple[str, ...]) -> dict[str, Any]:
    return {"model": model, **recogniser_hints(model, languages, plan.keywords)}


def recogniser_hints(
    model: str, languages: tuple[str, ...], keywords: tuple[str, ...]
) -> dict[str, Any]:
    """Return what a recogniser is told of the words to come, in the fields that ``model`` takes."""
    if not model.startswith(_LISTING_MODELS):
        return {"language": languages[0]}
    hints: dict[str, Any] = {"languages": list(languages)}
    if keywords:
        hints["keywords"] = list(keywords)
    return hints


def languages_led_by(language: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return ``known`` (ISO 639-1) with the language of this tag in front."""
    first = language[:2]
    return (first, *(other for other in known if other != first))
