"""Signing in and out, and the way back for who has forgotten the password."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Response, render_template, request, session
from flask_babel import gettext as _
from flask_login import logout_user
from wtforms import BooleanField, PasswordField, StringField

from server.accounts import people
from server.accounts.mail import ask_to_mail_reset
from server.api.access import by_session
from server.api.throttle import (
    FORGOT_AS,
    FORGOT_FROM,
    SIGN_IN_AS,
    SIGN_IN_FROM,
    attempt,
    client_address,
    forgive,
)
from server.errors import InvalidInputError, ThrottledError, UnavailableError
from server.models import User
from server.signed_in import begin
from server.web.devices import attempt_name, remember_device
from server.web.forms import PageForm
from server.web.language import page_language
from server.web.open_pages import complain_of, new_open_pages, see_other, with_wait
from server.web.pages import SIGN_IN, own_path
from server.wiring import services

log = logging.getLogger(__name__)

blueprint = new_open_pages("sign_in")

FORGOT = f"{SIGN_IN}/forgot"


class SignInForm(PageForm):
    """E-mail address and password."""

    email = StringField()
    password = PasswordField()
    remember = BooleanField()


class ForgotForm(PageForm):
    """Whose password is forgotten."""

    email = StringField()


@blueprint.get(SIGN_IN)
def show() -> Response | str:
    """Show the form; who is signed in already goes on."""
    if by_session() is not None:
        return see_other(own_path(request.args.get("next")))
    return _form(SignInForm())


@blueprint.post(SIGN_IN)
def sign_in() -> Response | tuple[str, int]:
    """Let somebody in whose password fits, to the page that they wanted."""
    form = SignInForm()
    email, password = form.email.data or "", form.password.data or ""
    try:
        user = _check(email, password)
    except (ThrottledError, UnavailableError) as error:
        status = complain_of(form, error)
        log.warning("[SIGN_IN] refused code=%s", error.code)
        return with_wait(_form(form), status, error)
    if user is None:
        log.info("[SIGN_IN] wrong")
        form.complain((), _("E-mail address or password are wrong."))
        return _form(form), HTTPStatus.UNPROCESSABLE_ENTITY
    log.info("[SIGN_IN] user=%d", user.id)
    begin(user.id, remember=bool(form.remember.data))
    response = see_other(own_path(request.args.get("next")))
    remember_device(response, user.email)
    return response


@blueprint.get(FORGOT)
def forgot() -> str:
    """Show how to get a new password."""
    return render_template("sign_in/forgot.html", form=ForgotForm(), mails=_mails())


@blueprint.post(FORGOT)
def send_link() -> Response | str | tuple[str, int]:
    """Mail a link to the address, if it has an account; the answer is the same if it has none."""
    form = ForgotForm()
    if not _mails():
        return forgot()
    try:
        email = people.normalize_email(form.email.data or "")
        attempt(FORGOT_FROM, client_address())
        attempt(FORGOT_AS, email)
    except InvalidInputError as error:
        form.refuse(error)
        page = render_template("sign_in/forgot.html", form=form, mails=True)
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    except ThrottledError as error:
        status = complain_of(form, error)
        page = render_template("sign_in/forgot.html", form=form, mails=True)
        return with_wait(page, status, error)
    with services().database.write() as writing:
        ask_to_mail_reset(writing, people.find_user(writing, email), page_language())
    return render_template("sign_in/mailed.html")


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End the session of this browser."""
    session.clear()
    logout_user()
    return see_other(SIGN_IN)


def _check(email: str, password: str) -> User | None:
    """Return whose e-mail address and password these are, if there were not too many attempts."""
    who = attempt_name(email)
    attempt(SIGN_IN_FROM, client_address())
    attempt(SIGN_IN_AS, who)
    parts = services()
    user = people.sign_in(parts.database, parts.passwords, email, password)
    if user is not None:
        forgive(SIGN_IN_AS, who)
    return user


def _form(form: SignInForm) -> str:
    return render_template("sign_in/form.html", form=form, forgot=FORGOT)


def _mails() -> bool:
    return services().mail is not None
