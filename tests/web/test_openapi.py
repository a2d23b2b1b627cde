"""The OpenAPI document: complete, consistent, and generated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask_openapi3 import OpenAPI

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def document(app: OpenAPI) -> dict[str, Any]:
    response = app.test_client().get("/api/openapi.json")
    assert (response.status_code, response.mimetype) == (200, "application/json")
    assert response.json is not None
    return dict(response.json)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        assert set(item) <= METHODS, path
        for method, operation in item.items():
            yield path, method, operation


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def test_every_route_is_listed_and_no_other(app: OpenAPI, document: dict[str, Any]) -> None:
    routed = {
        (re.sub(r"<(?:[^<:]+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {(path, method) for path, method, _ in operations(document)} == routed


def test_the_frame_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert re.fullmatch(r"3\.1\.\d", document["openapi"])
    assert document["info"]["title"]
    assert document["info"]["version"]
    scheme = document["components"]["securitySchemes"]["bearer"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert all(tag["description"] for tag in document["tags"])


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = set(references(document))
    assert found
    for reference in found:
        assert reference.startswith("#/components/schemas/")
        assert reference.rpartition("/")[2] in document["components"]["schemas"]


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    names = {tag["name"] for tag in document["tags"]}
    seen = set()
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        assert operation["operationId"] not in seen, where
        seen.add(operation["operationId"])
        assert operation["summary"].endswith("."), where
        assert len(operation["tags"]) == 1, where
        assert set(operation["tags"]) <= names, where
        in_path = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path)), where
        assert all(p["schema"] for p in operation.get("parameters", [])), where
        assert ("requestBody" in operation) == (method in ("post", "put", "patch")), where
        assert any(status.startswith("2") for status in operation["responses"]), where
        for status, response in operation["responses"].items():
            assert response["description"], where
            if status >= "400" and path != "/api/openapi.json":
                schema = response["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}, where


def test_every_operation_but_the_document_wants_a_token(document: dict[str, Any]) -> None:
    for path, _, operation in operations(document):
        wanted: list[dict[str, list[str]]] = [] if path == "/api/openapi.json" else [{"bearer": []}]
        assert operation.get("security", []) == wanted, path
        if wanted:
            assert {"401", "403", "404", "422", "503"} <= set(operation["responses"])


def test_the_names_of_the_contract_stand_in_the_schemas(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert {"from", "to", "turns", "duration_seconds"} <= set(schemas["CallDetail"]["properties"])
    assert {"faq.hit.rate", "faq.p50.ms", "voice.total_latency_ms"} <= set(
        schemas["KpisView"]["properties"]
    )
    assert schemas["NewBusiness"]["required"] == ["name"]
    assert "required" not in schemas["BusinessChange"]
    assert schemas["FaqInput"]["additionalProperties"] is False


def test_every_list_says_where_it_goes_on(document: dict[str, Any]) -> None:
    lists = {
        name: schema["properties"]
        for name, schema in document["components"]["schemas"].items()
        if "items" in schema.get("properties", {})
    }
    assert len(lists) > 15
    assert [name for name, has in lists.items() if "next_cursor" not in has] == []
