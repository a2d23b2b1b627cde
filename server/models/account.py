"""Who may do what: users, their businesses, API tokens, and the log of changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.clock import utc_now
from server.models.base import Base

OWNER, ADMIN, OPERATOR = "owner", "admin", "operator"
ROLES = (OWNER, ADMIN, OPERATOR)
"""Owners have all businesses, admins edit one, operators read its calls and work its leads."""


class User(Base):
    """A person who signs in."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    """Lower case."""
    name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    """How the others call them; empty: the e-mail address."""
    lang: Mapped[str] = mapped_column(String(10), default="", server_default="")
    """The language of their pages, ``he`` or ``en``; empty: as the browser was told."""
    password_hash: Mapped[str] = mapped_column(Text)
    session_epoch: Mapped[int] = mapped_column(default=0, server_default="0")
    """Raised when the password changes: sessions that began under an older one are over."""
    is_owner: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Membership(Base):
    """A user's role in one business."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("user_id", "business_id", name="uq_memberships_user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    business_id: Mapped[int] = mapped_column(
        ForeignKey("business.id", ondelete="CASCADE"), index=True
    )
    role: Mapped[str] = mapped_column(String(10))


class AccountLink(Base):
    """A link that lets somebody join a business or set a new password, once."""

    __tablename__ = "account_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(10))
    """``invite`` or ``reset``."""
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 in hex, as of API tokens."""
    email: Mapped[str] = mapped_column(String(254))
    """Whom it is for."""
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    """Whose password it sets; None of an invitation."""
    business_id: Mapped[int | None] = mapped_column(
        ForeignKey("business.id", ondelete="CASCADE"), index=True
    )
    """Where an invitation leads; None of a reset, and of an owner's invitation."""
    role: Mapped[str] = mapped_column(String(10), default="")
    """The role that an invitation gives."""
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    """When it was used or withdrawn; it is worthless from then on."""


class ApiToken(Base):
    """A bearer token of the JSON API; only its hash is stored."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 in hex; the token itself is long and random, so no salt is needed."""
    role: Mapped[str] = mapped_column(String(10))
    business_id: Mapped[int | None] = mapped_column(ForeignKey("business.id", ondelete="CASCADE"))
    """None for an owner's token, which sees all businesses."""
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    revoked_at: Mapped[datetime | None]


class AuditEntry(Base):
    """One change that somebody made. Never edited, never holding secrets."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_business_id_at", "business_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[int | None]
    actor: Mapped[str] = mapped_column(String(200))
    """``token:<name>``, ``user:<id>`` or ``command line``."""
    action: Mapped[str] = mapped_column(String(80))
    """``faq.update``, ``business.create``…"""
    target: Mapped[str] = mapped_column(String(120), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
