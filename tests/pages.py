"""Every page there is: the sweeps, the screenshots and the measurements go through this list.

A new page has to be added here (``tests/web/pages/test_every_page.py`` compares the list with the
application's routes), and is then looked at by all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.api.access import SIGNED_IN
from server.models import (
    ADMIN,
    OPERATOR,
    OWNER,
    AccountLink,
    ApiToken,
    BusinessFaq,
    Lead,
    Membership,
    PromptVersion,
)

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
    also: Things = field(default_factory=dict)
    """What stands in its path and is the same everywhere."""

    def at(self, things: Things) -> str:
        """Return its address."""
        return self.path.format_map({**things, **self.also})

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

INVITATION, NEW_PASSWORD = "an-invitation", "a-new-password"
"""The secrets of links that whoever furnishes the database lays out."""

_B = "/b/{business_id}"

PAGES = (
    Page("sign-in", "/sign-in", None),
    Page("forgot", "/sign-in/forgot", None),
    Page("join", "/join/{token}", None, {"token": INVITATION}),
    Page("reset", "/reset/{token}", None, {"token": NEW_PASSWORD}),
    Page("home", f"{_B}/"),
    Page("more", f"{_B}/more"),
    Page("live", f"{_B}/live"),
    Page("leads", f"{_B}/leads"),
    Page("lead", f"{_B}/leads/{{lead_id}}"),
    Page("lead-delete", f"{_B}/leads/{{lead_id}}/delete", ADMIN),
    Page("calls", f"{_B}/calls"),
    Page("call", f"{_B}/calls/{{call_sid}}"),
    Page("faqs", f"{_B}/faqs"),
    Page("faq", f"{_B}/faqs/{{faq_id}}/edit", ADMIN),
    Page("faqs-new", f"{_B}/faqs/new", ADMIN),
    Page("faqs-try", f"{_B}/faqs/try"),
    Page("faqs-conflicts", f"{_B}/faqs/conflicts"),
    Page("faqs-import", f"{_B}/faqs/import", ADMIN),
    Page("faqs-learned", f"{_B}/faqs/learned"),
    Page("faqs-pronunciation", f"{_B}/faqs/pronunciation"),
    Page("prompts", f"{_B}/prompts"),
    Page("versions", f"{_B}/prompts/versions"),
    Page("version", f"{_B}/prompts/versions/{{number}}"),
    Page("phone", f"{_B}/phone"),
    Page("members", f"{_B}/settings/members", ADMIN),
    Page("invite", f"{_B}/settings/members/invite", ADMIN),
    Page("member", f"{_B}/settings/members/{{user_id}}", ADMIN),
    Page("remove-member", f"{_B}/settings/members/{{user_id}}/remove", ADMIN),
    Page("withdraw-invite", f"{_B}/settings/members/invites/{{invite_id}}/withdraw", ADMIN),
    Page("tokens", f"{_B}/settings/tokens", ADMIN),
    Page("revoke-token", f"{_B}/settings/tokens/{{token_id}}/revoke", ADMIN),
    Page("audit", f"{_B}/settings/audit", ADMIN),
    Page("people", "/system/people", OWNER),
    Page("person", "/system/people/{user_id}", OWNER),
    Page("deactivate", "/system/people/{user_id}/deactivate", OWNER),
    Page("system-audit", "/system/audit", OWNER),
    Page("ears", f"{_B}/settings/ears", ADMIN),
    Page("settings", f"{_B}/settings", ADMIN),
    Page("settings-details", f"{_B}/settings/details", ADMIN),
    Page("settings-numbers", f"{_B}/settings/numbers", ADMIN),
    Page("settings-hours", f"{_B}/settings/hours", ADMIN),
    Page("settings-greeting", f"{_B}/settings/greeting", ADMIN),
    Page("settings-transfer", f"{_B}/settings/transfer", ADMIN),
    Page("settings-words", f"{_B}/settings/words", ADMIN),
    Page("settings-recording", f"{_B}/settings/recording", ADMIN),
    Page("settings-blocked", f"{_B}/settings/blocked", ADMIN),
    Page("settings-cost", f"{_B}/settings/cost", ADMIN),
    Page("webhooks", f"{_B}/settings/webhooks", ADMIN),
    Page("connect", f"{_B}/settings/connect", ADMIN),
    Page("connect-ring", f"{_B}/settings/connect/ring", ADMIN),
    Page("businesses", "/businesses"),
    Page("businesses-new", "/businesses/new", OWNER),
    Page("system", "/system", OWNER),
    Page("system-jobs", "/system/jobs", OWNER),
    Page("account", "/account", SIGNED_IN),
)

OTHERS = {
    "/": "leads to a business",
    f"{_B}/home/now": "the part of the home page that is kept fresh",
    f"{_B}/home/charts": "the home page's charts over another range",
    f"{_B}/live/strip": "the line about running calls on top of every page",
    f"{_B}/live/{{call_sid}}/card": "one running call for the live page",
    f"{_B}/calls/{{call_sid}}/lead": "leads to the call's lead",
    f"{_B}/leads/newer": "what is new for the list",
    f"{_B}/leads/{{lead_id}}/row": "one lead as a row of the list",
    f"{_B}/leads/{{lead_id}}/parts": "the parts of a card that change",
    f"{_B}/faqs/{{faq_id}}": "one answer as a row of the list",
    f"{_B}/settings/connect/account": "the Twilio account and its numbers",
    f"{_B}/settings/connect/review": "what connecting a number changes; asks Twilio",
    f"{_B}/settings/webhooks/{{webhook_id}}": "one address; a new business has none",
    "/system/twiml": "what a caller would get, within the page of the system",
    f"{_B}/faqs/{{faq_id}}/audio": "whether one answer can be heard, in its row",
}
"""What answers GET without being a page, and what it is."""


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
    number = session.scalar(
        select(func.max(PromptVersion.number)).where(PromptVersion.business_id == business_id)
    )
    user_id = session.scalar(
        select(Membership.user_id).where(Membership.business_id == business_id).limit(1)
    )
    invite_id = session.scalar(
        select(AccountLink.id).where(
            AccountLink.business_id == business_id, AccountLink.used_at.is_(None)
        )
    )
    token_id = session.scalar(select(ApiToken.id).where(ApiToken.business_id == business_id))
    found = {
        "user_id": user_id,
        "invite_id": invite_id,
        "token_id": token_id,
        "number": number,
        "business_id": business_id,
        "lead_id": lead and lead.id,
        "call_sid": lead and lead.call_sid,
        "faq_id": faq_id,
    }
    return {name: value for name, value in found.items() if value is not None}
