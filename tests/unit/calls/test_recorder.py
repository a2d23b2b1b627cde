"""Calls written down on a real SQLite: in order, until it succeeds, whatever the database does."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

import server.db
from server.calls import recorder as module
from server.calls import store
from server.calls.endings import TERMINAL_STATUSES
from server.calls.recorder import CallRecorder
from server.clock import utc_now
from server.db import Database, engine_options
from server.models import Base, Business, Call, CallTurn, Lead
from server.turns.actions import SaveTurn

AT = utc_now().replace(microsecond=0)
SID = "CA0123456789abcdef0123456789abcdef"


class Books:
    """A database with one business, its recorder, and a look into both."""

    def __init__(self, directory: Path) -> None:
        url = f"sqlite:///{directory / 'maane.db'}"
        self.database = Database(create_engine(url, **engine_options(url)))
        Base.metadata.create_all(self.database.engine)
        with self.database.write() as session:
            session.add(Business(name="מוסך"))
        self.recorder = CallRecorder(self.database)

    def write(self, *writes: Callable[[Session], None]) -> None:
        for write in writes:
            self.recorder.write(write)
        assert self.recorder.flush(10)

    def arrival(self, **changes: Any) -> Callable[[Session], None]:
        fields: dict[str, Any] = {
            "call_sid": SID,
            "business_id": 1,
            "direction": "inbound",
            "from_number": "+972541234567",
            "to_number": "+1555",
            "is_test": False,
            "prompt_hash": "abc",
            "agent": "receptionist",
            "at": AT,
        }
        return store.call_arrived(**(fields | changes))

    def call(self) -> Call:
        with self.database.read() as session:
            return session.scalars(select(Call)).one()

    def lead(self) -> Lead:
        with self.database.read() as session:
            return session.scalars(select(Lead)).one()

    def turns(self) -> list[CallTurn]:
        with self.database.read() as session:
            return list(session.scalars(select(CallTurn).order_by(CallTurn.index)))

    def count(self, model: type[Base]) -> int:
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    books = Books(tmp_path)
    yield books
    books.recorder.flush(10)
    books.database.engine.dispose()


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Hold SQLite's write lock from another connection."""
    path = str(database.engine.url.database)
    blocker = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    blocker.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        blocker.close()


# The recorder


def test_writes_run_in_the_order_in_which_they_were_told(books: Books) -> None:
    order: list[int] = []
    books.write(*(lambda _, n=n: order.append(n) for n in range(100)))
    assert order == list(range(100))


def test_telling_it_never_waits_for_the_database(books: Books) -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow(_: Session) -> None:
        entered.set()
        leave.wait(10)

    books.recorder.write(slow)
    assert entered.wait(5)
    for _ in range(50):
        books.recorder.write(lambda _: None)
    assert books.recorder.waiting == 50
    leave.set()
    assert books.recorder.flush(5)
    assert books.recorder.waiting == 0


def test_a_flush_that_takes_too_long_says_so(books: Books) -> None:
    leave = threading.Event()
    books.recorder.write(lambda _: leave.wait(10) and None)
    assert not books.recorder.flush(0.05)
    leave.set()


@pytest.mark.parametrize(
    "failure", [ValueError("bad"), KeyError("x"), RecursionError(), AssertionError()]
)
def test_a_write_that_fails_does_not_stop_the_next_ones(
    books: Books, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(session: Session) -> None:
        session.add(Business(name="half"))
        session.flush()
        raise failure

    books.write(fails, books.arrival())
    assert books.call().call_sid == SID
    assert books.count(Business) == 1  # the half of it is not there
    assert "failed for good" in caplog.text


def test_a_write_that_breaks_the_schema_does_not_stop_the_next_ones(books: Books) -> None:
    def twice(session: Session) -> None:
        session.add(Lead(business_id=1, call_sid="CA9", fields={}))
        session.add(Lead(business_id=1, call_sid="CA9", fields={}))

    books.write(twice, books.arrival())
    assert books.count(Lead) == 1


def test_a_locked_database_delays_the_rows_and_keeps_their_order(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.db, "LOCK_WAIT_SECONDS", 0.02)
    monkeypatch.setattr(module, "_RETRY_SECONDS", (0.01,))
    tried = threading.Event()
    wait_for_lock = server.db._wait_for_lock

    def noticed(*args: Any) -> None:
        try:
            wait_for_lock(*args)
        except Exception:
            tried.set()
            raise

    monkeypatch.setattr(server.db, "_wait_for_lock", noticed)
    with locked(books.database):
        books.recorder.write(books.arrival())
        books.recorder.write(store.turn_saved(SID, SaveTurn(0, "caller", "שלום"), AT))
        assert tried.wait(5)
        assert not books.recorder.flush(0.05)
    assert books.recorder.flush(10)
    assert [turn.text for turn in books.turns()] == ["שלום"]


def test_a_database_that_is_gone_for_a_while_gets_everything_once_it_is_back(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_RETRY_SECONDS", (0.001,))
    attempts = 0

    def gone_five_times(session: Session) -> None:
        nonlocal attempts
        attempts += 1
        if attempts <= 5:
            raise OperationalError("SELECT 1", {}, Exception("server closed the connection"))
        books.arrival()(session)

    books.write(gone_five_times, store.status_changed(SID, "in-progress", None))
    assert attempts == 6
    assert books.call().status == "in-progress"


def test_a_write_that_can_never_run_does_not_hold_up_the_others(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_RETRY_SECONDS", (0.001,))
    give_up = threading.Event()

    def impossible(session: Session) -> None:
        if not give_up.is_set():
            session.execute(text("SELECT * FROM no_such_table"))

    books.recorder.write(impossible)
    books.recorder.write(books.arrival())
    stored = books.recorder.flush(0.5)
    give_up.set()
    assert stored


def test_a_full_queue_loses_the_write_loudly_and_does_not_block(
    books: Books, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    recorder = CallRecorder(books.database)
    entered, leave, done = threading.Event(), threading.Event(), threading.Event()
    ran: list[int] = []

    def slow(_: Session) -> None:
        entered.set()
        leave.wait(10)

    recorder.write(slow)
    assert entered.wait(5)
    recorder.write(lambda _: ran.append(0))
    recorder.write(lambda _: ran.append(1))
    recorder.write(lambda _: done.set())
    recorder.write(lambda _: ran.append(3))
    recorder.write(lambda _: ran.append(4))
    assert caplog.text.count("a write is lost") == 2
    leave.set()
    assert done.wait(5)
    assert recorder.flush(5)
    assert ran == [0, 1]


# The rows


def test_an_arrival_makes_one_lead_and_one_call_however_often_it_is_told(books: Books) -> None:
    books.write(*[books.arrival()] * 3)
    assert (books.count(Lead), books.count(Call)) == (1, 1)
    call, lead = books.call(), books.lead()
    assert call.lead_id == lead.id
    assert (call.status, call.started_at, lead.created_at) == ("ringing", AT, AT)
    assert lead.phone == "+972541234567"
    assert (lead.status, lead.work_status) == ("new", "new")


def test_the_lead_of_an_outbound_call_is_who_was_called(books: Books) -> None:
    books.write(books.arrival(direction="outbound", from_number="+1555", to_number="+972501"))
    assert books.lead().phone == "+972501"


def test_an_arrival_at_a_business_that_is_gone_stores_nothing(books: Books) -> None:
    books.write(books.arrival(business_id=99))
    assert (books.count(Lead), books.count(Call)) == (0, 0)


@pytest.mark.parametrize("column", ["from_number", "to_number"])
def test_an_address_of_any_length_fits_its_column(books: Books, column: str) -> None:
    """A SIP address as ``From`` is easily longer than 40 characters."""
    books.write(books.arrival(**{column: "sip:" + "a" * 60 + "@pbx.example.com"}))
    call, lead = books.call(), books.lead()
    assert len(getattr(call, column)) <= Call.__table__.c[column].type.length
    assert len(lead.phone) <= Lead.__table__.c.phone.type.length


def test_a_status_only_moves_forward(books: Books) -> None:
    books.write(books.arrival(), store.status_changed(SID, "in-progress", None))
    books.write(
        store.status_changed(SID, "ringing", None),
        store.status_changed(SID, "queued", None),
        store.status_changed(SID, "no such status", None),
    )
    assert books.call().status == "in-progress"
    assert books.call().ended_at is None
    books.write(store.status_changed(SID, "completed", 37))
    call = books.call()
    assert (call.status, call.duration) == ("completed", 37)
    assert call.end_reason == "call_status_completed"
    assert call.ended_at is not None


@pytest.mark.parametrize("terminal", TERMINAL_STATUSES)
@pytest.mark.parametrize("late", ["in-progress", "ringing", "failed", "completed"])
def test_a_terminal_status_is_final(books: Books, terminal: str, late: str) -> None:
    books.write(books.arrival(), store.status_changed(SID, terminal, None))
    ended_at = books.call().ended_at
    books.write(store.status_changed(SID, late, None))
    call = books.call()
    assert (call.status, call.ended_at) == (terminal, ended_at)
    assert call.end_reason == f"call_status_{terminal}"


def test_the_carriers_duration_comes_through_however_late(books: Books) -> None:
    books.write(books.arrival(), store.call_ended(SID, "caller_hangup", AT, {}))
    books.write(store.status_changed(SID, "completed", 41))
    call = books.call()
    assert (call.duration, call.end_reason) == (41, "caller_hangup")


def test_words_about_an_unknown_call_are_passed_over(books: Books) -> None:
    books.write(
        store.status_changed(SID, "completed", 3),
        store.call_ended(SID, "error", AT, {}),
        store.turn_saved(SID, SaveTurn(0, "caller", "שלום"), AT),
        store.lead_learned(SID, {"name": "דנה"}),
    )
    assert (books.count(Call), books.count(CallTurn), books.count(Lead)) == (0, 0, 0)


def test_a_turn_is_one_row_however_often_more_of_it_is_known(books: Books) -> None:
    first = SaveTurn(1, "agent", "טיפול עולה", path="AGENT")
    final = SaveTurn(
        1,
        "agent",
        "טיפול עולה 450 שקלים",
        path="AGENT",
        heard_ms=900,
        interrupted=True,
        timings_ms={"total_latency_ms": 612.5, "first_partial_ms": None},
    )
    books.write(books.arrival(), *[store.turn_saved(SID, turn, AT) for turn in (first, final)])
    (turn,) = books.turns()
    assert (turn.text, turn.heard_ms, turn.interrupted) == ("טיפול עולה 450 שקלים", 900, True)
    assert turn.timings_ms == {"total_latency_ms": 612.5, "first_partial_ms": None}


def test_the_lead_gets_what_was_said_when_the_call_ends(books: Books) -> None:
    turns = [
        SaveTurn(2, "caller", "מה המחיר?"),
        SaveTurn(0, "agent", "שלום, מוסך הצפון.", path="GREETING"),
        SaveTurn(1, "caller", ""),
        SaveTurn(3, "agent", "450 שקלים.", path="FAQ_FASTPATH", intent_key="price"),
    ]
    end = store.call_ended(SID, "caller_hangup", AT + timedelta(seconds=12.4), {"a": 1.5})
    books.write(books.arrival(), *[store.turn_saved(SID, turn, AT) for turn in turns], end, end)
    assert books.lead().transcript == (
        "agent: שלום, מוסך הצפון.\ncaller: מה המחיר?\nagent: 450 שקלים."
    )
    call = books.call()
    assert (call.status, call.duration, call.stages_ms) == ("completed", 12, {"a": 1.5})
    assert call.ended_at == AT + timedelta(seconds=12.4)


def test_a_transcript_that_is_there_is_not_replaced(books: Books) -> None:
    def transcribed(session: Session) -> None:
        session.scalars(select(Lead)).one().transcript = "מן ההקלטה"

    turn = store.turn_saved(SID, SaveTurn(0, "caller", "שלום"), AT)
    books.write(books.arrival(), turn, transcribed, store.call_ended(SID, "error", AT, {}))
    assert books.lead().transcript == "מן ההקלטה"


def test_the_carriers_end_keeps_its_moment_when_ours_is_told_later(books: Books) -> None:
    books.write(books.arrival(), store.status_changed(SID, "failed", None))
    ended_at = books.call().ended_at
    books.write(store.call_ended(SID, "call_status_failed", AT + timedelta(hours=1), {}))
    call = books.call()
    assert (call.status, call.ended_at) == ("failed", ended_at)


def test_what_was_learned_adds_up_in_the_lead(books: Books) -> None:
    books.write(
        books.arrival(),
        store.lead_learned(SID, {"need": "נזילה"}),
        store.lead_learned(SID, {"name": "דנה כהן"}),
        store.lead_learned(SID, {"phone": "0541234567"}),
    )
    lead = books.lead()
    assert lead.fields == {"need": "נזילה", "name": "דנה כהן", "phone": "+972541234567"}
    assert lead.name == "דנה כהן"


def test_a_corrected_name_is_the_leads_name(books: Books) -> None:
    books.write(
        books.arrival(),
        store.lead_learned(SID, {"name": "קוראים לי"}),
        store.lead_learned(SID, {"name": "קוראים לי דנה כהן"}),
    )
    assert books.lead().name == "קוראים לי דנה כהן"


def test_the_number_of_a_hidden_caller_is_the_leads_number(books: Books) -> None:
    books.write(
        books.arrival(from_number="anonymous"), store.lead_learned(SID, {"phone": "054-1234567"})
    )
    assert books.lead().phone == "+972541234567"


def test_a_very_long_name_fits_its_column(books: Books) -> None:
    books.write(books.arrival(), store.lead_learned(SID, {"name": "ש" * 1000}))
    assert len(books.lead().name) == Lead.__table__.c.name.type.length
