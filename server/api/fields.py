"""Types of the fields that people send, with their limits."""

from __future__ import annotations

import functools
import re
import unicodedata
import zoneinfo
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from server.faq.normalize import normalize
from server.faq.patterns import PatternError
from server.faq.snapshot import compile_expression, is_expression

MAX_ANSWER_CHARS = 240
_CONTROLS = ("Cc", "Cs", "Zl", "Zp")
_LANG = re.compile(r"([a-z]{2,3})(-[a-z]{4})?-([a-z]{2}|\d{3})", re.IGNORECASE)


class Input(BaseModel):
    """Base of everything that is sent: unknown fields are refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


def _drop_defaults(schema: dict[str, Any]) -> None:
    for field in schema["properties"].values():
        field.pop("default", None)


ABSENT: Any = Field(default=None)
"""Default of a field that may be left out; it is neither checked nor documented."""


class PartialInput(Input):
    """Base of what PATCH takes: absent fields stay as they are; null is no value for any.

    Give its fields the default ``ABSENT`` and read them with ``exclude_unset``.
    """

    model_config = ConfigDict(json_schema_extra=_drop_defaults)


def has_controls(text: str, allowed: str = "") -> bool:
    """Tell whether ``text`` holds control characters; PostgreSQL refuses NUL even in a query.

    Directional marks are no control characters: they come along with pasted Hebrew.
    """
    return any(unicodedata.category(c) in _CONTROLS and c not in allowed for c in text)


def _single_line(text: str) -> str:
    if has_controls(text):
        raise ValueError("must be one line without control characters")
    return text


def _prose(text: str) -> str:
    if has_controls(text, allowed="\n\t"):
        raise ValueError("must not hold control characters")
    return text


def _unix_lines(text: str) -> str:
    return text.replace("\r\n", "\n")


def _language(tag: str) -> str:
    found = _LANG.fullmatch(tag)
    if found is None:
        raise ValueError("must be a language and a region, such as he-IL")
    language, script, region = found.groups(default="")
    return f"{language.lower()}{script.title()}-{region.upper()}"


# Naming them all walks a directory tree, and they do not change while we run.
_known_timezones = functools.cache(zoneinfo.available_timezones)


def _timezone(name: str) -> str:
    if name not in _known_timezones():
        raise ValueError("must be a time zone of the IANA database, such as Asia/Jerusalem")
    return name


def _pattern(pattern: str) -> str:
    if not is_expression(pattern):
        if not normalize(pattern):
            raise PydanticCustomError("no_letters", "must hold a letter or a digit")
        return pattern
    try:
        expression = compile_expression(pattern)
    except PatternError as error:
        raise PydanticCustomError("broken_pattern", "{reason}", _reason(error)) from None
    try:
        matches_all = expression.search("", timeout=0.05) is not None
    except TimeoutError:
        matches_all = False
    if matches_all:
        raise PydanticCustomError("matches_all", "this expression matches every sentence")
    return pattern


def _reason(error: PatternError) -> dict[str, Any]:
    return {"reason": str(error), "code": error.code}


def _line(min_length: int, max_length: int) -> Any:
    return StringConstraints(strip_whitespace=True, min_length=min_length, max_length=max_length)


Name = Annotated[str, _line(1, 200), AfterValidator(_single_line)]
OptionalName = Annotated[str, _line(0, 200), AfterValidator(_single_line)]
Label = Annotated[str, _line(0, 120), AfterValidator(_single_line)]
Tag = Annotated[str, _line(1, 40), AfterValidator(_single_line)]
Voice = Annotated[str, _line(0, 64), AfterValidator(_single_line)]
Hint = Annotated[str, _line(1, 100), AfterValidator(_single_line)]
Number = Annotated[str, _line(1, 40), AfterValidator(_single_line)]
Language = Annotated[str, _line(1, 10), AfterValidator(_language)]
Timezone = Annotated[str, _line(1, 64), AfterValidator(_timezone)]
Greeting = Annotated[str, _line(0, 500), AfterValidator(_unix_lines), AfterValidator(_prose)]
Notes = Annotated[str, _line(0, 10_000), AfterValidator(_unix_lines), AfterValidator(_prose)]
Prompt = Annotated[str, _line(0, 20_000), AfterValidator(_unix_lines), AfterValidator(_prose)]
Answer = Annotated[
    str, _line(1, MAX_ANSWER_CHARS), AfterValidator(_unix_lines), AfterValidator(_prose)
]
IntentKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*$", max_length=80)]
Pattern = Annotated[str, _line(1, 200), AfterValidator(_single_line), AfterValidator(_pattern)]
Priority = Annotated[int, Field(ge=0, le=100, strict=True)]
