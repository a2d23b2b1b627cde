"""A lead's card: what the call was about, how far that is known, and what is done about it."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Any

from flask import Response, flash, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from pydantic import ValidationError
from sqlalchemy.orm import Session
from wtforms import HiddenField, StringField, TextAreaField

from server.api.access import needs
from server.api.lead_actions import LeadChange, change, make_card_again, visible_lead
from server.api.lead_card import LeadCard, card_of
from server.api.lead_view import lead_views
from server.api.personal_data import forget, leads_like, record_telling, tell
from server.clock import utc_now
from server.errors import ConflictError
from server.models import ADMIN, OPERATOR
from server.web.forms import PageForm
from server.web.lead_words import STEP_STATES, STEPS, WORK, callback_reason, details_of, trouble
from server.web.leads import LEADS
from server.web.pages import back_to, is_htmx, new_pages
from server.wiring import services

LEAD = f"{LEADS}/<int(max=2147483647):lead_id>"

blueprint = new_pages("lead_card")


class NameForm(PageForm):
    """Who it is."""

    name = StringField()


class NotesForm(PageForm):
    """What the operator writes down, and which version that was made from."""

    notes = TextAreaField()
    notes_version = HiddenField()


class TagForm(PageForm):
    """One more tag."""

    tag = StringField()


@blueprint.get(LEAD)
@needs(OPERATOR)
def show(business_id: int, lead_id: int) -> str:
    """Show the card."""
    return _page(business_id, lead_id)


@blueprint.get(f"{LEAD}/parts")
@needs(OPERATOR)
def parts(business_id: int, lead_id: int) -> str:
    """Show what may have changed by itself, each part for its place in the page."""
    return render_template("leads/_parts.html", **_shown(business_id, lead_id))


@blueprint.post(f"{LEAD}/read")
@needs(OPERATOR)
def mark(business_id: int, lead_id: int) -> Response | str:
    """Mark the lead as read, or as unread."""
    read = request.form.get("read") != "no"
    _change(business_id, lead_id, LeadChange(read=read))
    if not is_htmx():
        if not read:
            flash(_("Marked as unread."), "success")
            return back_to("web_leads.show", business_id=business_id)
        return back_to("web_lead_card.show", business_id=business_id, lead_id=lead_id)
    return render_template("leads/_read.html", **_shown(business_id, lead_id))


@blueprint.post(f"{LEAD}/work")
@needs(OPERATOR)
def work(business_id: int, lead_id: int) -> Response | str:
    """Set where the operator is with the lead."""
    with services().database.write() as session:
        lead = visible_lead(session, lead_id, business_id)
        try:
            wanted = {"work_status": request.form.get("work_status")}
            change(session, lead, LeadChange.model_validate(wanted))
        except ValidationError:
            flash(_("Please choose one of the list."), "warning")
    return _answer(business_id, lead_id, "leads/_work_answer.html")


@blueprint.post(f"{LEAD}/name")
@needs(OPERATOR)
def rename(business_id: int, lead_id: int) -> Response | tuple[str, int]:
    """Say who it is."""
    form = NameForm()
    wanted = form.checked(LeadChange)
    if wanted is None:
        page = _page(business_id, lead_id, name_form=form)
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    _change(business_id, lead_id, wanted)
    return back_to("web_lead_card.show", business_id=business_id, lead_id=lead_id)


@blueprint.post(f"{LEAD}/tags")
@needs(OPERATOR)
def tags(business_id: int, lead_id: int) -> Response | str | tuple[str, int]:
    """Add a tag, or take one away."""
    form = TagForm()
    with services().database.write() as session:
        lead = visible_lead(session, lead_id, business_id)
        session.refresh(lead, with_for_update=True)  # of two at the same moment none is lost
        kept = [tag for tag in lead.tags or [] if tag != request.form.get("remove")]
        if "remove" not in request.form:
            kept.append(form.tag.data or "")
        try:
            change(session, lead, LeadChange.model_validate({"tags": kept}))
        except ValidationError:
            form.complain(("tag",), _("A tag has 1 to 40 characters, and a lead at most 20 tags."))
    if form.wrong:
        own = _shown(business_id, lead_id, tag_form=form)
        template = "leads/_tags.html" if is_htmx() else "leads/card.html"
        return render_template(template, **own), HTTPStatus.UNPROCESSABLE_ENTITY
    return _answer(business_id, lead_id, "leads/_tags_answer.html")


@blueprint.post(f"{LEAD}/notes")
@needs(OPERATOR)
def notes(business_id: int, lead_id: int) -> Response | tuple[str, int]:
    """Keep the notes; who edits what somebody else has changed is told, and nothing is lost."""
    form = NotesForm()
    if seen_theirs := request.form.get("in_place_of"):
        form.notes_version.data = seen_theirs
    wanted = form.checked(LeadChange)
    if wanted is None:
        return _notes(business_id, lead_id, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        _change(business_id, lead_id, wanted)
    except ConflictError:
        return _notes(business_id, lead_id, form, HTTPStatus.CONFLICT)
    if is_htmx():
        return _notes(business_id, lead_id, form, HTTPStatus.OK)
    flash(_("The notes were saved."), "success")
    return back_to("web_lead_card.show", business_id=business_id, lead_id=lead_id)


@blueprint.post(f"{LEAD}/retry")
@needs(OPERATOR)
def retry(business_id: int, lead_id: int) -> Response | str:
    """Have the card made again."""
    with services().database.write() as session:
        make_card_again(session, visible_lead(session, lead_id, business_id))
    return _answer(business_id, lead_id, "leads/_parts.html")


@blueprint.post(f"{LEAD}/export")
@needs(ADMIN)
def export(business_id: int, lead_id: int) -> Response:
    """Hand over everything that is stored about the lead's number, as a file."""
    with services().database.read() as session:
        lead = visible_lead(session, lead_id, business_id)
        told = tell(session, lead.phone, leads_like(session, lead))
    record_telling(business_id, told)
    response = Response(told.model_dump_json(indent=2), content_type="application/json")
    name = f"lead-{lead_id}-{utc_now().date().isoformat()}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.get(f"{LEAD}/delete")
@needs(ADMIN)
def ask_to_delete(business_id: int, lead_id: int) -> str:
    """Ask whether everything about the lead's number is to go."""
    with services().database.read() as session:
        lead = visible_lead(session, lead_id, business_id)
        number = len(leads_like(session, lead))
        view = lead_views(session, [lead])[0]
    return render_template("leads/delete.html", lead=view, number=number)


@blueprint.post(f"{LEAD}/delete")
@needs(ADMIN)
def delete(business_id: int, lead_id: int) -> Response:
    """Delete everything about the lead's number; of one that was withheld, the lead."""
    try:
        with services().database.write() as session:
            lead = visible_lead(session, lead_id, business_id)
            known = lead.phone.startswith("+")
            deleted = forget(session, business_id, lead.phone, leads_like(session, lead))
    except ConflictError:
        flash(
            _("This number is on the phone now. Nothing was deleted; try after the call."),
            "warning",
        )
        return back_to("web_lead_card.show", business_id=business_id, lead_id=lead_id)
    flash(
        ngettext(
            "Everything about this number was deleted: %(num)s lead.",
            "Everything about this number was deleted: %(num)s leads.",
            deleted.leads,
        )
        if known
        else _("The lead was deleted."),
        "success",
    )
    return back_to("web_leads.show", business_id=business_id)


def _change(business_id: int, lead_id: int, changes: LeadChange) -> None:
    with services().database.write() as session:
        change(session, visible_lead(session, lead_id, business_id), changes)


def _answer(business_id: int, lead_id: int, template: str) -> Response | str:
    """Return the part that has changed; to a browser without scripts, the way back to the card."""
    if not is_htmx():
        return back_to("web_lead_card.show", business_id=business_id, lead_id=lead_id)
    return render_template(template, **_shown(business_id, lead_id))


def _notes(business_id: int, lead_id: int, form: NotesForm, status: HTTPStatus) -> tuple[str, int]:
    conflict = status == HTTPStatus.CONFLICT
    own = _shown(business_id, lead_id, notes_form=form, notes_conflict=conflict)
    own["notes_saved"] = status == HTTPStatus.OK
    template = "leads/_notes_state.html" if is_htmx() else "leads/card.html"
    return render_template(template, **own), status


def _page(business_id: int, lead_id: int, **more: Any) -> str:
    return render_template("leads/card.html", **_shown(business_id, lead_id, **more))


def _shown(business_id: int, lead_id: int, **more: Any) -> dict[str, Any]:
    """Return everything that the templates of a card know."""
    with services().database.read() as session:
        card = _card(session, business_id, lead_id)
    lead = card.lead
    name_form, notes_form = NameForm(formdata=None), NotesForm(formdata=None)
    name_form.name.data = lead.name
    notes_form.notes.data, notes_form.notes_version.data = lead.notes, lead.notes_version
    return {
        "lead": lead,
        "card": card,
        "called": lead.phone.startswith("+"),
        "pending": not card.progress.finished,
        "steps": [
            (label, getattr(card.progress, step), STEP_STATES[getattr(card.progress, step)])
            for step, label in STEPS.items()
        ],
        "details": details_of(lead.fields),
        "callback_reason": callback_reason(lead.fields),
        "trouble": trouble(lead.status, lead.error)
        if lead.error or lead.status == "failed"
        else "",
        "points": lead.summary.split("\n")[1:],
        "work_words": WORK,
        "versions": _versions(card),
        "name_form": name_form,
        "notes_form": notes_form,
        "notes_conflict": False,
        "notes_saved": False,
        "tag_form": TagForm(formdata=None),
    } | more


def _card(session: Session, business_id: int, lead_id: int) -> LeadCard:
    return card_of(session, visible_lead(session, lead_id, business_id))


def _versions(card: LeadCard) -> dict[str, str]:
    """Return what stands for each part as it is: a part that is the same is left in its place."""
    lead, progress = card.lead, card.progress
    about: dict[str, Any] = {
        "title": (lead.name, lead.phone),
        "chips": (
            *(lead.name, lead.phone, lead.status, lead.work_status, lead.outcome),
            *(lead.duration_seconds, lead.wants_callback, lead.tags, progress.call),
        ),
        "summary": (
            *(lead.status, lead.headline, lead.summary, lead.summary_source, lead.next_step),
            *(lead.error, lead.fields.get("callback"), progress),
        ),
        "player": (lead.recording_url, card.recording_seconds, progress),
        "chat": (lead.recording_url, card.lines, progress.finished),
        "details": lead.fields,
        "history": card.history,
    }
    return {
        part: hashlib.sha256(repr(value).encode("utf-8", "replace")).hexdigest()[:12]
        for part, value in about.items()
    }
