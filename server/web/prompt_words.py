"""Who has saved a version, and what a good set of instructions has: in words."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from server.accounts.audit import user_names
from server.web.audit_words import actor_words
from server.wiring import services

_HOURS = re.compile(r"שעות|פתוח|ראשון|open|hours|sunday|monday|\d{1,2}:\d\d", re.IGNORECASE)
_PRICES = re.compile(r"מחיר|עולה|עלות|שקל|₪|ש\"ח|price|cost|shekel|\$|€|£|\d+ ?nis", re.IGNORECASE)
_ONE_QUESTION = re.compile(
    r"שאלה אחת|דבר אחד בכל פעם|בזו אחר זו|one (question|thing) at a time|at most one question",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    r"אל תמציא|לא להמציא|אינ(ך|כם) יודע|לא יודע|never invent|don't invent|do not invent|not know",
    re.IGNORECASE,
)
_WHO_CALLS = re.compile(r"שם המוסך|שם העסק|פתח(י|ו)? בשם|הצג|introduce|say who", re.IGNORECASE)
_NO_MORE = re.compile(
    r"לא יתקשרו|שלא נתקשר|להסיר|יוסר|remove|not (be )?call(ed)? again", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing that instructions should have."""

    text: str
    done: bool


def advice(prompt: str, business_name: str, *, outbound: bool) -> list[Advice]:
    """Return what the instructions should hold, and whether they seem to; a guess by words."""
    named = Advice(_("The name of the business"), business_name.strip() in prompt)
    one = Advice(_("One question at a time"), bool(_ONE_QUESTION.search(prompt)))
    unknown = Advice(_("What to say when it does not know"), bool(_UNKNOWN.search(prompt)))
    if outbound:
        who = Advice(_("Who is calling, in the first sentence"), bool(_WHO_CALLS.search(prompt)))
        stop = Advice(
            _("What to do when somebody wants no more calls"), bool(_NO_MORE.search(prompt))
        )
        return [named, who, one, stop, unknown]
    hours = Advice(_("Opening hours"), bool(_HOURS.search(prompt)))
    prices = Advice(_("Prices, or that there are none by phone"), bool(_PRICES.search(prompt)))
    return [named, hours, prices, one, unknown]


def actor_names(actors: Collection[str]) -> Mapping[str, str]:
    """Return how people call those who saved, by the log's names for them."""
    with services().database.read() as session:
        names = user_names(session, actors)
    return {actor: _saved_by(actor, names.get(actor, "")) for actor in actors}


def _saved_by(actor: str, name: str) -> str:
    return actor_words(actor, name) if actor else str(_("Before versions were kept"))
