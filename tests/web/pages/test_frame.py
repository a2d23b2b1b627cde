"""What all pages share: who is let in, in which language, with which headers."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest
from flask_openapi3 import OpenAPI
from itsdangerous import TimestampSigner
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from server.wiring import Services
from tests.web.conftest import House
from tests.web.pages.conftest import Browser


def test_who_is_not_signed_in_is_asked_to_and_comes_back(app: OpenAPI, garage: House) -> None:
    client = app.test_client()
    answer = client.get(f"/b/{garage.id}/more?x=1")
    assert (answer.status_code, answer.location) == (
        303,
        f"/sign-in?next=/b/{garage.id}/more%3Fx%3D1",
    )
    part = client.get(f"/b/{garage.id}/more", headers={"HX-Request": "true"})
    assert part.status_code == 401
    assert part.headers["HX-Redirect"].startswith("/sign-in")


def test_signing_in_leads_to_ones_business(as_operator: Browser, garage: House) -> None:
    assert as_operator.get("/").location == f"/b/{garage.id}/"


def test_the_root_leads_to_the_business_that_was_looked_at_last(
    as_owner: Browser, garage: House, bakery: House
) -> None:
    for house in (bakery, garage):
        as_owner.get(f"/b/{house.id}/more")
        assert as_owner.get("/").location == f"/b/{house.id}/"
    for broken in ("999", "x", "9" * 40):
        as_owner.client.set_cookie("maane_business", broken)
        assert as_owner.get("/").status_code == 303


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil", ""])
def test_signing_in_leads_to_no_other_site(as_operator: Browser, elsewhere: str) -> None:
    answer = as_operator.client.get("/sign-in", query_string={"next": elsewhere})
    assert answer.location == "/"


def test_a_query_of_broken_bytes_is_a_query_like_any_other(
    app: OpenAPI, as_operator: Browser, garage: House
) -> None:
    broken = {"QUERY_STRING": "q=\xff\xfe"}  # as a server hands on bytes that are no UTF-8
    assert as_operator.get(f"/b/{garage.id}/leads", environ_overrides=broken).status_code == 200
    assert app.test_client().get("/sign-in", environ_overrides=broken).status_code == 200
    asked = app.test_client().get(f"/b/{garage.id}/leads", environ_overrides=broken)
    assert (asked.status_code, asked.location[:14]) == (303, "/sign-in?next=")
    of_the_api = f"/api/businesses/{garage.id}/calls"
    refused = as_operator.get(of_the_api, environ_overrides=broken)
    assert refused.status_code == 422  # there is no such filter


@pytest.mark.parametrize("path", ["/b/1/", "/b/1/leads", "/b/1/settings", "/b/1/nothing", "/x"])
@pytest.mark.parametrize("htmx", [{}, {"HX-Request": "true"}])
def test_whenever_the_database_dies_the_page_says_so(
    as_admin: Browser, parts: Services, garage: House, path: str, htmx: dict[str, str]
) -> None:
    left = 0

    def begin(_connection: Connection) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OperationalError("BEGIN", {}, Exception("gone"))

    event.listen(parts.database.engine, "begin", begin)
    for units in range(12):
        left = units
        answer = as_admin.get(path, headers=htmx)
        assert answer.status_code in ((503, 404) if left < 0 else (200, 404)), units
        assert left >= 0 or 'role="alert"' in answer.text
        if left >= 0:
            return
    raise AssertionError("so many units of work make no page")


def test_pages_speak_hebrew_until_told_otherwise(as_operator: Browser, garage: House) -> None:
    page = f"/b/{garage.id}/more"
    assert '<html lang="he" dir="rtl">' in as_operator.get(page).text
    answer = as_operator.client.post("/language", data={"lang": "en", "next": page})
    assert answer.location == page
    assert '<html lang="en" dir="ltr">' in as_operator.get(page).text
    as_operator.client.post("/language", data={"lang": "xx", "next": "//evil.example"})
    assert '<html lang="en" dir="ltr">' in as_operator.get(page).text


def test_the_language_follows_the_user_to_another_machine(
    app: OpenAPI, as_operator: Browser, garage: House
) -> None:
    as_operator.client.post("/language", data={"lang": "en"})
    as_operator.client.delete_cookie("maane_lang")
    assert 'lang="en"' in as_operator.get(f"/b/{garage.id}/more").text


def test_an_operator_is_not_shown_what_admins_have(
    as_operator: Browser, as_admin: Browser, as_owner: Browser, garage: House
) -> None:
    page = f"/b/{garage.id}/more"
    settings, system = f'href="/b/{garage.id}/settings"', 'href="/system"'
    assert settings not in as_operator.get(page).text
    assert settings in as_admin.get(page).text
    assert system not in as_admin.get(page).text
    assert system in as_owner.get(page).text


def test_another_business_does_not_exist(as_admin: Browser, bakery: House) -> None:
    answer = as_admin.get(f"/b/{bakery.id}/more")
    assert answer.status_code == 404
    assert answer.text.replace(str(bakery.id), "N") == as_admin.get("/b/999/more").text.replace(
        "999", "N"
    ).replace(str(bakery.id), "N")


def test_pages_load_nothing_from_elsewhere_and_run_no_inline_script(
    as_admin: Browser, garage: House
) -> None:
    answer = as_admin.get(f"/b/{garage.id}/more")
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text)
    assert not re.search(r"\son\w+=", answer.text)


def test_a_change_without_the_pages_token_is_refused(as_admin: Browser) -> None:
    answer = as_admin.client.post("/sign-out", data={})
    assert answer.status_code == 403
    assert as_admin.get("/").status_code == 303
    assert as_admin.post("/sign-out").location == "/sign-in"
    assert as_admin.get("/").location == "/sign-in"


def test_a_page_that_was_left_open_still_works(
    as_admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = as_admin.token()
    later = int(time.time()) + 8 * 3600
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _self: later)
    assert as_admin.post("/sign-out", token=token).location == "/sign-in"


def test_the_api_takes_a_signed_in_browser_but_changes_only_with_its_token(
    as_admin: Browser, garage: House, bakery: House
) -> None:
    business = f"/api/businesses/{garage.id}"
    assert as_admin.get(business).status_code == 200
    assert as_admin.get(f"/api/businesses/{bakery.id}").status_code == 404
    body = {"name": "מוסך אחר"}
    refused = as_admin.client.patch(business, json=body)
    assert (refused.status_code, refused.json["code"]) == (403, "csrf")
    headers = {"X-CSRFToken": as_admin.token()}
    assert as_admin.client.patch(business, json=body, headers=headers).status_code == 200


def test_static_files_are_kept_by_their_hash(as_admin: Browser, garage: House) -> None:
    page = as_admin.get(f"/b/{garage.id}/more").text
    address = re.search(r'href="(/static/css/maane\.css\?v=\w+)"', page)
    assert address is not None
    answer = as_admin.get(address[1])
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    packed = as_admin.get(
        "/static/vendor/tabler/tabler.rtl.min.css", headers={"Accept-Encoding": "gzip"}
    )
    assert packed.headers["Content-Encoding"] == "gzip"
    assert as_admin.get("/static/../wsgi.py").status_code == 404


@pytest.mark.parametrize("tool", ["tools.vendor", "tools.translations"])
def test_what_is_committed_is_what_the_tools_make(tool: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", tool, "--check"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
