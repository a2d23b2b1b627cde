"""Who is signed in: the user behind a browser's session, with their roles.

The session's cookie holds the user's id and the epoch of their password; it is worth nothing once
the password has changed or the account is closed. Who may do what is decided with the database's
word of this request, not with the cookie's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, current_app, g, request, session
from flask_login import AnonymousUserMixin, LoginManager, current_user, login_user
from sqlalchemy import select

from server.models import Membership, User
from server.settings import Settings
from server.wiring import services

REMEMBER = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user as one request sees them. Flask-Login's protocol needs the last four members."""

    id: int
    email: str
    name: str
    lang: str
    """``he`` or ``en``; empty: as the browser was told."""
    is_owner: bool
    roles: Mapping[int, str]
    """By business, of who is no owner."""
    epoch: int
    is_active: bool = True
    is_authenticated: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """Return what the session keeps."""
        return f"{self.id}.{self.epoch}"


def signed_in() -> SignedIn | None:
    """Return who made the current request by a signed-in browser, or None."""
    found = current_user
    return found._get_current_object() if found.is_authenticated else None


def ask_no_more() -> None:
    """Take whoever is not known yet for nobody, for the rest of the current request.

    While the database does not answer, the page that says so cannot ask it who it is for.
    """
    g.setdefault("_login_user", AnonymousUserMixin())  # where Flask-Login keeps whom it has loaded


def begin(user_id: int, *, remember: bool) -> None:
    """Sign the user in on this browser; who may not sign in is not.

    What the browser brought along is forgotten: it may have been laid there by somebody else.
    """
    found = find_user(user_id)
    if found is None:
        return
    session.clear()
    login_user(found, remember=remember)
    if not remember and current_app.config["REMEMBER_COOKIE_NAME"] in request.cookies:
        session["_remember"] = "clear"  # Flask-Login's word for: it may be another person's


def begin_again(user_id: int) -> None:
    """Keep this browser signed in after the user's password has changed."""
    begin(user_id, remember=current_app.config["REMEMBER_COOKIE_NAME"] in request.cookies)


def sessions(app: Flask, settings: Settings) -> None:
    """Have ``app`` know its signed-in users, by cookies that only this site's pages send."""
    secure = settings.public_base_url.startswith("https://")
    app.config.update(
        SESSION_COOKIE_NAME="maane_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        REMEMBER_COOKIE_NAME="maane_remember",
        REMEMBER_COOKIE_DURATION=REMEMBER,
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_SECURE=secure,
        # A page's token is good for as long as its session: pages stay open all day, and what was
        # typed on them, or the button that ends a call, shall work after an hour as well.
        WTF_CSRF_TIME_LIMIT=None,
    )
    manager = LoginManager()
    manager.session_protection = None  # telephones change their addresses all day
    manager.user_loader(_load)
    # Never for the webhooks and the media stream: whoever asks for the user has it loaded.
    manager.init_app(app, add_context_processor=False)


def find_user(user_id: int) -> SignedIn | None:
    """Return the active user with this id, or None."""
    with services().database.read() as reading:
        user = reading.get(User, user_id)
        if user is None or not user.active:
            return None
        memberships = reading.scalars(select(Membership).where(Membership.user_id == user_id))
        roles = {one.business_id: one.role for one in memberships}
        return SignedIn(
            user.id, user.email, user.name, user.lang, user.is_owner, roles, user.session_epoch
        )


def _load(kept: str) -> SignedIn | None:
    user_id, _, epoch = kept.partition(".")
    if not (user_id.isdecimal() and epoch.isdecimal()):
        return None
    found = find_user(int(user_id))
    return found if found is not None and found.epoch == int(epoch) else None
