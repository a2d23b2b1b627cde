"""Leads: what the operator works on."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel, Field

from server.api.access import missing, needs
from server.api.fields import Input
from server.api.lead_actions import (
    CountsView,
    EarlierLead,
    LeadChange,
    LeadsChange,
    LeadsChanged,
    LeadsQuery,
    change,
    change_many,
    counts,
    history,
    make_card_again,
    page_of_leads,
    visible_lead,
)
from server.api.lead_view import LeadView, lead_views
from server.api.paging import Page
from server.api.resource import BUSINESS_ID, answer, new_resource, writing
from server.models import OPERATOR, Business
from server.wiring import services

blueprint = new_resource("leads", "Leads: one per call, there from its first second.")

LEADS = f"/businesses/{BUSINESS_ID}/leads"
LEAD = "/leads/<int(max=2147483647):lead_id>"


class LeadsPath(BaseModel):
    """Whose leads."""

    business_id: int = Field(description="Id of the business.")


class LeadPath(BaseModel):
    """Which lead."""

    lead_id: int = Field(description="Id of the lead.")


class LeadPage(Page):
    """A page of leads."""

    items: list[LeadView]


class Retry(Input):
    """Nothing needs to be said."""


class History(Page):
    """The other leads of a lead's number at its business, newest first, at most 50."""

    items: list[EarlierLead]


@blueprint.get(LEADS, responses={200: LeadPage})
@needs(OPERATOR)
def list_leads(path: LeadsPath, query: LeadsQuery) -> Response:
    """List the leads of a business, newest first."""
    with services().database.read() as session:
        page, following = page_of_leads(session, path.business_id, query)
        return answer(LeadPage(items=lead_views(session, page), next_cursor=following))


@blueprint.get(f"{LEADS}/counts", responses={200: CountsView})
@needs(OPERATOR)
def count_leads(path: LeadsPath) -> Response:
    """Count the leads of a business by what is to be done about them."""
    with services().database.read() as session:
        if session.get(Business, path.business_id) is None:
            raise missing("business")
    return answer(counts(path.business_id))


@blueprint.post(f"{LEADS}/change", responses=writing(LeadsChanged))
@needs(OPERATOR)
def change_leads(path: LeadsPath, body: LeadsChange) -> Response:
    """Change several leads at once: work status, read or not."""
    with services().database.write() as session:
        return answer(change_many(session, path.business_id, body))


@blueprint.get(LEAD, responses={200: LeadView})
@needs(OPERATOR)
def get_lead(path: LeadPath) -> Response:
    """Get one lead."""
    with services().database.read() as session:
        return answer(lead_views(session, [visible_lead(session, path.lead_id)])[0])


@blueprint.patch(LEAD, responses=writing(LeadView))
@needs(OPERATOR)
def change_lead(path: LeadPath, body: LeadChange) -> Response:
    """Change what the operator keeps of a lead: work status, name, notes, tags, read or not."""
    with services().database.write() as session:
        return answer(change(session, visible_lead(session, path.lead_id), body))


@blueprint.post(f"{LEAD}/retry", responses=writing(LeadView, 202))
@needs(OPERATOR)
def retry_lead(path: LeadPath, body: Retry) -> Response:
    """Have the lead's card made again: what was given up is tried anew, and it is summed up."""
    with services().database.write() as session:
        return answer(make_card_again(session, visible_lead(session, path.lead_id)), 202)


@blueprint.get(f"{LEAD}/history", responses={200: History})
@needs(OPERATOR)
def get_lead_history(path: LeadPath) -> Response:
    """List the other leads of the same number at this business."""
    with services().database.read() as session:
        return answer(History(items=history(session, visible_lead(session, path.lead_id))))
