"""The settings of a business: an index of sections, each its own form."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Response, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from server.api.access import needs
from server.api.business_changes import change_business, find_business
from server.api.business_models import BusinessView
from server.api.costs import cost_today
from server.calls.greeting import greeting
from server.clock import utc_now
from server.errors import ConflictError, InvalidInputError
from server.models import ADMIN
from server.telephony.twiml import hidden_number
from server.web.opening_hours import HoursForm
from server.web.pages import BUSINESS, caller, here, new_pages
from server.web.settings_forms import (
    AlertsForm,
    BlockedForm,
    CostForm,
    DetailsForm,
    GreetingForm,
    NumbersForm,
    RecordingForm,
    SectionForm,
    TransferForm,
    WordsForm,
)
from server.wiring import services

blueprint = new_pages("settings")


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the settings."""

    key: str
    """In its address, and the name of its template."""
    title: Any
    icon: str
    form: type[SectionForm]


SECTIONS = (
    Section("details", _l("Business details"), "building-store", DetailsForm),
    Section("numbers", _l("Phone numbers"), "phone", NumbersForm),
    Section("hours", _l("Opening hours"), "clock", HoursForm),
    Section("greeting", _l("Greetings"), "message-2", GreetingForm),
    Section("transfer", _l("Handing over to a person"), "phone-outgoing", TransferForm),
    Section("alerts", _l("Alerts"), "bell", AlertsForm),
    Section("words", _l("Names and words to expect"), "ear", WordsForm),
    Section("recording", _l("Recording and keeping"), "microphone", RecordingForm),
    Section("blocked", _l("Blocked numbers"), "phone-off", BlockedForm),
    Section("cost", _l("Cost of calls"), "coin", CostForm),
)
_BY_KEY = {section.key: section for section in SECTIONS}


@blueprint.get(f"{BUSINESS}/settings")
@needs(ADMIN)
def index(business_id: int) -> str:
    """Show every section with what is set in it."""
    settings = find_business(business_id)
    return render_template(
        "settings/index.html",
        sections=SECTIONS,
        says=_says(settings),
        cost=cost_today(business_id),
        twilio=services().twilio is not None,
    )


@needs(ADMIN)
def show(business_id: int) -> str:
    """Show the section in the path."""
    section, current = _section_here(), find_business(business_id)
    form = section.form(formdata=None)
    form.prepare(current)
    form.show(current)
    return _page(section, form, current)


@needs(ADMIN)
def save(business_id: int) -> Response | tuple[str, int]:
    """Save the section in the path; the next call goes by it.

    Who was overtaken is told, and finds what they typed: saving once more is then a decision.
    """
    section, current = _section_here(), find_business(business_id)
    form = section.form(request.form)
    form.prepare(current)
    change = form.change()
    if change is not None and form.is_overtaken(form.version(current)):
        return _page(section, form, current), HTTPStatus.CONFLICT
    if change is not None:
        try:
            change_business(business_id, change, caller().actor)
        except (InvalidInputError, ConflictError) as error:
            form.refuse(error)
        else:
            flash(_("Saved. The next call goes by it."), "success")
            return redirect(request.path, HTTPStatus.SEE_OTHER)  # type: ignore[return-value]
    return _page(section, form, current), HTTPStatus.UNPROCESSABLE_ENTITY


def _section_here() -> Section:
    return _BY_KEY[request.path.rpartition("/")[2]]


for _section in SECTIONS:
    _address = f"{BUSINESS}/settings/{_section.key}"
    blueprint.add_url_rule(_address, view_func=show)
    blueprint.add_url_rule(_address, view_func=save, methods=["POST"])


def _page(section: Section, form: SectionForm, current: BusinessView) -> str:
    """Return the page of a section, with what it has to say beside its form."""
    more: dict[str, Any] = {}
    if section.key == "greeting":
        more["heard"] = greeting(here(), "inbound", utc_now(), generates=False)
    elif section.key == "cost":
        more["cost"] = cost_today(current.id)
    elif section.key == "alerts":
        more["sends_sms"] = services().twilio is not None
        more["sends_mail"] = services().mail is not None
    elif section.key == "blocked":
        more["refused"] = services().calls.refused[current.id]
        more["hidden_says"] = hidden_number(current.lang)
    return render_template(
        f"settings/{section.key}.html",
        section=section,
        form=form,
        current=current,
        seen=form.version(current),
        **more,
    )


def _says(business: BusinessView) -> dict[str, str]:
    """Return what is set in each section, in a few words."""
    own = business.settings
    hours = _("always open") if not own.opening_hours else _("by day of the week")
    kept = ngettext(
        "recordings are kept for %(num)s day",
        "recordings are kept for %(num)s days",
        own.retention_days,
    )
    blocked = len(own.blocked_numbers)
    if not blocked:
        listed = _("only hidden numbers") if own.block_hidden else _("nobody")
    else:
        listed = ngettext("%(num)s blocked number", "%(num)s blocked numbers", blocked)
    told = len(own.alert_numbers) + len(own.alert_emails)
    cap = own.daily_cost_cap_usd
    return {
        "details": business.name,
        "numbers": ", ".join(business.numbers[:3]) or _("none yet"),
        "hours": hours,
        "greeting": business.greeting_text or _("the usual one"),
        "transfer": own.transfer_number or _("to nobody"),
        "alerts": ngettext("%(num)s recipient", "%(num)s recipients", told)
        if told
        else _("nobody"),
        "words": ngettext("%(num)s word", "%(num)s words", len(business.phrase_hints)),
        "recording": kept if own.recording else _("calls are not recorded"),
        "blocked": listed,
        "cost": _("at most $%(usd)s a day", usd=f"{cap:g}") if cap else _("no cap"),
    }
