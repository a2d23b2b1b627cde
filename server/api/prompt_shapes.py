"""How the agent's texts, their versions and their differences are sent and shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from server.api.fields import Greeting, Input, Prompt, Voice
from server.api.paging import Page
from server.api.problems import Problem
from server.calls.greeting import GreetingKind

_BasedOn = Annotated[
    int, Field(ge=0, le=2**31 - 1, description="`number` of the version that you have read.")
]

Greets = Literal["now", GreetingKind]
"""The greetings that can be listened to."""


class PromptsPath(BaseModel):
    """Whose texts."""

    business_id: int = Field(description="Id of the business.")


class VersionPath(PromptsPath):
    """Which version."""

    number: int = Field(description="Number of the version within the business.")


class GreetingQuery(Input):
    """Which greeting."""

    which: Greets = Field(
        default="now",
        description="That of calls within the opening hours (open), outside them (closed), of "
        "calls that go out (outbound), or of a call that came now.",
    )


class Texts(Input):
    """The texts that make the agent."""

    ai_prompt: Prompt = Field(default="", description="What it is told on inbound calls.")
    outbound_ai_prompt: Prompt = Field(default="", description="The same on outbound calls.")
    greeting_text: Greeting = Field(default="", description="The first sentence of every call.")
    voice: Voice = Field(default="", description="Its voice; empty: the default one.")


class PromptsInput(Texts):
    """The texts as somebody wants them."""

    based_on: _BasedOn


class RestoreInput(Input):
    """What is there now and may be replaced."""

    based_on: _BasedOn


class PreviewInput(Texts):
    """Texts that are being written."""

    direction: Literal["inbound", "outbound"] = Field(
        default="inbound", description="Of the call to be prepared."
    )


class PromptsView(BaseModel):
    """The texts as they are."""

    number: int = Field(description="Of the version; 0: none has been saved yet.")
    ai_prompt: str
    outbound_ai_prompt: str
    greeting_text: str
    voice: str
    actor: str = Field(description="Who saved it, as in the audit log; empty: not known.")
    saved_at: datetime
    voices: list[str] = Field(description="Voices that the agent can have.")
    default_voice: str


class PromptsConflict(Problem):
    """Somebody was faster: nothing was overwritten, and both texts are here."""

    current: PromptsView
    sent: Texts


class PreviewView(BaseModel):
    """What the model would really receive in a call that came now."""

    greeting: str = Field(description="What is said first; empty: the agent greets by itself.")
    compact: str = Field(description="What it is told before the first answer.")
    full: str = Field(description="What it is told from the first answer on.")
    compact_chars: int
    full_chars: int
    compact_limit: int = Field(description="Longest compact version; the prompt is cut to fit.")
    full_target: int = Field(description="Length to aim at; a longer one is slower, but kept.")
    is_cut: bool = Field(description="Whether the compact version holds a part of the prompt only.")


class VersionLine(BaseModel):
    """One version in the list."""

    number: int
    actor: str = Field(description="Who saved it, as in the audit log; empty: not known.")
    created_at: datetime
    restored_from: int | None = Field(description="The older version that it brought back.")


class VersionPage(Page):
    """A page of versions."""

    items: list[VersionLine]


class VersionView(VersionLine):
    """One version with its texts."""

    ai_prompt: str
    outbound_ai_prompt: str
    greeting_text: str
    voice: str


class DiffQuery(Input):
    """What a version is compared with."""

    against: int | None = Field(
        default=None, ge=0, le=2**31 - 1, description="Another version; absent: the one before."
    )


class DiffPiece(BaseModel):
    """A part of a line."""

    text: str
    differs: bool = Field(description="Whether only this side has it.")


class DiffLineView(BaseModel):
    """A line of one text, or of both."""

    kind: Literal["same", "added", "removed"]
    pieces: list[DiffPiece]


class DiffView(BaseModel):
    """What a version changed, by text; texts that are equal are left out."""

    number: int
    against: int = Field(description="0: there was nothing before.")
    fields: dict[str, list[DiffLineView]]
