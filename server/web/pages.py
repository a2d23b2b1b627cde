"""The blueprint that every page starts from: who may see it, and what its errors look like."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Flask, Response, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import HTTPException, NotFound

from server.api.access import SAFE_METHODS, admit, by_session, caller, check_csrf, missing
from server.api.problems import RETRY_AFTER_SECONDS, status_of
from server.api.profiles import profile_of
from server.db import is_unavailable
from server.directory import BusinessProfile
from server.errors import MaaneError
from server.signed_in import ask_no_more
from server.web.frame import LAST_BUSINESS

log = logging.getLogger(__name__)

BUSINESS = "/b/<int(max=2147483647):business_id>"
"""Where a business's pages are."""

SIGN_IN = "/sign-in"
CSRF_FIELD = "csrf_token"


def new_pages(name: str) -> Blueprint:
    """Return a blueprint of pages for signed-in people.

    Each view declares the least role that it needs (``needs``); a business in its path is one
    that the person is a member of. Writing requests carry the page's token.
    """
    blueprint = Blueprint(f"web_{name}", __name__)
    blueprint.before_request(_guard)
    blueprint.after_request(_remember_business)
    answer_errors(blueprint)
    return blueprint


def answer_errors(blueprint: Blueprint) -> None:
    """Have what the views of ``blueprint`` raise shown as a page."""
    blueprint.register_error_handler(MaaneError, _from_maane_error)
    blueprint.register_error_handler(HTTPException, _from_http_exception)
    blueprint.register_error_handler(Exception, _from_defect)


def unrouted(app: Flask) -> None:
    """Have what matches no route answered: by a page, but for programs as before."""
    earlier = app.error_handler_spec[None].get(HTTPStatus.NOT_FOUND, {}).get(NotFound)

    def answer(error: NotFound) -> Any:
        wants_page = request.accept_mimetypes.best_match(["text/html", "*/*"]) == "text/html"
        if wants_page and "text/html" in request.headers.get("Accept", ""):
            try:
                return _not_found()
            except Exception as defect:
                return _from_defect(defect)
        return earlier(error) if earlier is not None else error

    app.register_error_handler(NotFound, answer)


def here() -> BusinessProfile:
    """Return the business in the current page's path."""
    profile: BusinessProfile = g.business
    return profile


def is_htmx() -> bool:
    """Tell whether a part of a page is asked for."""
    return request.headers.get("HX-Request") == "true"


def back_to(endpoint: str, **values: Any) -> Response:
    """Return the redirect after a change (303): loading again repeats nothing."""
    return redirect(url_for(endpoint, **values), HTTPStatus.SEE_OTHER)  # type: ignore[return-value]


def own_path(wanted: str | None, otherwise: str = "/") -> str:
    """Return ``wanted`` where it is a path of this site, else ``otherwise``."""
    # A browser reads "//x" and "/\x" as another host.
    if not wanted or not wanted.startswith("/") or wanted[1:2] in ("/", "\\"):
        return otherwise
    return wanted if wanted.isprintable() else otherwise


def error_page(status: int, title: str, text: str, what_to_do: str = "") -> Response:
    """Return the page (or the part of one) that says what went wrong and what to do."""
    template = "errors/part.html" if is_htmx() else "errors/page.html"
    said = {"status": status, "title": title, "text": text, "what_to_do": what_to_do}
    try:
        body = render_template(template, bare=False, **said)
    except Exception as error:
        if not is_unavailable(error):
            raise
        body = render_template(template, bare=True, **said)  # what stands around it is not known
    response = Response(body, status, content_type="text/html; charset=utf-8")
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _guard() -> Response | None:
    person = by_session()
    if person is None:
        return _to_sign_in()
    if request.method not in SAFE_METHODS:
        check_csrf(request.form.get(CSRF_FIELD) or request.headers.get("X-CSRFToken"))
    admit(person)
    business_id = (request.view_args or {}).get("business_id")
    if business_id is not None:
        g.business = profile_of(business_id)
    return None


def _remember_business(response: Response) -> Response:
    business = g.get("business")
    if business is not None and request.cookies.get(LAST_BUSINESS) != str(business.id):
        response.set_cookie(
            LAST_BUSINESS, str(business.id), samesite="Lax", secure=request.is_secure, httponly=True
        )
    return response


def _to_sign_in() -> Response:
    wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
    if is_htmx():  # a part of a page cannot hold the form: the whole page goes there
        current = own_path(request.headers.get("HX-Current-URL-Path"), "/")
        return Response(
            status=HTTPStatus.UNAUTHORIZED,
            headers={"HX-Redirect": f"{SIGN_IN}?next={quote(current)}"},
        )
    target = SIGN_IN if wanted == "/" else f"{SIGN_IN}?next={quote(wanted)}"
    return redirect(target, HTTPStatus.SEE_OTHER)  # type: ignore[return-value]


def _from_maane_error(error: MaaneError) -> Response:
    if is_unavailable(error):
        return _unavailable(error)
    status = status_of(error)
    if status is None:
        return _from_defect(error)
    if error.code == "csrf":
        return error_page(
            status,
            _("This page has been open for too long"),
            _("Nothing was changed."),
            _("Load the page again and repeat the last step."),
        )
    if status == HTTPStatus.NOT_FOUND:
        return _not_found()
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return error_page(
            status,
            _("Too much at once"),
            _("Nothing was changed."),
            _("Wait a minute and try again."),
        )
    if status == HTTPStatus.FORBIDDEN:
        return error_page(
            status,
            _("This is not yours to do"),
            _("Your role in this business does not allow it; nothing was changed."),
            _("Ask an admin of the business."),
        )
    return error_page(
        status,
        _("This could not be saved"),
        _("Nothing was changed."),
        _("Go back, look at what you typed, and try again."),
    )


def _from_http_exception(error: HTTPException) -> Response | HTTPException:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    if status < HTTPStatus.BAD_REQUEST:
        return error
    if status == HTTPStatus.NOT_FOUND:
        return _not_found()
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return error_page(
            status,
            _("Too many attempts"),
            _("Nothing is lost."),
            _("Wait a minute and try again."),
        )
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return error_page(status, _("This is too large"), _("Nothing was changed."))
    return error_page(status, _("This did not work"), _("Nothing was changed."))


def _from_defect(error: Exception) -> Response:
    if is_unavailable(error):
        return _unavailable(error)
    if isinstance(error, ValidationError):  # nobody types such addresses
        return _not_found()
    if isinstance(error, IntegrityError):
        return error_page(
            HTTPStatus.CONFLICT,
            _("Somebody else changed this at the same moment"),
            _("Nothing was changed by you."),
            _("Load the page again and look before you repeat it."),
        )
    log.error("[WEB] %s failed", request.endpoint, exc_info=error)
    return error_page(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        _("Something broke on our side"),
        _("Calls go on as usual. The fault was written to the log."),
        _("Try again in a moment."),
    )


def _not_found() -> Response:
    return error_page(
        HTTPStatus.NOT_FOUND,
        _("There is no such page"),
        _("It may have been deleted, or it belongs to a business that is not yours."),
    )


def _unavailable(error: Exception) -> Response:
    ask_no_more()
    log.warning("[WEB] database unavailable: %s", type(error).__name__)
    return error_page(
        HTTPStatus.SERVICE_UNAVAILABLE,
        _("The database does not answer"),
        _("Calls go on, and what they bring is kept."),
        _("Try again in a few seconds."),
    )


__all__ = [
    "BUSINESS", "SIGN_IN", "answer_errors", "back_to", "caller", "error_page", "here", "is_htmx",
    "missing", "new_pages", "own_path",
]  # fmt: skip
