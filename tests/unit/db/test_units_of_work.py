"""Units of work: what is committed, what is lost, who is told, how long a lock is waited for."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select, update
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

import server.db
from server.db import Database, engine_options, is_unavailable, tell_after_commit
from server.errors import ConflictError, DatabaseBusyError
from server.models import AuditEntry, Base, Business, BusinessFaq, BusinessPhoneNumber


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'maane.db'}"
    engine = create_engine(url, **engine_options(url))
    database = Database(engine)
    Base.metadata.create_all(engine)
    yield database
    engine.dispose()


@pytest.fixture
def told(database: Database) -> list[frozenset[int]]:
    """Give what listeners were called with."""
    calls: list[frozenset[int]] = []
    database.on_commit(calls.append)
    return calls


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Hold SQLite's write lock from another connection."""
    blocker = sqlite3.connect(
        str(database.engine.url.database), isolation_level=None, check_same_thread=False
    )
    blocker.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        blocker.close()


def add_business(database: Database, name: str = "עסק") -> int:
    with database.write() as session:
        business = Business(name=name)
        session.add(business)
        session.flush()
        return business.id


def names(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Business.name).order_by(Business.id)))


def test_write_commits_at_the_end_of_the_block(database: Database) -> None:
    with database.write() as session:
        session.add(Business(name="אחד"))
        session.flush()
        assert names(database) == []
    assert names(database) == ["אחד"]


def test_write_rolls_back_when_the_block_raises(
    database: Database, told: list[frozenset[int]]
) -> None:
    with pytest.raises(ConflictError), database.write() as session:
        session.add(Business(name="אחד"))
        session.flush()
        raise ConflictError("taken")
    assert names(database) == []
    assert told == []


def test_what_a_reader_changes_is_lost(database: Database, told: list[frozenset[int]]) -> None:
    add_business(database, "אחד")
    told.clear()
    with database.read() as session:
        session.scalars(select(Business)).one().name = "שניים"
    assert names(database) == ["אחד"]
    assert told == []


def test_rows_can_be_read_after_their_unit_of_work(database: Database) -> None:
    with database.write() as session:
        business = Business(name="אחד")
        session.add(business)
    assert (business.name, business.lang) == ("אחד", "he-IL")


def test_listeners_hear_of_each_business_once_after_the_commit(database: Database) -> None:
    seen: list[tuple[frozenset[int], list[str]]] = []
    database.on_commit(lambda ids: seen.append((ids, names(database))))
    with database.write() as session:
        first, second = Business(name="אחד"), Business(name="שניים")
        session.add_all([first, second])
        session.flush()
        first.greeting_text = "שלום"
    assert seen == [(frozenset({first.id, second.id}), ["אחד", "שניים"])]


def test_listeners_hear_of_answers_and_numbers(
    database: Database, told: list[frozenset[int]]
) -> None:
    business_id = add_business(database)
    told.clear()
    with database.write() as session:
        session.add(BusinessFaq(business_id=business_id, intent_key="price", answer_text="מאה"))
    with database.write() as session:
        session.add(BusinessPhoneNumber(business_id=business_id, e164="+97233726000"))
    with database.write() as session:
        session.scalars(select(BusinessFaq)).one().answer_text = "מאתיים"
    with database.write() as session:
        session.delete(session.scalars(select(BusinessFaq)).one())
    with database.write() as session:
        session.delete(session.scalars(select(Business)).one())
    assert told == [frozenset({business_id})] * 5


def test_listeners_do_not_hear_of_the_rest(database: Database, told: list[frozenset[int]]) -> None:
    add_business(database)
    told.clear()
    with database.write() as session:
        session.add(AuditEntry(actor="test", action="test"))
    with database.write() as session:
        session.execute(update(Business).values(name="בבת אחת"))  # in bulk: documented
    with database.write():
        pass
    assert told == []


def test_news_is_heard_once_after_the_commit(database: Database) -> None:
    heard: list[tuple[frozenset[Hashable], list[str]]] = []
    database.on_news("jobs", lambda values: heard.append((values, names(database))))
    with database.write() as session:
        session.add(Business(name="אחד"))
        for value in ("a", "b", "a"):
            tell_after_commit(session, "jobs", value)
        tell_after_commit(session, "else", "c")
        session.flush()
        assert heard == []
    assert heard == [(frozenset({"a", "b"}), ["אחד"])]
    with pytest.raises(ConflictError), database.write() as session:
        tell_after_commit(session, "jobs", "a")
        raise ConflictError("taken")
    with database.write():
        pass
    assert len(heard) == 1


def test_a_writer_waits_for_the_lock(database: Database) -> None:
    done = threading.Event()

    def write() -> None:
        add_business(database, "אחרי")
        done.set()

    with locked(database):
        writer = threading.Thread(target=write)
        writer.start()
        assert not done.wait(0.1)
        assert names(database) == []  # readers are not held up
    assert done.wait(5)
    writer.join()
    assert names(database) == ["אחרי"]


def test_a_writer_gives_up_in_the_end(
    database: Database, monkeypatch: pytest.MonkeyPatch, told: list[frozenset[int]]
) -> None:
    monkeypatch.setattr(server.db, "LOCK_WAIT_SECONDS", 0.05)
    with locked(database):
        started = time.monotonic()
        with pytest.raises(DatabaseBusyError):
            add_business(database)
        assert 0.05 <= time.monotonic() - started < 2
    assert told == []
    add_business(database, "שוב")
    assert names(database) == ["שוב"]


def test_writers_in_several_threads_lose_nothing(database: Database) -> None:
    business_id = add_business(database, "0")

    def count() -> None:
        for _ in range(10):
            with database.write() as session:
                business = session.get(Business, business_id)
                assert business is not None
                business.name = str(int(business.name) + 1)

    threads = [threading.Thread(target=count) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names(database) == ["50"]


def test_a_reader_sees_one_state_until_it_ends(database: Database) -> None:
    add_business(database, "אחד")
    with database.read() as session:
        assert session.scalar(select(func.count(Business.id))) == 1
        add_business(database, "שניים")
        assert session.scalar(select(func.count(Business.id))) == 1
    assert len(names(database)) == 2


def test_foreign_keys_are_kept(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as session:
        session.add(BusinessPhoneNumber(business_id=7, e164="+97233726000"))


def test_what_counts_as_unavailable(database: Database) -> None:
    database.ping()
    lost = ProgrammingError("SELECT 1", {}, Exception("gone"), connection_invalidated=True)
    assert is_unavailable(DatabaseBusyError("locked"))
    assert is_unavailable(OperationalError("SELECT 1", {}, Exception("refused")))
    assert is_unavailable(lost)
    assert not is_unavailable(ProgrammingError("SELECT x", {}, Exception("no such column")))
    assert not is_unavailable(IntegrityError("INSERT", {}, Exception("unique")))
    assert not is_unavailable(ValueError("else"))
