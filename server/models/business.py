"""A business, the numbers that ring at it, and its prepared answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.clock import utc_now
from server.models.base import Base


class Business(Base):
    """Everything belongs to a business."""

    __tablename__ = "business"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    lang: Mapped[str] = mapped_column(String(10), default="he-IL")
    timezone: Mapped[str] = mapped_column(String(64), default="Asia/Jerusalem")
    ai_prompt: Mapped[str] = mapped_column(Text, default="")
    outbound_ai_prompt: Mapped[str] = mapped_column(Text, default="")
    greeting_text: Mapped[str] = mapped_column(Text, default="")
    phrase_hints: Mapped[list[str]] = mapped_column(default=list)
    voice: Mapped[str] = mapped_column(String(64), default="")
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)

    numbers: Mapped[list[BusinessPhoneNumber]] = relationship(
        back_populates="business", cascade="all, delete-orphan", order_by="BusinessPhoneNumber.id"
    )
    faqs: Mapped[list[BusinessFaq]] = relationship(
        back_populates="business", cascade="all, delete-orphan"
    )


class BusinessPhoneNumber(Base):
    """A number that callers dial; it selects the business of an inbound call."""

    __tablename__ = "business_phone_numbers"

    id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[int] = mapped_column(
        ForeignKey("business.id", ondelete="CASCADE"), index=True
    )
    e164: Mapped[str] = mapped_column(String(20), unique=True)

    business: Mapped[Business] = relationship(back_populates="numbers")


class PromptVersion(Base):
    """The texts that made the agent of a business, as they were saved at one time. Never edited."""

    __tablename__ = "prompt_versions"
    __table_args__ = (
        UniqueConstraint("business_id", "number", name="uq_prompt_versions_business_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[int] = mapped_column(ForeignKey("business.id", ondelete="CASCADE"))
    number: Mapped[int]
    """1, 2, 3… within the business."""
    ai_prompt: Mapped[str] = mapped_column(Text, default="")
    outbound_ai_prompt: Mapped[str] = mapped_column(Text, default="")
    greeting_text: Mapped[str] = mapped_column(Text, default="")
    voice: Mapped[str] = mapped_column(String(64), default="")
    actor: Mapped[str] = mapped_column(String(200))
    """As in the audit log."""
    restored_from: Mapped[int | None]
    """The number of the older version that this one brought back."""
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class BusinessFaq(Base):
    """A common question: how callers say it, and what is answered."""

    __tablename__ = "business_faqs"
    __table_args__ = (Index("ix_business_faqs_business_id_active", "business_id", "active"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[int] = mapped_column(ForeignKey("business.id", ondelete="CASCADE"))
    intent_key: Mapped[str] = mapped_column(String(80))
    label: Mapped[str] = mapped_column(String(120), default="")
    patterns_json: Mapped[list[str]] = mapped_column(default=list)
    answer_text: Mapped[str] = mapped_column(Text)
    channels: Mapped[str] = mapped_column(String(10), default="voice")
    lang: Mapped[str] = mapped_column(String(10), default="he-IL")
    priority: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)

    business: Mapped[Business] = relationship(back_populates="faqs")


class FaqDismissal(Base):
    """A question of callers that the owner has decided on: it is not offered as a draft again."""

    __tablename__ = "faq_dismissals"
    __table_args__ = (
        UniqueConstraint("business_id", "lang", "question", name="uq_faq_dismissals_business_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[int] = mapped_column(ForeignKey("business.id", ondelete="CASCADE"))
    lang: Mapped[str] = mapped_column(String(10))
    question: Mapped[str] = mapped_column(String(200))
    """One of its wordings; the others are known by what they mean."""
    faq_id: Mapped[int | None] = mapped_column(
        ForeignKey("business_faqs.id", ondelete="CASCADE"), index=True
    )
    """The prepared answer that was made of it, and without which it is open again."""
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class BusinessWebhook(Base):
    """An address of the business's own that is told of its leads."""

    __tablename__ = "business_webhooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[int] = mapped_column(
        ForeignKey("business.id", ondelete="CASCADE"), index=True
    )
    url: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(String(100))
    """Signs what is sent; it has to be known as it is, so it is no hash."""
    events: Mapped[list[str]] = mapped_column(default=list)
    """``lead.created``, ``call.completed``, ``lead.processed``…"""
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
