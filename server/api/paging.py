"""Lists in pages: opaque keyset cursors, as quick on the last page as on the first."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from server.api.fields import Input, has_controls
from server.errors import InvalidInputError

Row = TypeVar("Row")


class PageQuery(Input):
    """The part of a list that is wanted."""

    limit: int = Field(default=50, ge=1, le=200, description="Most items on the page.")
    cursor: str | None = Field(
        default=None, max_length=400, description="`next_cursor` of the page before."
    )


class Page(BaseModel):
    """What every list is: ``items``, which a subclass names, and the way to those after them."""

    next_cursor: str | None = Field(
        default=None, description="Send it as `cursor` to get the next page; null on the last."
    )


def encode_cursor(*key: Any) -> str:
    """Return the cursor that stands after the row with this sort key."""
    parts = [part.isoformat() if isinstance(part, datetime) else part for part in key]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type[Any]) -> list[Any]:
    """Return the sort key in ``cursor``, whose parts are of these kinds.

    Raises:
        InvalidInputError: it is none of our cursors.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if len(parts) != len(kinds):
            raise ValueError("another list's cursor")
        return [_part(kind, part) for kind, part in zip(kinds, parts, strict=True)]
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise InvalidInputError("cursor", "this is not a cursor of this list") from None


def _part(kind: type[Any], part: Any) -> Any:
    if kind is datetime:
        value = datetime.fromisoformat(part)
        if value.tzinfo is None:
            raise ValueError("a naive instant")
        return value.astimezone(UTC)
    if type(part) is not kind or (kind is int and abs(part) > 2**31 - 1):
        raise TypeError("another kind of key")
    if kind is str and has_controls(part):
        raise ValueError("control characters")
    return part


def older_than(
    at: InstrumentedAttribute[datetime],
    key: InstrumentedAttribute[Any],
    position: tuple[datetime, Any],
) -> ColumnElement[bool]:
    """Return the condition for rows after ``position`` in a list with the newest first.

    ``at <= …`` stands by itself, so that an index on the instant is entered at the right place.
    """
    instant, last = position
    return and_(at <= instant, or_(at < instant, key < last))


def cut_page(
    rows: Sequence[Row], limit: int, key: Callable[[Row], tuple[Any, ...]]
) -> tuple[Sequence[Row], str | None]:
    """Return the rows of one page and the cursor to the next.

    Args:
        rows: up to ``limit + 1`` rows: one more than wanted tells whether there is a next page.
        limit: how many were wanted.
        key: gives a row's sort key.
    """
    page = rows[:limit]
    return page, encode_cursor(*key(page[-1])) if len(rows) > limit else None
