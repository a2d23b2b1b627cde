"""What an owner may set for one business beside its texts: hours, recording, who speaks first."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import datetime, time
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from server.email_address import email_address

log = logging.getLogger(__name__)

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DIGITS_OF_E164 = range(7, 16)
_BETWEEN_DIGITS = re.compile(r"[\s().\u200e\u200f\u202a-\u202e\u2066-\u2069\u2010-\u2015-]")
MAX_BLOCKED = 500


class Opening(BaseModel):
    """From when till when the business is open; ends before midnight."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    opens: time
    closes: time

    @model_validator(mode="after")
    def _in_order(self) -> Opening:
        if self.opens >= self.closes:
            raise ValueError("must open before it closes")
        return self


def _e164_or_empty(number: str) -> str:
    digits = number.removeprefix("+")
    if number and not (number.startswith("+") and digits.isdigit() and digits.isascii()):
        raise ValueError("must be a number with its country, such as +972541234567")
    if number and len(digits) not in _DIGITS_OF_E164:
        raise ValueError("must have 7 to 15 digits")
    return number


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _speakable(text: str) -> str:
    text = _one_line(text)
    if not any(char.isalnum() for char in text):
        raise ValueError("must hold a letter or a digit")
    return text


def _pattern_of_numbers(text: str) -> str:
    """Return a number as E.164, or the beginning of numbers with ``*`` at its end.

    A national number is read as Israel's, as in :func:`server.directory.dialled_number`.
    """
    prefix = "*" if text.rstrip().endswith("*") else ""
    kept = _BETWEEN_DIGITS.sub("", text.strip().rstrip("*"))
    digits = kept.removeprefix("+").removeprefix("00")
    if not kept.startswith(("+", "00")) and digits.startswith("0"):
        digits = "972" + digits[1:]
    elif not kept.startswith(("+", "00")):
        digits = ""
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("must be a number such as +972541234567, or a beginning such as +9725*")
    if len(digits) > _DIGITS_OF_E164[-1] or (len(digits) < _DIGITS_OF_E164[0] and not prefix):
        raise ValueError("must have 7 to 15 digits, or end with *")
    return f"+{digits}{prefix}"


def _number(text: str) -> str:
    """Return a whole number as E.164; a national one is read as Israel's."""
    if text.rstrip().endswith("*"):
        raise ValueError("must be a number such as +972541234567")
    return _pattern_of_numbers(text)


def _once_each(numbers: list[str]) -> list[str]:
    return list(dict.fromkeys(numbers))


_Blocked = Annotated[str, Field(max_length=40), AfterValidator(_pattern_of_numbers)]
_Text = Annotated[str, Field(max_length=500), AfterValidator(_one_line)]

_Alerted = Annotated[str, Field(max_length=40), AfterValidator(_number)]
_AlertedEmail = Annotated[str, Field(max_length=300), AfterValidator(email_address)]
MAX_ALERTED = 5

MAX_PRONUNCIATIONS = 200


class Pronunciation(BaseModel):
    """A word that is read wrongly, and how to say it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    word: Annotated[str, Field(max_length=60), AfterValidator(_speakable)] = Field(
        description="A word or a phrase as it is written in answers and greetings."
    )
    say: Annotated[str, Field(max_length=120), AfterValidator(_speakable)] = Field(
        description="The same in other letters, with or without nikud, as it is to be said."
    )


class Ears(BaseModel):
    """When a caller counts as speaking. What is null is as the server is set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sensitivity: Literal["normal", "quiet_room", "noisy"] = Field(
        default="normal",
        description="quiet_room: soft voices are heard sooner; noisy: noise interrupts less.",
    )
    barge_in: bool | None = Field(
        default=None, description="Whether callers may interrupt the agent."
    )
    barge_in_frames: int | None = Field(
        default=None,
        ge=3,
        le=50,
        description="Frames of 20 ms of voice that interrupt at the latest.",
    )
    hangover_ms: int | None = Field(
        default=None, ge=60, le=1500, description="Silence that ends an utterance."
    )


class BusinessSettings(BaseModel):
    """Stored as JSON with the business; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    opening_hours: dict[Weekday, list[Opening]] = Field(
        default={}, description="By day of the week; a day left out is closed. Empty: always open."
    )
    after_hours_greeting: _Text = Field(
        default="", description="The first sentences of a call outside the opening hours."
    )
    outbound_greeting: _Text = Field(
        default="", description="The first sentences of an outbound call; empty: the agent's own."
    )
    generated_greeting: bool = Field(
        default=False, description="The agent makes its greeting itself, by its prompt."
    )
    caller_speaks_first: bool = Field(
        default=False, description="An inbound caller is waited for a few seconds before greeting."
    )
    recording: bool = Field(
        default=False, description="Calls are recorded, and the greeting says so."
    )
    retention_days: int = Field(
        default=90,
        ge=1,
        le=3650,
        description="Days that recordings are kept.",
    )
    lead_retention_days: int = Field(
        default=0,
        ge=0,
        le=3650,
        description="Leads, with their calls and transcripts, are deleted after so many days. "
        "0: they are kept until somebody deletes them.",
    )
    ears: Ears = Field(
        default=Ears(), description="When a caller counts as speaking, and may interrupt."
    )
    pronunciations: Annotated[tuple[Pronunciation, ...], Field(max_length=MAX_PRONUNCIATIONS)] = (
        Field(default=(), description="How words are said that would be read wrongly.")
    )
    transfer_number: Annotated[str, AfterValidator(_e164_or_empty)] = Field(
        default="", description="Who is called in when the caller presses 0; E.164 or empty."
    )
    alert_numbers: Annotated[list[_Alerted], AfterValidator(_once_each)] = Field(
        default=[],
        max_length=MAX_ALERTED,
        description="Mobile numbers that get an SMS at once when somebody is to be called back.",
    )
    alert_emails: Annotated[list[_AlertedEmail], AfterValidator(_once_each)] = Field(
        default=[],
        max_length=MAX_ALERTED,
        description="Addresses that get a mail at once when somebody is to be called back.",
    )
    blocked_numbers: Annotated[list[_Blocked], AfterValidator(_once_each)] = Field(
        default=[],
        max_length=MAX_BLOCKED,
        description="Callers who are turned away: E.164, or a beginning of numbers with * at its "
        "end.",
    )
    block_hidden: bool = Field(
        default=False, description="Callers who hide their number are asked to show it."
    )
    daily_cost_cap_usd: float = Field(
        default=0,
        ge=0,
        le=10_000,
        allow_inf_nan=False,
        description="US dollars that a day's calls may cost; test calls, counted apart, may cost "
        "as much again. Beyond it new calls get prepared answers and leave messages. 0: no cap.",
    )

    @property
    def spoken_as(self) -> tuple[tuple[str, str], ...]:
        """Return the pronunciations as those who speak want them."""
        return tuple((one.word, one.say) for one in self.pronunciations)

    def is_open(self, at: datetime, timezone: str) -> bool:
        """Tell whether the business is open at the moment ``at``, which knows its own zone."""
        if not self.opening_hours:
            return True
        local = at.astimezone(ZoneInfo(timezone))
        today = self.opening_hours.get(_WEEKDAYS[local.weekday()], [])
        return any(hours.opens <= local.time() < hours.closes for hours in today)


def business_settings(stored: Mapping[str, Any] | None) -> BusinessSettings:
    """Return the settings as stored; what cannot be read costs itself and not the business."""
    kept = dict(stored or {})
    while True:
        try:
            return BusinessSettings.model_validate(kept)
        except ValidationError as error:
            broken = {str(item["loc"][0]) for item in error.errors() if item["loc"]}
            log.warning("[SETTINGS] of a business cannot be read: %s", ", ".join(sorted(broken)))
            if not broken & kept.keys():
                return BusinessSettings()
            kept = {name: value for name, value in kept.items() if name not in broken}
