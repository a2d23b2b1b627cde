"""What is sent and shown of a business."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

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
from server.api.paging import Page
from server.business_settings import BusinessSettings, business_settings
from server.models import Business

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


class BusinessPage(Page):
    """A page of businesses."""

    items: list[BusinessView]


def view_of(business: Business) -> BusinessView:
    """Return what is shown of a business."""
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
