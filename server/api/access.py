"""Who calls the API, and what they may do: checked before a view or a body is looked at.

A caller is an API token, or the user of a signed-in browser; pages use the same checks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request
from flask_wtf.csrf import CSRFError, validate_csrf
from wtforms.validators import ValidationError

from server.accounts import find_token
from server.api.problems import problem
from server.db import is_unavailable
from server.errors import ForbiddenError, NotFoundError
from server.models import ADMIN, OPERATOR, OWNER, ApiToken
from server.signed_in import find_user, signed_in
from server.wiring import services

View = TypeVar("View", bound=Callable[..., Any])

CSRF_HEADER = "X-CSRFToken"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
SIGNED_IN = "signed in"
"""What a view needs that is for everybody who is somebody, with or without a business."""

_RANK = {OPERATOR: 0, ADMIN: 1, OWNER: 2}
_NEEDED_ROLE = "needed_role"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who made the current request."""

    actor: str
    """``token:<name>`` or ``user:<id>``, as the audit log names them."""
    key: str
    """Tells callers apart, also two tokens of one name."""
    is_owner: bool
    """Whether they have all businesses."""
    roles: Mapping[int, str]
    """Their role by business; an owner's is not in it."""
    user_id: int | None = None
    """None of a token."""

    def role_in(self, business_id: int) -> str | None:
        """Return the caller's role in this business; None: it does not exist for them."""
        return OWNER if self.is_owner else self.roles.get(business_id)

    def may_see(self, business_id: int) -> bool:
        """Tell whether this business exists for the caller."""
        return self.role_in(business_id) is not None

    def may(self, role: str, business_id: int | None = None) -> bool:
        """Tell whether the caller has at least ``role``: in this business, or in any."""
        if self.is_owner:
            return True
        held = self.roles.values() if business_id is None else [self.roles.get(business_id)]
        return any(one is not None and _RANK[one] >= _RANK[role] for one in held)

    def check_sees(self, business_id: int, what: str) -> None:
        """Do nothing when the caller may do, with objects of this business, what the view does.

        Raises:
            NotFoundError: they may not know of them; said as if ``what`` did not exist.
            ForbiddenError: their role in this business is too low for the view.
        """
        if not self.may_see(business_id):
            raise missing(what)
        needed = needed_role()
        if not self.may(needed, business_id):
            raise ForbiddenError(f"This needs the role {needed}.")


def missing(what: str) -> NotFoundError:
    """Return the error for an absent ``what``, and for one that the caller may not know of."""
    return NotFoundError(f"There is no such {what}.")


def needs(role: str) -> Callable[[View], View]:
    """Declare the least role that a view needs. Every view has such a declaration."""

    def declare(view: View) -> View:
        setattr(view, _NEEDED_ROLE, role)
        return view

    return declare


def still_sees(business_id: int) -> Callable[[], bool]:
    """Return what tells later, also when the request is over, whether its caller still may look.

    A stream lives for minutes, and whoever is removed, signed out everywhere or revoked meanwhile
    shall not look on. While the database does not answer, they may.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    who, me = caller(), signed_in() if caller().user_id is not None else None

    def tell() -> bool:
        try:
            with app.app_context():
                if me is None:
                    return is_in_force(int(who.key.removeprefix("token:")))
                now = find_user(me.id)
        except Exception as error:
            if not is_unavailable(error):
                raise
            return True
        return (
            now is not None and now.epoch == me.epoch and (now.is_owner or business_id in now.roles)
        )

    def is_in_force(token_id: int) -> bool:
        with services().database.read() as session:
            row = session.get(ApiToken, token_id)
            return row is not None and row.revoked_at is None

    return tell


def needed_role() -> str:
    """Return the least role that the current request's view has declared."""
    role: str = getattr(current_app.view_functions[request.endpoint or ""], _NEEDED_ROLE)
    return role


def caller() -> Caller:
    """Return who made the current request."""
    found: Caller = g.api_caller
    return found


def authorise() -> Response | None:
    """Let the request through, or return 401.

    Raises:
        NotFoundError: the business in the path is not the caller's.
        ForbiddenError: the caller's role is too low, or a browser's request is not a page's own.
    """
    found = _by_token()
    if found is None and "Authorization" not in request.headers:
        found = by_session()
        if found is not None and request.method not in SAFE_METHODS:
            check_csrf(request.headers.get(CSRF_HEADER))
    if found is None:
        # One answer for an absent, unknown and revoked token: it tells nothing about tokens.
        return problem(401, "unauthorized", "A valid bearer token is needed.")
    admit(found)
    return None


def admit(found: Caller) -> None:
    """Note who made the current request, if they may make it.

    Raises:
        NotFoundError: the business in the path is not the caller's.
        ForbiddenError: the caller's role is too low.
    """
    g.api_caller = found
    business_id = (request.view_args or {}).get("business_id")
    if business_id is not None:
        found.check_sees(business_id, "business")
    needed = needed_role()
    if needed == SIGNED_IN:
        return
    if (needed == OWNER and not found.is_owner) or not found.may(needed, business_id):
        raise ForbiddenError(f"This needs the role {needed}.")


def check_csrf(token: str | None) -> None:
    """Do nothing when ``token`` is the one that this site's pages hold.

    Raises:
        ForbiddenError: it is not; some other site's page may have made the request.
    """
    try:
        validate_csrf(token)
    except (ValidationError, CSRFError):
        raise ForbiddenError("The page is too old; load it again.", code="csrf") from None


def by_session() -> Caller | None:
    """Return the user of a signed-in browser as a caller."""
    user = signed_in()
    if user is None:
        return None
    actor = f"user:{user.id}"
    return Caller(actor, actor, user.is_owner, user.roles, user.id)


def _by_token() -> Caller | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        return None
    with services().database.read() as session:
        row = find_token(session, token)
    if row is None:
        return None
    roles = {} if row.business_id is None else {row.business_id: row.role}
    return Caller(f"token:{row.name}", f"token:{row.id}", row.role == OWNER, roles)
