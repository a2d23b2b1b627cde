"""Try it: what a caller's sentence would get, as it is typed; and which answers compete."""

from __future__ import annotations

from flask import render_template, request
from pydantic import BaseModel

from server.api.access import needs
from server.api.faq_models import FaqInput
from server.api.faq_review import find_conflicts
from server.api.matching import MatchInput, MatchView, RowView, try_draft, try_sentence
from server.models import ADMIN, OPERATOR
from server.web.faq_form import faq_form
from server.web.faq_rivals import rivals_of
from server.web.faqs import FAQS
from server.web.pages import here, is_htmx, new_pages

blueprint = new_pages("faq_try")

_MAX_TEXT_CHARS = 1000
_MOST_BARS = 5


class Tried(BaseModel):
    """What a sentence would get, as the page draws it."""

    text: str
    found: MatchView
    best: RowView | None
    bars: list[RowView]
    gap: float | None
    """How far the second best answer is behind the best."""


@blueprint.get(f"{FAQS}/try")
@needs(OPERATOR)
def try_it(business_id: int) -> str:
    """Show what a sentence would get."""
    text = request.args.get("text", "")[:_MAX_TEXT_CHARS].strip()
    tried = _tried(text, try_sentence(business_id, MatchInput(text=text))) if text else None
    page = "faqs/_tried.html" if is_htmx() else "faqs/try.html"
    return render_template(page, tried=tried, text=text)


@blueprint.post(f"{FAQS}/try")
@needs(ADMIN)
def try_unsaved(business_id: int) -> str:
    """Show what a sentence would get if the answer in the form were saved."""
    faq_id = request.args.get("faq", type=int)
    form = faq_form(here(), faq_id)
    text = request.form.get("try", "")[:_MAX_TEXT_CHARS].strip()
    if not text:
        return ""
    draft = FaqInput.model_construct(
        intent_key=form.intent_key.data or "new",
        label=form.label.data or "",
        patterns=(form.patterns.data or "").splitlines(),
        answer_text=form.answer_text.data or "",
        lang=form.lang.data or here().lang,
        priority=form.priority.data or 0,
    )
    found = try_draft(business_id, faq_id, draft, text)
    return render_template("faqs/_tried.html", tried=_tried(text, found), draft_id=faq_id or 0)


@blueprint.get(f"{FAQS}/conflicts")
@needs(OPERATOR)
def conflicts(business_id: int) -> str:
    """Show which answers compete; on the list, where that was not known yet, or has changed."""
    page = "faqs/_conflicts.html" if is_htmx() else "faqs/conflicts.html"
    found = find_conflicts(business_id)
    beside = "beside" in request.args
    return render_template(page, found=found, beside=beside, rivals=rivals_of(found))


def _tried(text: str, found: MatchView) -> Tried:
    best = found.rows[0] if found.rows else None
    others = [row for row in found.rows if best and row.intent_key != best.intent_key]
    return Tried(
        text=text,
        found=found,
        best=best,
        bars=found.rows[:_MOST_BARS],
        gap=round(best.score - others[0].score, 2) if best and others else None,
    )
