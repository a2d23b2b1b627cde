"""Who works at the demo garage, and what they have changed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts import COMMAND_LINE, create_user
from server.db import Database
from server.models import OPERATOR, AuditEntry, Business, Membership, PromptVersion, User

OWNER_EMAIL = "owner@example.com"
OPERATOR_EMAIL = "operator@example.com"
_NAMES = {OWNER_EMAIL: "דנה גפן", OPERATOR_EMAIL: "יוסי כהן"}


@dataclass(frozen=True, slots=True)
class SignIn:
    """What somebody signs in with; the password is known only now."""

    email: str
    password: str


def seed_demo_team(database: Database) -> tuple[SignIn, SignIn]:
    """Create an owner and an operator, and return what they sign in with, the owner last.

    The operator's membership comes with the history.
    """
    made = []
    for email in (OPERATOR_EMAIL, OWNER_EMAIL):
        password = secrets.token_urlsafe(12)
        user = create_user(
            database, email, password, is_owner=email == OWNER_EMAIL, actor=COMMAND_LINE
        )
        with database.write() as session:
            session.merge(user).name = _NAMES[email]
        made.append(SignIn(email, password))
    return made[0], made[1]


def actor_of(session: Session, email: str) -> str:
    """Return how the audit log calls the user with this address, or whoever stands in."""
    user_id = session.scalar(select(User.id).where(User.email == email))
    return COMMAND_LINE if user_id is None else f"user:{user_id}"


def join(session: Session, business: Business) -> None:
    """Make the operator a member of ``business``, if there is such a user."""
    user_id = session.scalar(select(User.id).where(User.email == OPERATOR_EMAIL))
    if user_id is not None:
        session.add(Membership(user_id=user_id, business_id=business.id, role=OPERATOR))


def add_prompt_versions(session: Session, business: Business, now: datetime) -> None:
    """Add the texts that the agent of ``business`` has had, up to those of now."""
    owner = actor_of(session, OWNER_EMAIL)
    paragraphs = business.ai_prompt.split("\n\n")
    earlier = (
        ("\n\n".join(paragraphs[::2]), "שלום, הגעתם למוסך הגפן. איך אפשר לעזור?"),
        (business.ai_prompt.replace("ארבע מאות וחמישים", "ארבע מאות"), business.greeting_text),
        (business.ai_prompt, business.greeting_text),
    )
    days = (17, 9, 3)
    for number, ((prompt, greeting), back) in enumerate(zip(earlier, days, strict=True), start=1):
        at = now - timedelta(days=back, hours=3)
        session.add(
            PromptVersion(
                business_id=business.id,
                number=number,
                ai_prompt=prompt,
                outbound_ai_prompt=business.outbound_ai_prompt if number > 1 else "",
                greeting_text=greeting,
                voice=business.voice,
                actor=owner,
                created_at=at,
            )
        )
        fields = ["ai_prompt", "greeting_text"] if number == 2 else ["ai_prompt"]
        _audit(session, business, owner, "business.update", at, fields=fields)


def add_audit_entries(
    session: Session, business: Business, lead_ids: list[int], now: datetime
) -> None:
    """Add what the two have done with answers and leads lately."""
    owner, operator = actor_of(session, OWNER_EMAIL), actor_of(session, OPERATOR_EMAIL)
    changes: tuple[tuple[float, str, str, str, dict[str, object]], ...] = (
        (15.0, owner, "faq.create", "faq", {"fields": ["answer_text", "patterns_json"]}),
        (9.1, owner, "faq.update", "faq", {"fields": ["answer_text"]}),
        (2.2, owner, "faq.update", "faq", {"fields": ["patterns_json"]}),
        (1.4, operator, "lead.update", "lead", {"work_status": "done"}),
        (0.3, operator, "lead.update", "lead", {"work_status": "in_work"}),
        (0.1, operator, "lead.update", "lead", {"fields": ["notes"]}),
    )
    faq_id = min(faq.id for faq in business.faqs)
    for number, (days, actor, action, kind, detail) in enumerate(changes):
        target = f"faq:{faq_id}" if kind == "faq" else f"lead:{lead_ids[-number]}"
        at = now - timedelta(days=days)
        _audit(session, business, actor, action, at, target=target, **detail)


def _audit(
    session: Session,
    business: Business,
    actor: str,
    action: str,
    at: datetime,
    *,
    target: str = "",
    **detail: object,
) -> None:
    session.add(
        AuditEntry(
            business_id=business.id,
            actor=actor,
            action=action,
            target=target or f"business:{business.id}",
            detail=detail,
            at=at,
        )
    )
