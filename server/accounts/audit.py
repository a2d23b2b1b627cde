"""The log of changes: who, what, when; written in the unit of work of the change itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.models import AccountLink, ApiToken, AuditEntry, User

COMMAND_LINE = "command line"
"""The actor of changes made by a command."""

SIGN_IN_PAGE = "sign-in page"
"""The actor of what anybody may ask for before signing in."""

_USER, _TOKEN, _INVITE = "user:", "token:", "invite:"


def user_actor(user_id: int) -> str:
    """Return the name of a user in the log."""
    return f"{_USER}{user_id}"


def record_change(
    session: Session,
    actor: str,
    action: str,
    *,
    business_id: int | None = None,
    target: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Add an entry to the audit log, in the unit of work of the change itself.

    Args:
        session: the unit of work of the change.
        actor: ``token:<name>``, ``user:<id>``, ``command line`` or ``sign-in page``.
        action: ``faq.update``, ``business.create``…
        business_id: whose log it belongs to; None for changes of the whole server.
        target: ``faq:12``.
        detail: which fields changed and the like; no secrets and no personal data.
    """
    session.add(
        AuditEntry(
            business_id=business_id, actor=actor, action=action, target=target, detail=detail or {}
        )
    )


def display_name(user: User) -> str:
    """Return how the others call this user."""
    return user.name or user.email


def names_of(session: Session, references: Iterable[str]) -> dict[str, str]:
    """Return what people call the users, tokens and invitations among ``references``.

    The log holds ids only, so that whoever is renamed or deleted is so in the log too. What is
    unknown or gone is left out.

    Args:
        references: actors and targets: ``user:3``, ``token:5``, ``invite:7``…
    """
    wanted = set(references)
    names: dict[str, str] = {}
    users = session.scalars(select(User).where(User.id.in_(_ids(wanted, _USER))))
    names |= {f"{_USER}{user.id}": display_name(user) for user in users}
    tokens = session.scalars(select(ApiToken).where(ApiToken.id.in_(_ids(wanted, _TOKEN))))
    names |= {f"{_TOKEN}{token.id}": token.name for token in tokens}
    links = session.scalars(select(AccountLink).where(AccountLink.id.in_(_ids(wanted, _INVITE))))
    names |= {f"{_INVITE}{link.id}": link.email for link in links}
    return names


def user_names(session: Session, actors: Iterable[str]) -> dict[str, str]:
    """Return what people call the users among ``actors``; others bear their name already.

    An actor is not looked up like a target: ``token:7`` is the token *named* 7, not the seventh.
    """
    return names_of(session, [actor for actor in actors if actor.startswith(_USER)])


def _ids(references: set[str], prefix: str) -> list[int]:
    rest = (one.removeprefix(prefix) for one in references if one.startswith(prefix))
    return sorted({int(number) for number in rest if number.isascii() and number.isdigit()})
