"""Creating and changing businesses: what the JSON API and the pages both do."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import phonenumbers
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from server.accounts import record_change
from server.api.access import missing
from server.api.business_models import (
    BusinessChange,
    BusinessPage,
    BusinessView,
    NewBusiness,
    view_of,
)
from server.api.paging import PageQuery, cut_page, decode_cursor
from server.api.problems import FieldConflictError
from server.business_settings import business_settings
from server.clock import utc_now
from server.errors import InvalidInputError
from server.models import Business, BusinessPhoneNumber
from server.prompt_versions import PROMPT_FIELDS, first_version, save_prompts
from server.wiring import services


def page_of_businesses(query: PageQuery, only: Collection[int] | None) -> BusinessPage:
    """Return a page of businesses, oldest first.

    Args:
        only: those that may be seen; None for all.
    """
    wanted = select(Business).options(selectinload(Business.numbers)).order_by(Business.id)
    if only is not None:
        wanted = wanted.where(Business.id.in_(only))
    if query.cursor is not None:
        wanted = wanted.where(Business.id > decode_cursor(query.cursor, int)[0])
    with services().database.read() as session:
        rows = session.scalars(wanted.limit(query.limit + 1)).all()
    page, following = cut_page(rows, query.limit, lambda row: (row.id,))
    return BusinessPage(items=[view_of(row) for row in page], next_cursor=following)


def find_business(business_id: int) -> BusinessView:
    """Return a business with its numbers.

    Raises:
        NotFoundError: there is none with this id.
    """
    with services().database.read() as session:
        return view_of(_get(session, business_id))


def create_business(body: NewBusiness, actor: str) -> BusinessView:
    """Create a business.

    Args:
        body: what it is to be.
        actor: for the log of changes.

    Raises:
        InvalidInputError: a number is none.
        FieldConflictError: a number rings at another business.
    """
    values = body.model_dump(exclude={"numbers", "settings"})
    values["settings"] = body.settings.model_dump(mode="json")
    with services().database.write() as session:
        business = Business(**values)
        session.add(business)
        session.flush()
        first_version(session, business, actor=actor)
        _set_numbers(session, business, body.numbers)
        _record(session, business, actor, "business.create", sorted(body.model_fields_set))
        created = view_of(business)
    prepare_clips(business.id)
    return created


def change_business(business_id: int, body: BusinessChange, actor: str) -> BusinessView:
    """Change fields of a business; the next call uses them.

    Args:
        business_id: its id.
        body: what is absent stays, of ``settings`` each field for itself.
        actor: for the log of changes.

    Raises:
        NotFoundError: there is none with this id.
        InvalidInputError, FieldConflictError: see :func:`create_business`.
    """
    changes = body.model_dump(mode="json", exclude_unset=True)
    numbers = changes.pop("numbers", None)
    settings = changes.pop("settings", None)
    with services().database.write() as session:
        business = _get(session, business_id)
        texts = {name: changes.pop(name) for name in PROMPT_FIELDS if name in changes}
        save_prompts(session, business, texts, actor=actor)
        for field, value in changes.items():
            setattr(business, field, value)
        if settings is not None:
            kept = business_settings(business.settings).model_dump(mode="json")
            business.settings = kept | settings
        if numbers is not None:
            _set_numbers(session, business, numbers)
        session.flush()
        fields = sorted(body.model_fields_set - {"settings"})
        fields += [f"settings.{name}" for name in sorted(settings or {})]
        _record(session, business, actor, "business.update", fields)
        changed = view_of(business)
    prepare_clips(business.id)
    return changed


def _get(session: Session, business_id: int) -> Business:
    business = session.get(Business, business_id)
    if business is None:
        raise missing("business")
    return business


def _set_numbers(session: Session, business: Business, wanted: list[str]) -> None:
    """Make ``wanted`` the numbers of ``business``, which has its id already.

    A number that it has already is kept as it is, even one that no numbering plan knows (the
    demo's short number).

    Raises:
        InvalidInputError: one of them is no phone number.
        FieldConflictError: one of them rings at another business.
    """
    present = {number.e164: number for number in business.numbers}
    places: dict[str, str] = {}
    for index, raw in enumerate(wanted):
        field = f"numbers.{index}"
        places.setdefault(raw if raw in present else as_e164(raw, business.lang, field), field)
    taken = session.scalar(
        select(BusinessPhoneNumber.e164).where(
            BusinessPhoneNumber.e164.in_(places), BusinessPhoneNumber.business_id != business.id
        )
    )
    if taken is not None:
        raise FieldConflictError(
            places[taken], f"{taken} rings at another business", code="number_taken"
        )
    business.numbers = [
        present.get(e164) or BusinessPhoneNumber(business_id=business.id, e164=e164)
        for e164 in places
    ]
    business.updated_at = utc_now()
    session.flush()


def as_e164(raw: str, language: str, field: str = "number") -> str:
    """Return ``raw`` as E.164, the spelling in which calls look their business up.

    Args:
        raw: as people write it.
        language: of the business; its region tells where a number without a country is.
        field: named where it is no number.

    Asks for a possible number rather than for an assigned one: numbering plans grow faster than
    the library's copy of them, and a number that the carrier sold is a number.
    """
    try:
        parsed = phonenumbers.parse(raw, language.rpartition("-")[2])
    except phonenumbers.NumberParseException:
        raise InvalidInputError(field, f"{raw}: this is not a phone number") from None
    reason = phonenumbers.is_possible_number_with_reason(parsed)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise InvalidInputError(field, f"{raw}: this is not a complete phone number")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _record(
    session: Session, business: Business, actor: str, action: str, fields: list[str]
) -> None:
    """Keep what is to be known of a change later on, in the change's own unit of work."""
    detail: dict[str, Any] = {"fields": fields}
    record_change(
        session,
        actor,
        action,
        business_id=business.id,
        target=f"business:{business.id}",
        detail=detail,
    )


def prepare_clips(business_id: int) -> None:
    """Have what calls may now say rendered; what is there already is not made again."""
    profile = services().directory.by_id(business_id)
    if profile is not None:
        services().calls.prepare_clips(profile)
