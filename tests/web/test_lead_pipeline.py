"""From a stored call to a card: the jobs, run one by one, and what the API shows of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from server.api import personal_data
from server.api.lead_view import LeadView, lead_views
from server.api.streams import MAX_STREAMS_PER_CALLER
from server.calls import store as call_store
from server.clock import utc_now
from server.jobs import Job, enqueue
from server.leads import erasure
from server.leads.erasure import Erased, TidyLeads, erase
from server.leads.pipeline import SUMMARISE, no_recording_comes, recording_lost
from server.leads.summarise import Summarise, SummaryModel
from server.models import (
    DEAD,
    Business,
    BusinessWebhook,
    Call,
    CallTurn,
    JobRow,
    Lead,
    Recording,
    Transcript,
)
from server.recordings.jobs import DeleteRecording
from server.recordings.storage import RecordingStorage
from server.telephony.rest import TwilioRest
from server.turns.actions import SaveTurn
from server.wiring import Services
from tests.fakes.openai_http import FakeOpenAIHttp
from tests.fakes.twilio_rest import ACCOUNT_SID, AUTH_TOKEN, FakeTwilioRest
from tests.web.conftest import Api, House, MemoryStore, audit, wrong_fields

CALLER = "+972521112233"
SUMMARY = {
    "headline": "דנה כהן: הרכב לא מניע",
    "points": ["מבקשת תור מחר בשמונה בבוקר", "נקבע תור מחר בשמונה, והיא מחיפה"],
    "name": "דנה כהן",
    "phone": "0500000000",
    "need": "הרכב לא מניע",
    "area": "חיפה",
    "budget": "אלף שקל",
    "time": "מחר בשמונה",
    "next_step": "תור מחר בשמונה",
    "sentiment": "neutral",
}


@pytest.fixture
def openai() -> Iterator[FakeOpenAIHttp]:
    with FakeOpenAIHttp() as fake:
        fake.configure(respond=lambda request: SUMMARY)
        yield fake


@pytest.fixture
def model(parts: Services, openai: FakeOpenAIHttp) -> None:
    """Summaries are written by the stand-in."""
    named = SummaryModel(openai.base_url, "sk-test", "gpt-6-luna")
    parts.jobs.handlers[SUMMARISE] = Summarise(parts.database, named)


def write(parts: Services, *works: Any) -> None:
    for work in works:
        with parts.database.write() as session:
            work(session)


def arrive(parts: Services, house: House, call_sid: str = "CA_new", *, test: bool = False) -> int:
    write(
        parts,
        call_store.call_arrived(
            call_sid=call_sid,
            business_id=house.id,
            direction="inbound",
            from_number=CALLER,
            to_number=house.number,
            is_test=test,
            prompt_hash="",
            agent="",
            at=utc_now() - timedelta(minutes=1),
        ),
    )
    with parts.database.read() as session:
        found = session.scalar(select(Lead.id).where(Lead.call_sid == call_sid))
        assert found is not None
        return found


def said(index: int, speaker: str, text: str) -> SaveTurn:
    return SaveTurn(
        index=index,
        speaker=speaker,
        text=text,
        path=None,
        intent_key=None,
        heard_ms=None,
        interrupted=False,
        timings_ms={},
    )


def talk_and_hang_up(parts: Services, call_sid: str = "CA_new") -> None:
    turns = [
        said(0, "agent", "שלום, איך אפשר לעזור?"),
        said(1, "caller", "קוראים לי דנה כהן, הרכב לא מניע, אפשר תור מחר בשמונה?"),
        said(2, "agent", "כן, קבעתי לך תור מחר בשמונה."),
        said(3, "caller", "תודה, אני מחיפה."),
    ]
    write(
        parts,
        *(call_store.turn_saved(call_sid, turn, utc_now()) for turn in turns),
        call_store.call_ended(call_sid, "caller_hangup", utc_now(), {}),
    )


def due_now(parts: Services) -> None:
    """Let all waiting jobs be due."""
    with parts.database.write() as session:
        session.execute(update(JobRow).values(run_at=utc_now()).where(JobRow.state == "queued"))


def lead(api: Api, lead_id: int) -> dict[str, Any]:
    response = api.get(f"/api/leads/{lead_id}")
    assert response.status_code == 200
    return dict(response.json or {})


def jobs(parts: Services, lead_id: int) -> list[tuple[str, str]]:
    with parts.database.read() as session:
        rows = session.scalars(select(JobRow).where(JobRow.lead_id == lead_id).order_by(JobRow.id))
        return [(row.kind, row.state) for row in rows]


@pytest.mark.usefixtures("model")
def test_a_call_becomes_a_card(operator: Api, parts: Services, garage: House) -> None:
    lead_id = arrive(parts, garage)
    assert lead(operator, lead_id)["status"] == "new"
    talk_and_hang_up(parts)
    fresh = lead(operator, lead_id)
    assert (fresh["status"], fresh["transcript_source"]) == ("processing", "live")
    assert fresh["transcript"].splitlines()[1].startswith("caller: קוראים לי דנה כהן")

    assert parts.jobs.run_one("summary")
    card = lead(operator, lead_id)
    assert (card["status"], card["summary_source"], card["error"]) == ("processed", "openai", "")
    assert card["summary"].splitlines() == [SUMMARY["headline"], *SUMMARY["points"]]
    assert 10 <= len(card["summary"].split()) <= 30
    assert (card["headline"], card["name"]) == (SUMMARY["headline"], "דנה כהן")
    assert card["next_step"] == "תור מחר בשמונה"
    assert card["fields"] == {
        "name": "דנה כהן",
        "need": "הרכב לא מניע",
        "area": "חיפה",
        "time": "מחר בשמונה",
        "next_step": "תור מחר בשמונה",
        "sentiment": "neutral",
    }
    assert card["processed_at"] is not None

    write(parts, call_store.call_ended("CA_new", "error", utc_now(), {}))  # told again
    assert jobs(parts, lead_id) == [("summarise", "done")]
    assert lead(operator, lead_id)["status"] == "processed"


def test_without_a_model_the_caller_s_own_words(
    operator: Api, parts: Services, garage: House
) -> None:
    lead_id = arrive(parts, garage)
    talk_and_hang_up(parts)
    assert parts.jobs.run_one("summary")
    card = lead(operator, lead_id)
    assert (card["status"], card["summary_source"], card["error"]) == (
        "processed",
        "extractive",
        "",
    )
    assert card["name"] == "דנה כהן"
    assert 10 <= len(card["summary"].split()) <= 30


@pytest.mark.usefixtures("model")
def test_a_service_that_is_down(
    operator: Api, parts: Services, garage: House, openai: FakeOpenAIHttp
) -> None:
    openai.configure(refuse=503)
    lead_id = arrive(parts, garage)
    talk_and_hang_up(parts)
    assert parts.jobs.run_one("summary")
    meanwhile = lead(operator, lead_id)
    assert (meanwhile["status"], meanwhile["summary_source"]) == ("processing", "extractive")
    assert meanwhile["headline"]
    for _ in range(2):
        due_now(parts)
        assert parts.jobs.run_one("summary")
    card = lead(operator, lead_id)
    assert (card["status"], card["summary_source"]) == ("processed", "extractive")
    assert "http_503" in card["error"]
    assert len(openai.requests_to("/responses")) == 3

    openai.configure(refuse=None)
    response = operator.post(f"/api/leads/{lead_id}/retry", {})
    assert response.status_code == 202
    assert response.json is not None
    assert response.json["status"] == "processing"
    operator.post(f"/api/leads/{lead_id}/retry", {})  # pressed twice
    assert parts.jobs.run_one("summary")
    assert not parts.jobs.run_one("summary")
    card = lead(operator, lead_id)
    assert (card["status"], card["summary_source"], card["error"]) == ("processed", "openai", "")
    assert audit(parts) == [("token:a test's operator", "lead.retry", garage.id, f"lead:{lead_id}")]


@pytest.mark.usefixtures("model")
def test_a_refused_key_is_not_tried_again(
    operator: Api, parts: Services, garage: House, openai: FakeOpenAIHttp
) -> None:
    openai.configure(refuse=401)
    lead_id = arrive(parts, garage)
    talk_and_hang_up(parts)
    assert parts.jobs.run_one("summary")
    card = lead(operator, lead_id)
    assert (card["status"], card["summary_source"]) == ("processed", "extractive")
    assert "http_401" in card["error"]


def test_a_dead_job_fails_the_lead_with_a_reason_and_a_readable_card(
    operator: Api, parts: Services, garage: House
) -> None:
    class Broken(Summarise):
        def __call__(self, job: Any) -> None:
            raise ZeroDivisionError

    sound = parts.jobs.handlers[SUMMARISE]
    parts.jobs.handlers[SUMMARISE] = Broken(parts.database, None)
    lead_id = arrive(parts, garage)
    talk_and_hang_up(parts)
    for _ in range(3):
        due_now(parts)
        assert parts.jobs.run_one("summary")
    card = lead(operator, lead_id)
    assert card["status"] == "failed"
    assert card["error"]
    assert card["headline"]
    parts.jobs.handlers[SUMMARISE] = sound
    assert operator.post(f"/api/leads/{lead_id}/retry", {}).status_code == 202
    assert parts.jobs.run_one("summary")
    card = lead(operator, lead_id)
    assert (card["status"], card["error"]) == ("processed", "")


def test_a_recording_is_waited_for_but_not_long(
    operator: Api, parts: Services, garage: House
) -> None:
    lead_id = arrive(parts, garage)
    with parts.database.write() as session:
        session.add(Recording(key="RE1", call_sid="CA_new"))
    talk_and_hang_up(parts)
    assert not parts.jobs.run_one("summary")
    with parts.database.read() as session:
        row = session.scalars(select(JobRow).where(JobRow.lead_id == lead_id)).one()
    assert timedelta(seconds=20) < row.run_at - utc_now() < timedelta(seconds=60)
    with parts.database.write() as session:
        no_recording_comes(session, lead_id)
    assert parts.jobs.run_one("summary")
    assert lead(operator, lead_id)["status"] == "processed"


def test_a_call_without_a_stream_is_closed_by_the_carrier_s_word(
    operator: Api, parts: Services, garage: House
) -> None:
    lead_id = arrive(parts, garage)
    write(parts, call_store.status_changed("CA_new", "completed", 12))
    assert lead(operator, lead_id)["status"] == "new"
    due_now(parts)
    assert parts.jobs.run_one("summary")  # closes the call
    assert lead(operator, lead_id)["status"] == "processing"
    assert parts.jobs.run_one("summary")
    card = lead(operator, lead_id)
    assert (card["status"], card["transcript"]) == ("processed", "")
    assert 10 <= len(card["summary"].split()) <= 30


def test_a_crash_leaves_no_call_open(operator: Api, parts: Services, garage: House) -> None:
    lead_id = arrive(parts, garage)
    with parts.database.write() as session:
        call = session.get_one(Call, "CA_new")
        call.started_at = utc_now() - timedelta(hours=3)
        call.turns = [CallTurn(index=0, speaker="caller", text="אפשר לקבוע תור?")]
    TidyLeads(parts.database, 1800).ask()
    assert parts.jobs.run_one("upkeep")
    assert parts.jobs.run_one("summary")
    card = lead(operator, lead_id)
    assert (card["status"], card["transcript"]) == ("processed", "caller: אפשר לקבוע תור?")


def test_leads_past_their_time_go(
    operator: Api, admin: Api, parts: Services, garage: House
) -> None:
    path = f"/api/businesses/{garage.id}"
    assert admin.patch(path, {"settings": {"lead_retention_days": 30}}).status_code == 200
    old = arrive(parts, garage, "CA_old")
    with parts.database.write() as session:
        session.get_one(Lead, old).created_at = utc_now() - timedelta(days=31)
        session.get_one(Call, "CA_old").ended_at = utc_now() - timedelta(days=31)
        session.add(Transcript(call_sid="CA_old", source="google"))
    TidyLeads(parts.database, 1800).ask()
    assert parts.jobs.run_one("upkeep")
    assert operator.get(f"/api/leads/{old}").status_code == 404
    assert operator.get("/api/calls/CA_old").status_code == 404
    assert operator.get(f"/api/leads/{garage.lead_id}").status_code == 200
    with parts.database.read() as session:
        assert session.scalars(select(Transcript)).all() == []


def test_many_leads_go_a_few_at_a_time(
    parts: Services, garage: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = utc_now() - timedelta(days=31)
    with parts.database.write() as session:
        session.get_one(Business, garage.id).settings = {"lead_retention_days": 30}
        for n in range(25):
            lead = Lead(business_id=garage.id, call_sid=f"CA_many_{n}", created_at=old)
            session.add(lead)
            session.flush()
            call = Call(
                call_sid=f"CA_many_{n}", business_id=garage.id, lead_id=lead.id, ended_at=old
            )
            call.turns = [CallTurn(index=0, speaker="caller", text="שלום")]
            session.add(call)
            enqueue(session, "x", f"x:{n}", {}, lane="summary", lead_id=lead.id)
    units: list[int] = []

    def counted(session: Session, leads: Sequence[Lead]) -> Erased:
        units.append(len(leads))
        return erase(session, leads)

    monkeypatch.setattr(erasure, "erase", counted)
    statements: list[str] = []
    event.listen(
        parts.database.engine,
        "before_cursor_execute",
        lambda connection, cursor, statement, *rest: statements.append(statement),
    )
    tidy = TidyLeads(parts.database, 1800)
    tidy(Job(1, "", "", {}, None, None, 1))
    assert [unit for unit in units if unit] == [10, 10, 5]
    assert sum(statement.startswith("DELETE") for statement in statements) == 3 * 4
    with parts.database.read() as session:
        for table in (Lead, Call, CallTurn):
            assert not [row for row in session.scalars(select(table)) if "CA_many" in row.call_sid]
        assert session.scalars(select(JobRow).where(JobRow.kind == "x")).all() == []


def test_an_export_holds_nobody_up_while_it_is_read(
    admin: Api, parts: Services, garage: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def views(session: Session, leads: Sequence[Lead]) -> list[LeadView]:
        with parts.database.write() as other:  # fails where the export holds the lock
            other.get_one(Lead, garage.lead_id).notes = "x"
        return lead_views(session, leads)

    monkeypatch.setattr(personal_data, "lead_views", views)
    path = f"/api/businesses/{garage.id}/personal-data/export"
    assert admin.post(path, {"phone": "054-1234567"}).status_code == 200
    assert [action for _, action, *_ in audit(parts)] == ["personal_data.export"]


def test_webhooks_are_asked_for_once_an_event_and_never_for_test_calls(
    parts: Services, garage: House
) -> None:
    with parts.database.write() as session:
        hook = session.get_one(BusinessWebhook, garage.webhook_id)
        hook.active, hook.events = True, ["lead.created", "call.completed", "lead.processed"]
    lead_id = arrive(parts, garage)
    arrive(parts, garage)
    talk_and_hang_up(parts)
    assert parts.jobs.run_one("summary")
    asked = [kind for kind, _ in jobs(parts, lead_id)]
    assert sorted(asked) == ["deliver_webhook"] * 3 + ["summarise"]
    tested = arrive(parts, garage, "CA_test", test=True)
    talk_and_hang_up(parts, "CA_test")
    assert parts.jobs.run_one("summary")
    assert jobs(parts, tested) == [("summarise", "done")]


def test_the_operator_s_notes(operator: Api, garage: House) -> None:
    path = f"/api/leads/{garage.lead_id}"
    body = {"notes": "לחזור\nאחרי שמונה", "tags": ["חם", "חם", "רכב"], "read": True}
    changed = operator.patch(path, body).json
    assert changed is not None
    assert (changed["notes"], changed["tags"]) == ("לחזור\nאחרי שמונה", ["חם", "רכב"])
    assert changed["read_at"] is not None
    listed = operator.get(f"/api/businesses/{garage.id}/leads", unread="true").json
    assert listed is not None
    assert listed["items"] == []
    assert operator.patch(path, {"read": False}).json["read_at"] is None  # type: ignore[index]
    assert wrong_fields(operator.patch(path, {"tags": ["x" * 41]})) == ["tags.0"]


@pytest.mark.parametrize("q", ["שמונה", "054-123", "4567", "דנה"])
def test_search(operator: Api, parts: Services, garage: House, q: str) -> None:
    with parts.database.write() as session:
        found = session.get_one(Lead, garage.lead_id)
        found.name, found.notes = "דנה", "אחרי שמונה"
        session.add(Lead(business_id=garage.id, call_sid="CA_x", phone="+972500000000"))
    listed = operator.get(f"/api/businesses/{garage.id}/leads", q=q).json
    assert listed is not None
    assert [item["id"] for item in listed["items"]] == [garage.lead_id]
    assert operator.get(f"/api/businesses/{garage.id}/leads", q="%").json["items"] == []  # type: ignore[index]


def test_a_number_that_returns(
    operator: Api, parts: Services, garage: House, bakery: House
) -> None:
    with parts.database.write() as session:
        session.get_one(Lead, garage.lead_id).phone = CALLER
        session.get_one(Lead, bakery.lead_id).phone = CALLER
    lead_id = arrive(parts, garage)
    history = operator.get(f"/api/leads/{lead_id}/history").json
    assert history is not None
    assert [item["id"] for item in history["items"]] == [garage.lead_id]


def test_progress_ends_by_itself(operator: Api, parts: Services, garage: House) -> None:
    lead_id = arrive(parts, garage)
    talk_and_hang_up(parts)
    response = operator.get(f"/api/leads/{lead_id}/events")
    assert response.mimetype == "text/event-stream"
    events = response.iter_encoded()
    first = next(events).decode()
    assert first.startswith("event: lead\ndata: ")
    assert json.loads(first.partition("data: ")[2])["status"] == "processing"
    assert parts.jobs.run_one("summary")
    rest = [event.decode() for event in events]
    assert json.loads(rest[0].partition("data: ")[2])["status"] == "processed"
    assert rest[1:] == ["event: end\ndata: processed\n\n"]


def test_so_many_streams_and_no_more(operator: Api, parts: Services, garage: House) -> None:
    path = f"/api/leads/{garage.lead_id}/events"
    streams = [operator.get(path) for _ in range(MAX_STREAMS_PER_CALLER)]
    assert {stream.status_code for stream in streams} == {200}
    assert operator.get(path).status_code == 429
    streams[0].close()
    again = operator.get(path)
    assert again.status_code == 200
    for stream in (*streams, again):
        stream.close()


@pytest.fixture
def recorded(store: MemoryStore, parts: Services, garage: House) -> bytes:
    audio = bytes(range(100))
    store.files["garage.wav"] = audio
    with parts.database.write() as session:
        session.add(
            Recording(key="RE1", call_sid=garage.call_sid, state="stored", storage_key="garage.wav")
        )
    return audio


@pytest.mark.parametrize(
    ("asked", "status", "first", "end"),
    [
        (None, 200, 0, 100),
        ("bytes=0-", 206, 0, 100),
        ("bytes=10-19", 206, 10, 20),
        ("bytes=90-1000", 206, 90, 100),
        ("bytes=-5", 206, 95, 100),
        ("bytes=-500", 206, 0, 100),
        ("bytes=0-1,5-6", 200, 0, 100),
        ("lines=0-1", 200, 0, 100),
        ("nonsense", 200, 0, 100),
    ],
)
def test_the_recording_is_played_in_part(
    operator: Api,
    garage: House,
    recorded: bytes,
    asked: str | None,
    status: int,
    first: int,
    end: int,
) -> None:
    path = lead(operator, garage.lead_id)["recording_url"]
    response = operator("GET", path, headers={"Range": asked} if asked else {})
    assert response.status_code == status
    assert response.data == recorded[first:end]
    assert response.headers["Content-Length"] == str(end - first)
    assert response.mimetype in ("audio/wav", "audio/x-wav")
    if status == 206:
        assert response.headers["Content-Range"] == f"bytes {first}-{end - 1}/100"


def test_bytes_that_are_not_there(operator: Api, garage: House, recorded: bytes) -> None:
    path = f"/api/leads/{garage.lead_id}/recording"
    response = operator("GET", path, headers={"Range": "bytes=100-"})
    assert (response.status_code, response.headers["Content-Range"]) == (416, "bytes */100")


def test_a_file_that_is_gone(
    operator: Api, garage: House, recorded: bytes, store: MemoryStore
) -> None:
    store.files.clear()
    assert operator.get(f"/api/leads/{garage.lead_id}/recording").status_code == 404


def test_the_export(operator: Api, parts: Services, garage: House) -> None:
    with parts.database.write() as session:
        row = session.get_one(Lead, garage.lead_id)
        row.name, row.notes, row.tags = "=HYPERLINK(1)", " +cmd|' /C calc'!A0", ["@x"]
        row.fields = {"need": "-2+3", "budget": 'שני "מיליון", בערך'}
        row.created_at = datetime(2026, 3, 1, 12, tzinfo=UTC)
        session.add(Lead(business_id=garage.id, call_sid="CA_x", status="processed"))
    response = operator.get(f"/api/businesses/{garage.id}/leads.csv", status="new")
    assert response.status_code == 200
    assert response.data.startswith(b"\xef\xbb\xbf")
    (row_read,) = csv.DictReader(io.StringIO(response.data.decode("utf-8-sig")))
    assert row_read["name"] == "'=HYPERLINK(1)"
    assert row_read["notes"] == "' +cmd|' /C calc'!A0"
    assert (row_read["tags"], row_read["need"]) == ("'@x", "'-2+3")
    assert row_read["budget"] == 'שני "מיליון", בערך'
    assert row_read["phone"] == "+972541234567"
    assert row_read["created_at"] == "2026-03-01 14:00:00+02:00"
    assert [action for _, action, *_ in audit(parts)] == ["lead.export"]


@pytest.fixture
def twilio() -> Iterator[FakeTwilioRest]:
    with FakeTwilioRest() as fake:
        yield fake
        assert fake.violations == []


def delete_recordings(parts: Services, store: MemoryStore, twilio: FakeTwilioRest) -> None:
    """Do what the job does, in the store and at Twilio as they are here."""
    rest = TwilioRest(ACCOUNT_SID, AUTH_TOKEN, twilio.base_url)
    storage = cast("RecordingStorage", store)
    parts.jobs.handlers["delete_recording"] = DeleteRecording(parts.database, storage, rest)
    assert parts.jobs.run_one("upkeep")


def test_personal_data_is_told_and_deleted(
    admin: Api,
    parts: Services,
    store: MemoryStore,
    twilio: FakeTwilioRest,
    garage: House,
    recorded: bytes,
) -> None:
    sid = twilio.add_recording(stereo=recorded)
    with parts.database.write() as session:
        session.scalars(select(Recording)).one().recording_sid = sid
        session.add(Transcript(call_sid=garage.call_sid, source="google", segments=[{"text": "x"}]))
        session.add(Lead(business_id=garage.id, call_sid="CA_other", phone="+972500000000"))
    path = f"/api/businesses/{garage.id}/personal-data"
    body = {"phone": "054-1234567"}
    told = admin.post(f"{path}/export", body).json
    assert told is not None
    assert told["phone"] == "+972541234567"
    assert [item["id"] for item in told["leads"]] == [garage.lead_id]
    assert [len(call["turns"]) for call in told["calls"]] == [3]
    assert told["transcripts"][0]["segments"] == [{"text": "x"}]
    assert [item["state"] for item in told["recordings"]] == ["stored"]

    deleted = admin.post(f"{path}/delete", body)
    assert deleted.json == {"leads": 1, "calls": 1, "transcripts": 1, "recordings": 1}
    with parts.database.read() as session:
        assert session.scalars(select(Recording.state)).all() == ["deleted"]
    delete_recordings(parts, store, twilio)
    assert store.files == {}
    assert twilio.deleted == [sid]
    with parts.database.read() as session:
        assert session.scalars(select(Lead.call_sid)).all() == ["CA_other"]
        for table in (Call, CallTurn, Transcript):
            assert session.scalars(select(table)).all() == []
        left = session.scalars(select(Recording)).one()
        assert (left.state, left.storage_key, left.recording_sid) == ("deleted", "", "")
    told = admin.post(f"{path}/export", body).json
    assert told is not None
    assert told["leads"] == []
    assert [(action, target) for _, action, _, target in audit(parts)] == [
        ("personal_data.export", "phone:…67"),
        ("personal_data.delete", "phone:…67"),
        ("personal_data.export", "phone:…67"),
    ]
    assert wrong_fields(admin.post(f"{path}/delete", {"phone": "anonymous"})) == ["phone"]


def test_the_business_s_own_number_is_nobody_s_data(
    admin: Api, parts: Services, garage: House
) -> None:
    # Somebody may ring with it as their own number; all calls of the business went to it.
    with parts.database.write() as session:
        session.add(Lead(business_id=garage.id, call_sid="CA_spoofed", phone=garage.number))
    path = f"/api/businesses/{garage.id}/personal-data/delete"
    assert admin.post(path, {"phone": garage.number}).json == {
        "leads": 1,
        "calls": 0,
        "transcripts": 0,
        "recordings": 0,
    }
    with parts.database.read() as session:
        assert session.scalars(select(Lead.id)).all() == [garage.lead_id]


def test_whoever_is_on_the_phone_is_not_deleted(admin: Api, parts: Services, garage: House) -> None:
    arrive(parts, garage)
    response = admin.post(f"/api/businesses/{garage.id}/personal-data/delete", {"phone": CALLER})
    assert (response.status_code, response.json["code"]) == (409, "call_in_progress")  # type: ignore[index]


def test_jobs_that_were_given_up(admin: Api, parts: Services, garage: House, bakery: House) -> None:
    path = f"/api/businesses/{garage.id}/jobs"
    listed = admin.get(path, state="dead").json
    assert listed is not None
    (item,) = listed["items"]
    assert (item["id"], item["state"]) == (garage.job_id, DEAD)
    assert item["last_error"] == "the address answered 500"
    retried = admin.post(f"{path}/{garage.job_id}/retry", {})
    assert retried.json is not None
    assert (retried.json["state"], retried.json["attempts"]) == ("queued", 0)
    assert admin.post(f"{path}/{garage.job_id}/retry", {}).status_code == 409
    assert [action for _, action, *_ in audit(parts)] == ["job.retry"]


def test_the_parts_say_who_writes_summaries(parts: Services) -> None:
    assert parts.providers["summary"].name == "extractive"
    assert replace(parts.providers["summary"], name="x").why


@pytest.mark.usefixtures("model")
def test_a_transcript_that_comes_while_it_is_summed_up(
    operator: Api, parts: Services, garage: House, openai: FakeOpenAIHttp
) -> None:
    lead_id = arrive(parts, garage)
    talk_and_hang_up(parts)
    asked: list[str] = []

    def respond(request: Any) -> dict[str, Any]:
        if not asked:
            with parts.database.write() as session:
                newer = session.get_one(Lead, lead_id)
                newer.transcript += "\nagent: להתראות."
                newer.transcript_source = "google"
        asked.append(request.text)
        return SUMMARY

    openai.configure(respond=respond)
    assert parts.jobs.run_one("summary")
    assert lead(operator, lead_id)["status"] == "processing"
    due_now(parts)
    assert parts.jobs.run_one("summary")
    assert "להתראות" in asked[1]
    assert lead(operator, lead_id)["status"] == "processed"


def test_a_recording_that_cannot_be_had_is_explained_on_the_card(
    parts: Services, garage: House
) -> None:
    with parts.database.write() as session:
        lead = session.get_one(Lead, garage.lead_id)
        recording = Recording(
            key="lost",
            call_sid=lead.call_sid,
            lead_id=lead.id,
            state="failed",
            error="the disk is full",
        )
        session.add(recording)
        session.flush()
        recording_lost(session, recording)
    with parts.database.read() as session:
        assert session.get_one(Lead, garage.lead_id).error == "No recording: the disk is full"
