"""Links that let somebody join, or set a new password: random, short-lived, good for one use.

Only the hash of a link's token is stored, as of API tokens. A link that was used or withdrawn has
``used_at`` set; two who use it at the same moment are told apart by the database.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, or_, select, update
from sqlalchemy.orm import Session

from server.accounts.audit import record_change
from server.accounts.members import check_may_give, give_role, is_member
from server.accounts.people import (
    INVITE,
    RESET,
    add_user,
    find_user,
    normalize_email,
    set_password,
    withdraw_resets,
)
from server.accounts.tokens import token_hash
from server.clock import utc_now
from server.errors import ConflictError, ForbiddenError, NotFoundError
from server.models import OWNER, AccountLink, Business, User

LIFETIMES = {INVITE: timedelta(days=7), RESET: timedelta(hours=2)}
KEPT = timedelta(days=30)
"""For how long a link that is worthless is kept: the audit log names invitations by it."""


class LinkGoneError(NotFoundError):
    """The link was used, withdrawn, is too old, or never was."""

    code = "link_gone"


def invite(
    session: Session,
    email: str,
    role: str,
    business_id: int | None,
    *,
    actor: str,
    by_owner: bool,
) -> tuple[AccountLink, str]:
    """Make an invitation; return its row, flushed, and its token, which cannot be had again.

    An earlier one of the same person to the same place is withdrawn.

    Args:
        session: the unit of work.
        email: whom it is for.
        role: what it gives.
        business_id: where it leads; None for an owner's.
        actor: who makes it.
        by_owner: whether that is an owner.

    Raises:
        InvalidInputError: the e-mail address, or the role with the business, makes no sense.
        ForbiddenError: only owners make owners.
        NotFoundError: there is no such business.
        ConflictError: this person is there already.
    """
    address = normalize_email(email)
    check_may_give(role, business_id, by_owner=by_owner)
    if business_id is not None and session.get(Business, business_id) is None:
        raise NotFoundError("there is no such business")
    user = find_user(session, address)
    if user is not None and is_member(session, user, role, business_id):
        raise ConflictError(f"{address} is a member already.", code="already_member")
    withdraw_invites(session, address, business_id)
    link, token = _new(session, INVITE, address, actor)
    link.business_id, link.role = business_id, role
    session.flush()
    record_change(
        session,
        actor,
        "invite.create",
        business_id=business_id,
        target=f"invite:{link.id}",
        detail={"role": role},
    )
    return link, token


def open_invites(session: Session, business_id: int | None) -> list[AccountLink]:
    """Return the invitations to this place that nobody has used, newest first."""
    return list(
        session.scalars(
            select(AccountLink)
            .where(
                AccountLink.purpose == INVITE,
                AccountLink.used_at.is_(None),
                _of_place(business_id),
            )
            .order_by(AccountLink.id.desc())
        )
    )


def get_invite(session: Session, link_id: int, business_id: int | None) -> AccountLink:
    """Return an invitation to this place that nobody has used.

    Raises:
        NotFoundError: there is none with this id.
    """
    link = session.get(AccountLink, link_id, with_for_update=True)
    fits = link is not None and link.purpose == INVITE and link.business_id == business_id
    if link is None or not fits or link.used_at is not None:
        raise NotFoundError("There is no such invitation.")
    return link


def withdraw(session: Session, link: AccountLink, *, actor: str) -> None:
    """Make an invitation worthless."""
    link.used_at = utc_now()
    record_change(
        session,
        actor,
        "invite.withdraw",
        business_id=link.business_id,
        target=f"invite:{link.id}",
    )


def withdraw_invites(session: Session, email: str, business_id: int | None) -> None:
    """Make all invitations of this person to this place worthless, without a word."""
    for link in open_invites(session, business_id):
        if link.email == email:
            link.used_at = utc_now()


def renew(session: Session, link: AccountLink) -> str:
    """Give an unused link a new token and all of its time again; the old token is worthless."""
    token = _new_token()
    link.token_hash = token_hash(token)
    link.expires_at = utc_now() + LIFETIMES[link.purpose]
    session.flush()
    return token


def new_reset(session: Session, user: User, *, actor: str) -> tuple[AccountLink, str]:
    """Make a link that sets the user's password; their earlier ones are withdrawn.

    Raises:
        ConflictError: the user may not sign in at all.
    """
    if not user.active:
        raise ConflictError("This user may not sign in; activate them first.", code="inactive")
    withdraw_resets(session, user.id)
    link, token = _new(session, RESET, user.email, actor)
    link.user_id = user.id
    session.flush()
    record_change(session, actor, "user.reset_link", target=f"user:{user.id}")
    return link, token


def find_link(session: Session, token: str, purpose: str) -> AccountLink:
    """Return the link of this token, which can be used.

    Raises:
        LinkGoneError: there is none, or it cannot be used any more.
    """
    link = session.scalar(
        select(AccountLink).where(
            AccountLink.token_hash == token_hash(token), AccountLink.purpose == purpose
        )
    )
    if link is None or link.used_at is not None or link.expires_at <= utc_now():
        raise _gone()
    if link.user_id is not None and not session.get_one(User, link.user_id).active:
        raise _gone()
    return link


def reset_password(session: Session, token: str, password_hash: str) -> User:
    """Use a reset link: the password is set, and all sessions of the user are over.

    Raises:
        LinkGoneError: it cannot be used (any more).
    """
    link = find_link(session, token, RESET)
    _use(session, link)
    user = session.get_one(User, link.user_id)
    set_password(session, user, password_hash, by_link=True)
    return user


def join_as_new(
    session: Session, token: str, *, name: str, lang: str, password_hash: str
) -> tuple[User, AccountLink]:
    """Use an invitation: its e-mail address becomes a user with this password.

    Raises:
        LinkGoneError: it cannot be used (any more).
        ConflictError: the address has an account; its owner signs in, then :func:`join`.
    """
    link = find_link(session, token, INVITE)
    _use(session, link)
    user = add_user(session, link.email, password_hash, name=name, lang=lang)
    give_role(session, user, link.role, link.business_id)
    _record_join(session, user, link)
    return user, link


def join(session: Session, token: str, user: User) -> AccountLink:
    """Use an invitation as somebody who has an account and is signed in.

    Raises:
        LinkGoneError: it cannot be used (any more).
        ForbiddenError: it is for somebody else.
    """
    link = find_link(session, token, INVITE)
    if link.email != user.email:
        raise ForbiddenError("This invitation is for somebody else.", code="other_person")
    _use(session, link)
    give_role(session, session.get_one(User, user.id), link.role, link.business_id)
    _record_join(session, user, link)
    return link


def purge_links(session: Session) -> None:
    """Forget links that have long been worthless."""
    before = utc_now() - KEPT
    session.execute(
        delete(AccountLink).where(
            or_(AccountLink.used_at < before, AccountLink.expires_at < before)
        )
    )


def _new_token() -> str:
    return secrets.token_urlsafe(32)


def _new(session: Session, purpose: str, email: str, actor: str) -> tuple[AccountLink, str]:
    token = _new_token()
    link = AccountLink(
        purpose=purpose,
        token_hash=token_hash(token),
        email=email,
        created_by=actor,
        expires_at=utc_now() + LIFETIMES[purpose],
    )
    session.add(link)
    return link, token


def _use(session: Session, link: AccountLink) -> None:
    """Mark the link as used.

    Raises:
        LinkGoneError: somebody else did so at the same moment.
    """
    used = session.execute(
        update(AccountLink)
        .where(AccountLink.id == link.id, AccountLink.used_at.is_(None))
        .values(used_at=utc_now())
        .execution_options(synchronize_session=False)
    )
    if cast("CursorResult[Any]", used).rowcount != 1:
        raise _gone()


def _record_join(session: Session, user: User, link: AccountLink) -> None:
    record_change(
        session,
        f"user:{user.id}",
        "member.join",
        business_id=link.business_id,
        target=f"user:{user.id}",
        detail={"role": link.role},
    )


def _of_place(business_id: int | None) -> Any:
    if business_id is None:
        return AccountLink.role == OWNER
    return AccountLink.business_id == business_id


def _gone() -> LinkGoneError:
    return LinkGoneError("This link does not work any more. Ask for a new one.")
