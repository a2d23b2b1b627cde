"""The form of the opening hours: several times a day, without JavaScript as well."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import get_day_names
from flask import request
from flask_babel import get_locale
from flask_babel import gettext as _
from pydantic import ValidationError

from server.api.business_models import BusinessChange, BusinessView
from server.business_settings import BusinessSettings
from server.web.messages import in_words
from server.web.settings_forms import SectionForm

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ROWS = 3
"""So many times a day there is room for, at least."""

MOST_ROWS = 12


@dataclass
class Row:
    """From when till when, as it was typed."""

    opens: str = ""
    closes: str = ""
    errors: list[str] = field(default_factory=list)

    @property
    def is_blank(self) -> bool:
        """Tell whether nothing was typed."""
        return not (self.opens or self.closes)


@dataclass
class Day:
    """One day of the week."""

    key: str
    name: str
    rows: list[Row]

    @property
    def is_open(self) -> bool:
        """Tell whether there are any hours."""
        return any(not row.is_blank for row in self.rows)


class HoursForm(SectionForm):
    """When the business is open; always, where nothing is said."""

    always = True
    """Whether there are no hours at all."""
    days: tuple[Day, ...] = ()
    _week: tuple[str, ...] = WEEK

    def prepare(self, business: BusinessView) -> None:
        """Have the week begin where the business is used to it."""
        try:
            first = int(Locale.parse(business.lang, sep="-").first_week_day)
        except (UnknownLocaleError, ValueError):
            first = 0
        self._week = WEEK[first:] + WEEK[:first]

    def show(self, business: BusinessView) -> None:
        """See the base."""
        hours = business.settings.opening_hours
        self.always = not hours
        self.days = tuple(
            Day(
                key,
                _name_of(key),
                _filled(
                    [
                        Row(f"{one.opens:%H:%M}", f"{one.closes:%H:%M}")
                        for one in hours.get(key, [])  # type: ignore[call-overload]
                    ]
                ),
            )
            for key in self._week
        )

    @classmethod
    def stored(cls, business: BusinessView) -> Any:
        """See the base."""
        return business.settings.opening_hours

    def change(self) -> BusinessChange | None:
        """See the base."""
        self.always = request.form.get("always", "1") == "1"
        self.days = tuple(Day(key, _name_of(key), _filled(_typed(key))) for key in self._week)
        if self.always:
            return BusinessChange(settings=BusinessSettings(opening_hours={}))
        if not any(day.is_open for day in self.days):
            self.form_errors.append(_("Say when you are open, or choose that you always are."))
            return None
        asked: dict[str, list[dict[str, str]]] = {}
        places: dict[str, list[Row]] = {}
        for day in self.days:
            places[day.key] = [row for row in day.rows if not row.is_blank]
            if places[day.key]:
                typed = sorted(places[day.key], key=lambda row: row.opens)
                places[day.key] = typed
                asked[day.key] = [{"opens": row.opens, "closes": row.closes} for row in typed]
        try:
            settings = BusinessSettings.model_validate({"opening_hours": asked})
        except ValidationError as error:
            for item in error.errors(include_url=False, include_input=False):
                self._complain_at(places, item)
            return None
        return BusinessChange(settings=settings)

    def _complain_at(self, places: dict[str, list[Row]], item: Any) -> None:
        match item["loc"]:
            case ("opening_hours", str(day), int(index), *_rest) if day in places:
                message = in_words(item)
                row = places[day][index]
                if message not in row.errors:
                    row.errors.append(message)
            case _:
                self.form_errors.append(in_words(item))

    @property
    def wrong(self) -> bool:
        """See the base."""
        return super().wrong or any(row.errors for day in self.days for row in day.rows)


def _name_of(key: str) -> str:
    names = get_day_names("wide", context="stand-alone", locale=get_locale())
    return str(names[WEEK.index(key)])


def _typed(day: str) -> list[Row]:
    rows = []
    for index in range(MOST_ROWS):
        opens = request.form.get(f"{day}-{index}-opens", "").strip()[:20]
        closes = request.form.get(f"{day}-{index}-closes", "").strip()[:20]
        rows.append(Row(opens, closes))
    return [row for row in rows if not row.is_blank]


def _filled(rows: list[Row]) -> list[Row]:
    """Return ``rows`` with room for one more."""
    wanted = min(MOST_ROWS, max(ROWS, len(rows) + 1))
    return rows + [Row() for _unused in range(wanted - len(rows))]
