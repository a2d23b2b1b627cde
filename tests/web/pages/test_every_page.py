"""All pages as the server gives them: who may see each, and that no business sees another's.

What is looked at in a browser is in ``tests/browser/test_every_page.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from flask_openapi3 import OpenAPI
from sqlalchemy import select
from werkzeug.test import TestResponse

from server.api.access import SIGNED_IN
from server.clock import utc_now
from server.models import (
    ADMIN,
    OPERATOR,
    OWNER,
    AccountLink,
    ApiToken,
    Base,
    Membership,
    PromptVersion,
    Recording,
    User,
)
from server.wiring import Services
from tests.pages import OTHERS, PAGES, Page
from tests.web.conftest import House
from tests.web.pages.conftest import Browser

RANK = {SIGNED_IN: -1, OPERATOR: 0, ADMIN: 1, OWNER: 2}
UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade"}
HTMX = {"HX-Request": "true"}
OPEN = ("web_sign_in.", "web_language.", "web_join.")
"""Blueprints for people who have not signed in."""


@dataclass(frozen=True)
class Route:
    """One route of the pages."""

    endpoint: str
    path: str
    """With ``{business_id}`` and the like."""
    methods: frozenset[str]
    arguments: frozenset[str]
    needs: str | None
    headers: dict[str, str]
    """Without which it is not there."""


def routes(app: OpenAPI) -> Iterator[Route]:
    """Give every route that is neither the API's nor Twilio's nor a file's, nor a socket's."""
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith("web_") or rule.websocket:
            continue
        view = app.view_functions[rule.endpoint]
        yield Route(
            rule.endpoint,
            re.sub(r"<(?:[^<>]+:)?(\w+)>", r"{\1}", rule.rule),
            frozenset((rule.methods or set()) - {"HEAD", "OPTIONS"}),
            frozenset(rule.arguments),
            getattr(view, "needed_role", None),
            UPGRADE if rule.websocket else {},
        )


@dataclass(frozen=True)
class Furnished:
    """A business with one of everything, and how its pages name them."""

    things: dict[str, object]

    def at(self, route: Route) -> str:
        return route.path.format_map(self.things)


def furnish(parts: Services, house: House) -> Furnished:
    """Add what a page may name in its path; an argument that is new has to be added here."""
    with parts.database.write() as session:
        user = User(email=f"member-{house.id}@maane.test", password_hash="x")
        session.add(user)
        session.flush()
        member = Membership(user_id=user.id, business_id=house.id, role=OPERATOR)
        token = ApiToken(
            name="till", token_hash=f"token {house.id}", role=ADMIN, business_id=house.id
        )
        link = AccountLink(
            purpose="invite",
            token_hash=f"link {house.id}",
            email="new@maane.test",
            business_id=house.id,
            role=OPERATOR,
            created_by="test",
            expires_at=utc_now() + timedelta(days=1),
        )
        version = PromptVersion(business_id=house.id, number=house.id + 1, actor="test")
        recording = Recording(key=house.call_sid, call_sid=house.call_sid, business_id=house.id)
        session.add_all([member, token, link, version, recording])
        session.add_all(
            PromptVersion(business_id=house.id, number=number, actor="test")
            for number in range(1, version.number)
        )
        session.flush()
        return Furnished(
            {
                "business_id": house.id,
                "lead_id": house.lead_id,
                "call_sid": house.call_sid,
                "faq_id": house.faq_id,
                "webhook_id": house.webhook_id,
                "job_id": house.job_id,
                "user_id": user.id,
                "token_id": token.id,
                "invite_id": link.id,
                "number": version.number,
                "recording_id": recording.id,
            }
        )


@pytest.fixture
def own(parts: Services, garage: House) -> Furnished:
    return furnish(parts, garage)


@pytest.fixture
def foreign(parts: Services, bakery: House) -> Furnished:
    return furnish(parts, bakery)


def page_of(path: str) -> Page | None:
    return next((page for page in PAGES if page.path == path), None)


def test_every_page_is_in_the_list(app: OpenAPI) -> None:
    routed = {route.path for route in routes(app) if "GET" in route.methods and not route.headers}
    listed = {page.path for page in PAGES} | set(OTHERS)
    assert routed - listed == set(), "add them to tests/pages.py"
    assert listed - routed == set(), "these are gone: take them out of tests/pages.py"


def test_every_view_declares_the_role_of_the_list(app: OpenAPI) -> None:
    for route in routes(app):
        if route.endpoint.startswith(OPEN):
            continue
        page = page_of(route.path)
        if page is not None and page.role is None:
            continue
        assert route.needs in RANK, f"{route.endpoint} has no @needs"
        if page is not None and "GET" in route.methods:
            assert page.role == route.needs, route.endpoint


@pytest.mark.parametrize("lang", ["he", "en"])
def test_each_role_sees_its_pages_and_no_others(
    as_owner: Browser, as_admin: Browser, as_operator: Browser, own: Furnished, lang: str
) -> None:
    people = {OWNER: as_owner, ADMIN: as_admin, OPERATOR: as_operator}
    direction = {"he": "rtl", "en": "ltr"}[lang]
    for role, browser in people.items():
        browser.speaks(lang)
        for page in PAGES:
            if page.role is None:
                continue
            answer = browser.get(page.at(own.things))
            allowed = RANK[role] >= RANK[page.role]
            assert answer.status_code == (200 if allowed else 403), (role, page.name)
            assert f'<html lang="{lang}" dir="{direction}">' in answer.text, (role, page.name)
            assert len(re.findall("<h1[ >]", answer.text)) == 1, (role, page.name)


def test_who_has_not_signed_in_sees_nothing_and_changes_nothing(
    app: OpenAPI, own: Furnished
) -> None:
    client = app.test_client()
    before = rows(app.extensions["maane"])
    seen = 0
    for route in routes(app):
        page = page_of(route.path)
        if route.endpoint.startswith(OPEN) or (page is not None and page.role is None):
            continue
        for method in route.methods:
            path = own.at(route)
            answer = client.open(
                path, method=method, headers={"Accept": "text/html", **route.headers}
            )
            assert answer.status_code == 303, (method, path)
            assert answer.location.startswith("/sign-in"), (method, path)
            part = client.open(path, method=method, headers={**HTMX, **route.headers})
            assert part.status_code == 401, (method, path)
            seen += 1
    assert seen
    assert rows(app.extensions["maane"]) == before


TYPED = {
    "active": "1",
    "add": "אחר",
    "answer_text": "מאתיים",
    "direction": "up",
    "email": "other@maane.test",
    "intent_key": "price",
    "name": "אחר",
    "notes": "אחר",
    "patterns": "מה המחיר",
    "read": "yes",
    "role": ADMIN,
    "tag": "אחר",
    "url": "https://example.com/in",
    "work_status": "done",
}
"""Something that each form would take: a refusal is not one of what was typed."""


def attempts(
    app: OpenAPI, browser: Browser, things: dict[str, object], *, only: frozenset[str]
) -> Iterator[tuple[str, TestResponse]]:
    """Ask for everything of a business that names one of ``only``, as a page with a token would."""
    token = browser.token()
    for route in routes(app):
        if "business_id" not in route.arguments or not route.arguments & only:
            continue  # the server's own pages are about everybody
        assert route.arguments <= set(things) | {"token"}, (
            f"{route.path} names something new: make one in furnish()"
        )
        path = route.path.format_map(things)
        for method in route.methods:
            body: dict[str, Any] = {} if method == "GET" else {"data": TYPED}
            headers = {"X-CSRFToken": token, **route.headers}
            yield (
                f"{method} {path}",
                browser.client.open(path, method=method, headers=headers, **body),
            )


def test_another_business_does_not_exist(
    app: OpenAPI, parts: Services, as_admin: Browser, foreign: Furnished
) -> None:
    before = rows(parts)
    answers = dict(attempts(app, as_admin, foreign.things, only=frozenset({"business_id"})))
    assert answers
    statuses = {what: answer.status_code for what, answer in answers.items()}
    assert {what: status for what, status in statuses.items() if status != 404} == {}
    assert rows(parts) == before


def test_anothers_things_are_not_reached_through_ones_own_business(
    app: OpenAPI, parts: Services, as_owner: Browser, own: Furnished, foreign: Furnished
) -> None:
    mixed = {**foreign.things, "business_id": own.things["business_id"]}
    before = rows(parts)
    things = frozenset(mixed) - {"business_id"}
    for what, answer in attempts(app, as_owner, mixed, only=things):
        # Some lead to where it is missing, and a part of a page that is gone is nothing.
        told = answer.status_code not in (303, 404) and answer.text.strip()
        assert not told, f"{what}: {answer.status_code}"
    assert rows(parts) == before


def test_a_change_without_the_pages_token_is_refused_everywhere(
    app: OpenAPI, parts: Services, as_owner: Browser, own: Furnished
) -> None:
    before = rows(parts)
    sent = 0
    for route in routes(app):
        if route.path == "/language":
            continue
        things = {**own.things, "token": "x"}
        for method in route.methods - {"GET"}:
            path = route.path.format_map(things)
            answer = as_owner.client.open(path, method=method, data={"name": "x"})
            assert answer.status_code == 403, (method, path)
            sent += 1
    assert sent
    assert rows(parts) == before


class Forms(HTMLParser):
    """Collects where the forms and links of a page lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.targets: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.targets.append((found.get("method", "get").upper(), found.get("action", "")))
        if tag == "a" and "href" in found:
            self.targets.append(("GET", found["href"]))
        for method in ("get", "post", "put", "patch", "delete"):
            if f"hx-{method}" in found:
                self.targets.append((method.upper(), found[f"hx-{method}"]))


def test_every_form_and_link_leads_somewhere(
    app: OpenAPI, as_owner: Browser, own: Furnished
) -> None:
    adapter = app.url_map.bind("localhost")
    for page in PAGES:
        if page.role is None:
            continue
        path = page.at(own.things)
        for method, target in Forms(as_owner.get(path).text).targets:
            where = target.partition("#")[0].partition("?")[0]
            if target.startswith(("#", "tel:", "mailto:", "https://")):
                continue
            assert adapter.test(where or path, method), f"{page.name}: {method} {target}"


class Fields(HTMLParser):
    """Collects the fields of a page that take words and do not say in which direction they run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.sideless: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        words = tag == "input" and found.get("type", "text") in ("text", "search", "email", "url")
        if (words or (tag == "textarea" and "hidden" not in found)) and "dir" not in found:
            self.sideless.append(found.get("name", ""))


def test_every_field_for_words_says_in_which_direction_they_run(
    as_owner: Browser, own: Furnished
) -> None:
    for page in PAGES:
        if page.role is not None:
            assert Fields(as_owner.get(page.at(own.things)).text).sideless == [], page.name


class Held(HTMLParser):
    """Collects the controls inside of links, and what buttons open against what there is."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.in_link = False
        self.held: list[str] = []
        self.opened: list[str] = []
        self.popovers: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if self.in_link and tag in ("a", "button", "input", "select", "summary"):
            self.held.append(tag)
        self.in_link = self.in_link or tag == "a"
        if "popovertarget" in found:
            self.opened.append(found["popovertarget"])
        if "popover" in found:
            self.popovers.append(found["id"])

    def handle_endtag(self, tag: str) -> None:
        self.in_link = self.in_link and tag != "a"


def test_links_hold_no_controls_and_buttons_open_what_is_theirs(
    as_owner: Browser, own: Furnished
) -> None:
    opened = 0
    for page in PAGES:
        if page.role is None:
            continue
        found = Held(as_owner.get(page.at(own.things)).text)
        assert found.held == [], page.name
        assert found.opened == found.popovers, page.name
        assert len(set(found.popovers)) == len(found.popovers), page.name
        opened += len(found.opened)
    assert opened


def test_pages_carry_their_headers(as_owner: Browser, own: Furnished) -> None:
    for page in PAGES:
        if page.role is None:
            continue
        answer = as_owner.get(page.at(own.things))
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy, page.name
        assert "unsafe" not in policy, page.name
        assert answer.headers["X-Frame-Options"] == "DENY", page.name
        assert answer.headers["Cache-Control"] == "no-store", page.name
        assert answer.headers["Referrer-Policy"] == "same-origin", page.name
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", answer.text), (
            page.name
        )
        assert not re.search(r"<[^>]+\sstyle=", answer.text), page.name
        assert not re.search(r"<[^>]+\son[a-z]+=", answer.text), page.name


def rows(parts: Services) -> dict[str, list[tuple[Any, ...]]]:
    """Return everything that the database holds."""
    with parts.database.read() as session:
        return {
            table.name: sorted(map(tuple, session.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }
