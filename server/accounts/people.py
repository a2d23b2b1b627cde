"""Users: signing in, their own account, and whether they may sign in at all."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts.audit import record_change, user_actor
from server.clock import utc_now
from server.db import Database
from server.email_address import email_address
from server.errors import ConflictError, InvalidInputError, NotFoundError
from server.models import AccountLink, User
from server.passwords.desk import PasswordDesk
from server.passwords.hashing import hash_password

LANGUAGES = ("he", "en")
INVITE, RESET = "invite", "reset"
"""The purposes of links: to join, and to set a new password."""


def normalize_email(email: str) -> str:
    """Return ``email`` as it is stored: trimmed, in lower case.

    Raises:
        InvalidInputError: it is no e-mail address.
    """
    try:
        return email_address(email)
    except ValueError as error:
        raise InvalidInputError("email", str(error), code="email") from None


def find_user(session: Session, email: str) -> User | None:
    """Return the user with this e-mail address, spelled in any way; None if there is none."""
    try:
        address = normalize_email(email)
    except InvalidInputError:
        return None
    return session.scalar(select(User).where(User.email == address))


def get_user(session: Session, user_id: int) -> User:
    """Return the user, locked until the unit of work ends.

    Raises:
        NotFoundError: there is none.
    """
    user = session.get(User, user_id, with_for_update=True)
    if user is None:
        raise NotFoundError("There is no such user.")
    return user


def create_user(
    database: Database, email: str, password: str, *, is_owner: bool, actor: str
) -> User:
    """Store a new user and return it. For commands: it hashes the password itself.

    The password is hashed before the unit of work begins: the write lock is not held for it.

    Raises:
        InvalidInputError: the e-mail address or the password is not acceptable.
        ConflictError: a user with this e-mail address exists.
    """
    address, password_hash = normalize_email(email), hash_password(password)
    with database.write() as session:
        return add_user(session, address, password_hash, is_owner=is_owner, actor=actor)


def add_user(
    session: Session,
    email: str,
    password_hash: str,
    *,
    name: str = "",
    lang: str = "",
    is_owner: bool = False,
    actor: str = "",
) -> User:
    """Add a user to the unit of work and return it, flushed.

    Args:
        email: normalized.
        actor: who makes it; empty: the user.

    Raises:
        ConflictError: a user with this e-mail address exists.
    """
    if session.scalar(select(User.id).where(User.email == email)) is not None:
        raise ConflictError(
            f"a user with the e-mail address {email} exists already", code="email_taken"
        )
    user = User(email=email, password_hash=password_hash, name=name, lang=lang, is_owner=is_owner)
    session.add(user)
    session.flush()
    record_change(session, actor or user_actor(user.id), "user.create", target=f"user:{user.id}")
    return user


def sign_in(database: Database, desk: PasswordDesk, email: str, password: str) -> User | None:
    """Return whose e-mail address and password these are.

    None, after the same time, for an unknown address, a wrong password and a user who may not
    sign in any more.

    Raises:
        UnavailableError: passwords cannot be checked now.
    """
    with database.read() as session:
        user = find_user(session, email)
    usable = user is not None and user.active
    matches = desk.matches(user.password_hash if user is not None else None, password)
    return user if usable and matches else None


def change_password(
    database: Database, desk: PasswordDesk, user_id: int, current: str, new: str
) -> User:
    """Give the user another password; all sessions that began under the old one are over.

    Raises:
        InvalidInputError: ``current`` is not the password, or ``new`` is not acceptable.
        NotFoundError: there is no such user.
        ConflictError: the password was changed at the same moment.
        UnavailableError: passwords cannot be checked now.
    """
    with database.read() as session:
        user = session.get(User, user_id)
        if user is None:
            raise NotFoundError("There is no such user.")
        old_hash = user.password_hash
    if not desk.matches(old_hash, current):
        raise InvalidInputError(
            "current", "this is not your present password", code="password_wrong"
        )
    new_hash = desk.hash(new, "new")
    with database.write() as session:
        user = get_user(session, user_id)
        if user.password_hash != old_hash:
            raise ConflictError("The password was changed at the same moment; try again.")
        set_password(session, user, new_hash)
    return user


def set_password(
    session: Session, user: User, password_hash: str, *, by_link: bool = False
) -> None:
    """Store a new password's hash, and end the user's sessions and reset links."""
    user.password_hash = password_hash
    end_sessions(session, user)
    record_change(
        session,
        user_actor(user.id),
        "user.password",
        target=f"user:{user.id}",
        detail={"by_link": True} if by_link else {},
    )


def end_sessions(session: Session, user: User) -> None:
    """End all sessions of the user, and make their reset links worthless."""
    user.session_epoch += 1
    withdraw_resets(session, user.id)


def withdraw_invites_by(session: Session, user_id: int, business_id: int | None) -> None:
    """Make the open invitations worthless that this user has made to a business, or anywhere.

    Who may not invite any more comes back by no link of their own.

    Args:
        business_id: the business; None for all of theirs, owners' among them.
    """
    links = select(AccountLink).where(
        AccountLink.created_by == f"user:{user_id}",
        AccountLink.purpose == INVITE,
        AccountLink.used_at.is_(None),
    )
    if business_id is not None:
        links = links.where(AccountLink.business_id == business_id)
    for link in session.scalars(links):
        link.used_at = utc_now()


def withdraw_resets(session: Session, user_id: int) -> None:
    """Make the user's reset links worthless.

    Also when they rise: whoever got a link while they had less would have more by it.
    """
    links = select(AccountLink).where(
        AccountLink.user_id == user_id, AccountLink.purpose == RESET, AccountLink.used_at.is_(None)
    )
    for link in session.scalars(links):
        link.used_at = utc_now()


def change_account(
    session: Session, user_id: int, *, name: str | None = None, lang: str | None = None
) -> User:
    """Change a user's own name or language; None leaves it.

    Raises:
        NotFoundError: there is no such user.
    """
    user = get_user(session, user_id)
    wanted = {"name": name, "lang": lang}
    changed = [f for f, v in wanted.items() if v is not None and v != getattr(user, f)]
    for field in changed:
        setattr(user, field, wanted[field])
    if changed:
        record_change(
            session,
            user_actor(user.id),
            "user.update",
            target=f"user:{user.id}",
            detail={"fields": changed},
        )
    return user


def set_language(database: Database, user_id: int, lang: str) -> None:
    """Have the user's pages speak ``lang``, on every machine."""
    with database.write() as session:
        user = session.get(User, user_id)
        if user is not None:
            user.lang = lang


def set_active(session: Session, user_id: int, active: bool, *, actor: str) -> User:
    """Let the user sign in, or no more: sessions end at once. The role stays as it is.

    Raises:
        NotFoundError: there is no such user.
        ConflictError: it is the last owner.
    """
    check_owner_left(session, without=None if active else user_id)
    user = get_user(session, user_id)
    if user.active != active:
        user.active = active
        end_sessions(session, user)
        action = "user.activate" if active else "user.deactivate"
        record_change(session, actor, action, target=f"user:{user.id}")
    return user


def check_owner_left(session: Session, *, without: int | None) -> None:
    """Do nothing when there is an owner who can sign in besides the user ``without``.

    The owners' rows stay locked until the unit of work ends: of two owners who remove each other
    one is told.

    Raises:
        ConflictError: there is none.
    """
    if without is None:
        return
    owners = session.scalars(
        select(User)
        .where(User.is_owner.is_(True), User.active.is_(True))
        .order_by(User.id)
        .with_for_update()
    ).all()
    if [user.id for user in owners] == [without]:
        raise ConflictError(
            "This is the last owner: make somebody else an owner first.", code="last_owner"
        )
