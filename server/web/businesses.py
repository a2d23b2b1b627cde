"""The list of one's businesses, and adding one."""

from __future__ import annotations

from heapq import nsmallest
from http import HTTPStatus

from flask import Response, flash, render_template, request
from flask_babel import gettext as _
from wtforms import SelectField, StringField, TextAreaField

from server.api.access import needs
from server.api.business_changes import create_business
from server.api.business_models import NewBusiness
from server.api.paging import decode_cursor, encode_cursor
from server.directory import BusinessProfile
from server.errors import ConflictError, InvalidInputError
from server.models import OPERATOR, OWNER
from server.web.forms import PageForm, lines
from server.web.frame import all_my_businesses, by_name
from server.web.pages import back_to, caller, is_htmx, new_pages
from server.web.settings_forms import LANGUAGES, zone_choices

blueprint = new_pages("businesses")

ON_A_PAGE = 50
_MAX_QUERY_CHARS = 80


class NewBusinessForm(PageForm):
    """What a business begins with."""

    name = StringField()
    numbers = TextAreaField()
    greeting_text = TextAreaField()
    ai_prompt = TextAreaField()
    lang = SelectField(choices=list(LANGUAGES), default="he-IL")
    timezone = SelectField(default="Asia/Jerusalem")


@blueprint.get("/businesses")
@needs(OPERATOR)
def index() -> str:
    """List one's businesses by name, found by name or number; from the copies in RAM."""
    wanted = request.args.get("q", "").strip()[:_MAX_QUERY_CHARS]
    found = [one for one in all_my_businesses(caller()) if _fits(one, wanted)]
    cursor = request.args.get("cursor")
    if cursor:
        name, business_id = decode_cursor(cursor, str, int)
        found = [one for one in found if by_name(one) > (name, business_id)]
    page = nsmallest(ON_A_PAGE, found, key=by_name)
    following = encode_cursor(page[-1].name, page[-1].id) if len(found) > ON_A_PAGE else None
    template = "businesses/_rows.html" if is_htmx() and cursor else "businesses/index.html"
    return render_template(template, page=page, following=following, q=wanted)


def _fits(profile: BusinessProfile, wanted: str) -> bool:
    if not wanted:
        return True
    digits = "".join(c for c in wanted if c.isdigit()).lstrip("0")
    by_number = bool(digits) and any(digits in number for number in profile.numbers)
    return wanted.casefold() in profile.name.casefold() or by_number


@blueprint.get("/businesses/new")
@needs(OWNER)
def new() -> str:
    """Show the form of a new business."""
    form = NewBusinessForm(formdata=None)
    form.timezone.choices = zone_choices("")
    return render_template("businesses/new.html", form=form)


@blueprint.post("/businesses/new")
@needs(OWNER)
def create() -> Response | tuple[str, int]:
    """Add a business."""
    form = NewBusinessForm()
    form.timezone.choices = zone_choices("")
    body = form.checked(NewBusiness, numbers=lines(form.numbers.data))
    if body is not None:
        try:
            made = create_business(body, caller().actor)
        except (InvalidInputError, ConflictError) as error:
            form.refuse(error)
        else:
            flash(
                _("%(name)s is here. Next: a number, and the first answers.", name=made.name),
                "success",
            )
            return back_to("web_settings.index", business_id=made.id)
    return render_template("businesses/new.html", form=form), HTTPStatus.UNPROCESSABLE_ENTITY
