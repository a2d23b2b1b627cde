"""The blueprint of pages that are open to who is not signed in."""

from __future__ import annotations

import math
from http import HTTPStatus

from flask import Blueprint, Response, make_response, redirect, request
from flask_babel import gettext as _
from flask_babel import ngettext

from server.api.access import SAFE_METHODS, check_csrf
from server.errors import MaaneError, ThrottledError, UnavailableError
from server.web.forms import PageForm
from server.web.pages import CSRF_FIELD, answer_errors

MAX_FORM_BYTES = 16 << 10
"""What the longest password may take when every letter of it is escaped. Anybody may send a form,
and reading a megabyte of fields would hold up every call for half a second."""


def new_open_pages(name: str) -> Blueprint:
    """Return a blueprint of pages for anybody; writing requests carry the page's token."""
    blueprint = Blueprint(f"web_{name}", __name__)
    blueprint.before_request(expect_small_form)
    blueprint.before_request(_check_token)
    answer_errors(blueprint)
    return blueprint


def expect_small_form() -> None:
    """Have a form refused (413) that is larger than any of these pages has."""
    request.max_content_length = MAX_FORM_BYTES


def see_other(path: str) -> Response:
    """Return the redirect after a change (303) to a path of this site."""
    return make_response(redirect(path, HTTPStatus.SEE_OTHER))


def wait_words(error: ThrottledError) -> str:
    """Return the sentence that says how long to wait."""
    minutes = math.ceil(error.wait_seconds / 60)
    return str(
        ngettext(
            "Too many attempts. Try again in a minute.",
            "Too many attempts. Try again in %(num)s minutes.",
            minutes,
        )
    )


def complain_of(form: PageForm, error: MaaneError) -> int:
    """Put on the form why it could not be looked at now; return the status of the answer."""
    if isinstance(error, ThrottledError):
        form.complain((), wait_words(error))
        return HTTPStatus.TOO_MANY_REQUESTS
    if isinstance(error, UnavailableError):
        form.complain((), _("Many are signing in at this moment. Try again in a few seconds."))
        return HTTPStatus.SERVICE_UNAVAILABLE
    raise error


def with_wait(page: str, status: int, error: MaaneError) -> Response:
    """Return a page that was refused for now, telling programs as well when to come back."""
    response = make_response(page, status)
    seconds = error.wait_seconds if isinstance(error, ThrottledError) else 5
    response.headers["Retry-After"] = str(seconds)
    return response


def _check_token() -> None:
    if request.method not in SAFE_METHODS:
        check_csrf(request.form.get(CSRF_FIELD))
