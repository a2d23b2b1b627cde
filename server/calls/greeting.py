"""The first sentences of a call: the owner's words, and what has to be said besides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from server.agent.sentences import sentences
from server.directory import BusinessProfile

GreetingKind = Literal["open", "closed", "outbound"]
"""Of calls that come within the opening hours, outside them, and of calls that go out."""

_SAYS_AUTOMATED = re.compile(
    r"אוטומטי|וירטואלי|דיגיטלי|בינה מלאכותית|רובוט|"
    r"automat|virtual|digital|artificial|\bbot\b|\bAI\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")


def greeting(profile: BusinessProfile, direction: str, at: datetime, *, generates: bool) -> str:
    """Return what is said first; empty where the agent makes its greeting itself.

    Args:
        direction: ``inbound`` or ``outbound``.
        at: the moment of the call.
        generates: whether there is an agent that can make one.
    """
    if direction == "outbound":
        return greeting_of(profile, "outbound", generates=generates)
    is_open = profile.settings.is_open(at, profile.timezone)
    return greeting_of(profile, "open" if is_open else "closed", generates=generates)


def greeting_of(profile: BusinessProfile, kind: GreetingKind, *, generates: bool) -> str:
    """Return what is said first in calls of this kind; empty where the agent makes it up itself."""
    settings = profile.settings
    if kind == "outbound":
        text = settings.outbound_greeting
        if text or generates:
            return _with_notices(profile, text) if text else ""
    elif kind == "open":
        text = profile.greeting_text
    else:
        text = settings.after_hours_greeting or _fixed(profile, "closed")
    if generates and (settings.generated_greeting or not text):
        return ""
    return _with_notices(profile, text or _fixed(profile, "hello"))


def all_greetings(profile: BusinessProfile, *, generates: bool) -> Iterator[str]:
    """Yield every greeting that calls of this business may begin with, to be rendered ahead."""
    settings = profile.settings
    if not (generates and (settings.generated_greeting or not profile.greeting_text)):
        yield _with_notices(profile, profile.greeting_text or _fixed(profile, "hello"))
    if settings.opening_hours and not (generates and settings.generated_greeting):
        text = settings.after_hours_greeting or _fixed(profile, "closed")
        yield _with_notices(profile, text)
    if settings.outbound_greeting:
        yield _with_notices(profile, settings.outbound_greeting)


def _fixed(profile: BusinessProfile, name: str) -> str:
    return sentences(profile.lang)[name].format(name=profile.name)


def _with_notices(profile: BusinessProfile, text: str) -> str:
    """Say that this is an automated assistant, and that the call is recorded where it is.

    They stand at the end, but for a last sentence that asks something: the caller answers it.
    """
    said = sentences(profile.lang)
    notices = [] if _SAYS_AUTOMATED.search(text) else [said["automated"]]
    if profile.settings.recording:
        notices.append(said["recorded"])
    parts = _SENTENCE_END.split(text.strip())
    at = len(parts) - parts[-1].endswith("?")
    return " ".join([*parts[:at], *notices, *parts[at:]])
