"""Invitations: to a business as admin or operator, or to all of them as an owner."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from flask import Response
from pydantic import AfterValidator, BaseModel, Field, StringConstraints
from sqlalchemy.orm import Session

from server.accounts import links, mail
from server.accounts.audit import record_change, user_names
from server.accounts.people import INVITE, normalize_email
from server.api.access import caller, missing, needs
from server.api.fields import Input
from server.api.link_addresses import link_url
from server.api.paging import Page
from server.api.resource import BUSINESS_ID, answer, new_resource, no_content, writing
from server.api.throttle import INVITE_MAILS_BY, INVITE_MAILS_TO, attempt
from server.clock import utc_now
from server.errors import InvalidInputError
from server.models import ADMIN, OWNER, AccountLink, Business
from server.wiring import services

blueprint = new_resource("invites", "Invitations by link.")

INVITES = f"/businesses/{BUSINESS_ID}/invites"
_ID = "<int(max=2147483647):invite_id>"


def _email(value: str) -> str:
    try:
        return normalize_email(value)
    except InvalidInputError as error:
        raise ValueError(error.message) from None


_Email = Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(_email)]
_MailState = Literal["waiting", "sent", "failed"]
_MAIL_STATES: dict[str, _MailState] = {
    "queued": "waiting",
    "running": "waiting",
    "done": "sent",
    "dead": "failed",
}


class InvitesPath(BaseModel):
    """Whose invitations."""

    business_id: int = Field(description="Id of the business.")


class InvitePath(InvitesPath):
    """Which invitation."""

    invite_id: int = Field(description="Id of the invitation.")


class OwnerInvitePath(BaseModel):
    """Which invitation."""

    invite_id: int = Field(description="Id of the invitation.")


class NewOwnerInvite(Input):
    """Whom to invite as an owner."""

    email: _Email = Field(description="Whom it is for.", examples=["dana@example.com"])
    lang: Literal["he", "en"] | None = Field(
        default=None, description="Language of the mail; the business's when absent."
    )


class NewInvite(NewOwnerInvite):
    """Whom to invite to a business."""

    role: Literal["admin", "operator"] = Field(description="What they will be.")


class NewInviteLink(Input):
    """Nothing needs to be said."""


class InviteView(BaseModel):
    """An invitation that nobody has used."""

    id: int
    email: str
    role: str
    created_by: str = Field(description="As the audit log names them.")
    created_by_name: str = Field(description="What people call them; may be empty.")
    created_at: datetime
    expires_at: datetime
    expired: bool
    mail: _MailState | None = Field(description="What became of its mail; null: none is sent.")


class InviteWithLink(InviteView):
    """An invitation with its link."""

    url: str | None = Field(description="The link, shown this once; null where it is mailed.")


class InviteList(Page):
    """The invitations that nobody has used, newest first."""

    items: list[InviteView]


@blueprint.get(INVITES, responses={200: InviteList})
@needs(ADMIN)
def list_invites(path: InvitesPath) -> Response:
    """List the invitations to a business that nobody has used."""
    return answer(invites_to(path.business_id))


@blueprint.post(INVITES, responses=writing(InviteWithLink, 201))
@needs(ADMIN)
def create_invite(path: InvitesPath, body: NewInvite) -> Response:
    """Invite somebody to a business; an earlier invitation of theirs is withdrawn."""
    return answer(invite(path.business_id, body.role, body), 201)


@blueprint.post(f"{INVITES}/{_ID}/link", responses=writing(InviteWithLink))
@needs(ADMIN)
def renew_invite_link(path: InvitePath, body: NewInviteLink) -> Response:
    """Show a new link of an invitation, for another seven days; its old link is worthless."""
    return answer(new_link(path.business_id, path.invite_id))


@blueprint.delete(f"{INVITES}/{_ID}", responses={204: None})
@needs(ADMIN)
def withdraw_invite(path: InvitePath) -> Response:
    """Withdraw an invitation: its link is worthless from now on."""
    withdraw(path.business_id, path.invite_id)
    return no_content()


@blueprint.get("/owner-invites", responses={200: InviteList})
@needs(OWNER)
def list_owner_invites() -> Response:
    """List the invitations to be an owner that nobody has used (owners only)."""
    return answer(invites_to(None))


@blueprint.post("/owner-invites", responses=writing(InviteWithLink, 201))
@needs(OWNER)
def create_owner_invite(body: NewOwnerInvite) -> Response:
    """Invite somebody to be an owner of all businesses (owners only)."""
    return answer(invite(None, OWNER, body), 201)


@blueprint.post(f"/owner-invites/{_ID}/link", responses=writing(InviteWithLink))
@needs(OWNER)
def renew_owner_invite_link(path: OwnerInvitePath, body: NewInviteLink) -> Response:
    """Show a new link of an owner's invitation; its old link is worthless (owners only)."""
    return answer(new_link(None, path.invite_id))


@blueprint.delete(f"/owner-invites/{_ID}", responses={204: None})
@needs(OWNER)
def withdraw_owner_invite(path: OwnerInvitePath) -> Response:
    """Withdraw an owner's invitation (owners only)."""
    withdraw(None, path.invite_id)
    return no_content()


def invites_to(business_id: int | None) -> InviteList:
    """Return the unused invitations to a business; those of owners where it is None."""
    with services().database.read() as session:
        if business_id is not None and session.get(Business, business_id) is None:
            raise missing("business")
        return InviteList(items=_views(session, links.open_invites(session, business_id)))


def invite(business_id: int | None, role: str, wanted: NewOwnerInvite) -> InviteWithLink:
    """Invite somebody. With a mail server the link is mailed, else it is in the answer.

    Raises:
        NotFoundError: there is no such business.
        ForbiddenError: only owners make owners.
        ConflictError: this person is there already.
        ThrottledError: too many mails were asked for.
    """
    mailed = services().mail is not None
    if mailed:
        attempt(INVITE_MAILS_BY, caller().actor)
        attempt(INVITE_MAILS_TO, wanted.email)
    with services().database.write() as session:
        link, token = links.invite(
            session,
            wanted.email,
            role,
            business_id,
            actor=caller().actor,
            by_owner=caller().is_owner,
        )
        if mailed:
            mail.ask_to_mail(session, link, wanted.lang or _lang_of(session, business_id))
        return _with_link(session, link, None if mailed else token)


def new_link(business_id: int | None, invite_id: int) -> InviteWithLink:
    """Return an unused invitation with a new link: for who did not get the mail, or lost it.

    Raises:
        NotFoundError: there is no such invitation.
    """
    with services().database.write() as session:
        link = links.get_invite(session, invite_id, business_id)
        token = links.renew(session, link)
        record_change(
            session,
            caller().actor,
            "invite.renew",
            business_id=business_id,
            target=f"invite:{link.id}",
        )
        return _with_link(session, link, token)


def withdraw(business_id: int | None, invite_id: int) -> None:
    """Make an invitation worthless.

    Raises:
        NotFoundError: there is no such invitation.
    """
    with services().database.write() as session:
        link = links.get_invite(session, invite_id, business_id)
        links.withdraw(session, link, actor=caller().actor)


def _lang_of(session: Session, business_id: int | None) -> str:
    business = None if business_id is None else session.get(Business, business_id)
    return "he" if business is None else business.lang.partition("-")[0]


def _views(session: Session, rows: list[AccountLink]) -> list[InviteView]:
    names = user_names(session, [row.created_by for row in rows])
    mails = mail.mail_states(session, [row.id for row in rows])
    return [
        InviteView(
            id=row.id,
            email=row.email,
            role=row.role,
            created_by=row.created_by,
            created_by_name=names.get(row.created_by, ""),
            created_at=row.created_at,
            expires_at=row.expires_at,
            expired=row.expires_at <= utc_now(),
            mail=_MAIL_STATES.get(mails.get(row.id, "")),
        )
        for row in rows
    ]


def _with_link(session: Session, link: AccountLink, token: str | None) -> InviteWithLink:
    (view,) = _views(session, [link])
    url = None if token is None else link_url(INVITE, token)
    return InviteWithLink(**view.model_dump(), url=url)
