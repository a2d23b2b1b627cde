"""Signing in and out."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, redirect, render_template, request
from flask_babel import gettext as _
from flask_login import login_user, logout_user
from sqlalchemy import select
from wtforms import BooleanField, PasswordField, StringField

from server.accounts import password_matches
from server.api.access import SAFE_METHODS, by_session, check_csrf
from server.models import User
from server.signed_in import find_user
from server.web.forms import PageForm
from server.web.pages import SIGN_IN, answer_errors, own_path
from server.wiring import services

blueprint = Blueprint("web_sign_in", __name__)
answer_errors(blueprint)


@blueprint.before_request
def _check_token() -> None:
    if request.method not in SAFE_METHODS:
        check_csrf(request.form.get("csrf_token"))


class SignInForm(PageForm):
    """E-mail address and password."""

    email = StringField()
    password = PasswordField()
    remember = BooleanField()


@blueprint.get(SIGN_IN)
def show() -> Response | str:
    """Show the form; who is signed in already goes on."""
    if by_session() is not None:
        return redirect(own_path(request.args.get("next")), HTTPStatus.SEE_OTHER)  # type: ignore[return-value]
    return render_template("sign_in/form.html", form=SignInForm())


@blueprint.post(SIGN_IN)
def sign_in() -> Response | tuple[str, int]:
    """Let somebody in whose password fits."""
    form = SignInForm()
    with services().database.read() as session:
        user = session.scalar(
            select(User).where(User.email == (form.email.data or "").strip().lower())
        )
    if user is None or not password_matches(user.password_hash, form.password.data or ""):
        form.complain((), _("E-mail address or password are wrong."))
        return render_template("sign_in/form.html", form=form), HTTPStatus.UNPROCESSABLE_ENTITY
    found = find_user(user.id)
    if found is not None:
        login_user(found, remember=bool(form.remember.data))
    return redirect(own_path(request.args.get("next")), HTTPStatus.SEE_OTHER)  # type: ignore[return-value]


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End the session of this browser."""
    logout_user()
    return redirect(SIGN_IN, HTTPStatus.SEE_OTHER)  # type: ignore[return-value]
