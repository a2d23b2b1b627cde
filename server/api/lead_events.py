"""Leads as they change, by server-sent events: one until its card is made, or all of a business."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

from flask import Response

from server.api.access import missing, needs
from server.api.lead_actions import visible_lead
from server.api.lead_view import lead_views
from server.api.leads import LEAD, LEADS, LeadPath, LeadsPath
from server.api.resource import new_resource
from server.api.streams import (
    HEARTBEAT,
    HEARTBEAT_SECONDS,
    MAX_SECONDS,
    documented_stream,
    event_stream,
    sse,
)
from server.clock import monotonic
from server.db import is_unavailable
from server.models import OPERATOR, Business, Lead
from server.wiring import Services, services

log = logging.getLogger(__name__)

blueprint = new_resource("lead-events", "Leads as they change.")

TICK_SECONDS = 5.0
"""So often a follower of all leads is told to look for itself: another process tells us nothing."""

_LOOK_SECONDS = 1.0
_SLICE_SECONDS = 1.0
_SETTLED = ("processed", "failed")


@blueprint.get(
    f"{LEAD}/events",
    responses=documented_stream(
        "Events `lead` with the lead as JSON, at once and whenever it changes, then `end` when "
        "its card is made or has failed."
    ),
)
@needs(OPERATOR)
def watch_lead(path: LeadPath) -> Response:
    """Watch a lead until its card is made."""
    parts = services()
    with parts.database.read() as session:
        lead = visible_lead(session, path.lead_id)
    return event_stream(lead.business_id, lambda: _progress(parts, lead.id), lambda: None)


@blueprint.get(
    f"{LEADS}/events",
    responses=documented_stream(
        "Events `lead` with the id of a lead that is new, has changed or is "
        "gone; `tick`, some seconds apart, when it is time to look for oneself."
    ),
)
@needs(OPERATOR)
def watch_leads(path: LeadsPath) -> Response:
    """Follow the leads of a business."""
    parts = services()
    with parts.database.read() as session:
        if session.get(Business, path.business_id) is None:
            raise missing("business")
    return event_stream(path.business_id, lambda: _changes(parts, path.business_id), lambda: None)


def _changes(parts: Services, business_id: int) -> Iterator[str]:
    news = parts.lead_news
    seen, ends_at = news.count(business_id), monotonic() + MAX_SECONDS
    yield sse("tick", "now")  # of what has changed since the page was made
    ticked_at = monotonic()
    while monotonic() < ends_at and not parts.calls.registry.draining:
        # In short waits: a server that is about to end shall not be waited for, and whoever has
        # gone on to another page is only noticed by writing to them.
        seen, lead_ids = news.wait(business_id, seen, _SLICE_SECONDS)
        for lead_id in lead_ids:
            yield sse("lead", str(lead_id))
        if monotonic() - ticked_at >= TICK_SECONDS:
            ticked_at = monotonic()
            yield sse("tick", "now")
        elif not lead_ids:
            yield HEARTBEAT


def _progress(parts: Services, lead_id: int) -> Iterator[str]:
    ends_at = monotonic() + MAX_SECONDS
    told, told_at = "", monotonic()
    while monotonic() < ends_at and not parts.calls.registry.draining:
        status, shown = _look(parts, lead_id)
        if shown and shown != told:
            told, told_at = shown, monotonic()
            yield sse("lead", shown)
        if status is not None:
            yield sse("end", status)
            return
        if monotonic() - told_at >= HEARTBEAT_SECONDS:
            told_at = monotonic()
            yield HEARTBEAT
        time.sleep(_LOOK_SECONDS)


def _look(parts: Services, lead_id: int) -> tuple[str | None, str]:
    """Return how it ended (None: not yet) and the lead as JSON (empty: it cannot be read now)."""
    try:
        with parts.database.read() as session:
            lead = session.get(Lead, lead_id)
            if lead is None:
                return "deleted", ""
            shown = lead_views(session, [lead])[0].model_dump_json()
            return (lead.status if lead.status in _SETTLED else None), shown
    except Exception as error:
        if not is_unavailable(error):
            raise
        return None, ""
