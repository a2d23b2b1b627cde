"""How pages write instants, durations and numbers: the template filters."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import phonenumbers
from flask import Flask
from flask_babel import (
    format_date,
    format_datetime,
    format_decimal,
    format_percent,
    format_timedelta,
)
from flask_babel import gettext as _
from jinja2 import pass_context
from jinja2.runtime import Context

from server.clock import utc_now

_SECONDS_A_MINUTE = 60
_MINUTES_AN_HOUR = 60
_SOON_SECONDS = 45
_MS_A_SECOND = 1000
_FEW_MS = 10
_SAID_TWICE = re.compile(r"\s*\(\d+\)$")
"""Hebrew's data repeat a number that the word has said: "לפני שעה (1)"."""


def instant(at: datetime | None) -> str:
    """Return date and time in the page's zone: ``20 בנוב׳ 2026, 14:05``."""
    return "" if at is None else format_datetime(at, "medium").replace("\u202f", " ")


def day(at: datetime | None) -> str:
    """Return the date in the page's zone."""
    return "" if at is None else format_date(at, "medium")


def clock(at: datetime | None) -> str:
    """Return the time of day in the page's zone: ``14:05``."""
    return "" if at is None else format_datetime(at, "HH:mm")


def ago(at: datetime | None) -> str:
    """Return how long ago ``at`` was, in words."""
    if at is None:
        return ""
    past = utc_now() - at
    if abs(past.total_seconds()) < _SOON_SECONDS:
        return str(_("just now"))
    words = format_timedelta(-past, add_direction=True, threshold=1.0)
    return _SAID_TWICE.sub("", words)


def fresh_id() -> str:
    """Return an id that stands nowhere else in a page, whatever its parts were loaded later."""
    return f"i{secrets.token_hex(5)}"


def iso(at: datetime | None) -> str:
    """Return ``at`` for ``<time datetime>``."""
    return "" if at is None else at.astimezone(UTC).isoformat(timespec="seconds")


def seconds(length: float | None) -> str:
    """Return a duration as ``3:07`` or ``1:03:07``."""
    if length is None:
        return ""
    minutes, rest = divmod(int(length), _SECONDS_A_MINUTE)
    hours, minutes = divmod(minutes, _MINUTES_AN_HOUR)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def milliseconds(length: float | None) -> str:
    """Return a stage's time: ``420 ms``, from a second on ``1.2 s``, in the page's words."""
    if length is None:
        return ""
    if length < _MS_A_SECOND:
        return str(_("%(ms)s ms", ms=format_decimal(round(length))))
    return str(_("%(seconds)s s", seconds=format_decimal(round(length / _MS_A_SECOND, 1))))


def whole_milliseconds(length: float | None) -> str:
    """Return a time of which milliseconds matter: ``1,420 ms``; below ten with a tenth."""
    if length is None:
        return ""
    return str(_("%(ms)s ms", ms=format_decimal(round(length, 1 if length < _FEW_MS else None))))


def short_seconds(length: float | None) -> str:
    """Return milliseconds in the seconds that people think in: ``0.88 s``, ``1.2 s``."""
    if length is None:
        return ""
    digits = 2 if length < _MS_A_SECOND else 1
    return str(_("%(seconds)s s", seconds=format_decimal(round(length / _MS_A_SECOND, digits))))


def phone_number(e164: str | None) -> str:
    """Return a number as people write it: an Israeli one as at home, else with its country."""
    if not e164 or not e164.startswith("+"):
        return e164 or ""
    try:
        parsed = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    if parsed.country_code is None or not phonenumbers.is_possible_number(parsed):
        return e164
    home = phonenumbers.region_code_for_country_code(parsed.country_code) == "IL"
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, style.NATIONAL if home else style.INTERNATIONAL)


def percent(share: float | None) -> str:
    """Return a share of 1 in percent; empty where there is none."""
    return "" if share is None else format_percent(share)


def add_filters(app: Flask, filters: Mapping[str, Callable[[Any], Any]]) -> None:
    """Make filters known to the templates whose results depend on the page.

    Jinja works out a filter of a constant when it compiles the template, for whoever asks first;
    with the context among its arguments it does so for each page, in its language and zone.
    """
    app.jinja_env.filters |= {name: _of_page(one) for name, one in filters.items()}


def _of_page(one: Callable[[Any], Any]) -> Callable[[Context, Any], Any]:
    @pass_context
    def of_page(_context: Context, value: Any) -> Any:
        return one(value)

    return of_page


def register_formats(app: Flask) -> None:
    """Make the filters known to the templates."""
    filters: dict[str, Callable[[Any], Any]] = {
        "instant": instant,
        "day": day,
        "clock": clock,
        "ago": ago,
        "iso": iso,
        "seconds": seconds,
        "ms": milliseconds,
        "whole_ms": whole_milliseconds,
        "short_seconds": short_seconds,
        "phone_number": phone_number,
        "number": lambda value: "" if value is None else format_decimal(value),
        "percent": percent,
    }
    add_filters(app, filters)
    app.jinja_env.globals["fresh_id"] = fresh_id
