"""Businesses and people in a database, for whoever visits pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts.tokens import token_hash
from server.clock import utc_now
from server.models import (
    ADMIN,
    OPERATOR,
    OWNER,
    AccountLink,
    ApiToken,
    Base,
    Business,
    BusinessFaq,
    BusinessPhoneNumber,
    BusinessWebhook,
    Membership,
    PromptVersion,
    User,
)
from server.passwords.hashing import hash_password
from server.prompt_versions import first_version
from tests.pages import INVITATION, NEW_PASSWORD
from tests.scenes import LONG_SCENE, SCENES
from tests.seeds import add_scene

PASSWORD = "correct horse battery"
LANGUAGES = ("he", "en")
LONG_NAME = "מוסך הגפן ובניו, מרכז שירות ארצי לרכב פרטי ומסחרי, פחחות, צבע ומיזוג אוויר בע״מ"


@dataclass(frozen=True)
class Ids:
    """The businesses of the world; ``bakery`` is nobody's but the owner's and its own admin's."""

    garage: int
    bakery: int
    empty: int
    long: int


def email_of(role: str, lang: str) -> str:
    """Return the address of the person of this role who reads ``lang``."""
    return f"{role}-{lang}@example.com"


def furnish(session: Session, media_dir: Path, *, lived_in: bool) -> Ids:
    """Add three more businesses, the people, and calls.

    Args:
        session: the unit of work; the demo business is there.
        media_dir: where recordings are kept.
        lived_in: whether the demo business has its own history already.
    """
    garage = session.scalars(select(Business)).one()
    bakery = _business("מאפיית השחר", "+97237654321")
    bakery.faqs = [
        BusinessFaq(intent_key="price", patterns_json=["מה המחיר"], answer_text="מאה שקלים.")
    ]
    empty = Business(name="עסק חדש")
    long = _business(LONG_NAME, "+97239876543")
    long.ai_prompt = "\n\n".join([LONG_NAME] * 40)
    long.faqs = [
        BusinessFaq(
            intent_key="a_" * 35 + "long_key",
            label=LONG_NAME,
            patterns_json=[LONG_NAME, "א" * 120, "https://example.com/" + "a" * 90],
            answer_text=" ".join([LONG_NAME] * 4),
            priority=100,
        )
    ]
    session.add_all([bakery, empty, long])
    session.flush()
    first_version(session, bakery, actor="command line")
    for scene in () if lived_in else SCENES:
        add_scene(session, garage.id, scene, media_dir=media_dir)
    add_scene(session, bakery.id, SCENES[0], media_dir=media_dir)
    add_scene(session, long.id, LONG_SCENE, media_dir=media_dir)
    hashed = hash_password(PASSWORD)
    for lang in LANGUAGES:
        for role in (OWNER, ADMIN, OPERATOR):
            user = User(
                email=email_of(role, lang),
                name={"he": "רות", "en": "Ruth"}[lang],
                lang=lang,
                password_hash=hashed,
                is_owner=role == OWNER,
            )
            session.add(user)
            session.flush()
            if role != OWNER:
                for business in (garage, empty, long):
                    _join(session, user, business, role)
    session.add_all([*_links(garage), *_versions(long, 0)])
    if not lived_in:
        session.add_all(_versions(garage, 1))  # it was made with its first
    for business in (garage, long):
        session.add_all(_connections(business))
    stranger = User(email=email_of("stranger", "he"), lang="he", password_hash=hashed)
    session.add(stranger)
    session.flush()
    _join(session, stranger, bakery, ADMIN)
    return Ids(garage.id, bakery.id, empty.id, long.id)


def _links(business: Business) -> list[AccountLink]:
    """Return an invitation and a link for a new password; looking at them uses neither up."""
    until = utc_now() + timedelta(days=1)
    told = {"created_by": "command line", "expires_at": until}
    return [
        AccountLink(
            purpose="invite",
            token_hash=token_hash(INVITATION),
            email="new@example.com",
            business_id=business.id,
            role=OPERATOR,
            **told,
        ),
        AccountLink(
            purpose="reset",
            token_hash=token_hash(NEW_PASSWORD),
            email=email_of(OPERATOR, "he"),
            user_id=select(User.id).where(User.email == email_of(OPERATOR, "he")).scalar_subquery(),
            **told,
        ),
    ]


def _connections(business: Business) -> list[Base]:
    """Return what other programs have to do with the business."""
    return [
        BusinessWebhook(
            business_id=business.id,
            url=f"https://crm.example.com/in/{business.id}",
            secret="only for tests",
            events=["lead.created", "lead.processed"],
        ),
        ApiToken(
            name=f"קופה של {business.name}"[:120],
            token_hash=token_hash(f"token of {business.id}"),
            role=ADMIN,
            business_id=business.id,
        ),
    ]


def _versions(business: Business, known: int) -> list[PromptVersion]:
    """Return what the agent's texts were, and what they are, after the versions ``known``."""
    now = utc_now()
    older = "את עוזרת קולית של המוסך. עני בקיצור.\nאין פחחות ואין צבע."
    return [
        PromptVersion(
            business_id=business.id,
            number=number,
            ai_prompt=text,
            outbound_ai_prompt=business.outbound_ai_prompt,
            greeting_text=business.greeting_text,
            actor="command line",
            created_at=now - timedelta(days=9 - number),
        )
        for number, text in enumerate((older, business.ai_prompt), start=known + 1)
    ]


def _business(name: str, number: str) -> Business:
    return Business(
        name=name,
        greeting_text=f"שלום, הגעתם אל {name}.",
        numbers=[BusinessPhoneNumber(e164=number)],
    )


def _join(session: Session, user: User, business: Business, role: str) -> None:
    session.add(Membership(user_id=user.id, business_id=business.id, role=role))
