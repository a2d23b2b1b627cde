"""Businesses: what callers hear first, what the agent is told, and which numbers ring there."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import phonenumbers
from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from server.accounts import record_change
from server.api.access import caller, missing, needs
from server.api.fields import (
    ABSENT,
    Greeting,
    Hint,
    Input,
    Language,
    Name,
    Number,
    PartialInput,
    Prompt,
    Timezone,
    Voice,
)
from server.api.paging import NEXT_CURSOR, PageQuery, cut_page, decode_cursor
from server.api.problems import FieldConflictError
from server.api.resource import BUSINESS_ID, answer, new_resource, writing
from server.business_settings import BusinessSettings, business_settings
from server.clock import utc_now
from server.errors import InvalidInputError
from server.models import ADMIN, OPERATOR, OWNER, Business, BusinessPhoneNumber
from server.prompt_versions import PROMPT_FIELDS, first_version, save_prompts
from server.wiring import services

blueprint = new_resource("businesses", "Businesses: greeting, prompts, language, numbers.")

_Numbers = Annotated[
    list[Number],
    Field(
        max_length=20,
        description="The numbers that ring here: with their country (+972…), or as dialled in the "
        "business's own. Stored as E.164; a number rings at one business only.",
        examples=[["+97233726000"]],
    ),
]
_Greeting = Annotated[Greeting, Field(description="The first sentence of every call.")]
_Inbound = Annotated[Prompt, Field(description="What the agent is told on inbound calls.")]
_Outbound = Annotated[Prompt, Field(description="What the agent is told on outbound calls.")]
_Language = Annotated[Language, Field(description="Language and region.", examples=["he-IL"])]
_Timezone = Annotated[Timezone, Field(description="IANA time zone.", examples=["Asia/Jerusalem"])]
_Hints = Annotated[
    list[Hint],
    Field(max_length=500, description="Names and streets that speech recognition should expect."),
]
_Settings = Annotated[
    BusinessSettings,
    Field(description="Opening hours, recording, who speaks first, who is called in."),
]
_Voice = Annotated[Voice, Field(description="The agent's voice; empty: the default one.")]


class BusinessPath(BaseModel):
    """Which business."""

    business_id: int = Field(description="Id of the business.")


class NewBusiness(Input):
    """A business to create."""

    name: Name
    numbers: _Numbers = Field(default=[])
    greeting_text: _Greeting = ""
    ai_prompt: _Inbound = ""
    outbound_ai_prompt: _Outbound = ""
    lang: _Language = "he-IL"
    timezone: _Timezone = "Asia/Jerusalem"
    phrase_hints: _Hints = Field(default=[])
    voice: _Voice = ""
    settings: _Settings = Field(default=BusinessSettings())


class BusinessChange(PartialInput):
    """Fields of a business to change; absent ones stay. `numbers` replaces the whole list."""

    name: Name = ABSENT
    numbers: _Numbers = ABSENT
    greeting_text: _Greeting = ABSENT
    ai_prompt: _Inbound = ABSENT
    outbound_ai_prompt: _Outbound = ABSENT
    lang: _Language = ABSENT
    timezone: _Timezone = ABSENT
    phrase_hints: _Hints = ABSENT
    voice: _Voice = ABSENT
    settings: _Settings = ABSENT


class BusinessView(BaseModel):
    """A business."""

    id: int
    name: str
    numbers: list[str] = Field(description="E.164.")
    lang: str
    timezone: str
    greeting_text: str
    ai_prompt: str
    outbound_ai_prompt: str
    phrase_hints: list[str]
    voice: str
    settings: BusinessSettings
    created_at: datetime
    updated_at: datetime


class BusinessPage(BaseModel):
    """A page of businesses."""

    items: list[BusinessView]
    next_cursor: str | None = NEXT_CURSOR


@blueprint.get("/businesses", responses={200: BusinessPage})
@needs(OPERATOR)
def list_businesses(query: PageQuery) -> Response:
    """List the businesses that the token may see, oldest first."""
    wanted = select(Business).options(selectinload(Business.numbers)).order_by(Business.id)
    if not caller().is_owner:
        wanted = wanted.where(Business.id.in_(caller().roles))
    if query.cursor is not None:
        wanted = wanted.where(Business.id > decode_cursor(query.cursor, int)[0])
    with services().database.read() as session:
        rows = session.scalars(wanted.limit(query.limit + 1)).all()
    page, following = cut_page(rows, query.limit, lambda row: (row.id,))
    return answer(BusinessPage(items=[_view(row) for row in page], next_cursor=following))


@blueprint.post("/businesses", responses=writing(BusinessView, 201))
@needs(OWNER)
def create_business(body: NewBusiness) -> Response:
    """Create a business (owner's token)."""
    values = body.model_dump(exclude={"numbers", "settings"})
    values["settings"] = body.settings.model_dump(mode="json")
    with services().database.write() as session:
        business = Business(**values)
        session.add(business)
        session.flush()
        first_version(session, business, actor=caller().actor)
        _set_numbers(session, business, body.numbers)
        _record(session, business, "business.create", sorted(body.model_fields_set))
    _prepare_clips(business.id)
    created = answer(_view(business), 201)
    created.headers["Location"] = f"/api/businesses/{business.id}"
    return created


@blueprint.get(f"/businesses/{BUSINESS_ID}", responses={200: BusinessView})
@needs(OPERATOR)
def get_business(path: BusinessPath) -> Response:
    """Get one business."""
    with services().database.read() as session:
        return answer(_view(_get(session, path.business_id)))


@blueprint.patch(f"/businesses/{BUSINESS_ID}", responses=writing(BusinessView))
@needs(ADMIN)
def change_business(path: BusinessPath, body: BusinessChange) -> Response:
    """Change fields of a business; the next call uses them."""
    changes = body.model_dump(exclude_unset=True)
    numbers = changes.pop("numbers", None)
    if "settings" in changes:  # as a whole: a day that is left out is closed again
        changes["settings"] = body.settings.model_dump(mode="json")
    with services().database.write() as session:
        business = _get(session, path.business_id)
        texts = {name: changes.pop(name) for name in PROMPT_FIELDS if name in changes}
        save_prompts(session, business, texts, actor=caller().actor)
        for field, value in changes.items():
            setattr(business, field, value)
        if numbers is not None:
            _set_numbers(session, business, numbers)
        session.flush()
        _record(session, business, "business.update", sorted(body.model_fields_set))
        changed = _view(business)
    _prepare_clips(business.id)
    return answer(changed)


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
    region = business.lang.rpartition("-")[2]
    places: dict[str, str] = {}
    for index, raw in enumerate(wanted):
        field = f"numbers.{index}"
        places.setdefault(raw if raw in present else _e164(raw, region, field), field)
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


def _e164(raw: str, region: str, field: str) -> str:
    """Return ``raw`` as E.164, the spelling in which calls look their business up.

    Asks for a possible number rather than for an assigned one: numbering plans grow faster than
    the library's copy of them, and a number that the carrier sold is a number.
    """
    try:
        parsed = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException:
        raise InvalidInputError(field, f"{raw}: this is not a phone number") from None
    reason = phonenumbers.is_possible_number_with_reason(parsed)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise InvalidInputError(field, f"{raw}: this is not a complete phone number")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _record(session: Session, business: Business, action: str, fields: list[str]) -> None:
    detail: dict[str, Any] = {"fields": fields}
    record_change(
        session,
        caller().actor,
        action,
        business_id=business.id,
        target=f"business:{business.id}",
        detail=detail,
    )


def _prepare_clips(business_id: int) -> None:
    """Have what calls may now say rendered; what is there already is not made again."""
    profile = services().directory.by_id(business_id)
    if profile is not None:
        services().calls.prepare_clips(profile)


def _view(business: Business) -> BusinessView:
    return BusinessView(
        id=business.id,
        name=business.name,
        numbers=[number.e164 for number in business.numbers],
        lang=business.lang,
        timezone=business.timezone,
        greeting_text=business.greeting_text,
        ai_prompt=business.ai_prompt,
        outbound_ai_prompt=business.outbound_ai_prompt,
        phrase_hints=business.phrase_hints or [],
        voice=business.voice,
        settings=business_settings(business.settings),
        created_at=business.created_at,
        updated_at=business.updated_at,
    )
