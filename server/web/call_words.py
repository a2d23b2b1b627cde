"""What pages call the things of a call: why it ended, who answered, what a stage is."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.calls.endings import END_REASONS

GOOD, QUIET, BAD, INFO = "good", "quiet", "bad", "info"

_REASONS: dict[str, tuple[Any, str]] = {
    "caller_hangup": (_l("The other side hung up"), GOOD),
    "agent_goodbye": (_l("Ended with a goodbye"), GOOD),
    "operator": (_l("Ended from here"), QUIET),
    "silence": (_l("Nobody spoke any more"), QUIET),
    "max_duration": (_l("Reached the longest length"), QUIET),
    "transferred": (_l("Passed on to a person"), GOOD),
    "stream_lost": (_l("The connection broke off"), BAD),
    "error": (_l("A fault on our side"), BAD),
    "call_status_completed": (_l("The other side hung up"), GOOD),
    "call_status_busy": (_l("The line was busy"), BAD),
    "call_status_failed": (_l("The call did not come about"), BAD),
    "call_status_no-answer": (_l("Nobody answered"), BAD),
    "call_status_canceled": (_l("Given up before it was answered"), BAD),
}
PATHS = {
    "GREETING": _l("Greeting"),
    "FAQ_FASTPATH": _l("Instant answer"),
    "AGENT": _l("Voice agent"),
    "FALLBACK": _l("Fixed sentence"),
    "FILLER": _l("Bridging word"),
}
_AGENTS = {
    "openai-realtime": _l("Voice agent of OpenAI"),
    "receptionist": _l("Receptionist that takes messages"),
}


def reason_words(end_reason: str | None) -> str:
    """Return why a call ended; one without a reason goes on."""
    if end_reason is None:
        return str(_("In progress"))
    known = _REASONS.get(end_reason)
    return str(known[0] if known else _("Ended"))


def reason_kind(end_reason: str | None) -> str:
    """Return how that is to look (see macro ``chip``)."""
    if end_reason is None:
        return INFO
    known = _REASONS.get(end_reason)
    return known[1] if known else QUIET


def reasons() -> dict[str, str]:
    """Return the words for every reason, for scripts and filters."""
    return {reason: reason_words(reason) for reason in END_REASONS}


def agent_words(agent: str) -> str:
    """Return who answered; empty where nobody could."""
    return str(_AGENTS.get(agent, agent))


def shows_number(number: str) -> bool:
    """Tell whether this is a number; carriers put words in its place where it is withheld."""
    return any(character.isdigit() for character in number)
