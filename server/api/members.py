"""The people of a business: who they are, their roles, and links for those who cannot get in."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from server.accounts import links, mail, members
from server.accounts.people import RESET
from server.api.access import caller, missing, needs
from server.api.fields import Input
from server.api.link_addresses import link_url
from server.api.paging import Page
from server.api.resource import BUSINESS_ID, answer, new_resource, no_content, writing
from server.errors import ForbiddenError
from server.models import ADMIN, AccountLink, Business
from server.wiring import services

blueprint = new_resource("members", "The people of a business, and their roles.")

MEMBERS = f"/businesses/{BUSINESS_ID}/members"
MEMBER = f"{MEMBERS}/<int(max=2147483647):user_id>"


class MembersPath(BaseModel):
    """Whose people."""

    business_id: int = Field(description="Id of the business.")


class MemberPath(MembersPath):
    """Which of them."""

    user_id: int = Field(description="Id of the user.")


class MemberChange(Input):
    """Another role."""

    role: Literal["owner", "admin", "operator"] = Field(
        description="`owner` gives all businesses; only an owner makes and unmakes owners."
    )


class MemberView(BaseModel):
    """Somebody of a business."""

    user_id: int
    email: str
    name: str = Field(description="How the others call them; may be empty.")
    role: str
    active: bool = Field(description="Whether they may sign in.")


class MemberList(Page):
    """The owners, and the members of a business."""

    items: list[MemberView]


class NewResetLink(Input):
    """Nothing needs to be said."""


class ResetLinkView(BaseModel):
    """A link that sets a new password, once, within two hours."""

    mailed: bool = Field(description="Whether it goes to the user by e-mail.")
    url: str | None = Field(description="The link, shown this once; null where it is mailed.")
    expires_at: datetime


@blueprint.get(MEMBERS, responses={200: MemberList})
@needs(ADMIN)
def list_members(path: MembersPath) -> Response:
    """List the owners and the members of a business."""
    return answer(members_of_business(path.business_id))


@blueprint.patch(MEMBER, responses=writing(MemberView))
@needs(ADMIN)
def change_member(path: MemberPath, body: MemberChange) -> Response:
    """Give somebody another role; it holds from their next request on."""
    return answer(give_role(path.business_id, path.user_id, body))


@blueprint.delete(MEMBER, responses={204: None, **writing(None)})
@needs(ADMIN)
def remove_member(path: MemberPath) -> Response:
    """Take somebody out of a business; their account stays."""
    remove(path.business_id, path.user_id)
    return no_content()


@blueprint.post(f"{MEMBER}/reset-link", responses=writing(ResetLinkView, 201))
@needs(ADMIN)
def create_member_reset_link(path: MemberPath, body: NewResetLink) -> Response:
    """Make a link with which somebody sets a new password; e-mailed where a mail server is set."""
    return answer(make_reset_link(path.business_id, path.user_id), 201)


def members_of_business(business_id: int) -> MemberList:
    """Return the owners and the members of a business."""
    with services().database.read() as session:
        if session.get(Business, business_id) is None:
            raise missing("business")
        found = members.members_of(session, business_id)
    return MemberList(items=[_view(member) for member in found])


def give_role(business_id: int, user_id: int, change: MemberChange) -> MemberView:
    """See :func:`server.accounts.members.change_role`."""
    with services().database.write() as session:
        member = members.change_role(
            session,
            business_id,
            user_id,
            change.role,
            actor=caller().actor,
            by_owner=caller().is_owner,
        )
    return _view(member)


def remove(business_id: int, user_id: int) -> None:
    """See :func:`server.accounts.members.remove_member`."""
    with services().database.write() as session:
        members.remove_member(
            session, business_id, user_id, actor=caller().actor, by_owner=caller().is_owner
        )


def make_reset_link(business_id: int, user_id: int) -> ResetLinkView:
    """Make a link that sets this member's password; mail it, or show it to whoever may see it.

    Raises:
        NotFoundError: they do not belong to the business.
        ConflictError: they may not sign in.
        ForbiddenError: the link would let an admin into more than is theirs.
    """
    with services().database.write() as session:
        user = members.get_member(session, business_id, user_id).user
        shown = services().mail is None
        if shown and not (caller().is_owner or members.belongs_only_to(session, user, business_id)):
            raise ForbiddenError(
                "They belong to other businesses too: an owner makes this link.",
                code="owners_only",
            )
        link, token = links.new_reset(session, user, actor=caller().actor)
        return hand_over_reset(session, link, token, user.lang)


def hand_over_reset(session: Session, link: AccountLink, token: str, lang: str) -> ResetLinkView:
    """Have a reset link mailed; where no mail server is set, show it."""
    if services().mail is not None:
        mail.ask_to_mail(session, link, lang)
        return ResetLinkView(mailed=True, url=None, expires_at=link.expires_at)
    url = link_url(RESET, token)
    return ResetLinkView(mailed=False, url=url, expires_at=link.expires_at)


def _view(member: members.Member) -> MemberView:
    user = member.user
    return MemberView(
        user_id=user.id, email=user.email, name=user.name, role=member.role, active=user.active
    )
