"""How a business's words are said: heard before they are saved."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, flash, render_template, request, url_for
from flask_babel import gettext as _
from wtforms import StringField

from server.api.access import needs
from server.api.pronunciations import find_pronunciations, remove_pronunciation, set_pronunciation
from server.business_settings import MAX_PRONUNCIATIONS, Pronunciation
from server.errors import ConflictError
from server.models import ADMIN, OPERATOR
from server.web.faqs import FAQS
from server.web.forms import PageForm
from server.web.pages import back_to, new_pages

blueprint = new_pages("pronunciations")

Page = str | Response | tuple[str, int]


class PronunciationForm(PageForm):
    """A word and how to say it."""

    word = StringField()
    say = StringField()


@blueprint.get(f"{FAQS}/pronunciation")
@needs(OPERATOR)
def index(business_id: int) -> str:
    """Show the words, and a form for one more."""
    return _page(business_id, PronunciationForm(formdata=None))


@blueprint.post(f"{FAQS}/pronunciation")
@needs(ADMIN)
def keep(business_id: int) -> Page:
    """Keep how a word is said; a word that is known already is changed."""
    form = PronunciationForm()
    wanted = form.checked(Pronunciation)
    if wanted is None:
        return _page(business_id, form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        set_pronunciation(business_id, wanted)
    except ConflictError:
        form.complain((), _("There is room for %(number)s words.", number=MAX_PRONUNCIATIONS))
        return _page(business_id, form), HTTPStatus.UNPROCESSABLE_ENTITY
    flash(_("Saved. Answers with this word are being spoken anew."), "success")
    return back_to(".index", business_id=business_id)


@blueprint.get(f"{FAQS}/pronunciation/remove")
@needs(ADMIN)
def ask_to_remove(business_id: int) -> Page:
    """Ask before a word is said as it is written again."""
    word = request.args.get("word", "")
    if all(one.word != word for one in find_pronunciations(business_id).items):
        return back_to(".index", business_id=business_id)  # somebody was faster
    return render_template(
        "account/sure.html",
        nav="faqs",
        title=_("Remove the pronunciation?"),
        whom=word,
        text=_("From the next call on the word is said as it is written."),
        button=_("Remove"),
        button_icon="trash",
        back=url_for(".index", business_id=business_id),
    )


@blueprint.post(f"{FAQS}/pronunciation/remove")
@needs(ADMIN)
def remove(business_id: int) -> Page:
    """Have a word said as it is written again."""
    remove_pronunciation(business_id, request.values.get("word", ""))
    flash(_("Removed. The word is said as it is written."), "success")
    return back_to(".index", business_id=business_id)


def _page(business_id: int, form: PronunciationForm) -> str:
    words = find_pronunciations(business_id).items
    return render_template("faqs/pronunciation.html", words=words, form=form)
