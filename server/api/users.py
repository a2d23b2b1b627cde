"""All users of the server: for owners, who say who may sign in and who else is an owner."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts import links, people
from server.accounts.members import set_owner
from server.api.access import caller, missing, needs
from server.api.fields import ABSENT, PartialInput
from server.api.members import NewResetLink, ResetLinkView, hand_over_reset
from server.api.paging import Page, PageQuery, cut_page, decode_cursor
from server.api.resource import answer, new_resource, writing
from server.models import OWNER, Membership, User
from server.wiring import services

blueprint = new_resource("users", "All users of the server (owners only).")

USERS = "/users"
USER = f"{USERS}/<int(max=2147483647):user_id>"


class UserPath(BaseModel):
    """Which user."""

    user_id: int = Field(description="Id of the user.")


class UserChange(PartialInput):
    """What to change; absent fields stay."""

    active: Annotated[
        bool, Field(strict=True, description="Whether they may sign in; false ends their sessions.")
    ] = ABSENT
    is_owner: Annotated[
        bool, Field(strict=True, description="Whether all businesses are theirs.")
    ] = ABSENT


class MembershipView(BaseModel):
    """A role in a business."""

    business_id: int
    role: str


class UserView(BaseModel):
    """A user."""

    id: int
    email: str
    name: str
    is_owner: bool
    active: bool
    memberships: list[MembershipView]


class UserPage(Page):
    """A page of users."""

    items: list[UserView]


@blueprint.get(USERS, responses={200: UserPage})
@needs(OWNER)
def list_users(query: PageQuery) -> Response:
    """List all users, by e-mail address (owners only)."""
    return answer(all_users(query))


@blueprint.patch(USER, responses=writing(UserView))
@needs(OWNER)
def change_user(path: UserPath, body: UserChange) -> Response:
    """Say whether a user may sign in, and whether they are an owner (owners only)."""
    return answer(change(path.user_id, body))


@blueprint.post(f"{USER}/reset-link", responses=writing(ResetLinkView, 201))
@needs(OWNER)
def create_user_reset_link(path: UserPath, body: NewResetLink) -> Response:
    """Make a link with which a user sets a new password (owners only)."""
    return answer(make_reset_link(path.user_id), 201)


def all_users(query: PageQuery) -> UserPage:
    """Return a page of all users."""
    wanted = select(User).order_by(User.email)
    if query.cursor is not None:
        (email,) = decode_cursor(query.cursor, str)
        wanted = wanted.where(User.email > email)
    with services().database.read() as session:
        rows = session.scalars(wanted.limit(query.limit + 1)).all()
        page, following = cut_page(rows, query.limit, lambda row: (row.email,))
        return UserPage(items=_views(session, list(page)), next_cursor=following)


def get_user(user_id: int) -> UserView:
    """Return one user.

    Raises:
        NotFoundError: there is none with this id.
    """
    with services().database.read() as session:
        user = session.get(User, user_id)
        if user is None:
            raise missing("user")
        return _views(session, [user])[0]


def change(user_id: int, wanted: UserChange) -> UserView:
    """Change whether a user may sign in and is an owner.

    Raises:
        NotFoundError: there is no such user.
        ConflictError: it is the last owner.
    """
    actor = caller().actor
    with services().database.write() as session:
        if "active" in wanted.model_fields_set:
            people.set_active(session, user_id, wanted.active, actor=actor)
        if "is_owner" in wanted.model_fields_set:
            set_owner(session, user_id, wanted.is_owner, actor=actor)
        return _views(session, [people.get_user(session, user_id)])[0]


def make_reset_link(user_id: int) -> ResetLinkView:
    """Make a link that sets the user's password; mailed where a mail server is set.

    Raises:
        NotFoundError: there is no such user.
        ConflictError: they may not sign in.
    """
    with services().database.write() as session:
        user = people.get_user(session, user_id)
        link, token = links.new_reset(session, user, actor=caller().actor)
        return hand_over_reset(session, link, token, user.lang)


def _views(session: Session, users: list[User]) -> list[UserView]:
    joined: dict[int, list[MembershipView]] = {user.id: [] for user in users}
    rows = session.scalars(
        select(Membership)
        .where(Membership.user_id.in_(list(joined)))
        .order_by(Membership.business_id)
    )
    for row in rows:
        joined[row.user_id].append(MembershipView(business_id=row.business_id, role=row.role))
    return [
        UserView(
            id=user.id,
            email=user.email,
            name=user.name,
            is_owner=user.is_owner,
            active=user.active,
            memberships=joined[user.id],
        )
        for user in users
    ]
