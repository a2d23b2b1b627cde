"""One's own account."""

from __future__ import annotations

from typing import Annotated, Literal

from flask import Response
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from server.accounts import people
from server.api.access import SIGNED_IN, caller, needs
from server.api.fields import ABSENT, Input, PartialInput, has_controls
from server.api.problems import documented_problems
from server.api.resource import answer, new_resource, no_content, writing
from server.api.throttle import PRESENT_PASSWORD, attempt, forgive
from server.api.users import MembershipView
from server.errors import ForbiddenError
from server.models import User
from server.passwords.hashing import MAX_PASSWORD_CHARS
from server.signed_in import begin_again
from server.wiring import services

blueprint = new_resource("account", "One's own account.")

MAX_NAME_CHARS = 120


def _one_line(name: str) -> str:
    if has_controls(name):
        raise ValueError("must be one line without control characters")
    return name


PersonName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MAX_NAME_CHARS),
    AfterValidator(_one_line),
]
Password = Annotated[str, Field(max_length=MAX_PASSWORD_CHARS * 4)]


class AccountChange(PartialInput):
    """What to change; absent fields stay."""

    name: Annotated[PersonName, Field(description="How the others call you.")] = ABSENT
    lang: Annotated[Literal["he", "en"], Field(description="Language of your pages.")] = ABSENT


class PasswordChange(Input):
    """Another password."""

    current: Password = Field(description="Your present password.")
    new: Password = Field(description="At least 10 characters.")


class AccountView(BaseModel):
    """Who is calling."""

    email: str | None = Field(description="Null of a token.")
    name: str
    lang: str = Field(description="`he` or `en`; empty: as the browser was told.")
    is_owner: bool
    memberships: list[MembershipView]


@blueprint.get("/account", responses={200: AccountView})
@needs(SIGNED_IN)
def get_account() -> Response:
    """Get who is calling: the signed-in user, or the token."""
    return answer(_view())


@blueprint.patch("/account", responses=writing(AccountView))
@needs(SIGNED_IN)
def change_account(body: AccountChange) -> Response:
    """Change one's own name or language (signed-in users only)."""
    change(body)
    return answer(_view())


@blueprint.post(
    "/account/password", responses={204: None, **writing(None, 204), **documented_problems(429)}
)
@needs(SIGNED_IN)
def change_own_password(body: PasswordChange) -> Response:
    """Change one's own password: all other sessions are over (signed-in users only)."""
    change_password(body)
    return no_content()


def change(wanted: AccountChange) -> None:
    """Change the caller's name or language.

    Raises:
        ForbiddenError: a token has no account.
    """
    user_id = _user_id()
    with services().database.write() as session:
        people.change_account(session, user_id, **wanted.model_dump(exclude_unset=True))


def change_password(wanted: PasswordChange) -> None:
    """Change the caller's password; this browser stays signed in, all others are not.

    Raises:
        ForbiddenError: a token has no account.
        InvalidInputError: ``current`` is wrong, or ``new`` is not acceptable.
        ConflictError: it was changed at the same moment.
        ThrottledError: ``current`` was wrong too often.
        UnavailableError: passwords cannot be checked now.
    """
    parts = services()
    user_id = _user_id()
    attempt(PRESENT_PASSWORD, str(user_id))
    people.change_password(parts.database, parts.passwords, user_id, wanted.current, wanted.new)
    forgive(PRESENT_PASSWORD, str(user_id))
    begin_again(user_id)


def _user_id() -> int:
    user_id = caller().user_id
    if user_id is None:
        raise ForbiddenError("A token has no account.", code="no_account")
    return user_id


def _view() -> AccountView:
    who = caller()
    joined = [MembershipView(business_id=key, role=role) for key, role in who.roles.items()]
    if who.user_id is None:
        name = who.actor.removeprefix("token:")
        return AccountView(
            email=None, name=name, lang="", is_owner=who.is_owner, memberships=joined
        )
    with services().database.read() as session:
        user = session.get_one(User, who.user_id)
    return AccountView(
        email=user.email,
        name=user.name,
        lang=user.lang,
        is_owner=user.is_owner,
        memberships=joined,
    )
