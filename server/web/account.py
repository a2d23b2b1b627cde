"""One's own account: name, language, password, and where one belongs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response, flash, make_response, render_template, request
from flask_babel import gettext as _
from wtforms import PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from server.api import account as api
from server.api.access import SIGNED_IN, caller, needs
from server.api.account import AccountChange, PasswordChange
from server.errors import ConflictError, InvalidInputError, ThrottledError, UnavailableError
from server.passwords.hashing import MIN_PASSWORD_CHARS
from server.signed_in import signed_in
from server.web.forms import PageForm
from server.web.frame import my_businesses
from server.web.language import COOKIE, COOKIE_SECONDS, LANGUAGES, page_language
from server.web.open_pages import complain_of, with_wait
from server.web.pages import back_to, new_pages

blueprint = new_pages("account")

ACCOUNT = "/account"


class AccountForm(PageForm):
    """Name and language."""

    name = StringField()
    lang = SelectField(
        choices=[SelectChoice(code, words) for code, words in LANGUAGES.items()],
        validate_choice=False,
    )


class PasswordChangeForm(PageForm):
    """The present password and a new one."""

    current = PasswordField()
    new = PasswordField()


@blueprint.get(ACCOUNT)
@needs(SIGNED_IN)
def show() -> str:
    """Show one's account."""
    return _page()


@blueprint.post(ACCOUNT)
@needs(SIGNED_IN)
def change() -> Response | tuple[str, int]:
    """Change name and language."""
    form = AccountForm()
    wanted = form.checked(AccountChange)
    if wanted is None:
        return _page(account=form), HTTPStatus.UNPROCESSABLE_ENTITY
    api.change(wanted)
    flash(_("Saved."), "success")
    response = back_to("web_account.show")
    response.set_cookie(
        COOKIE, wanted.lang, COOKIE_SECONDS, samesite="Lax", secure=request.is_secure, httponly=True
    )  # the sign-in page speaks it too
    return response


@blueprint.post(f"{ACCOUNT}/password")
@needs(SIGNED_IN)
def change_password() -> Response | tuple[str, int]:
    """Change the password; all other browsers are signed out."""
    form = PasswordChangeForm()
    wanted = form.checked(PasswordChange)
    if wanted is None:
        return _page(password=form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        api.change_password(wanted)
    except (InvalidInputError, ConflictError) as error:
        form.refuse(error)
        return _page(password=form), HTTPStatus.UNPROCESSABLE_ENTITY
    except (ThrottledError, UnavailableError) as error:
        status = complain_of(form, error)
        return make_response(with_wait(_page(password=form), status, error))
    flash(_("Your password is changed. Other devices are signed out."), "success")
    return back_to("web_account.show")


def _page(**forms: Any) -> str:
    me = signed_in()
    name = me.name if me is not None else ""
    account = forms.get("account") or AccountForm(None, name=name, lang=page_language())
    person = caller()
    return render_template(
        "account/show.html",
        account=account,
        password=forms.get("password") or PasswordChangeForm(None),
        mine=[(one, person.role_in(one.id)) for one in my_businesses(person)[:50]],
        min_chars=MIN_PASSWORD_CHARS,
    )
