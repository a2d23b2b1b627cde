"""Learned questions: what callers often put to the agent, accepted or dismissed in one click."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, flash, render_template, request
from flask_babel import gettext as _

from server.api.access import needs
from server.api.faq_operations import delete_faq
from server.api.learned import (
    Acceptance,
    Dismissal,
    DismissalView,
    GroupView,
    LearnedQuery,
    accept,
    dismiss,
    find_learned,
    restore,
)
from server.models import ADMIN, OPERATOR
from server.web.faq_form import FaqForm, faq_form, typed_new
from server.web.faqs import FAQS
from server.web.pages import back_to, here, is_htmx, new_pages

blueprint = new_pages("learned")

LEARNED = f"{FAQS}/learned"

Page = str | Response | tuple[str, int]


@blueprint.get(LEARNED)
@needs(OPERATOR)
def index(business_id: int) -> str:
    """Show the questions; reading all calls takes a while, so JavaScript shows the page first."""
    if not is_htmx() and request.args.get("now") is None and "dismissed" not in request.args:
        return render_template("faqs/learned.html", found=None)
    found = find_learned(business_id, LearnedQuery())
    page = "faqs/_learned.html" if is_htmx() else "faqs/learned.html"
    forms = [_draft_form(group, place) for place, group in enumerate(found.items)]
    return render_template(page, found=found, forms=forms)


@blueprint.post(f"{LEARNED}/accept")
@needs(ADMIN)
def take(business_id: int) -> Page:
    """Make a prepared answer of a question, as it is or as it was edited."""
    form = FaqForm(prefix=request.args.get("form", "l0-")[:8])
    wanted = typed_new(form, Acceptance, business_id)
    if wanted is None:
        form = _with_choices(form)
        part = "faqs/_learned_form.html" if is_htmx() else "faqs/learned_edit.html"
        return render_template(part, form=form, opened=True), HTTPStatus.UNPROCESSABLE_ENTITY
    assert isinstance(wanted, Acceptance)  # noqa: S101 - what the model above makes
    faq = accept(business_id, wanted)
    if is_htmx():
        return render_template("faqs/_learned_done.html", faq=faq, dismissed=None)
    flash(_("Saved. The next caller hears it."), "success")
    return back_to("web_faqs.index", business_id=business_id, _anchor=f"faq-{faq.id}")


@blueprint.post(f"{LEARNED}/accept/undo")
@needs(ADMIN)
def give_back(business_id: int) -> Page:
    """Delete the answer that was just made; the question is open again."""
    delete_faq(business_id, request.form.get("faq_id", 0, int))
    return _again(business_id, _("The answer is gone, and the question is open again."))


@blueprint.post(f"{LEARNED}/dismiss")
@needs(ADMIN)
def leave(business_id: int) -> Page:
    """Have a question not offered again."""
    wanted = Dismissal(
        question=request.form.get("question", ""), lang=request.form.get("lang") or here().lang
    )
    gone: DismissalView = dismiss(business_id, wanted)
    part = "faqs/_learned_done.html" if is_htmx() else "faqs/learned_gone.html"
    return render_template(part, faq=None, dismissed=gone)


@blueprint.post(f"{LEARNED}/dismiss/undo")
@needs(ADMIN)
def offer_again(business_id: int) -> Page:
    """Take a dismissal back."""
    restore(business_id, request.form.get("dismissal_id", 0, int))
    return _again(business_id, _("The question is offered again."))


def _again(business_id: int, message: str) -> Page:
    if is_htmx():
        return index(business_id)
    flash(message, "success")
    return back_to(".index", business_id=business_id, now=1)


def _draft_form(group: GroupView, place: int) -> FaqForm:
    draft = group.draft
    return _with_choices(
        FaqForm(
            prefix=f"l{place}-",
            formdata=None,
            data={
                **draft.model_dump(exclude={"patterns"}),
                "patterns": "\n".join(draft.patterns),
                "question": group.question,
                "channels": "voice",
                "priority": 0,
                "active": True,
            },
        )
    )


def _with_choices(form: FaqForm) -> FaqForm:
    usual = faq_form(here(), None, formdata=None, data={"lang": form.lang.data})
    form.lang.choices, form.channels.choices = usual.lang.choices, usual.channels.choices
    return form
