"""The list of leads: searched, filtered, worked through, and new ones as they come."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from pydantic import ValidationError

from server.api.access import needs
from server.api.lead_actions import (
    LeadsChange,
    change_many,
    count_newer,
    counts,
    page_of_leads,
    visible_lead,
)
from server.api.lead_view import LeadView, lead_views
from server.api.paging import encode_cursor
from server.clock import utc_now
from server.models import OPERATOR
from server.web.lead_filters import HOW_IT_WENT, PERIODS, Chosen, chips
from server.web.lead_words import WORK
from server.web.pages import BUSINESS, here, is_htmx, new_pages, own_path
from server.wiring import services

LEADS = f"{BUSINESS}/leads"

blueprint = new_pages("leads")


@blueprint.get(LEADS)
@needs(OPERATOR)
def show(business_id: int) -> Response | str:
    """Show the list, or for htmx the part of it that the new choice or the next page changes."""
    chosen, cursor = Chosen.of(request.args), request.args.get("cursor") or None
    query = chosen.query(here().timezone, cursor)
    following: str | None = None
    rows: list[LeadView] = []
    if query is not None:
        with services().database.read() as session:
            page, following = page_of_leads(session, business_id, query)
            rows = lead_views(session, page)
    more_url = chosen.url(business_id, cursor=following) if following else ""
    restoring = "HX-History-Restore-Request" in request.headers
    if cursor is not None and is_htmx() and not restoring:
        return render_template("leads/_rows.html", rows=rows, more_url=more_url)
    own: dict[str, Any] = {
        "chosen": chosen,
        "rows": rows,
        "more_url": more_url,
        "later_pages": cursor is not None,
        "counts": counts(business_id),
        "newest": _newest(rows) if cursor is None else "",
        "export_url": chosen.export(business_id, here().timezone),
        "periods": PERIODS,
        "how_it_went": HOW_IT_WENT,
        "work": WORK,
    }
    own["chips"] = chips(chosen, own["counts"])
    whole = not is_htmx() or restoring
    return render_template("leads/list.html" if whole else "leads/_list.html", **own)


@blueprint.get(f"{LEADS}/newer")
@needs(OPERATOR)
def newer(business_id: int) -> str:
    """Tell how many leads have come since the list was made."""
    chosen = Chosen.of(request.args)
    query = chosen.query(here().timezone, request.args.get("after"))
    number = 0
    if query is not None and query.cursor is not None:
        with services().database.read() as session:
            number = count_newer(session, business_id, query)
    return render_template("leads/_newer.html", number=number, url=chosen.url(business_id))


@blueprint.get(f"{LEADS}/<int(max=2147483647):lead_id>/row")
@needs(OPERATOR)
def row(business_id: int, lead_id: int) -> str:
    """Show one row anew."""
    with services().database.read() as session:
        lead = lead_views(session, [visible_lead(session, lead_id, business_id)])[0]
    return render_template("leads/_rows.html", rows=[lead], more_url="")


@blueprint.post(f"{LEADS}/change")
@needs(OPERATOR)
def change(business_id: int) -> Response:
    """Change all leads that are ticked."""
    wanted: dict[str, Any] = {"ids": request.form.getlist("ids", type=int)}
    if (status := request.form.get("work_status")) is not None:
        wanted["work_status"] = status
    if (read := request.form.get("read")) is not None:
        wanted["read"] = read == "yes"
    try:
        changes = LeadsChange.model_validate(wanted)
    except ValidationError as error:
        if any(item["type"] == "too_long" for item in error.errors()):
            flash(_("Too many were ticked at once; nothing was changed."), "warning")
        else:
            flash(_("Nothing was ticked, so nothing was changed."), "warning")
    else:
        with services().database.write() as session:
            changed = change_many(session, business_id, changes).changed
        flash(
            ngettext("%(num)s lead was changed.", "%(num)s leads were changed.", changed),
            "success",
        )
    otherwise = url_for("web_leads.show", business_id=business_id)
    return redirect(own_path(request.form.get("back"), otherwise), 303)  # type: ignore[return-value]


def _newest(rows: list[LeadView]) -> str:
    """Return the place in the list after which everything is new."""
    return encode_cursor(rows[0].created_at, rows[0].id) if rows else encode_cursor(utc_now(), 0)
