"""Types of what lists are filtered by."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator

from server.api.fields import has_controls
from server.errors import InvalidInputError

_UNENCODED_PLUS = re.compile(r"(?<=T)(\S+) (\d\d:?\d\d)$")


def _plus(raw: Any) -> Any:
    """Return ``raw`` with the plus of its offset, which a query string turns into a space."""
    return _UNENCODED_PLUS.sub(r"\1+\2", raw) if isinstance(raw, str) else raw


def _plain(text: str) -> str:
    if has_controls(text):
        raise ValueError("must not hold control characters")
    return text


Instant = Annotated[datetime, BeforeValidator(_plus)]
"""With or without an offset (see :func:`utc_instant`)."""

Plain = Annotated[str, AfterValidator(_plain)]
"""Text without control characters."""


def utc_instant(field: str, given: datetime, timezone: str) -> datetime:
    """Return ``given`` in UTC; without an offset it is in ``timezone``.

    Raises:
        InvalidInputError: it is outside the calendar.
    """
    try:
        aware = given if given.tzinfo else given.replace(tzinfo=ZoneInfo(timezone))
        return aware.astimezone(UTC)
    except OverflowError:
        raise InvalidInputError(field, "this is outside the calendar") from None
