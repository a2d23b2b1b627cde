"""The prepared answers: a list of questions, edited in place."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from flask import Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _
from pydantic import ValidationError

from server.api.access import needs
from server.api.faq_models import FaqInput, FaqQuery, FaqView
from server.api.faq_operations import (
    ChangedMeanwhileError,
    count_faqs,
    create_faq,
    delete_faq,
    find_faq,
    find_faqs,
    replace_faq,
    switch_faq,
)
from server.api.faq_review import Move, known_conflicts, move
from server.errors import InvalidInputError, NotFoundError
from server.models import ADMIN, OPERATOR
from server.web import faq_words
from server.web.faq_form import FaqForm, faq_form, stored_form, typed, typed_new
from server.web.faq_rivals import rivals_of
from server.web.faq_templates import template, templates
from server.web.pages import BUSINESS, back_to, here, is_htmx, new_pages

blueprint = new_pages("faqs")

FAQS = f"{BUSINESS}/faqs"
FAQ = f"{FAQS}/<int(max=2147483647):faq_id>"
CHANGED = "faqs-changed"
"""Tells the parts of the page that depend on all answers to look again."""

_MOST_LOOKS = 20
"""So often a page asks whether an answer has been rendered."""

_STATES = {"on": True, "off": False}

Page = str | Response | tuple[str, int]


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {"faq_words": faq_words}


@blueprint.get(FAQS)
@needs(OPERATOR)
def index(business_id: int) -> Page:
    """Show the list, or the part of it that is searched for or comes next."""
    wanted, filters = _wanted()
    page = find_faqs(business_id, wanted)
    more = None
    if page.next_cursor:
        more = _address(business_id, filters | {"after": page.next_cursor})
    found = known_conflicts(business_id)
    known = {
        "faqs": page.items,
        "more_url": more,
        "filtered": bool(filters),
        "rivals": rivals_of(found),
    }
    part = is_htmx() and "HX-History-Restore-Request" not in request.headers
    if part:
        return render_template("faqs/_rows.html", first=wanted.cursor is None, **known)
    return render_template(
        "faqs/list.html",
        counts=count_faqs(business_id),
        found=found,
        filters=filters,
        templates=templates(here().lang),
        **known,
    )


@blueprint.get(FAQ)
@needs(OPERATOR)
def show(business_id: int, faq_id: int) -> Page:
    """Show one answer as a row of the list; without JavaScript, its form."""
    if not is_htmx():
        return back_to(".edit", business_id=business_id, faq_id=faq_id)
    return _row(find_faq(business_id, faq_id))


@blueprint.get(f"{FAQ}/edit")
@needs(ADMIN)
def edit(business_id: int, faq_id: int) -> Page:
    """Show the form of one answer."""
    faq = find_faq(business_id, faq_id)
    return _form(stored_form(here(), faq), faq)


@blueprint.post(FAQ)
@needs(ADMIN)
def save(business_id: int, faq_id: int) -> Page:
    """Store what was typed, unless somebody else was faster."""
    form = faq_form(here(), faq_id)
    wanted = typed(form, business_id, faq_id)
    if wanted is None:
        stored = find_faq(business_id, faq_id)
        return _form(form, stored), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        saved = replace_faq(business_id, faq_id, wanted)
    except ChangedMeanwhileError as error:
        # Saving once more is then a decision: they have seen both.
        form.read_at.data = error.stored.updated_at.isoformat()
        if form.priority.data == form.read_priority.data:  # left as it was
            form.priority.data = form.read_priority.data = error.stored.priority
        return _form(form, error.stored, theirs=error.stored), HTTPStatus.CONFLICT
    return _saved(saved, _("Saved. The next caller hears it."))


@blueprint.get(f"{FAQS}/new")
@needs(ADMIN)
def new(business_id: int) -> Page:
    """Show the form of a new answer, empty or begun by a template."""
    begun = template(request.args.get("template", ""), here().lang)
    form = faq_form(
        here(),
        None,
        formdata=None,
        data={
            "active": True,
            "channels": "voice",
            "lang": here().lang,
            "priority": 0,
            "label": begun.label if begun else request.args.get("label", "")[:120],
            "patterns": "\n".join(begun.patterns) if begun else request.args.get("say", "")[:200],
        },
    )
    return _form(form, None, example=begun.example if begun else "")


@blueprint.post(f"{FAQS}/new")
@needs(ADMIN)
def create(business_id: int) -> Page:
    """Store a new answer."""
    form = faq_form(here(), None)
    wanted = typed_new(form, FaqInput, business_id)
    if wanted is None:
        return _form(form, None), HTTPStatus.UNPROCESSABLE_ENTITY
    return _saved(create_faq(business_id, wanted), _("Saved. The next caller hears it."))


@blueprint.post(f"{FAQ}/switch")
@needs(ADMIN)
def switch(business_id: int, faq_id: int) -> Page:
    """Switch an answer on or off."""
    active = request.form.get("active") == "1"
    said = _("Switched on.") if active else _("Switched off. The agent answers instead.")
    return _saved(switch_faq(business_id, faq_id, active=active), said)


@blueprint.post(f"{FAQ}/move")
@needs(ADMIN)
def move_one(business_id: int, faq_id: int) -> Page:
    """Give an answer another place; with JavaScript the page does so by the API."""
    to = "up" if request.form.get("to") == "up" else "down"
    move(business_id, faq_id, Move(to=to))
    return _to_list(business_id, faq_id)


@blueprint.post(f"{FAQ}/delete")
@needs(ADMIN)
def delete(business_id: int, faq_id: int) -> Page:
    """Delete an answer, and offer to bring it back."""
    gone = delete_faq(business_id, faq_id)
    part = "faqs/_gone.html" if is_htmx() else "faqs/gone.html"
    return _changed(render_template(part, gone=gone, what=gone.model_dump_json()))


@blueprint.post(f"{FAQS}/undo")
@needs(ADMIN)
def undo(business_id: int) -> Page:
    """Bring back what was deleted a moment ago."""
    try:
        what = FaqInput.model_validate_json(request.form.get("what", ""))
    except ValidationError:
        raise InvalidInputError("what", "this cannot be brought back") from None
    return _saved(create_faq(business_id, what), _("It is back."))


@blueprint.get(f"{FAQ}/audio")
@needs(OPERATOR)
def audio(business_id: int, faq_id: int) -> Page:
    """Show how far the spoken answer is; asked again while it is being rendered."""
    look = request.args.get("look", 0, int)
    try:
        faq = find_faq(business_id, faq_id)
    except NotFoundError:
        if is_htmx() and look:  # deleted while its row was looking: there is nothing to wait for
            return ""
        raise
    return render_template("faqs/_audio.html", faq=faq, look=min(look, _MOST_LOOKS) + 1)


def _wanted() -> tuple[FaqQuery, dict[str, str]]:
    """Return what the page's address asks for, and the filters in it."""
    asked = {name: request.args.get(name, "").strip() for name in ("q", "lang", "state")}
    filters = {name: value for name, value in asked.items() if value}
    query: dict[str, Any] = {"search": asked["q"], "cursor": request.args.get("after") or None}
    if asked["lang"]:
        query["lang"] = asked["lang"]
    if asked["state"] in _STATES:
        query["active"] = _STATES[asked["state"]]
    query["warned"] = asked["state"] == "warned"
    try:
        return FaqQuery.model_validate(query), filters
    except ValidationError:  # an address that somebody has changed by hand
        return FaqQuery(), {}


def _address(business_id: int, query: dict[str, str]) -> str:
    return f"{url_for('.index', business_id=business_id)}?{urlencode(query)}"


def _form(form: FaqForm, faq: FaqView | None, **more: Any) -> str:
    part = "faqs/_form.html" if is_htmx() else "faqs/form.html"
    return render_template(
        part, form=form, faq=faq, examples=templates(form.lang.data or here().lang), **more
    )


def _row(faq: FaqView) -> str:
    rivals = rivals_of(known_conflicts(here().id))
    return render_template("faqs/_row.html", faq=faq, rivals=rivals)


def _saved(faq: FaqView, message: str) -> Page:
    if is_htmx():
        return _changed(_row(faq) + render_template("faqs/_toast.html", message=message))
    flash(message, "success")
    return _to_list(here().id, faq.id)


def _to_list(business_id: int, faq_id: int) -> Response:
    return back_to(".index", business_id=business_id, _anchor=f"faq-{faq_id}")


def _changed(body: str) -> Response:
    response = make_response(body)
    if is_htmx():
        response.headers["HX-Trigger-After-Settle"] = CHANGED
    return response
