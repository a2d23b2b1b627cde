"""The form of one prepared answer: empty, from a template, from what is stored, as it was typed."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.widgets import HiddenInput

from server.api.faq_models import FaqInput, FaqReplacement, FaqView
from server.api.faq_operations import taken_keys
from server.directory import BusinessProfile
from server.faq.drafts import propose_key
from server.web.faq_words import language_name
from server.web.forms import PageForm, lines

_USUAL = ("he-IL", "en-US")


class FaqForm(PageForm):
    """What its owner writes."""

    label = StringField()
    patterns = TextAreaField()
    answer_text = TextAreaField()
    lang = SelectField(validate_choice=False)
    channels = SelectField(validate_choice=False)
    priority = IntegerField()
    active = BooleanField()
    intent_key = StringField()
    read_at = HiddenField()
    read_priority = IntegerField(widget=HiddenInput())
    question = HiddenField()


def faq_form(business: BusinessProfile, faq_id: int | None, **values: Any) -> FaqForm:
    """Return the form of the answer ``faq_id``, or of a new one.

    Several may stand on one page, so each has names of its own.
    """
    form = FaqForm(prefix=f"f{faq_id or 'new'}-", **values)
    tags = dict.fromkeys((business.lang, *_USUAL, form.lang.data or business.lang))
    form.lang.choices = [(tag, language_name(tag)) for tag in tags]
    form.channels.choices = [("voice", _("On the phone")), ("both", _("On the phone and in chat"))]
    return form


def stored_form(business: BusinessProfile, faq: FaqView) -> FaqForm:
    """Return the form that holds what is stored."""
    return faq_form(
        business,
        faq.id,
        formdata=None,
        data={
            **faq.model_dump(exclude={"patterns", "updated_at"}),
            "patterns": "\n".join(faq.patterns),
            "read_at": faq.updated_at.isoformat(),
            "read_priority": faq.priority,
        },
    )


def typed(form: FaqForm, business_id: int, faq_id: int | None = None) -> FaqReplacement | None:
    """Return what was typed; None, with messages at the fields, if it is wrong."""
    return form.checked(FaqReplacement, **_values(form, business_id, faq_id))


def typed_new(form: FaqForm, model: type[FaqInput], business_id: int) -> FaqInput | None:
    """Return what was typed as a new answer, which ``model`` tells of."""
    values = _values(form, business_id, None)
    del values["read_at"], values["read_priority"]
    if "question" in model.model_fields:
        values["question"] = form.question.data or ""
    return form.checked(model, **values)


def _values(form: FaqForm, business_id: int, faq_id: int | None) -> dict[str, Any]:
    patterns = lines(form.patterns.data)
    key = (form.intent_key.data or "").strip()
    if not key:
        key = propose_key([form.label.data or "", *patterns], taken_keys(business_id, faq_id))
        if request.method == "POST":
            form.intent_key.data = key
    return {
        "patterns": patterns,
        "intent_key": key,
        "label": form.label.data or "",
        "answer_text": form.answer_text.data or "",
        "priority": form.priority.data or 0,
        "read_at": form.read_at.data or None,
        "read_priority": form.read_priority.data,
    }
