"""Every page there is: the sweeps, the screenshots and the measurements go through this list.

A new page has to be added here (``tests/web/pages/test_every_page.py`` compares the list with the
application's routes), and is then looked at by all of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from server.api.access import SIGNED_IN
from server.models import (
    ADMIN,
    OPERATOR,
    OWNER,
    AccountLink,
    ApiToken,
    BusinessFaq,
    BusinessWebhook,
    JobRow,
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

    def is_there(self, things: Things) -> bool:
        """Whether all that it is about exists: a new business has no leads yet."""
        return set(re.findall(r"{(\w+)}", self.path)) <= {*things, *self.also}


PROPER_NAMES = (
    *("Maane", "Twilio", "OpenAI", "Google", "Chrome", "Firefox", "Safari", "JavaScript"),
    *("CSV", "API", "CRM", "https", "localhost", "Silero", "Whisper"),
    # Words of who installs the server, which they will look for.
    *("SIP", "trunk", "SID", "auth", "token", "TwiML", "Bin", "UTF"),
    *("WebSocket", "proxy", "port", "certificate"),
    "ms",  # beside a bar, where "thousandths of a second" has no room
)
"""Latin words that a Hebrew page may hold: they have no other name."""

INVITATION, NEW_PASSWORD = "an-invitation", "a-new-password"
"""The secrets of links that whoever furnishes the database lays out."""

_B = "/b/{business_id}"
_SETTINGS = f"{_B}/settings"

PAGES = (
    Page("sign-in", "/sign-in", None),
    Page("forgot", "/sign-in/forgot", None),
    Page("join", "/join/{token}", None, {"token": INVITATION}),
    Page("reset", "/reset/{token}", None, {"token": NEW_PASSWORD}),
    Page("home", f"{_B}/"),
    Page("home-figures", f"{_B}/home/figures"),
    Page("home-jobs", f"{_B}/home/jobs", ADMIN),
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
    Page("settings", f"{_SETTINGS}", ADMIN),
    *(
        Page(f"settings-{key}", f"{_SETTINGS}/{key}", ADMIN)
        for key in (
            *("details", "numbers", "hours", "greeting", "transfer", "alerts", "words"),
            *("recording", "blocked", "cost"),
        )
    ),
    Page("ears", f"{_SETTINGS}/ears", ADMIN),
    Page("webhooks", f"{_SETTINGS}/webhooks", ADMIN),
    Page("webhook", f"{_SETTINGS}/webhooks/{{webhook_id}}", ADMIN),
    Page("connect", f"{_SETTINGS}/connect", ADMIN),
    Page("connect-account", f"{_SETTINGS}/connect/account", OWNER),
    Page("connect-ring", f"{_SETTINGS}/connect/ring", ADMIN),
    Page("members", f"{_SETTINGS}/members", ADMIN),
    Page("members-invite", f"{_SETTINGS}/members/invite", ADMIN),
    Page("members-withdraw", f"{_SETTINGS}/members/invites/{{invite_id}}/withdraw", ADMIN),
    Page("member", f"{_SETTINGS}/members/{{user_id}}", ADMIN),
    Page("member-remove", f"{_SETTINGS}/members/{{user_id}}/remove", ADMIN),
    Page("tokens", f"{_SETTINGS}/tokens", ADMIN),
    Page("token-revoke", f"{_SETTINGS}/tokens/{{token_id}}/revoke", ADMIN),
    Page("audit", f"{_SETTINGS}/audit", ADMIN),
    Page("businesses", "/businesses"),
    Page("business-new", "/businesses/new", OWNER),
    Page("system", "/system", OWNER),
    Page("system-twiml", "/system/twiml", OWNER),
    Page("system-jobs", "/system/jobs", OWNER),
    Page("system-audit", "/system/audit", OWNER),
    Page("people", "/system/people", OWNER),
    Page("person", "/system/people/{user_id}", OWNER),
    Page("person-deactivate", "/system/people/{user_id}/deactivate", OWNER),
    Page("account", "/account", SIGNED_IN),
)

OTHERS = {
    "/": "leads to a business",
    f"{_B}/home/now": "the part of the home page that is kept fresh",
    f"{_B}/home/charts": "the home page's charts over another range",
    f"{_SETTINGS}/connect/review": "what connecting a number would change; needs an account",
    f"{_B}/live/strip": "the running calls and new leads that every page keeps fresh",
    f"{_B}/live/{{call_sid}}/end": "asks before a running call is ended",
    f"{_B}/live/{{call_sid}}/card": "one running call for the live page",
    f"{_B}/calls/{{call_sid}}/lead": "leads to the call's lead",
    f"{_B}/leads/newer": "what is new for the list",
    f"{_B}/leads/{{lead_id}}/row": "one lead as a row of the list",
    f"{_B}/leads/{{lead_id}}/parts": "the parts of a card that change",
    f"{_B}/prompts/greeting": "whether a greeting can be heard, beside its field",
    f"{_B}/faqs/pronunciation/remove": "asks before a word is removed; leads back without one",
    f"{_B}/faqs/{{faq_id}}": "one answer as a row of the list",
    f"{_B}/faqs/{{faq_id}}/audio": "whether one answer can be heard, in its row",
}
"""What answers GET without being a page, and what it is."""


def things_of(session: Session, business_id: int) -> dict[str, object]:
    """Return one of everything of this business, by the name that it has in paths."""

    def newest(column: Any, owner: Any, *wanted: ColumnElement[bool]) -> object:
        """Return the column's value in the last of the business's rows."""
        rows = select(column).where(owner == business_id, *wanted)
        return session.scalar(rows.order_by(column.desc()).limit(1))

    lead = session.execute(
        select(Lead.id, Lead.call_sid)
        .where(Lead.business_id == business_id, Lead.headline != "")
        .order_by(Lead.created_at.desc())
        .limit(1)
    ).one_or_none()
    invited = AccountLink.used_at.is_(None)
    found = {
        "business_id": business_id,
        "lead_id": lead and lead.id,
        "call_sid": lead and lead.call_sid,
        "faq_id": newest(BusinessFaq.id, BusinessFaq.business_id),
        "number": newest(PromptVersion.number, PromptVersion.business_id),
        "webhook_id": newest(BusinessWebhook.id, BusinessWebhook.business_id),
        "user_id": newest(Membership.user_id, Membership.business_id),
        "invite_id": newest(AccountLink.id, AccountLink.business_id, invited),
        "token_id": newest(ApiToken.id, ApiToken.business_id, ApiToken.revoked_at.is_(None)),
        "job_id": newest(JobRow.id, JobRow.business_id),
    }
    return {name: value for name, value in found.items() if value is not None}
