"""API tokens: made once, kept as hashes, revoked at once."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts.audit import record_change
from server.clock import utc_now
from server.errors import InvalidInputError, NotFoundError
from server.models import OWNER, ROLES, ApiToken, Business

TOKEN_PREFIX = "maane_"  # noqa: S105 - lets scanners of leaked secrets recognise ours
MAX_TOKEN_NAME_CHARS = 120


def token_hash(token: str) -> str:
    """Return what is stored of ``token``."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def create_token(
    session: Session, name: str, role: str, business_id: int | None, *, actor: str
) -> str:
    """Store a new API token (see :func:`add_token`) and return it; it cannot be had again."""
    return add_token(session, name, role, business_id, actor=actor)[1]


def add_token(
    session: Session, name: str, role: str, business_id: int | None, *, actor: str
) -> tuple[ApiToken, str]:
    """Store a new API token; return its row, and itself, which cannot be had again.

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
    return row, token


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
