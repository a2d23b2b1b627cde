"""Every error of the API has the same shape, whatever raised it."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

import pytest
from flask_openapi3 import OpenAPI
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

import server.db
from server.wiring import Services
from tests.web.conftest import Api, House


def check(response: TestResponse, status: int, code: str) -> dict[str, Any]:
    """Check the problem's shape and return it."""
    assert response.status_code == status
    assert response.mimetype == "application/problem+json"
    assert response.json is not None
    problem: dict[str, Any] = response.json
    assert set(problem) == {"type", "title", "status", "detail", "code", "errors"}
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert problem["detail"]
    return problem


def send(api: Api, data: Any, content_type: str = "application/json") -> TestResponse:
    return api("POST", "/api/businesses", data=data, content_type=content_type)


@pytest.mark.parametrize(
    "data", ["", "{", "[" * 100_000, b"\xff\xfe", '{"name": ' + "9" * 5000 + "}", "{'a': 1}"]
)
def test_malformed_json(owner: Api, data: str | bytes) -> None:
    check(send(owner, data), 400, "bad_request")


@pytest.mark.parametrize("data", ["[]", '"{}"', "null", "1", "true"])
def test_json_that_is_no_object(owner: Api, data: str) -> None:
    problem = check(send(owner, data), 422, "invalid_input")
    assert problem["errors"] == [
        {"field": "", "message": "The body must be a JSON object.", "code": ""}
    ]


def test_half_a_character(owner: Api) -> None:
    problem = check(send(owner, '{"name": "\\ud800"}'), 422, "invalid_input")
    assert [error["field"] for error in problem["errors"]] == ["name"]


def test_so_many_wrong_fields_that_nobody_reads_them(owner: Api) -> None:
    problem = check(
        owner.post("/api/businesses", {f"field{number}": 0 for number in range(50_000)}),
        422,
        "invalid_input",
    )
    assert [error["code"] for error in problem["errors"]] == ["too_many_wrong"]


def test_another_content_type(owner: Api) -> None:
    check(send(owner, "name=x", "application/x-www-form-urlencoded"), 415, "unsupported_media_type")


def test_a_huge_body(owner: Api) -> None:
    body = '{"name": "' + "a" * (1 << 20) + '"}'
    check(send(owner, body), 413, "request_entity_too_large")


def test_a_path_that_is_none(app: OpenAPI, owner: Api) -> None:
    for path in ("/api/", "/api/nothing", "/api/leads/99999999999", "/api/leads/-1"):
        check(owner.get(path), 404, "not_found")
        check(app.test_client().get(path), 404, "not_found")


def test_a_method_that_is_not_taken(owner: Api) -> None:
    response = owner("PUT", "/api/businesses", json={})
    check(response, 405, "method_not_allowed")
    assert "POST" in response.headers["Allow"]


def test_other_pages_keep_their_own_errors(app: OpenAPI) -> None:
    response = app.test_client().get("/nothing")
    assert (response.status_code, response.mimetype) == (404, "text/html")


def test_the_others_have_the_shape_too(
    app: OpenAPI, owner: Api, operator: Api, garage: House
) -> None:
    check(app.test_client().get("/api/businesses"), 401, "unauthorized")
    check(operator.post("/api/businesses", {"name": "x"}), 403, "forbidden")
    check(owner.get("/api/leads/12345"), 404, "not_found")
    check(owner.post("/api/businesses", {}), 422, "invalid_input")
    taken = {"name": "x", "numbers": [garage.number]}
    check(owner.post("/api/businesses", taken), 409, "number_taken")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_locked_database(
    owner: Api, parts: Services, garage: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.db, "LOCK_WAIT_SECONDS", 0.05)
    blocker = sqlite3.connect(str(parts.database.engine.url.database), isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    try:
        response = owner.patch(f"/api/businesses/{garage.id}", {"name": "x"})
        check(response, 503, "database_unavailable")
        assert int(response.headers["Retry-After"]) > 0
        assert owner.get(f"/api/businesses/{garage.id}").status_code == 200
    finally:
        blocker.close()
    assert owner.patch(f"/api/businesses/{garage.id}", {"name": "x"}).status_code == 200


class BrokenDatabase:
    """Fails with what it is given."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def read(self) -> Any:
        raise self.error


def break_database(app: OpenAPI, parts: Services, error: Exception) -> None:
    app.extensions["maane"] = replace(parts, database=BrokenDatabase(error))  # type: ignore[arg-type]


def test_a_database_that_is_gone(app: OpenAPI, parts: Services, owner: Api) -> None:
    gone = OperationalError("SELECT 1", {}, Exception("connection refused"))
    break_database(app, parts, gone)
    problem = check(owner.get("/api/businesses"), 503, "database_unavailable")
    assert "connection" not in problem["detail"]


def test_a_defect_tells_nothing_of_itself(app: OpenAPI, parts: Services, owner: Api) -> None:
    break_database(app, parts, RuntimeError("secret of the house"))
    response = owner.get("/api/businesses")
    check(response, 500, "internal")
    assert "secret" not in response.text
    assert "Traceback" not in response.text


def test_personal_data_is_not_kept_by_proxies(owner: Api) -> None:
    assert owner.get("/api/businesses").headers["Cache-Control"] == "no-store"
