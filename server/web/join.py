"""The pages that links lead to: joining by an invitation, and setting a new password."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from flask import Response, flash, render_template
from flask_babel import gettext as _
from pydantic import BaseModel, Field
from wtforms import PasswordField, StringField

from server.accounts import links
from server.accounts.links import LinkGoneError
from server.accounts.people import INVITE, RESET, find_user
from server.api.account import PersonName
from server.api.throttle import LINK_FROM, attempt, client_address
from server.errors import InvalidInputError, ThrottledError, UnavailableError
from server.models import AccountLink, Business, User
from server.passwords.hashing import MIN_PASSWORD_CHARS
from server.signed_in import begin, signed_in
from server.web.devices import remember_device
from server.web.forms import PageForm
from server.web.language import page_language
from server.web.open_pages import complain_of, new_open_pages, see_other, with_wait
from server.web.pages import error_page
from server.wiring import services

blueprint = new_open_pages("join")

JOIN, SET_PASSWORD = "/join/<token>", "/reset/<token>"


class NewAccount(BaseModel):
    """What who joins says of themselves; the e-mail address is the invitation's."""

    name: Annotated[PersonName, Field(min_length=1)]


class JoinForm(PageForm):
    """A name and a password."""

    name = StringField()
    password = PasswordField()


class PasswordForm(PageForm):
    """A new password."""

    password = PasswordField()


@blueprint.errorhandler(LinkGoneError)
def gone(_error: LinkGoneError) -> Response:
    """Say that the link does not work, and whom to ask."""
    return error_page(
        HTTPStatus.GONE,
        _("This link does not work any more"),
        _("It was used already, withdrawn, or it is too old."),
        _("Ask whoever sent it for a new one."),
    )


@blueprint.errorhandler(ThrottledError)
def too_many(_error: ThrottledError) -> Response:
    """Say that too many links were tried from here."""
    return error_page(
        HTTPStatus.TOO_MANY_REQUESTS,
        _("Too many attempts"),
        _("Nothing is lost."),
        _("Wait a minute and try again."),
    )


@blueprint.get(JOIN)
def show_invitation(token: str) -> str:
    """Show what the invitation is to, and what is needed to accept it."""
    return _invitation(*_invited(token), JoinForm())


@blueprint.post(JOIN)
def join(token: str) -> Response | str | tuple[str, int]:
    """Accept the invitation: as who is signed in, or with a new account."""
    link, business, known = _invited(token)
    me = signed_in()
    if me is not None and me.email == link.email:
        with services().database.write() as session:
            links.join(session, token, session.get_one(User, me.id))
        return _arrive(link)
    if me is not None or known:
        return _invitation(link, business, known, JoinForm())
    form = JoinForm()
    wanted = form.checked(NewAccount)
    password_hash = _hashed(form, form.password.data or "")
    if isinstance(password_hash, _Refused):
        return with_wait(
            _invitation(link, business, known, form), password_hash.status, password_hash.error
        )
    if wanted is None or password_hash is None:
        return _invitation(link, business, known, form), HTTPStatus.UNPROCESSABLE_ENTITY
    with services().database.write() as session:
        user, link = links.join_as_new(
            session, token, name=wanted.name, lang=page_language(), password_hash=password_hash
        )
    return _enter(user, _arrive(link))


@blueprint.get(SET_PASSWORD)
def show_reset(token: str) -> str:
    """Show the form for a new password."""
    attempt(LINK_FROM, client_address())
    with services().database.read() as session:
        link = links.find_link(session, token, RESET)
    return render_template("join/reset.html", form=PasswordForm(), email=link.email, **_LIMITS)


@blueprint.post(SET_PASSWORD)
def reset(token: str) -> Response | tuple[str, int]:
    """Set the new password, and sign in with it; everybody else is signed out."""
    attempt(LINK_FROM, client_address())
    with services().database.read() as session:
        link = links.find_link(session, token, RESET)
    form = PasswordForm()
    password_hash = _hashed(form, form.password.data or "")
    if password_hash is None or isinstance(password_hash, _Refused):
        page = render_template("join/reset.html", form=form, email=link.email, **_LIMITS)
        if isinstance(password_hash, _Refused):
            return with_wait(page, password_hash.status, password_hash.error)
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    with services().database.write() as session:
        user = links.reset_password(session, token, password_hash)
    response = _enter(user, see_other("/"))
    flash(_("Your new password is set. You are signed in here, and nowhere else."), "success")
    return response


_LIMITS = {"min_chars": MIN_PASSWORD_CHARS}


class _Refused:
    """A password could not be hashed now."""

    def __init__(self, status: int, error: UnavailableError) -> None:
        self.status = status
        self.error = error


def _hashed(form: PageForm, password: str) -> str | _Refused | None:
    """Return the hash of a new password; None where the form says what is wrong with it."""
    try:
        return services().passwords.hash(password)
    except InvalidInputError as error:
        form.refuse(error)
        return None
    except UnavailableError as error:
        return _Refused(complain_of(form, error), error)


def _invited(token: str) -> tuple[AccountLink, str, bool]:
    """Return the invitation, its business's name, and whether its address has an account."""
    attempt(LINK_FROM, client_address())
    with services().database.read() as session:
        link = links.find_link(session, token, INVITE)
        business = None
        if link.business_id is not None:
            business = session.get(Business, link.business_id)
        known = find_user(session, link.email) is not None
    return link, business.name if business is not None else "", known


def _invitation(link: AccountLink, business: str, known: bool, form: JoinForm) -> str:
    me = signed_in()
    return render_template(
        "join/invitation.html",
        form=form,
        link=link,
        place=business,
        known=known,
        is_mine=me is not None and me.email == link.email,
        is_anothers=me is not None and me.email != link.email,
        **_LIMITS,
    )


def _enter(user: User, response: Response) -> Response:
    begin(user.id, remember=False)
    remember_device(response, user.email)
    return response


def _arrive(link: AccountLink) -> Response:
    return see_other("/" if link.business_id is None else f"/b/{link.business_id}/")
