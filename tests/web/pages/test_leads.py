"""The list of leads: found, filtered, worked through, exported, and new ones as they come."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from server.models import Call, Lead
from server.wiring import Services
from tests.web.conftest import House, audit
from tests.web.pages.conftest import Browser

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Links(HTMLParser):
    """Collects where a page leads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append(dict(attrs).get("href") or "")


def links(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200, answer.status
    parser = Links()
    parser.feed(answer.text)
    return parser.found


def listed(answer: TestResponse) -> list[int]:
    """Return the ids of the leads in a list, in order."""
    return [int(found) for found in re.findall(r'id="lead-(\d+)"', answer.text)]


def add(parts: Services, business_id: int, **fields: Any) -> int:
    with parts.database.write() as session:
        at = fields.pop("created_at", datetime.now(UTC))
        number = session.query(Lead).count()
        lead = Lead(business_id=business_id, call_sid=f"CA_{number}", created_at=at, **fields)
        session.add(lead)
        session.flush()
        return lead.id


def page(house: House, **query: str) -> dict[str, Any]:
    return {"path": f"/b/{house.id}/leads", "query_string": query}


def test_a_row_says_who_what_and_how_far(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    add(
        parts, garage.id, name="דנה כהן", phone="+972541234567", headline="הרכב לא מניע",
        status="processed", fields={"callback": "transfer_unanswered"}, tags=["דחוף"],
    )  # fmt: skip
    add(parts, garage.id, phone="+972501112233", status="processing")
    add(parts, garage.id, phone="anonymous", status="failed")
    text = as_operator.get(**page(garage)).text
    for said in ("דנה כהן", "הרכב לא מניע", "לחזור ללקוח", "דחוף", "tel:+972541234567"):
        assert said in text
    for said in ("050-111-2233", "מתמללים…", "מספר חסוי", "הסיכום לא הצליח"):
        assert said in text


def test_the_newest_fifty_and_then_more(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    for number in range(55):
        add(parts, garage.id, created_at=NOON + timedelta(minutes=number))
    first = as_operator.get(**page(garage))
    assert len(listed(first)) == 50
    further = next(link for link in links(first) if "cursor=" in link)
    rest = as_operator.get(further)
    assert len(listed(rest)) == 6
    assert "<h1>" in rest.text
    part = as_operator.part(further)
    assert listed(part) == listed(rest)
    assert "<h1>" not in part.text
    assert not set(listed(rest)) & set(listed(first))


@pytest.mark.parametrize(
    ("show", "found"),
    [
        ("", {"called", "asked", "failed", "read"}),
        ("callback", {"asked"}),
        ("unread", {"called", "asked", "failed"}),
        ("new", {"called", "asked", "failed"}),
        ("done", {"read"}),
        ("failed", {"failed"}),
        ("test", {"tried"}),
        ("nonsense", {"called", "asked", "failed", "read"}),
    ],
)
def test_a_chip_shows_what_it_says(
    as_operator: Browser, parts: Services, garage: House, show: str, found: set[str]
) -> None:
    ids = {
        "called": garage.lead_id,
        "asked": add(parts, garage.id, fields={"callback": "x"}),
        "failed": add(parts, garage.id, status="failed"),
        "read": add(parts, garage.id, read_at=NOON, work_status="done"),
        "tried": add(parts, garage.id, is_test=True),
    }
    assert set(listed(as_operator.get(**page(garage, show=show)))) == {ids[name] for name in found}


def test_a_search_finds_and_says_when_it_does_not(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    dana = add(parts, garage.id, name="דנה כהן", phone="+972501112233")
    assert listed(as_operator.get(**page(garage, q="דנה"))) == [dana]
    assert listed(as_operator.get(**page(garage, q="050-111"))) == [dana]
    nothing = as_operator.get(**page(garage, q="אין כזה", show="unread"))
    assert listed(nothing) == []
    assert "לא נמצא דבר" in nothing.text
    assert f"/b/{garage.id}/leads" in links(nothing)
    assert as_operator.get(**page(garage, q="x" * 101)).status_code == 200


def test_periods_begin_where_the_business_is(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    old = add(parts, garage.id, created_at=datetime.now(UTC) - timedelta(days=9))
    assert old not in listed(as_operator.get(**page(garage, when="week")))
    assert old in listed(as_operator.get(**page(garage, when="month")))


def test_htmx_gets_the_list_alone_and_the_way_back_the_whole_page(
    as_operator: Browser, garage: House
) -> None:
    assert "<html" not in as_operator.part(f"/b/{garage.id}/leads?q=x").text
    back = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in as_operator.client.get(f"/b/{garage.id}/leads", headers=back).text


def test_the_table_holds_what_the_list_shows(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    add(parts, garage.id, name="דנה כהן", tags=["דחוף"])
    answer = as_operator.get(**page(garage, q="דנה", tag="דחוף", show="unread", when="week"))
    export = next(link for link in links(answer) if "leads.csv" in link)
    assert {"q", "tag", "unread", "since", "test"} <= set(parse_qs(urlsplit(export).query))
    table = as_operator.get(export)
    assert table.mimetype == "text/csv"
    assert table.text.count("\n") == 2


def test_an_empty_business_is_told_how_to_begin(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    with parts.database.write() as session:
        session.delete(session.get_one(Call, garage.call_sid))
        session.delete(session.get_one(Lead, garage.lead_id))
    answer = as_operator.get(**page(garage))
    assert "אין עדיין פניות" in answer.text
    assert f"/b/{garage.id}/phone" in links(answer)
    assert f"/b/{garage.id}/leads?show=test" not in links(answer)
    add(parts, garage.id, is_test=True)
    tried = as_operator.get(**page(garage))
    assert "לשיחות ניסיון יש רשימה נפרדת" in tried.text
    assert f"/b/{garage.id}/leads?show=test" in links(tried)


def test_new_leads_are_announced_and_do_not_push_in(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    text = as_operator.get(**page(garage)).text
    found = re.search(r"hx-vals='\{\"after\": \"([^\"]+)\"\}'", text)
    assert found is not None
    after = found.group(1)
    newer = f"/b/{garage.id}/leads/newer"
    assert as_operator.part(newer, query_string={"after": after}).text.strip() == ""
    add(parts, garage.id)
    add(parts, garage.id, is_test=True)  # in no list but its own
    assert "פנייה חדשה אחת" in as_operator.part(newer, query_string={"after": after}).text
    add(parts, garage.id)
    assert "2 פניות חדשות" in as_operator.part(newer, query_string={"after": after}).text
    filtered = {"after": after, "show": "done"}
    assert as_operator.part(newer, query_string=filtered).text.strip() == ""
    assert as_operator.part(newer, query_string={"after": "nonsense"}).status_code == 422


def test_a_row_by_itself(as_operator: Browser, garage: House, bakery: House) -> None:
    row = as_operator.part(f"/b/{garage.id}/leads/{garage.lead_id}/row")
    assert listed(row) == [garage.lead_id]
    for other in (bakery.lead_id, 999_999):
        assert as_operator.part(f"/b/{garage.id}/leads/{other}/row").status_code == 404


def test_several_are_changed_and_the_list_is_as_it_was(
    as_operator: Browser, parts: Services, garage: House, bakery: House
) -> None:
    second = add(parts, garage.id)
    back = f"/b/{garage.id}/leads?show=unread"
    answer = as_operator.post(
        f"/b/{garage.id}/leads/change",
        {"ids": [garage.lead_id, second, bakery.lead_id], "work_status": "done", "back": back},
    )
    assert (answer.status_code, answer.location) == (303, back)
    assert "2 פניות עודכנו." in as_operator.get(back).text
    with parts.database.read() as session:
        done = session.scalars(select(Lead.id).where(Lead.work_status == "done")).all()
    assert sorted(done) == sorted([garage.lead_id, second])
    assert [entry[1] for entry in audit(parts)] == ["lead.update_many"]


@pytest.mark.parametrize("data", [{}, {"ids": "1"}, {"ids": "1", "work_status": "hacked"}])
def test_a_change_of_nothing_says_so(
    as_operator: Browser, parts: Services, garage: House, data: dict[str, str]
) -> None:
    answer = as_operator.post(f"/b/{garage.id}/leads/change", data | {"back": "//evil.example"})
    assert (answer.status_code, answer.location) == (303, f"/b/{garage.id}/leads")
    assert "דבר לא השתנה" in as_operator.get(answer.location).text
    many = {"ids": [str(n) for n in range(1, 400)], "read": "yes"}
    answer = as_operator.post(f"/b/{garage.id}/leads/change", many)
    assert "סומנו יותר מדי" in as_operator.get(answer.location).text
    assert audit(parts) == []


def test_the_navigation_counts_what_is_unread(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    as_operator.speaks("en")
    add(parts, garage.id, wants_callback=True)
    strip = f"/b/{garage.id}/live/strip"  # what every page asks for every few seconds
    for text in (as_operator.get(**page(garage)).text, as_operator.part(strip).text):
        assert 'aria-label="2 unread leads, 1 waits for a call">2</span>' in text
    as_operator.post(f"/b/{garage.id}/leads/change", {"ids": garage.lead_id, "read": "yes"})
    assert 'aria-label="1 unread lead, 1 waits for a call">1</span>' in as_operator.part(strip).text


def test_hostile_words_are_words(as_operator: Browser, parts: Services, garage: House) -> None:
    attack = "\"><script>alert('x')</script>"
    add(parts, garage.id, name=attack, headline=attack, tags=[attack[:40]], status="processed")
    text = as_operator.get(**page(garage, q=attack, tag=attack[:40])).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


def test_another_business_s_leads_are_not_there(
    as_operator: Browser, garage: House, bakery: House
) -> None:
    assert as_operator.get(f"/b/{bakery.id}/leads").status_code == 404
    assert listed(as_operator.get(**page(garage))) == [garage.lead_id]


def test_of_ten_thousand_leads_a_page_shows_fifty(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    with parts.database.write() as session:
        session.execute(
            Lead.__table__.insert(),  # type: ignore[attr-defined]
            [
                {
                    "business_id": garage.id,
                    "call_sid": f"CA{index}",
                    "phone": f"+97250{index:07}",
                    "name": "דנה כהן",
                    "status": "processed",
                    "headline": "הרכב לא מניע",
                    "summary": "הרכב לא מניע\nמבקשת תור",
                    "created_at": NOON + timedelta(seconds=index),
                    "transcript": "שלום " * 400,
                }
                for index in range(10_000)
            ],
        )
    for query, rows in (
        ({}, 50),
        ({"show": "unread"}, 50),
        ({"q": "0009999"}, 1),
        ({"q": "אין"}, 0),
    ):
        answer = as_operator.get(**page(garage, **query))
        assert len(listed(answer)) == rows
        assert ("cursor=" in answer.text) == (rows == 50)
