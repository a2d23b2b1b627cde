"""What pages call the states, fields and troubles of leads, in the page's language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.web.formats import add_filters

WORK = {
    "new": _l("New"),
    "in_work": _l("In work"),
    "done": _l("Settled"),
    "lost": _l("Not relevant"),
}
"""The operator's states, in the order in which a lead goes through them."""

_WORK_KIND = {"new": "info", "in_work": "outline", "done": "good", "lost": "quiet"}

OUTCOMES = {
    "talked": _l("Talked to the end"),
    "transferred": _l("Put through to a person"),
    "missed": _l("Did not come about"),
    "broken": _l("Broke off"),
}

FIELDS = {
    "name": _l("Name"),
    "phone": _l("Phone number"),
    "need": _l("What is needed"),
    "area": _l("Area"),
    "budget": _l("Budget"),
    "time": _l("When"),
    "next_step": _l("Next step"),
    "sentiment": _l("Mood"),
    "email": _l("E-mail"),
    "message": _l("Message"),
    "callback": _l("Call back"),
}
"""What may have been understood in a call, in the order in which it is shown."""

_SENTIMENTS = {
    "positive": _l("Pleased"),
    "neutral": _l("Neutral"),
    "negative": _l("Displeased"),
}

STEPS = {
    "recording": _l("Recording"),
    "transcript": _l("Transcript"),
    "summary": _l("Summary"),
}

STEP_STATES = {
    "waiting": _l("waits"),
    "running": _l("in progress"),
    "done": _l("ready"),
    "failed": _l("did not work"),
    "absent": _l("none"),
}


def work_word(work_status: str) -> str:
    """Return what the operator's state is called."""
    return str(WORK.get(work_status, work_status))


def work_kind(work_status: str) -> str:
    """Return the kind of chip that shows the operator's state."""
    return _WORK_KIND.get(work_status, "quiet")


def details_of(fields: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return what was understood in a call as name in words, value, and the field's own name."""
    known = [name for name in FIELDS if fields.get(name)]
    others = [name for name in fields if name not in FIELDS and fields[name]]
    return [
        (str(FIELDS.get(name, name.replace("_", " "))), _value(name, fields[name]), name)
        for name in (*known, *others)
    ]


def callback_reason(fields: dict[str, Any]) -> str:
    """Return why the caller is to be called back; empty where nothing says so."""
    why = str(fields.get("callback") or "")
    if not why:
        return ""
    if why == "transfer_unanswered":
        return str(_("Nobody picked up when the call was put through."))
    if " " in why:  # in somebody's words, not a program's
        return why
    return str(_("The voice agent could not finish the call and took a message."))


def trouble(status: str, error: str) -> str:
    """Return what went wrong with a lead's card, what is safe and what to do, in a line."""
    if status == "failed":
        return str(
            _("The summary could not be made. The call is kept in full; try once more below.")
        )
    if error.startswith("No recording"):
        return str(_("The recording could not be fetched. What was heard live is kept below."))
    if error.startswith("No summary"):
        return str(
            _("The summary service did not answer; these are the caller's own words instead.")
        )
    return str(_("Something about this card did not work; the call itself is kept."))


def register_words(app: Flask) -> None:
    """Make the words known to the templates."""
    filters: dict[str, Callable[[Any], str]] = {
        "work_word": work_word,
        "work_kind": work_kind,
        "outcome_word": lambda outcome: str(OUTCOMES.get(outcome, "")),
    }
    add_filters(app, filters)


def _value(name: str, value: Any) -> str:
    if name == "sentiment":
        return str(_SENTIMENTS.get(str(value), value))
    if name == "callback":
        return callback_reason({"callback": value})
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return str(value)
