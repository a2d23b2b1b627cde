"""Leads: lists, filters, pages, and the operator's changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from server.api.lead_view import notes_version
from server.models import Call, Lead, Recording, Transcript
from server.wiring import Services
from tests.web.conftest import Api, House, audit, wrong_fields

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def add_leads(parts: Services, business_id: int, count: int, **fields: Any) -> None:
    """Add ``count`` leads a minute apart; each two in a row share their instant."""
    with parts.database.write() as session:
        session.add_all(
            Lead(
                business_id=business_id,
                call_sid=f"CA_{business_id}_{index}",
                created_at=NOON + timedelta(minutes=index // 2),
                **fields,
            )
            for index in range(count)
        )


def ids(api: Api, business_id: int, **query: Any) -> list[str]:
    response = api.get(f"/api/businesses/{business_id}/leads", **query)
    assert response.status_code == 200, response.text
    assert response.json is not None
    return [item["call_sid"] for item in response.json["items"]]


def test_a_lead_s_shape(operator: Api, garage: House) -> None:
    lead = operator.get(f"/api/leads/{garage.lead_id}").json
    assert lead is not None
    for instant in (lead.pop("created_at"), lead.pop("updated_at")):
        assert datetime.fromisoformat(instant).tzinfo is not None
    assert lead == {
        "id": garage.lead_id,
        "business_id": garage.id,
        "call_sid": garage.call_sid,
        "phone": "+972541234567",
        "name": "",
        "status": "new",
        "work_status": "new",
        "direction": "inbound",
        "duration_seconds": 60,
        "outcome": "talked",
        "is_test": False,
        "wants_callback": False,
        "transcript": "",
        "transcript_source": "",
        "headline": "",
        "summary": "",
        "summary_source": "",
        "next_step": "",
        "fields": {},
        "error": "",
        "notes": "",
        "notes_version": notes_version(""),
        "tags": [],
        "read_at": None,
        "processed_at": None,
        "recording_url": None,
    }


def test_pages_hold_each_lead_once_newest_first(
    operator: Api, parts: Services, garage: House
) -> None:
    add_leads(parts, garage.id, 25)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = operator.get(f"/api/businesses/{garage.id}/leads", limit=7, **cursor).json
        assert page is not None
        seen += [item["call_sid"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == [garage.call_sid, *(f"CA_{garage.id}_{i}" for i in range(24, -1, -1))]


def test_a_full_last_page_has_no_successor(operator: Api, parts: Services, garage: House) -> None:
    add_leads(parts, garage.id, 4)
    page = operator.get(f"/api/businesses/{garage.id}/leads", limit=5).json
    assert page is not None
    assert (len(page["items"]), page["next_cursor"]) == (5, None)


@pytest.mark.parametrize(
    "phone",
    ["+972541234567", "054-123-4567", "0541234567", "972541234567", " 972541234567"],
)
def test_a_phone_is_found_in_any_spelling(
    operator: Api, parts: Services, garage: House, phone: str
) -> None:
    add_leads(parts, garage.id, 2, phone="+972500000000")
    assert ids(operator, garage.id, phone=phone) == [garage.call_sid]


def test_filters_narrow_together(operator: Api, parts: Services, garage: House) -> None:
    add_leads(parts, garage.id, 4, status="processed", work_status="done")
    assert len(ids(operator, garage.id, status="processed")) == 4
    assert len(ids(operator, garage.id, work_status="done")) == 4
    assert ids(operator, garage.id, status="processed", work_status="new") == []
    assert ids(operator, garage.id, work_status="new") == [garage.call_sid]


@pytest.mark.parametrize(
    ("since", "found"),
    [
        ("2026-03-01T12:01:00Z", 2),
        ("2026-03-01T14:01:00+02:00", 2),
        ("2026-03-01T14:01:00 02:00", 2),  # the plus as an unencoded query string gives it
        ("2026-03-01T14:01:00", 2),  # the business's own time
        ("2026-03-01", 4),
        ("2026-03-02", 0),
    ],
)
def test_since_is_an_instant(
    operator: Api, parts: Services, garage: House, since: str, found: int
) -> None:
    with parts.database.write() as session:
        lead = session.get(Lead, garage.lead_id)
        assert lead is not None
        lead.created_at = NOON - timedelta(days=5)
    add_leads(parts, garage.id, 4)
    assert len(ids(operator, garage.id, since=since)) == found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"status": "open"}, "status"),
        ({"work_status": "open"}, "work_status"),
        ({"since": "yesterday"}, "since"),
        ({"since": "0001-01-01"}, "since"),
        ({"phone": "\x00"}, "phone"),
        ({"workstatus": "new"}, "workstatus"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "WzFd"}, "cursor"),  # [1]
        ({"cursor": "WyIyMDI2LTAxLTAxIiwgMV0"}, "cursor"),  # a naive instant
        ({"cursor": "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzA5OjAwIiwgMV0"}, "cursor"),  # before year 1
        ({"cursor": "W" * 401}, "cursor"),
    ],
)
def test_a_wrong_query_is_named(
    operator: Api, garage: House, query: dict[str, Any], field: str
) -> None:
    response = operator.get(f"/api/businesses/{garage.id}/leads", **query)
    assert wrong_fields(response) == [field]


def test_the_operator_works_a_lead(operator: Api, parts: Services, garage: House) -> None:
    path = f"/api/leads/{garage.lead_id}"
    changed = operator.patch(path, {"work_status": "in_work", "name": " דנה כהן "})
    assert changed.status_code == 200
    assert changed.json is not None
    assert (changed.json["work_status"], changed.json["name"]) == ("in_work", "דנה כהן")
    assert operator.get(path).json == changed.json
    assert audit(parts) == [
        ("token:a test's operator", "lead.update", garage.id, f"lead:{garage.lead_id}")
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"work_status": "processed"}, "work_status"),
        ({"work_status": None}, "work_status"),
        ({"status": "processed"}, "status"),
        ({"name": "א" * 201}, "name"),
        ({"summary": "x"}, "summary"),
    ],
)
def test_nothing_else_can_be_changed(
    operator: Api, parts: Services, garage: House, body: dict[str, Any], field: str
) -> None:
    assert wrong_fields(operator.patch(f"/api/leads/{garage.lead_id}", body)) == [field]
    assert audit(parts) == []


def test_a_page_of_ten_thousand_leads_asks_no_more_than_a_page_of_three(
    operator: Api, parts: Services, garage: House
) -> None:
    with parts.database.write() as session:
        session.execute(
            Lead.__table__.insert(),  # type: ignore[attr-defined]
            [
                {
                    "business_id": garage.id,
                    "call_sid": f"CA{index}",
                    "phone": f"+97250{index:07}",
                    "created_at": NOON + timedelta(seconds=index),
                    "transcript": "שלום " * 100,
                }
                for index in range(10_000)
            ],
        )
    path = f"/api/businesses/{garage.id}/leads"
    asked: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(parts.database.engine, "before_cursor_execute", note)
    first = operator.get(path).json
    assert first is not None
    for query in ({}, {"cursor": first["next_cursor"]}, {"phone": "050-0009999"}):
        asked.clear()
        found = operator.get(path, **query).json
        assert found is not None
        assert len(found["items"]) == (1 if "phone" in query else 50)
        reading = [statement for statement in asked if "FROM leads" in statement]
        assert len(reading) == 1
        assert "LIMIT" in reading[0]


def test_counts_follow_every_change(operator: Api, parts: Services, garage: House) -> None:
    path = f"/api/businesses/{garage.id}/leads/counts"
    add_leads(parts, garage.id, 3, fields={"callback": "x"}, work_status="in_work")
    with parts.database.write() as session:
        session.add(Lead(business_id=garage.id, call_sid="CA_try", is_test=True))
    zero = dict.fromkeys(("done", "lost", "failed"), 0)
    assert operator.get(path).json == zero | {
        "total": 4, "new": 1, "in_work": 3, "unread": 4, "callback": 3, "test": 1,
    }  # fmt: skip
    assert operator.patch(f"/api/leads/{garage.lead_id}", {"read": True}).status_code == 200
    assert (operator.get(path).json or {})["unread"] == 3
    with parts.database.write() as session:
        session.delete(session.get_one(Lead, garage.lead_id))
    assert (operator.get(path).json or {})["total"] == 3


def test_a_call_back_is_wanted_until_it_is_settled(
    operator: Api, parts: Services, garage: House
) -> None:
    with parts.database.write() as session:
        lead = session.get_one(Lead, garage.lead_id)
        lead.fields = {"callback": "transfer_unanswered"}
    assert ids(operator, garage.id, callback="true") == [garage.call_sid]
    assert ids(operator, garage.id, callback="false") == []
    operator.patch(f"/api/leads/{garage.lead_id}", {"work_status": "done"})
    assert ids(operator, garage.id, callback="true") == []


def test_filters_by_tag_outcome_and_test(operator: Api, parts: Services, garage: House) -> None:
    add_leads(parts, garage.id, 1, is_test=True, tags=["דחוף מאוד", '50% "הנחה"'])
    operator.patch(f"/api/leads/{garage.lead_id}", {"tags": ["דחוף"]})
    assert ids(operator, garage.id, tag="דחוף") == [garage.call_sid]
    assert ids(operator, garage.id, tag='50% "הנחה"') == [f"CA_{garage.id}_0"]
    assert ids(operator, garage.id, tag="50") == []
    assert ids(operator, garage.id, test="true") == [f"CA_{garage.id}_0"]
    assert ids(operator, garage.id, test="false") == [garage.call_sid]
    assert ids(operator, garage.id, outcome="talked") == [garage.call_sid]
    with parts.database.write() as session:
        session.get_one(Call, garage.call_sid).end_reason = "call_status_busy"
    assert ids(operator, garage.id, outcome="talked") == []
    assert ids(operator, garage.id, outcome="missed") == [garage.call_sid]


def test_several_are_changed_at_once_and_no_others(
    operator: Api, parts: Services, garage: House, bakery: House
) -> None:
    add_leads(parts, garage.id, 3)
    with parts.database.read() as session:
        mine = list(session.scalars(select(Lead.id).where(Lead.business_id == garage.id)))
    path = f"/api/businesses/{garage.id}/leads/change"
    body = {"ids": [*mine[:2], bakery.lead_id, 999_999], "work_status": "done", "read": True}
    assert operator.post(path, body).json == {"changed": 2}
    with parts.database.read() as session:
        rows = session.scalars(select(Lead).order_by(Lead.id)).all()
    assert [row.id for row in rows if row.work_status == "done"] == mine[:2]
    assert [row.id for row in rows if row.read_at is not None] == mine[:2]
    assert audit(parts) == [
        (
            "token:a test's operator",
            "lead.update_many",
            garage.id,
            f"business:{garage.id}",
        )
    ]
    assert operator.post(path, {"ids": mine, "read": False}).json == {"changed": 4}
    with parts.database.read() as session:
        assert session.scalars(select(Lead.id).where(Lead.read_at.is_not(None))).all() == []


def test_when_it_was_read_first_is_kept(operator: Api, parts: Services, garage: House) -> None:
    with parts.database.write() as session:
        session.get_one(Lead, garage.lead_id).read_at = NOON
    path = f"/api/businesses/{garage.id}/leads/change"
    operator.post(path, {"ids": [garage.lead_id], "read": True})
    with parts.database.read() as session:
        assert session.get_one(Lead, garage.lead_id).read_at == NOON


@pytest.mark.parametrize("body", [{"ids": []}, {"ids": [1]}, {"ids": ["1"], "read": True}])
def test_a_change_of_nothing_is_refused(operator: Api, garage: House, body: Any) -> None:
    path = f"/api/businesses/{garage.id}/leads/change"
    assert operator.post(path, body).status_code == 422


def test_nobody_overwrites_the_notes_of_another(operator: Api, garage: House) -> None:
    path = f"/api/leads/{garage.lead_id}"
    before = (operator.get(path).json or {})["notes_version"]
    first = operator.patch(path, {"notes": "חזרתי אליה", "notes_version": before})
    assert first.status_code == 200
    second = operator.patch(path, {"notes": "לא ענתה", "notes_version": before})
    assert (second.status_code, (second.json or {})["code"]) == (409, "notes_changed")
    assert (operator.get(path).json or {})["notes"] == "חזרתי אליה"
    again = {"notes": "לא ענתה", "notes_version": (first.json or {})["notes_version"]}
    assert operator.patch(path, again).status_code == 200


def test_a_card_tells_what_was_said_and_how_far_it_is(
    operator: Api, parts: Services, garage: House
) -> None:
    card = operator.get(f"/api/leads/{garage.lead_id}/card").json
    assert card is not None
    assert [(line["speaker"], line["path"], line["interrupted"]) for line in card["lines"]] == [
        ("agent", "GREETING", False),
        ("caller", None, False),
        ("agent", "FAQ_FASTPATH", True),
    ]
    assert card["progress"] == {
        "call": "done",
        "recording": "absent",
        "transcript": "waiting",
        "summary": "waiting",
        "finished": False,
    }
    with parts.database.write() as session:
        lead = session.get_one(Lead, garage.lead_id)
        lead.status, lead.transcript = "processed", "caller: מה המחיר?"
        recording = Recording(
            key="RE1", call_sid=garage.call_sid, business_id=garage.id, lead_id=lead.id,
            state="stored", storage_key="x.wav", duration=9,
        )  # fmt: skip
        session.add(recording)
        session.flush()
        said = {"speaker": "caller", "text": "מה המחיר?", "start_ms": 10, "end_ms": 900}
        session.add(
            Transcript(
                call_sid=garage.call_sid,
                recording_id=recording.id,
                source="whisper",
                segments=[said],
            )
        )
    card = operator.get(f"/api/leads/{garage.lead_id}/card").json
    assert card is not None
    assert card["progress"]["finished"] is True
    assert card["recording_seconds"] == 9
    assert [(line["text"], line["start_ms"]) for line in card["lines"]] == [("מה המחיר?", 10)]


def test_followers_are_told_of_their_own_business_s_leads_only(
    operator: Api, parts: Services, garage: House, bakery: House
) -> None:
    response = operator.get(f"/api/businesses/{garage.id}/leads/events")
    assert (response.status_code, response.mimetype) == (200, "text/event-stream")
    events = response.iter_encoded()
    assert next(events).startswith(b"event: tick")
    for house in (bakery, garage):
        with parts.database.write() as session:
            session.get_one(Lead, house.lead_id).name = "דנה"
    assert f"event: lead\ndata: {garage.lead_id}\n\n".encode() == next(events)
    response.close()
    assert operator.get(f"/api/businesses/{bakery.id}/leads/events").status_code == 404


def test_a_server_that_ends_lets_its_followers_go(
    operator: Api, parts: Services, garage: House
) -> None:
    response = operator.get(f"/api/businesses/{garage.id}/leads/events")
    events = response.iter_encoded()
    next(events)
    parts.calls.registry.draining = True
    assert list(events) == []
