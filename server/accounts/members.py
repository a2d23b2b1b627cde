"""Who belongs to a business, and with which role. Owners belong to all."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts.audit import record_change
from server.accounts.people import (
    check_owner_left,
    get_user,
    withdraw_invites_by,
    withdraw_resets,
)
from server.errors import ForbiddenError, InvalidInputError, NotFoundError
from server.models import ADMIN, OPERATOR, OWNER, ROLES, Membership, User

_RANK = {OPERATOR: 0, ADMIN: 1}


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a business."""

    user: User
    role: str


def members_of(session: Session, business_id: int) -> list[Member]:
    """Return the owners, then the members of a business, by role and name."""
    owners = session.scalars(select(User).where(User.is_owner.is_(True)))
    joined = session.execute(
        select(User, Membership.role)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.business_id == business_id, User.is_owner.is_(False))
    )
    found = [Member(user, OWNER) for user in owners]
    found += [Member(user, role) for user, role in joined]
    return sorted(found, key=lambda m: (ROLES.index(m.role), (m.user.name or m.user.email).lower()))


def get_member(session: Session, business_id: int, user_id: int) -> Member:
    """Return somebody of a business, locked until the unit of work ends.

    Raises:
        NotFoundError: they do not belong to it.
    """
    user = session.get(User, user_id, with_for_update=True)
    if user is not None and user.is_owner:
        return Member(user, OWNER)
    row = _membership(session, user_id, business_id)
    if user is None or row is None:
        raise NotFoundError("There is no such member.")
    return Member(user, row.role)


def role_in(session: Session, user: User, business_id: int) -> str | None:
    """Return the user's role in a business; None where they have none."""
    if user.is_owner:
        return OWNER
    row = _membership(session, user.id, business_id)
    return None if row is None else row.role


def check_may_give(role: str, business_id: int | None, *, by_owner: bool) -> None:
    """Do nothing when somebody may give this role in this place.

    Raises:
        InvalidInputError: the role and the business do not fit.
        ForbiddenError: only owners make owners.
    """
    if role not in ROLES:
        raise InvalidInputError("role", f"the role must be one of {', '.join(ROLES)}")
    if role == OWNER and not by_owner:
        raise ForbiddenError("Only an owner makes owners.", code="owners_only")
    if role == OWNER and business_id is not None:
        raise InvalidInputError("role", "an owner is invited to all businesses, not to one")
    if role != OWNER and business_id is None:
        raise InvalidInputError("role", f"the role {role} needs a business")


def is_member(session: Session, user: User, role: str, business_id: int | None) -> bool:
    """Tell whether the user has a role in this place already: any in a business, or ``OWNER``."""
    if user.is_owner:
        return True
    if role == OWNER or business_id is None:
        return False
    return _membership(session, user.id, business_id) is not None


def give_role(session: Session, user: User, role: str, business_id: int | None) -> None:
    """Make the user an owner, or a member of the business; nobody loses rank by it."""
    withdraw_resets(session, user.id)
    if role == OWNER:
        user.is_owner = True
        return
    if business_id is None:
        raise ValueError("a member belongs to a business")
    row = _membership(session, user.id, business_id)
    if row is None:
        session.add(Membership(user_id=user.id, business_id=business_id, role=role))
    elif _RANK[role] > _RANK[row.role]:
        row.role = role
    session.flush()


def change_role(
    session: Session, business_id: int, user_id: int, role: str, *, actor: str, by_owner: bool
) -> Member:
    """Give somebody of a business another role; ``OWNER`` makes them an owner of everything.

    Raises:
        InvalidInputError: there is no such role.
        NotFoundError: they do not belong to the business.
        ForbiddenError: only an owner makes owners, and unmakes them.
        ConflictError: it is the last owner.
    """
    if role not in ROLES:
        raise InvalidInputError("role", f"the role must be one of {', '.join(ROLES)}")
    if not by_owner and (role == OWNER or _is_owner(session, user_id)):
        raise ForbiddenError("Only an owner makes owners, and unmakes them.", code="owners_only")
    check_owner_left(session, without=None if role == OWNER else user_id)
    member = get_member(session, business_id, user_id)
    if member.role == role:
        return member
    user = member.user
    withdraw_resets(session, user_id)
    if role == OPERATOR or member.role == OWNER:
        withdraw_invites_by(session, user_id, None if member.role == OWNER else business_id)
    user.is_owner = role == OWNER
    if role != OWNER:
        row = _membership(session, user_id, business_id)
        if row is None:
            session.add(Membership(user_id=user_id, business_id=business_id, role=role))
        else:
            row.role = role
    record_change(
        session,
        actor,
        "member.role",
        business_id=None if OWNER in (role, member.role) else business_id,
        target=f"user:{user_id}",
        detail={"from": member.role, "to": role},
    )
    session.flush()
    return Member(user, role)


def remove_member(
    session: Session, business_id: int, user_id: int, *, actor: str, by_owner: bool
) -> User:
    """Take somebody out of a business. Their account stays, for their other businesses.

    An owner who is removed is no owner any more, and out of this business.

    Raises:
        NotFoundError: they do not belong to the business.
        ForbiddenError: only an owner removes owners.
        ConflictError: it is the last owner.
    """
    if not by_owner and _is_owner(session, user_id):
        raise ForbiddenError("Only an owner removes owners.", code="owners_only")
    check_owner_left(session, without=user_id)
    member = get_member(session, business_id, user_id)
    withdraw_invites_by(session, user_id, None if member.role == OWNER else business_id)
    member.user.is_owner = False
    row = _membership(session, user_id, business_id)
    if row is not None:
        session.delete(row)
    record_change(
        session,
        actor,
        "member.remove",
        business_id=None if member.role == OWNER else business_id,
        target=f"user:{user_id}",
        detail={"role": member.role},
    )
    session.flush()
    return member.user


def belongs_only_to(session: Session, user: User, business_id: int) -> bool:
    """Tell whether this business is all that the user can see.

    Whoever holds a link that sets a password can sign in as its user. An admin may get such a link
    only of somebody whose rights are all the admin's own.
    """
    elsewhere = session.scalar(
        select(Membership.id)
        .where(Membership.user_id == user.id, Membership.business_id != business_id)
        .limit(1)
    )
    return not user.is_owner and elsewhere is None


def businesses_of(session: Session, user_id: int) -> dict[int, str]:
    """Return the user's roles by business."""
    rows = session.execute(
        select(Membership.business_id, Membership.role).where(Membership.user_id == user_id)
    )
    return {row.business_id: row.role for row in rows}


def set_owner(session: Session, user_id: int, is_owner: bool, *, actor: str) -> User:
    """Make the user an owner, or an owner no more; what they are in businesses stays.

    Raises:
        NotFoundError: there is no such user.
        ConflictError: it is the last owner.
    """
    check_owner_left(session, without=None if is_owner else user_id)
    user = get_user(session, user_id)
    if user.is_owner != is_owner:
        withdraw_resets(session, user_id)
        user.is_owner = is_owner
        roles = ("member", OWNER) if is_owner else (OWNER, "member")
        detail = {"from": roles[0], "to": roles[1]}
        record_change(session, actor, "member.role", target=f"user:{user_id}", detail=detail)
    return user


def _is_owner(session: Session, user_id: int) -> bool:
    return bool(session.scalar(select(User.is_owner).where(User.id == user_id)))


def _membership(session: Session, user_id: int, business_id: int) -> Membership | None:
    return session.scalar(
        select(Membership).where(
            Membership.user_id == user_id, Membership.business_id == business_id
        )
    )
