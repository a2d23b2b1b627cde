"""Leads as a table for spreadsheets."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Response
from sqlalchemy.orm import Session

from server.accounts import record_change
from server.api.access import caller, missing, needs
from server.api.lead_query import LeadFilter, filtered
from server.api.lead_view import LeadView, lead_views
from server.api.leads import LeadsPath
from server.api.paging import older_than
from server.api.resource import BUSINESS_ID, new_resource
from server.clock import utc_now
from server.models import OPERATOR, Business, Lead
from server.wiring import Services, services

blueprint = new_resource("lead-export", "Leads as a table.")

BOM = "\ufeff"
"""Without it spreadsheets take the Hebrew for another encoding."""

_AT_ONCE = 100
_FORMULA = "=+-@＝＋－＠\t\r\n"
_E164 = re.compile(r"\+\d{7,15}")
_FIELDS = ("need", "area", "budget", "time", "sentiment", "callback")
_COLUMNS = (
    "id",
    "created_at",
    "phone",
    "name",
    "direction",
    "duration_seconds",
    "status",
    "work_status",
    "headline",
    "summary",
    "next_step",
    *_FIELDS,
    "tags",
    "notes",
    "call_sid",
)


@blueprint.get(
    f"/businesses/{BUSINESS_ID}/leads.csv",
    responses={
        200: {
            "description": "CSV in UTF-8 with a byte order mark, newest first.",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    },
)
@needs(OPERATOR)
def export_leads(path: LeadsPath, query: LeadFilter) -> Response:
    """Export the leads of a business as CSV, with the filters of the list."""
    parts = services()
    with parts.database.write() as session:
        business = session.get(Business, path.business_id)
        if business is None:
            raise missing("business")
        filtered(query, business)  # complains of a wrong filter before the answer begins
        record_change(
            session,
            caller().actor,
            "lead.export",
            business_id=business.id,
            target=f"business:{business.id}",
            detail={"filters": sorted(query.model_fields_set)},
        )
    response = Response(_table(parts, business, query), content_type="text/csv; charset=utf-8")
    name = f"leads-{business.id}-{utc_now().date().isoformat()}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def cell(value: object) -> str:
    """Return ``value`` as a cell that no spreadsheet takes for a formula.

    A plain phone number keeps its plus: it can only ever be a number.
    """
    text = "" if value is None else str(value)
    # A spreadsheet looks past spaces and quotes at a cell's beginning.
    risky = text.lstrip(" '\"\u200e\u200f\ufeff")[:1]
    if text[:1] in ("\t", "\r", "\n") or (risky and risky in _FORMULA):
        return text if _E164.fullmatch(text) else "'" + text
    return text


def _table(parts: Services, business: Business, query: LeadFilter) -> Iterator[str]:
    """Yield the lines, a hundred leads to a unit of work."""
    yield BOM + _line(_COLUMNS)
    zone = ZoneInfo(business.timezone)
    position: tuple[datetime, int] | None = None
    while True:
        with parts.database.read() as session:
            views = _some(session, business, query, position)
        yield "".join(_line(_cells(view, zone)) for view in views)
        time.sleep(0)  # calls are being bridged in this process: let them have their frames
        if len(views) < _AT_ONCE:
            return
        position = (views[-1].created_at, views[-1].id)


def _some(
    session: Session, business: Business, query: LeadFilter, position: tuple[datetime, int] | None
) -> list[LeadView]:
    wanted = filtered(query, business).order_by(Lead.created_at.desc(), Lead.id.desc())
    if position is not None:
        wanted = wanted.where(older_than(Lead.created_at, Lead.id, position))
    return lead_views(session, session.scalars(wanted.limit(_AT_ONCE)).all())


def _cells(lead: LeadView, zone: ZoneInfo) -> Iterator[str]:
    for column in _COLUMNS:
        if column == "created_at":
            yield cell(lead.created_at.astimezone(zone).isoformat(" ", "seconds"))
        elif column == "tags":
            yield cell(", ".join(lead.tags))
        elif column in _FIELDS:
            yield cell(lead.fields.get(column))
        else:
            yield cell(getattr(lead, column))


def _line(cells: Iterator[str] | tuple[str, ...]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()
