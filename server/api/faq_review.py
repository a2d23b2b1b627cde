"""Prepared answers beside each other: which compete, and in which order they stand."""

from __future__ import annotations

import time
from typing import Annotated

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from server.accounts import record_change
from server.api.access import caller, needs
from server.api.faqs import FAQS, FaqsPath, get_business
from server.api.fields import Input
from server.api.matching import profile_of
from server.api.resource import answer, new_resource, no_content, writing
from server.errors import ConflictError, InvalidInputError
from server.faq.conflicts import Conflict, look_for_conflicts
from server.models import ADMIN, OPERATOR, BusinessFaq
from server.wiring import services

blueprint = new_resource("faq_review", "Prepared answers beside each other.")

MAX_PHRASES = 3000
"""So many phrases are tried for conflicts, the rows of the highest priority first."""
MAX_CONFLICTS = 200
MAX_PRIORITY = 100

_Id = Annotated[int, Field(strict=True)]


class ConflictView(BaseModel):
    """Two prepared answers that claim one sentence."""

    faq_id: int
    intent_key: str
    other_faq_id: int
    other_intent_key: str
    sentence: str = Field(description="A phrase of the first that the second claims as well.")


class ConflictPage(BaseModel):
    """The pairs that compete, each once."""

    items: list[ConflictView]
    complete: bool = Field(
        description=f"Whether all was looked at: at most {MAX_PHRASES} phrases are, and at most "
        f"{MAX_CONFLICTS} pairs listed."
    )


class Order(Input):
    """All prepared answers of a business in a new order."""

    ids: Annotated[list[_Id], Field(min_length=1, max_length=5000)] = Field(
        description="Ids, the highest priority first; each exactly once."
    )


@blueprint.get(f"{FAQS}/conflicts", responses={200: ConflictPage})
@needs(OPERATOR)
def list_faq_conflicts(path: FaqsPath) -> Response:
    """List the pairs of active prepared answers that would compete for a caller's sentence."""
    found: list[Conflict] = []
    complete = True
    for number, pairs in enumerate(look_for_conflicts(profile_of(path.business_id).faq), 1):
        found += pairs
        if number >= MAX_PHRASES or len(found) >= MAX_CONFLICTS:
            complete = False
            break
        time.sleep(0)  # calls are being bridged in this process: let them have their frames
    items = [_view(one) for one in found[:MAX_CONFLICTS]]
    return answer(ConflictPage(items=items, complete=complete))


@blueprint.post(f"{FAQS}/reorder", responses=writing(None, 204))
@needs(ADMIN)
def reorder_faqs(path: FaqsPath, body: Order) -> Response:
    """Give the prepared answers new priorities, by their order.

    They become 0 for the last, 1 for the one before it, and so on; beyond 101 answers neighbours
    share a priority. A list that names not exactly the stored ones is refused, as it was made
    from an old one.
    """
    places = {faq_id: place for place, faq_id in enumerate(body.ids)}
    for place, faq_id in enumerate(body.ids):
        if places[faq_id] != place:
            raise InvalidInputError(f"ids.{place}", "this id is there twice")
    with services().database.write() as session:
        get_business(session, path.business_id)
        rows = session.scalars(
            select(BusinessFaq).where(BusinessFaq.business_id == path.business_id)
        ).all()
        if {row.id for row in rows} != places.keys():
            raise ConflictError(
                "The list does not name exactly the prepared answers of this business; "
                "read them and try again.",
                code="list_changed",
            )
        for row in rows:
            row.priority = _priority(places[row.id], len(rows))
        record_change(
            session,
            caller().actor,
            "faq.reorder",
            business_id=path.business_id,
            target=f"business:{path.business_id}",
            detail={"count": len(rows)},
        )
    return no_content()


def _priority(place: int, count: int) -> int:
    """Return the priority of a place, 0 for the first; small steps, as priority lifts scores."""
    behind = count - 1 - place
    return behind if count <= MAX_PRIORITY + 1 else behind * MAX_PRIORITY // (count - 1)


def _view(conflict: Conflict) -> ConflictView:
    return ConflictView(
        faq_id=conflict.row.id,
        intent_key=conflict.row.intent_key,
        other_faq_id=conflict.other.id,
        other_intent_key=conflict.other.intent_key,
        sentence=conflict.pattern,
    )
