"""The filters of the list of leads as they stand in a page's address, and as the API takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import lazy_gettext as _l
from pydantic import ValidationError

from server.api.lead_actions import CountsView, LeadsQuery
from server.api.lead_query import LeadFilter
from server.clock import utc_now
from server.web.lead_words import OUTCOMES, WORK


@dataclass(frozen=True, slots=True)
class Show:
    """One chip above the list."""

    key: str
    label: Any
    filters: Mapping[str, Any]
    counted: str = ""
    """Which of the counts it bears; empty: none."""
    only_when_some: bool = False
    """Whether it is left out while its count is nought."""


SHOWS = (
    Show("", _l("All"), {}),
    Show("callback", _l("To call back"), {"callback": True}, "callback"),
    Show("unread", _l("Unread"), {"unread": True}, "unread"),
    Show("new", WORK["new"], {"work_status": "new"}, "new"),
    Show("in_work", WORK["in_work"], {"work_status": "in_work"}, "in_work"),
    Show("done", WORK["done"], {"work_status": "done"}, "done"),
    Show("lost", WORK["lost"], {"work_status": "lost"}, "lost"),
    Show("failed", _l("Without a summary"), {"status": "failed"}, "failed", only_when_some=True),
    Show("test", _l("Test calls"), {"test": True}, "test", only_when_some=True),
)
_SHOWS = {show.key: show for show in SHOWS}

PERIODS = {
    "": _l("Any time"),
    "today": _l("Today"),
    "week": _l("Last 7 days"),
    "month": _l("Last 30 days"),
}
_DAYS = {"today": 0, "week": 7, "month": 30}

HOW_IT_WENT = {"": _l("However the call went"), **OUTCOMES}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a person has chosen to see. What no longer means anything is as if not chosen."""

    q: str = ""
    show: str = ""
    when: str = ""
    outcome: str = ""
    tag: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Chosen:
        """Return what the parameters of a page's address say."""
        show, when = given.get("show", ""), given.get("when", "")
        outcome = given.get("outcome", "")
        return cls(
            q=given.get("q", "").strip(),
            show=show if show in _SHOWS else "",
            when=when if when in PERIODS else "",
            outcome=outcome if outcome in OUTCOMES else "",
            tag=given.get("tag", "").strip(),
        )

    @property
    def narrows(self) -> bool:
        """Whether anything is left out."""
        return bool(self.q or self.show or self.when or self.outcome or self.tag)

    def parameters(self, **changes: str) -> dict[str, str]:
        """Return the parameters of the address that shows this, with ``changes``."""
        own = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in (own | changes).items() if value}

    def url(self, business_id: int, endpoint: str = "web_leads.show", **changes: str) -> str:
        """Return the address that shows this, with ``changes``."""
        parameters: dict[str, Any] = self.parameters(**changes)
        return url_for(endpoint, business_id=business_id, **parameters)

    def query(self, timezone: str, cursor: str | None = None) -> LeadsQuery | None:
        """Return what the API would be asked for; None where nothing can fit it."""
        try:
            return LeadsQuery.model_validate(self._filters(timezone) | {"cursor": cursor})
        except ValidationError:
            return None

    def export(self, business_id: int, timezone: str) -> str:
        """Return the address of the table of these leads."""
        try:
            wanted = LeadFilter.model_validate(self._filters(timezone))
        except ValidationError:
            wanted = LeadFilter()
        given = wanted.model_dump(mode="json", exclude_none=True)
        words: dict[str, Any] = {
            name: str(value).lower() if isinstance(value, bool) else value
            for name, value in given.items()
        }
        return url_for("api_lead-export.export_leads", business_id=business_id, **words)

    def _filters(self, timezone: str) -> dict[str, Any]:
        filters: dict[str, Any] = {"test": False, **_SHOWS[self.show].filters}
        filters |= {
            name: value
            for name, value in (("q", self.q), ("outcome", self.outcome), ("tag", self.tag))
            if value
        }
        if self.when:
            filters["since"] = _since(_DAYS[self.when], timezone)
        return filters


def chips(chosen: Chosen, counts: CountsView) -> list[tuple[Show, int | None]]:
    """Return the chips to show, each with its count where it bears one."""
    shown = []
    for show in SHOWS:
        number = getattr(counts, show.counted) if show.counted else None
        if not (show.only_when_some and not number and chosen.show != show.key):
            shown.append((show, number))
    return shown


def _since(days: int, timezone: str) -> datetime:
    """Return the beginning of the day that is so many days ago, where the business is."""
    today = utc_now().astimezone(ZoneInfo(timezone)).replace(hour=0, minute=0, second=0)
    return (today - timedelta(days=days)).replace(microsecond=0)
