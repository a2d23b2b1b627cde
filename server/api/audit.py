"""The log of changes: who changed what, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy import or_, select

from server.accounts.audit import names_of
from server.api.access import missing, needs
from server.api.fields import OptionalName
from server.api.paging import Page, PageQuery, cut_page, decode_cursor, older_than
from server.api.resource import BUSINESS_ID, answer, new_resource
from server.models import ADMIN, OWNER, AuditEntry, Business
from server.wiring import services

blueprint = new_resource("audit", "The log of changes.")


class AuditPath(BaseModel):
    """Whose log."""

    business_id: int = Field(description="Id of the business.")


class AuditQuery(PageQuery):
    """Which entries, and which page of them."""

    actor: OptionalName = Field(
        default="", description="Who: `user:3`, `token:crm`, `command line`; empty: everybody."
    )
    action: OptionalName = Field(
        default="",
        description="What: `faq.update`, or `faq` for all of its kind; several with commas.",
    )


class AuditView(BaseModel):
    """One change."""

    id: int
    at: datetime
    actor: str = Field(description="`user:3`, `token:crm`, `command line` or `sign-in page`.")
    actor_name: str = Field(description="What people call a user now; empty where nobody does.")
    action: str
    target: str = Field(description="`faq:12`; may be empty.")
    target_name: str = Field(description="Who a user or invitation is; may be empty.")
    business_id: int | None = Field(description="Null: a change of the whole server.")
    detail: dict[str, Any] = Field(description="Which fields changed, and the like.")


class AuditPage(Page):
    """A page of the log, newest first."""

    items: list[AuditView]


@blueprint.get(f"/businesses/{BUSINESS_ID}/audit", responses={200: AuditPage})
@needs(ADMIN)
def list_business_audit(path: AuditPath, query: AuditQuery) -> Response:
    """List the changes of a business, newest first."""
    return answer(entries(path.business_id, query))


@blueprint.get("/audit", responses={200: AuditPage})
@needs(OWNER)
def list_audit(query: AuditQuery) -> Response:
    """List all changes, newest first (owners only)."""
    return answer(entries(None, query))


def entries(business_id: int | None, query: AuditQuery) -> AuditPage:
    """Return a page of the log of a business; of the whole log where it is None.

    Raises:
        NotFoundError: there is no such business.
        InvalidInputError: the cursor is none.
    """
    wanted = select(AuditEntry).order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    if business_id is not None:
        wanted = wanted.where(AuditEntry.business_id == business_id)
    if query.actor:
        wanted = wanted.where(AuditEntry.actor == query.actor)
    kinds = [kind.strip(" .") for kind in query.action.split(",") if kind.strip(" .")]
    if kinds:
        under = [AuditEntry.action.startswith(f"{kind}.", autoescape=True) for kind in kinds]
        wanted = wanted.where(or_(AuditEntry.action.in_(kinds), *under))
    if query.cursor is not None:
        instant, entry_id = decode_cursor(query.cursor, datetime, int)
        wanted = wanted.where(older_than(AuditEntry.at, AuditEntry.id, (instant, entry_id)))
    with services().database.read() as session:
        if business_id is not None and session.get(Business, business_id) is None:
            raise missing("business")
        rows = session.scalars(wanted.limit(query.limit + 1)).all()
        page, following = cut_page(rows, query.limit, lambda row: (row.at, row.id))
        names = names_of(session, [name for row in page for name in (row.actor, row.target)])
    items = [
        AuditView(
            id=row.id,
            at=row.at,
            actor=row.actor,
            actor_name=names.get(row.actor, "") if row.actor.startswith("user:") else "",
            action=row.action,
            target=row.target,
            target_name=names.get(row.target, ""),
            business_id=row.business_id,
            detail=row.detail,
        )
        for row in page
    ]
    return AuditPage(items=items, next_cursor=following)
