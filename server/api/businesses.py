"""Businesses: what callers hear first, what the agent is told, and which numbers ring there."""

from __future__ import annotations

from flask import Response

from server.api import business_changes
from server.api.access import caller, needs
from server.api.business_models import (
    BusinessChange,
    BusinessPage,
    BusinessPath,
    BusinessView,
    NewBusiness,
)
from server.api.paging import PageQuery
from server.api.resource import BUSINESS_ID, answer, new_resource, writing
from server.models import ADMIN, OPERATOR, OWNER

blueprint = new_resource("businesses", "Businesses: greeting, prompts, language, numbers.")


@blueprint.get("/businesses", responses={200: BusinessPage})
@needs(OPERATOR)
def list_businesses(query: PageQuery) -> Response:
    """List the businesses that the token may see, oldest first."""
    only = None if caller().is_owner else tuple(caller().roles)
    return answer(business_changes.page_of_businesses(query, only))


@blueprint.post("/businesses", responses=writing(BusinessView, 201))
@needs(OWNER)
def create_business(body: NewBusiness) -> Response:
    """Create a business (owner's token)."""
    business = business_changes.create_business(body, caller().actor)
    created = answer(business, 201)
    created.headers["Location"] = f"/api/businesses/{business.id}"
    return created


@blueprint.get(f"/businesses/{BUSINESS_ID}", responses={200: BusinessView})
@needs(OPERATOR)
def get_business(path: BusinessPath) -> Response:
    """Get one business."""
    return answer(business_changes.find_business(path.business_id))


@blueprint.patch(f"/businesses/{BUSINESS_ID}", responses=writing(BusinessView))
@needs(ADMIN)
def change_business(path: BusinessPath, body: BusinessChange) -> Response:
    """Change fields of a business; the next call uses them. Absent `settings` stay, too."""
    return answer(business_changes.change_business(path.business_id, body, caller().actor))
