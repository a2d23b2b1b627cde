"""Prepared answers as a file: all of them out, and many in at once or none."""

from __future__ import annotations

import io
import threading
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from server.models import BusinessFaq
from server.wiring import Services
from tests.web.conftest import Api, House, RecordingSynthesiser, audit, wrong_fields
from tests.web.test_faqs import NEW, matched

HEADER = "intent_key,patterns,answer_text"


def send(api: Api, house: House, text: str | bytes, dry_run: bool = False) -> TestResponse:
    return api(
        "POST",
        f"/api/businesses/{house.id}/faqs/import",
        query_string={"dry_run": "true"} if dry_run else {},
        data=text,
        content_type="text/csv",
    )


def done(response: TestResponse) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    assert response.json is not None
    return dict(response.json)


def counts(report: dict[str, Any]) -> tuple[int, ...]:
    return tuple(report[name] for name in ("created", "updated", "unchanged", "wrong"))


def stored(parts: Services, house: House) -> dict[str, str]:
    with parts.database.read() as session:
        rows = session.scalars(select(BusinessFaq).where(BusinessFaq.business_id == house.id))
        return {row.intent_key: row.answer_text for row in rows}


def test_what_is_exported_is_imported_unchanged(
    admin: Api, operator: Api, parts: Services, garage: House
) -> None:
    faqs = f"/api/businesses/{garage.id}/faqs"
    hostile = {"label": "=1+1", "answer_text": '@SUM("A1"),\nכן', "patterns": ["-x", "a|b"]}
    for change in ({}, hostile, {"patterns": ["(כן|לא)|אולי"], "active": False}):
        assert admin.post(faqs, NEW | change).status_code == 201  # all with one intent_key
    response = operator.get(f"{faqs}.csv")
    assert (response.status_code, response.mimetype) == (200, "text/csv")
    assert response.data.startswith(b"\xef\xbb\xbfintent_key,label,patterns,answer_text,")
    assert "attachment" in response.headers["Content-Disposition"]
    assert response.headers["Cache-Control"] == "no-store"
    assert ",=1" not in response.text
    assert '"@' not in response.text
    before = admin.get(faqs).json
    report = done(send(admin, garage, response.data))
    assert counts(report) == (0, 0, 4, 0)
    assert admin.get(faqs).json == before


def test_lines_create_and_replace(
    admin: Api, parts: Services, garage: House, synthesiser: RecordingSynthesiser
) -> None:
    text = f"{HEADER}\nprice,מה המחיר|כמה עולה,מאתיים שקלים.\nhours,מתי פתוחים,עד חמש.\n"
    planned = done(send(admin, garage, text, dry_run=True))
    assert planned.pop("plan")
    assert planned == {
        "dry_run": True,
        "created": 1,
        "updated": 1,
        "unchanged": 0,
        "wrong": 0,
        "lines": [
            {
                "line": 2,
                "intent_key": "price",
                "action": "update",
                "errors": [],
                "changed": ["patterns", "answer_text"],
            },
            {"line": 3, "intent_key": "hours", "action": "create", "errors": [], "changed": []},
        ],
    }
    assert stored(parts, garage) == {"price": "מאה שקלים."}
    assert audit(parts) == []
    imported = done(send(admin, garage, text))
    assert imported.pop("plan")
    assert imported == planned | {"dry_run": False}
    assert stored(parts, garage) == {"price": "מאתיים שקלים.", "hours": "עד חמש."}
    assert matched(admin, garage.id, "מתי פתוחים")["answer_text"] == "עד חמש."
    assert synthesiser.has_said("עד חמש.", "he-IL")
    price = admin.get(f"/api/businesses/{garage.id}/faqs/{garage.faq_id}").json
    assert price is not None
    assert price["patterns"] == ["מה המחיר", "כמה עולה"]
    assert price["priority"] == 10, "columns that the file lacks stay as they are"
    assert [entry[1] for entry in audit(parts)] == ["faq.import"]
    assert counts(done(send(admin, garage, text))) == (0, 0, 2, 0)


def test_an_empty_cell_is_the_default_and_another_language_another_row(
    admin: Api, parts: Services, garage: House
) -> None:
    text = f"{HEADER},priority,lang\nprice,מה המחיר,מאה.,,he-il\nprice,the price,100.,3,en-us\n"
    assert counts(done(send(admin, garage, text))) == (1, 1, 0, 0)
    listed = admin.get(f"/api/businesses/{garage.id}/faqs").json
    assert listed is not None
    assert [(item["lang"], item["priority"]) for item in listed["items"]] == [
        ("en-US", 3),
        ("he-IL", 0),
    ]


def test_one_wrong_line_stops_all_and_every_wrong_field_is_named(
    admin: Api, parts: Services, garage: House
) -> None:
    text = (
        f"{HEADER},priority,active\n"
        "hours,מתי פתוחים,עד חמש.,5,כן\n"
        "\n"
        "Bad Key,((,,high,perhaps\n"
        f"wifi,יש ויפי|.*,{'א' * 241},101,\n"
        "hours,שעות,עד שש.,1,1\n"
        "price,מה המחיר,מאה.,1,1,more\n"
    )
    wrong = {
        4: {"intent_key", "patterns.0", "answer_text", "priority", "active"},
        5: {"patterns.1", "answer_text", "priority"},
        6: {"intent_key"},
        7: {""},
    }
    planned = done(send(admin, garage, text, dry_run=True))
    assert counts(planned) == (1, 0, 0, 4)
    found = {
        line["line"]: {error["field"] for error in line["errors"]}
        for line in planned["lines"]
        if line["errors"]
    }
    assert found == wrong
    response = send(admin, garage, text)
    assert set(wrong_fields(response)) == {
        f"lines.{line}.{name}".rstrip(".") for line, names in wrong.items() for name in names
    }
    assert response.json is not None
    assert "4, 5, 6, 7" in response.json["detail"]
    assert stored(parts, garage) == {"price": "מאה שקלים."}
    assert audit(parts) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\xff\xfe\x00\xd8",
        b"intent_key;patterns\n",
        f"{HEADER},id\n1,2,3,4\n".encode(),
        f'{HEADER}\nprice,"never closed'.encode(),
        f"{HEADER}\n{'x' * 200_000}\n".encode(),
        HEADER.encode() + b"\nx,y,z" * 2001,
    ],
)
def test_what_is_no_such_file_is_refused(admin: Api, garage: House, data: bytes) -> None:
    assert wrong_fields(send(admin, garage, data)) == ["file"]
    assert wrong_fields(send(admin, garage, data, dry_run=True)) == ["file"]


def test_hostile_cells_are_refused_like_hostile_fields(admin: Api, garage: House) -> None:
    response = send(admin, garage, f"{HEADER}\nx,((a{{99}}){{99}}){{99}},y\u2028z\nx\x00,y,z\n")
    assert wrong_fields(response) == [
        "lines.2.patterns.0",
        "lines.2.answer_text",
        "lines.3.intent_key",
    ]


def test_many_lines_fit(admin: Api, parts: Services, garage: House) -> None:
    lines = "".join(f"k{number},מילה{number},כן.\n" for number in range(2000))
    assert counts(done(send(admin, garage, f"{HEADER}\n{lines}", dry_run=True)))[0] == 2000


def test_of_two_who_send_the_same_sheet_at_once_one_comes_second(
    admin: Api, parts: Services, garage: House
) -> None:
    lines = "".join(f"k{number},מילה{number},כן.\n" for number in range(100))
    sheet = f"{HEADER}\n{lines}"
    plan = done(send(admin, garage, sheet, dry_run=True))["plan"]
    path = f"/api/businesses/{garage.id}/faqs/import?plan={plan}"
    both = threading.Barrier(2)
    statuses: list[int] = []

    def take_in() -> None:
        own = Api(admin.client.application.test_client(), admin.token)
        both.wait()
        statuses.append(own("POST", path, data=sheet, content_type="text/csv").status_code)

    threads = [threading.Thread(target=take_in) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 409]
    with parts.database.read() as session:
        assert session.scalar(select(func.count()).select_from(BusinessFaq)) == 101


def test_a_form_brings_a_file_too(admin: Api, garage: House) -> None:
    path = f"/api/businesses/{garage.id}/faqs/import"
    file = io.BytesIO(f"{HEADER}\nhours,מתי פתוחים,עד חמש.\n".encode("utf-16"))
    assert counts(done(admin("POST", path, data={"file": (file, "faqs.csv")}))) == (1, 0, 0, 0)
    assert wrong_fields(admin("POST", path, data={"other": (io.BytesIO(b""), "x")})) == ["file"]


def test_other_bodies_are_not_taken(admin: Api, operator: Api, garage: House) -> None:
    path = f"/api/businesses/{garage.id}/faqs/import"
    assert admin.post(path, {}).status_code == 415
    assert send(admin, garage, b"x" * ((4 << 20) + 1)).status_code == 413
    big = {"file": (io.BytesIO(b"x" * ((4 << 20) + 1)), "faqs.csv")}
    assert admin("POST", path, data=big).status_code == 413
    assert send(operator, garage, HEADER).status_code == 403
