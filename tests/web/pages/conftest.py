"""Signed-in browsers without a screen: they send forms and follow redirects as a person does."""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from werkzeug.test import TestResponse

from server.models import ADMIN, OPERATOR, Membership, User
from server.passwords.hashing import hash_password
from server.wiring import Services
from tests.web.conftest import House

PASSWORD = "correct horse battery"


@pytest.fixture
def database_url(migrated: Path, tmp_path: Path) -> Iterator[str]:
    """Give a migrated, empty SQLite; what pages ask of PostgreSQL is tested with the API."""
    path = tmp_path / "maane.db"
    shutil.copyfile(migrated, path)
    yield f"sqlite:///{path}"


class Token(HTMLParser):
    """Finds the page's token."""

    found = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "body":
            self.found = dict(attrs).get("data-csrf") or ""


@dataclass
class Browser:
    """A browser of somebody who has signed in."""

    client: FlaskClient
    user_id: int

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.client.get(path, **kwargs)

    def part(self, path: str, **kwargs: Any) -> TestResponse:
        """Load a part of a page, as htmx does."""
        return self.client.get(path, headers={"HX-Request": "true"}, **kwargs)

    def post(self, path: str, data: dict[str, Any] | None = None, **kwargs: Any) -> TestResponse:
        """Send a form of a page; redirects are not followed."""
        token = kwargs.pop("token", None) or self.token()
        return self.client.post(path, data={"csrf_token": token, **(data or {})}, **kwargs)

    def token(self) -> str:
        parser = Token()
        page = self.client.get("/sign-in")
        parser.feed((self.client.get("/account") if page.status_code == 303 else page).text)
        return parser.found

    def speaks(self, lang: str) -> Browser:
        self.client.set_cookie("maane_lang", lang)
        return self


def browser_of(
    app: OpenAPI, parts: Services, email: str, role: str | None, business_id: int | None
) -> Browser:
    with parts.database.write() as session:
        user = User(email=email, password_hash=_hashed(), is_owner=role is None)
        session.add(user)
        session.flush()
        if role is not None and business_id is not None:
            session.add(Membership(user_id=user.id, business_id=business_id, role=role))
    browser = Browser(app.test_client(), user.id)
    browser.client.environ_base["HTTP_ACCEPT"] = "text/html"
    with browser.client.session_transaction() as kept:  # what a sign-in leaves behind
        kept["_user_id"] = f"{user.id}.0"
        kept["_fresh"] = True
    return browser


@functools.cache
def _hashed() -> str:
    """Return the password's hash, which takes its time, once for all tests."""
    return hash_password(PASSWORD)


@pytest.fixture
def as_owner(app: OpenAPI, parts: Services, garage: House) -> Browser:
    return browser_of(app, parts, "owner@maane.test", None, None)


@pytest.fixture
def as_admin(app: OpenAPI, parts: Services, garage: House) -> Browser:
    return browser_of(app, parts, "admin@maane.test", ADMIN, garage.id)


@pytest.fixture
def as_operator(app: OpenAPI, parts: Services, garage: House) -> Browser:
    return browser_of(app, parts, "operator@maane.test", OPERATOR, garage.id)


def seen(text: str) -> str:
    """Return the version of the settings that a page's form shows."""
    found = re.search(r'name="seen" value="(\w+)"', text)
    assert found is not None
    return found[1]
