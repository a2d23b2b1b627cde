"""Who calls the API, and what they may do: checked before a view or a body is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Response, current_app, g, request

from server.accounts import find_token
from server.api.problems import problem
from server.errors import ForbiddenError, NotFoundError
from server.models import ADMIN, OPERATOR, OWNER
from server.wiring import services

View = TypeVar("View", bound=Callable[..., Any])

_RANK = {OPERATOR: 0, ADMIN: 1, OWNER: 2}
_NEEDED_ROLE = "needed_role"


@dataclass(frozen=True, slots=True)
class Caller:
    """The token that a request came with."""

    name: str
    role: str
    business_id: int | None
    """None for an owner's token, which sees all businesses."""
    token_id: int

    @property
    def actor(self) -> str:
        """Return the name of this caller in the audit log."""
        return f"token:{self.name}"

    def may_see(self, business_id: int) -> bool:
        """Tell whether this business exists for the caller."""
        return self.role == OWNER or business_id == self.business_id

    def check_sees(self, business_id: int, what: str) -> None:
        """Do nothing when the caller may see objects of this business.

        Raises:
            NotFoundError: they may not; said as if ``what`` did not exist.
        """
        if not self.may_see(business_id):
            raise missing(what)


def missing(what: str) -> NotFoundError:
    """Return the error for an absent ``what``, and for one that the caller may not know of."""
    return NotFoundError(f"There is no such {what}.")


def needs(role: str) -> Callable[[View], View]:
    """Declare the least role that a view needs. Every view of the API has such a declaration."""

    def declare(view: View) -> View:
        setattr(view, _NEEDED_ROLE, role)
        return view

    return declare


def caller() -> Caller:
    """Return who made the current request."""
    found: Caller = g.api_caller
    return found


def authorise() -> Response | None:
    """Let the request through, or return 401.

    Raises:
        NotFoundError: the business in the path is not the caller's.
        ForbiddenError: the caller's role is too low.
    """
    found = _find_caller()
    if found is None:
        # One answer for an absent, unknown and revoked token: it tells nothing about tokens.
        return problem(401, "unauthorized", "A valid bearer token is needed.")
    g.api_caller = found
    business_id = (request.view_args or {}).get("business_id")
    if business_id is not None:
        found.check_sees(business_id, "business")
    needed = getattr(current_app.view_functions[request.endpoint or ""], _NEEDED_ROLE)
    if _RANK[found.role] < _RANK[needed]:
        raise ForbiddenError(f"This needs a token with the role {needed}.")
    return None


def _find_caller() -> Caller | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        return None
    with services().database.read() as session:
        row = find_token(session, token)
        return None if row is None else Caller(row.name, row.role, row.business_id, row.id)
