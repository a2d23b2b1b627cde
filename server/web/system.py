"""The whole server, for its owner: state, failures, background work, switches, the address."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Response, flash, render_template, request
from flask_babel import gettext as _
from wtforms import BooleanField, StringField

from server.api.access import needs
from server.api.jobs import JobsQuery, page_of_jobs, try_again
from server.api.system import SystemChange, SystemView, change_settings, current_settings
from server.api.system_status import AddressView, TwimlView, check_address, status, twiml_of
from server.errors import ConflictError
from server.models import OWNER
from server.web import system_words
from server.web.forms import PageForm
from server.web.frame import MAX_IN_SWITCHER, my_businesses
from server.web.messages import of_error
from server.web.pages import back_to, caller, is_htmx, new_pages

blueprint = new_pages("system")

DEAD_ON_THE_PAGE = 10
_MAX_NUMBER_CHARS = 40


class SwitchesForm(PageForm):
    """What takes effect at once."""

    faq_fastpath_enabled = BooleanField()
    faq_embeddings_enabled = BooleanField()
    faq_min_score = StringField()


@blueprint.get("/system")
@needs(OWNER)
def index() -> str:
    """Show the state of the server."""
    return _page()


@blueprint.post("/system/switches")
@needs(OWNER)
def switches() -> Response | tuple[str, int]:
    """Change what takes effect at once; what is as the environment says is not kept."""
    before = current_settings()
    if "reset" in request.form:
        nothing = dict.fromkeys(before.overridden)
        change_settings(SystemChange.model_validate(nothing), caller().actor)
        flash(_("The settings are again as the server was started with."), "success")
        return back_to("web_system.index")
    form = _form(before, request.form)
    score: object = (form.faq_min_score.data or "").strip().replace(",", ".")
    try:
        score = float(str(score))
    except ValueError:
        form.complain(("faq_min_score",), _("A number, please."))
    body = form.checked(SystemChange, faq_min_score=score) if not form.wrong else None
    if body is None:
        return _page(switches=form), HTTPStatus.UNPROCESSABLE_ENTITY
    changed = {
        name: value
        for name, value in body.model_dump(exclude_unset=True).items()
        if value != getattr(before, name)
    }
    change_settings(SystemChange.model_validate(changed), caller().actor)
    flash(_("Saved. Every call's next sentence goes by it."), "success")
    return back_to("web_system.index")


@blueprint.get("/system/twiml")
@needs(OWNER)
def twiml() -> str:
    """Show what the next caller of a number would get."""
    number = request.args.get("number", "").strip()[:_MAX_NUMBER_CHARS]
    from_number = request.args.get("caller", "").strip()[:_MAX_NUMBER_CHARS]
    found = twiml_of(number, from_number, request.host_url) if number else None
    if is_htmx():
        return render_template("system/_twiml.html", found=found, words=system_words)
    return _page(twiml=found, number=number, from_number=from_number)


def address_checked(page: Callable[..., str]) -> str:
    """Look whether calls find this server, and show it: as a part, or on the whole ``page``."""
    found, busy = None, ""
    try:
        found = check_address()
    except ConflictError as error:
        busy = of_error(error)
    if is_htmx():
        return render_template("system/_address.html", address=found, busy=busy, words=system_words)
    return page(address=found, busy=busy)


@blueprint.post("/system/check")
@needs(OWNER)
def check() -> str:
    """Look whether calls find this server at its public address."""
    return address_checked(_page)


@blueprint.get("/system/jobs")
@needs(OWNER)
def jobs() -> str:
    """List the background work that was given up."""
    cursor = request.args.get("cursor")
    page = page_of_jobs(JobsQuery(state="dead", cursor=cursor))
    template = "system/_jobs.html" if is_htmx() and cursor else "system/jobs.html"
    return render_template(template, page=page, words=system_words, origin_page="jobs")


@blueprint.post("/system/jobs/<int(max=2147483647):job_id>/retry")
@needs(OWNER)
def retry(job_id: int) -> Response:
    """Try a job again that was given up."""
    try:
        try_again(job_id, caller().actor)
    except ConflictError as error:
        flash(of_error(error), "warning")
    else:
        flash(_("It is tried again now."), "success")
    return back_to("web_system.jobs" if request.form.get("from") == "jobs" else "web_system.index")


def _page(
    *,
    switches: SwitchesForm | None = None,
    twiml: TwimlView | None = None,
    number: str = "",
    from_number: str = "",
    address: AddressView | None = None,
    busy: str = "",
) -> str:
    now = current_settings()
    numbers = [
        (one, number) for one in my_businesses(caller())[:MAX_IN_SWITCHER] for number in one.numbers
    ]
    return render_template(
        "system/index.html",
        state=status(),
        now=now,
        switches=switches or _form(now),
        dead=page_of_jobs(JobsQuery(state="dead", limit=DEAD_ON_THE_PAGE)),
        numbers=numbers,
        twiml=twiml,
        number=number,
        from_number=from_number,
        address=address,
        busy=busy,
        words=system_words,
    )


def _form(now: SystemView, typed: Any = None) -> SwitchesForm:
    form = SwitchesForm(formdata=typed, data=now.model_dump())
    if typed is None:
        form.faq_min_score.data = f"{now.faq_min_score:g}"
    if not now.faq_embeddings_available:  # there is nothing to switch, so it is not switched off
        del form.faq_embeddings_enabled
    return form
