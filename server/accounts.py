"""Accounts: passwords, users, API tokens, and the log of who changed what."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.clock import utc_now
from server.db import Database
from server.errors import ConflictError, InvalidInputError, NotFoundError
from server.models import OWNER, ROLES, ApiToken, AuditEntry, Business, User

COMMAND_LINE = "command line"
"""The actor of changes made by a command."""

MIN_PASSWORD_CHARS, MAX_PASSWORD_CHARS = 10, 1024
TOKEN_PREFIX = "maane_"  # noqa: S105 - lets scanners of leaked secrets recognise ours
MAX_TOKEN_NAME_CHARS = 120

_MAX_EMAIL_CHARS = 254
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_hasher = PasswordHasher()  # argon2id with the parameters that RFC 9106 recommends


def normalize_email(email: str) -> str:
    """Return ``email`` as it is stored: trimmed, in lower case.

    Raises:
        InvalidInputError: it is no e-mail address.
    """
    cleaned = email.strip().lower()
    if (
        len(cleaned) > _MAX_EMAIL_CHARS
        or not cleaned.isprintable()
        or not _EMAIL.fullmatch(cleaned)
    ):
        raise InvalidInputError("email", "this is not an e-mail address")
    return cleaned


def hash_password(password: str) -> str:
    """Return the argon2id hash of ``password``; takes tens of milliseconds on purpose.

    Raises:
        InvalidInputError: it is too short or too long.
    """
    if len(password) < MIN_PASSWORD_CHARS:
        raise InvalidInputError(
            "password", f"the password must have at least {MIN_PASSWORD_CHARS} characters"
        )
    if len(password) > MAX_PASSWORD_CHARS:
        raise InvalidInputError(
            "password", f"the password must have at most {MAX_PASSWORD_CHARS} characters"
        )
    return _hasher.hash(password)


def password_matches(password_hash: str, password: str) -> bool:
    """Tell whether ``password`` is the one that ``password_hash`` was made of."""
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def create_user(
    database: Database, email: str, password: str, *, is_owner: bool, actor: str
) -> User:
    """Store a new user and return it.

    The password is hashed before the unit of work begins: the write lock is not held for it.

    Raises:
        InvalidInputError: the e-mail address or the password is not acceptable.
        ConflictError: a user with this e-mail address exists.
    """
    user = User(
        email=normalize_email(email), password_hash=hash_password(password), is_owner=is_owner
    )
    with database.write() as session:
        if session.scalar(select(User.id).where(User.email == user.email)) is not None:
            raise ConflictError(f"a user with the e-mail address {user.email} exists already")
        session.add(user)
        session.flush()
        record_change(session, actor, "user.create", target=f"user:{user.id}")
    return user


def set_language(database: Database, user_id: int, lang: str) -> None:
    """Have the user's pages speak ``lang``, on every machine."""
    with database.write() as session:
        user = session.get(User, user_id)
        if user is not None:
            user.lang = lang


def token_hash(token: str) -> str:
    """Return what is stored of ``token``."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def create_token(
    session: Session, name: str, role: str, business_id: int | None, *, actor: str
) -> str:
    """Store a new API token and return it; it cannot be had again.

    Args:
        session: the unit of work.
        name: what people call it; also the actor of the changes made with it.
        role: ``owner``, ``admin`` or ``operator``.
        business_id: the one business of an admin's or operator's token; None for an owner's.
        actor: who makes it.

    Raises:
        InvalidInputError: name, role and business do not make a token.
        NotFoundError: there is no such business.
    """
    name = name.strip()
    if not name or len(name) > MAX_TOKEN_NAME_CHARS or not name.isprintable():
        raise InvalidInputError(
            "name", f"the name must have 1 to {MAX_TOKEN_NAME_CHARS} printable characters"
        )
    if role not in ROLES:
        raise InvalidInputError("role", f"the role must be one of {', '.join(ROLES)}")
    if role == OWNER and business_id is not None:
        raise InvalidInputError(
            "business", "an owner's token is for all businesses; for one, make an admin's"
        )
    if role != OWNER and business_id is None:
        raise InvalidInputError("business", f"a token with the role {role} needs a business")
    if business_id is not None and session.get(Business, business_id) is None:
        raise NotFoundError(f"there is no business {business_id}")
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(name=name, token_hash=token_hash(token), role=role, business_id=business_id)
    session.add(row)
    session.flush()
    record_change(
        session,
        actor,
        "token.create",
        business_id=business_id,
        target=f"token:{row.id}",
        detail={"name": name, "role": role},
    )
    return token


def find_token(session: Session, token: str) -> ApiToken | None:
    """Return the row of ``token``, or None when it is unknown or revoked."""
    return session.scalar(
        select(ApiToken).where(
            ApiToken.token_hash == token_hash(token), ApiToken.revoked_at.is_(None)
        )
    )


def revoke_token(session: Session, token_id: int, *, actor: str) -> ApiToken:
    """Make the token worthless from the next request on, and return its row.

    Revoking twice changes nothing.

    Raises:
        NotFoundError: there is no such token.
    """
    row = session.get(ApiToken, token_id)
    if row is None:
        raise NotFoundError(f"there is no token {token_id}")
    if row.revoked_at is None:
        row.revoked_at = utc_now()
        record_change(
            session,
            actor,
            "token.revoke",
            business_id=row.business_id,
            target=f"token:{row.id}",
            detail={"name": row.name},
        )
    return row


def record_change(
    session: Session,
    actor: str,
    action: str,
    *,
    business_id: int | None = None,
    target: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Add an entry to the audit log, in the unit of work of the change itself.

    Args:
        session: the unit of work of the change.
        actor: ``token:<name>``, ``user:<id>`` or ``command line``.
        action: ``faq.update``, ``business.create``…
        business_id: whose log it belongs to; None for changes of the whole server.
        target: ``faq:12``.
        detail: which fields changed and the like; no secrets and no personal data.
    """
    session.add(
        AuditEntry(
            business_id=business_id, actor=actor, action=action, target=target, detail=detail or {}
        )
    )
