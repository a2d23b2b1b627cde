"""The ways in: the root, the choice of language, and what a phone has under "more"."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, redirect, render_template, request

from server.accounts.people import set_language
from server.api.access import SIGNED_IN, needs
from server.models import OPERATOR
from server.signed_in import signed_in
from server.web.frame import last_seen, my_businesses
from server.web.language import COOKIE, COOKIE_SECONDS, LANGUAGES
from server.web.open_pages import expect_small_form
from server.web.pages import BUSINESS, answer_errors, caller, new_pages, own_path
from server.wiring import services

blueprint = new_pages("entry")
open_blueprint = Blueprint("web_language", __name__)
open_blueprint.before_request(expect_small_form)
answer_errors(open_blueprint)


@blueprint.get("/")
@needs(SIGNED_IN)
def root() -> Response | str:
    """Go to the business that was looked at last, or the first of one's own."""
    mine = my_businesses(caller())
    if not mine:
        return render_template("entry/nothing.html")
    chosen = last_seen(caller()) or mine[0]
    return redirect(f"/b/{chosen.id}/", HTTPStatus.SEE_OTHER)  # type: ignore[return-value]


@blueprint.get(f"{BUSINESS}/more")
@needs(OPERATOR)
def more(business_id: int) -> str:
    """Show the places that have no room in a phone's bottom bar."""
    return render_template("entry/more.html")


@open_blueprint.post("/language")
def choose_language() -> Response:
    """Have pages speak another language: this browser's, and the user's on all their machines.

    It changes nothing that somebody else's page could gain by, so it asks for no token: it also
    has to work before signing in.
    """
    wanted = request.form.get("lang", "")
    response: Response = redirect(own_path(request.form.get("next")), HTTPStatus.SEE_OTHER)  # type: ignore[assignment]
    if wanted in LANGUAGES:
        response.set_cookie(
            COOKIE, wanted, COOKIE_SECONDS, samesite="Lax", secure=request.is_secure, httponly=True
        )
        user = signed_in()
        if user is not None:
            set_language(services().database, user.id, wanted)
    return response
