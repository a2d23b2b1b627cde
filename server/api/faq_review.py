"""Prepared answers beside each other: which compete, and in which order they stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts import record_change
from server.api.access import caller, missing, needs
from server.api.faq_operations import get_business, get_faq_row
from server.api.faq_reviews import MAX_SECONDS, conflicts_of, known_conflicts_of
from server.api.faqs import FAQ, FAQS, FaqPath, FaqsPath
from server.api.fields import Input
from server.api.paging import Page
from server.api.resource import answer, new_resource, no_content, writing
from server.errors import ConflictError, InvalidInputError
from server.faq.conflicts import Conflict
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
    label: str
    other_faq_id: int
    other_intent_key: str
    other_label: str
    sentence: str = Field(description="A phrase of the first that the second claims as well.")


class ConflictPage(Page):
    """The pairs that compete, each once."""

    items: list[ConflictView]
    complete: bool = Field(
        description=f"Whether all was looked at: at most {MAX_PHRASES} phrases are, for "
        f"{MAX_SECONDS:.0f} seconds, and at most {MAX_CONFLICTS} pairs listed."
    )


class Order(Input):
    """All prepared answers of a business in a new order."""

    ids: Annotated[list[_Id], Field(min_length=1, max_length=5000)] = Field(
        description="Ids, the highest priority first; each exactly once."
    )


class Move(Input):
    """Where one prepared answer goes."""

    to: Literal["up", "down", "before", "after"] = Field(
        description="One place up or down, or right before or after another one."
    )
    other_id: _Id | None = Field(default=None, description="For before and after: which one.")


@blueprint.get(f"{FAQS}/conflicts", responses={200: ConflictPage})
@needs(OPERATOR)
def list_faq_conflicts(path: FaqsPath) -> Response:
    """List the pairs of active prepared answers that would compete for a caller's sentence."""
    return answer(find_conflicts(path.business_id))


@blueprint.post(f"{FAQS}/reorder", responses=writing(None, 204))
@needs(ADMIN)
def reorder_faqs(path: FaqsPath, body: Order) -> Response:
    """Give the prepared answers new priorities, by their order.

    They become 0 for the last, 1 for the one before it, and so on; beyond 101 answers neighbours
    share a priority. A list that names not exactly the stored ones is refused, as it was made
    from an old one.
    """
    reorder(path.business_id, body)
    return no_content()


@blueprint.post(f"{FAQ}/move", responses=writing(None, 204))
@needs(ADMIN)
def move_faq(path: FaqPath, body: Move) -> Response:
    """Give one prepared answer another place in the order, whatever the others have become.

    Beyond 101 answers it gets the priority of the place, which it then shares with neighbours:
    of equal ones the older comes first.
    """
    move(path.business_id, path.faq_id, body)
    return no_content()


def find_conflicts(business_id: int) -> ConflictPage:
    """Return the pairs of answers that would compete, found once for every change of theirs.

    Raises:
        NotFoundError: there is no such business.
    """
    return _page(*conflicts_of(business_id, MAX_PHRASES, MAX_CONFLICTS))


def known_conflicts(business_id: int) -> ConflictPage | None:
    """Return the pairs where they have been found since the last change; else None. Is quick.

    Raises:
        NotFoundError: there is no such business.
    """
    known = known_conflicts_of(business_id, MAX_PHRASES, MAX_CONFLICTS)
    return None if known is None else _page(*known)


def reorder(business_id: int, body: Order) -> None:
    """Give all prepared answers the priorities of their places in ``body``.

    Raises:
        NotFoundError: there is no such business.
        InvalidInputError: an id is there twice.
        ConflictError: the list is not that of the stored ones.
    """
    places = {faq_id: place for place, faq_id in enumerate(body.ids)}
    for place, faq_id in enumerate(body.ids):
        if places[faq_id] != place:
            raise InvalidInputError(f"ids.{place}", "this id is there twice")
    with services().database.write() as session:
        get_business(session, business_id)
        rows = _rows(session, business_id)
        if rows.keys() != places.keys():
            raise ConflictError(
                "The list does not name exactly the prepared answers of this business; "
                "read them and try again.",
                code="list_changed",
            )
        _number(session, business_id, [rows[faq_id] for faq_id in body.ids])


def move(business_id: int, faq_id: int, body: Move) -> None:
    """Give one prepared answer another place; at the list's end, up and down change nothing.

    Raises:
        NotFoundError: it, or the other one, is none of the business's.
        InvalidInputError: another one has to be named.
    """
    with services().database.write() as session:
        places = _places(session, business_id)
        ids = [one for one, _ in places]
        if faq_id not in ids:
            raise missing("prepared answer")
        moved = places.pop(ids.index(faq_id))
        places.insert(_place(ids, faq_id, body), moved)
        if len(places) <= MAX_PRIORITY + 1:
            rows = _rows(session, business_id)
            _number(session, business_id, [rows[one] for one, _ in places])
        else:
            row = get_faq_row(session, business_id, faq_id)
            _put(row, _squeezed(places, places.index(moved)))
            _record(session, business_id, 1)


def _place(ids: list[int], faq_id: int, body: Move) -> int:
    """Return the index for ``faq_id`` among the others."""
    at = ids.index(faq_id)
    others = [one for one in ids if one != faq_id]
    if body.to in ("up", "down"):
        return min(len(others), max(0, at + (1 if body.to == "down" else -1)))
    if body.other_id is None:
        raise InvalidInputError("other_id", "must name another prepared answer")
    if body.other_id not in others:
        raise missing("prepared answer")
    return others.index(body.other_id) + (body.to == "after")


def _number(session: Session, business_id: int, rows: list[BusinessFaq]) -> None:
    for place, row in enumerate(rows):
        _put(row, _priority(place, len(rows)))
    _record(session, business_id, len(rows))


def _put(row: BusinessFaq, priority: int) -> None:
    """Give ``row`` its place. Who is writing in its form has not been overtaken by that."""
    if row.priority != priority:
        row.priority = priority
        row.updated_at = BusinessFaq.updated_at  # as it is stored by then, whoever wrote it


def _squeezed(places: list[tuple[int, int]], at: int) -> int:
    """Return the priority that its neighbours leave for the answer at the place ``at``."""
    before = places[at - 1][1] if at else MAX_PRIORITY
    following = places[at + 1 : at + 2]
    if not following:
        return 0
    other_id, after = following[0]
    return min(before, after + 1) if other_id < places[at][0] else after


def _places(session: Session, business_id: int) -> list[tuple[int, int]]:
    """Return ids and priorities in the order of the list; rows in the ten thousands are heavy."""
    wanted = (
        select(BusinessFaq.id, BusinessFaq.priority)
        .where(BusinessFaq.business_id == business_id)
        .order_by(BusinessFaq.priority.desc(), BusinessFaq.id)
    )
    return [(faq_id, priority) for faq_id, priority in session.execute(wanted)]


def _rows(session: Session, business_id: int) -> dict[int, BusinessFaq]:
    wanted = select(BusinessFaq).where(BusinessFaq.business_id == business_id)
    return {row.id: row for row in session.scalars(wanted)}


def _record(session: Session, business_id: int, count: int) -> None:
    record_change(
        session,
        caller().actor,
        "faq.reorder",
        business_id=business_id,
        target=f"business:{business_id}",
        detail={"count": count},
    )


def _priority(place: int, count: int) -> int:
    """Return the priority of a place, 0 for the first; small steps, as priority lifts scores."""
    behind = count - 1 - place
    return behind if count <= MAX_PRIORITY + 1 else behind * MAX_PRIORITY // (count - 1)


def _page(found: Sequence[Conflict], complete: bool) -> ConflictPage:
    return ConflictPage(items=[_view(one) for one in found], complete=complete)


def _view(conflict: Conflict) -> ConflictView:
    return ConflictView(
        faq_id=conflict.row.id,
        intent_key=conflict.row.intent_key,
        label=conflict.row.label,
        other_faq_id=conflict.other.id,
        other_intent_key=conflict.other.intent_key,
        other_label=conflict.other.label,
        sentence=conflict.pattern,
    )
