"""Every page there is: the sweeps, the screenshots and the measurements go through this list.

A new page has to be added here (``tests/web/pages/test_every_page.py`` compares the list with the
application's routes), and is then looked at by all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.models import ADMIN, OPERATOR, BusinessFaq, Lead

Things = Mapping[str, object]
"""What stands in the paths: ``business_id``, ``lead_id``, ``call_sid``…"""


@dataclass(frozen=True)
class Page:
    """One page."""

    name: str
    """Also of its screenshots."""
    path: str
    """As routed, with ``{business_id}`` and the like."""
    role: str | None = OPERATOR
    """The least role that sees it; None: it is open to everybody."""

    def at(self, things: Things) -> str:
        """Return its address."""
        return self.path.format_map(things)

    @property
    def of_business(self) -> bool:
        """Whether it is about one business."""
        return "{business_id}" in self.path

    @property
    def of_one_thing(self) -> bool:
        """Whether it is about a thing that a new business does not have."""
        return self.path.count("{") > 1


PROPER_NAMES = (
    *("Maane", "Twilio", "OpenAI", "Google", "Chrome", "Firefox", "Safari", "JavaScript"),
    *("CSV", "API", "https", "localhost"),
)
"""Latin words that a Hebrew page may hold: they have no other name."""

_B = "/b/{business_id}"

PAGES = (
    Page("sign-in", "/sign-in", None),
    Page("more", f"{_B}/more"),
    Page("phone", f"{_B}/phone"),
    Page("ears", f"{_B}/settings/ears", ADMIN),
)

OTHERS: dict[str, str] = {
    "/": "leads to a business",
    f"{_B}/live/strip": "the line about running calls on top of every page",
    f"{_B}/live/{{call_sid}}/card": "one running call for the live page",
    f"{_B}/calls/{{call_sid}}/lead": "leads to the call's lead",
}
"""What answers GET without being a page: parts of pages, streams, files; and what it is."""


def things_of(session: Session, business_id: int) -> dict[str, object]:
    """Return one of everything of this business, by the name that it has in paths."""
    lead = session.execute(
        select(Lead.id, Lead.call_sid)
        .where(Lead.business_id == business_id, Lead.headline != "")
        .order_by(Lead.created_at.desc())
        .limit(1)
    ).one_or_none()
    faq_id = session.scalar(
        select(BusinessFaq.id).where(BusinessFaq.business_id == business_id).limit(1)
    )
    found = {
        "business_id": business_id,
        "lead_id": lead and lead.id,
        "call_sid": lead and lead.call_sid,
        "faq_id": faq_id,
    }
    return {name: value for name, value in found.items() if value is not None}
