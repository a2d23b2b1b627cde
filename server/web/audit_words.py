"""The log of changes in plain words: what was done, by whom, and which details it notes.

What is not known here (an action of a newer release) is named by its kind; its technical name
stands beside it in any case.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.accounts.audit import COMMAND_LINE, SIGN_IN_PAGE
from server.api.audit import AuditView
from server.web.roles import ROLE_WORDS, role_word

KINDS: dict[str, Any] = {
    "faq": _l("Answers"),
    "lead": _l("Leads"),
    "business,prompts,number": _l("Business and instructions"),
    "call": _l("Calls"),
    "member,invite,user": _l("People"),
    "token": _l("Keys"),
    "webhook": _l("Reports to other systems"),
    "personal_data": _l("Personal data"),
    "job,system": _l("System"),
}
"""The kinds of actions, as one can look for them."""

_ACTIONS = {
    "alert.test": _l("Alerts tried out"),
    "business.create": _l("Business added"),
    "business.update": _l("Business details changed"),
    "call.end": _l("Call ended by hand"),
    "call.take_over": _l("Call taken over"),
    "faq.create": _l("Answer added"),
    "faq.switch": _l("Answer changed"),
    "faq.update": _l("Answer changed"),
    "faq.delete": _l("Answer deleted"),
    "faq.reorder": _l("Order of the answers changed"),
    "faq.import": _l("Answers imported"),
    "faq.dismiss": _l("Suggested question dismissed"),
    "faq.restore": _l("Dismissed question brought back"),
    "invite.create": _l("Somebody invited"),
    "invite.withdraw": _l("Invitation withdrawn"),
    "invite.renew": _l("New link for an invitation"),
    "job.retry": _l("Failed work tried again"),
    "lead.export": _l("Leads exported"),
    "lead.retry": _l("Card of a lead made again"),
    "lead.update": _l("Lead changed"),
    "lead.update_many": _l("Lead changed"),
    "member.join": _l("Joined"),
    "member.remove": _l("Member removed"),
    "member.role": _l("Role changed"),
    "personal_data.delete": _l("Data of a number deleted"),
    "personal_data.export": _l("Data of a number exported"),
    "prompts.restore": _l("Earlier instructions restored"),
    "prompts.update": _l("Instructions changed"),
    "system.update": _l("Setting of the server changed"),
    "token.create": _l("Key made"),
    "token.revoke": _l("Key revoked"),
    "user.activate": _l("Signing in allowed again"),
    "user.create": _l("Account made"),
    "user.deactivate": _l("Signing in stopped"),
    "user.password": _l("Password changed"),
    "user.reset_link": _l("Link for a new password made"),
    "user.update": _l("Account changed"),
    "webhook.create": _l("Report to another system added"),
    "webhook.delete": _l("Report to another system deleted"),
    "webhook.secret": _l("Secret of a report replaced"),
    "webhook.update": _l("Report to another system changed"),
}
_FIELDS = {
    "active": _l("on or off"),
    "after_hours_greeting": _l("greeting after hours"),
    "ai_prompt": _l("instructions"),
    "answer_text": _l("the answer"),
    "blocked_numbers": _l("blocked numbers"),
    "channels": _l("where it answers"),
    "daily_cost_cap_usd": _l("daily cap on cost"),
    "events": _l("what is reported"),
    "greeting_text": _l("greeting"),
    "intent_key": _l("short name"),
    "label": _l("name"),
    "lang": _l("language"),
    "name": _l("name"),
    "notes": _l("notes"),
    "numbers": _l("phone numbers"),
    "outbound_ai_prompt": _l("instructions for outgoing calls"),
    "patterns": _l("how callers say it"),
    "patterns_json": _l("how callers say it"),
    "phrase_hints": _l("words to listen for"),
    "priority": _l("priority"),
    "read": _l("read or not"),
    "recording": _l("recording"),
    "retention_days": _l("how long data is kept"),
    "tags": _l("tags"),
    "timezone": _l("time zone"),
    "url": _l("address"),
    "voice": _l("voice"),
    "work_status": _l("state"),
}
_DETAILS = {
    "count": _l("How many"),
    "created": _l("Added"),
    "fields": _l("Changed"),
    "from": _l("Before"),
    "name": _l("Name"),
    "role": _l("Role"),
    "to": _l("Now"),
    "updated": _l("Changed"),
}
"""What an entry notes; the rest is for who looks for faults, and not shown."""

_ROLE_KEYS = ("role", "from", "to")


def action_words(action: str) -> str:
    """Return what was done, in the page's language."""
    known = _ACTIONS.get(action)
    if known is None:
        kind = action.partition(".")[0]
        known = next((words for kinds, words in KINDS.items() if kind in kinds.split(",")), None)
    return str(known or _("Something else"))


def actor_words(actor: str, name: str) -> str:
    """Return who did something: ``name``, or what stands for the ``actor`` who has none."""
    if name:
        return name
    if actor == COMMAND_LINE:
        return str(_("On the server itself"))
    if actor == SIGN_IN_PAGE:
        return str(_("At the sign-in page"))
    if actor.startswith("token:"):
        return str(_("Key: %(name)s", name=actor.removeprefix("token:")))
    return str(_("Somebody who is gone"))


def detail_words(entry: AuditView) -> list[tuple[str, str]]:
    """Return what the entry notes, as pairs of a label and a value."""
    found = []
    for key, value in entry.detail.items():
        if key not in _DETAILS or value in (None, "", []):
            continue
        if key == "fields" and isinstance(value, list):
            fields = [str(one).removeprefix("settings.") for one in value]
            shown = ", ".join(dict.fromkeys(str(_FIELDS.get(one, one)) for one in fields))
        elif key in _ROLE_KEYS:
            shown = role_word(value) if value in ROLE_WORDS else str(_("Member"))
        else:
            shown = str(value)
        found.append((str(_DETAILS[key]), shown))
    return found
