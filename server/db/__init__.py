"""The database: short units of work, safe under SQLite's locks and PostgreSQL's.

No unit of work lives across a network call, let alone across a phone call.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from server.errors import DatabaseBusyError
from server.models import (
    Base,
    Business,
    BusinessFaq,
    BusinessPhoneNumber,
    FaqEmbedding,
    Lead,
    Recording,
)

LOCK_WAIT_SECONDS = 5.0
"""How long a unit of work waits for SQLite's write lock before it gives up."""

LEAD_NEWS = "leads"
"""The topic under which changed leads are told, as ``(business_id, lead_id)``."""

_LOCK_POLL_SECONDS = 0.01
_TOUCHED = "touched_businesses"
_NEWS = "news"

db = SQLAlchemy(metadata=Base.metadata, disable_autonaming=True)


def engine_options(database_url: str) -> dict[str, Any]:
    """Return the SQLAlchemy engine options that suit ``database_url``."""
    if database_url.startswith("sqlite"):
        # A wait inside SQLite's C code would freeze every call (it is not green): none there;
        # `_begin_sqlite` waits by sleeping, which lets the others run.
        return {
            "connect_args": {"timeout": 0, "check_same_thread": False},
            "hide_parameters": True,
        }
    return {
        "hide_parameters": True,  # what is stored is nobody's log line
        "pool_pre_ping": True,
        "pool_size": 10,
        "max_overflow": 20,
        "pool_timeout": 5,
        "connect_args": {
            "connect_timeout": 3,
            "options": "-c statement_timeout=10000 -c lock_timeout=5000",
        },
    }


class Database:
    """Units of work on one engine.

    ``read()`` and ``write()`` are context managers that give a Session; ``write()`` commits at
    the end of the block and rolls back when it raises.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._listeners: list[Callable[[frozenset[int]], None]] = []
        self._news_listeners: dict[str, list[Callable[[frozenset[Hashable]], None]]] = {}
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        self._writer = engine.execution_options(maane_write=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session that only reads; what it changes is lost."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Give a session whose changes are committed when the block ends well.

        Raises:
            DatabaseBusyError: the write lock could not be had within ``LOCK_WAIT_SECONDS``.
        """
        with Session(self._writer, expire_on_commit=False) as session:
            event.listen(session, "after_flush", _note_touched)
            with session.begin():
                yield session
            touched = frozenset(session.info.get(_TOUCHED, ()))
            news: dict[str, set[Hashable]] = session.info.get(_NEWS, {})
        if touched:
            for listener in self._listeners:
                listener(touched)
        for topic, values in news.items():
            for hear in self._news_listeners.get(topic, ()):
                hear(frozenset(values))

    def on_commit(self, listener: Callable[[frozenset[int]], None]) -> None:
        """Have ``listener`` called with the ids of the businesses that a commit changed.

        It runs after the commit and in the thread of the unit of work, so that whoever made the
        change finds the caches fresh; a rollback calls nobody. Changes made by bulk statements
        (``session.execute(update(...))``) are not seen.
        """
        self._listeners.append(listener)

    def on_news(self, topic: str, listener: Callable[[frozenset[Hashable]], None]) -> None:
        """Have ``listener`` called with what a unit of work has told of ``topic``.

        It runs after the commit, in the thread of the unit of work; a rollback calls nobody.
        """
        self._news_listeners.setdefault(topic, []).append(listener)

    def ping(self) -> None:
        """Run the cheapest possible query.

        Raises:
            sqlalchemy.exc.DBAPIError: the database does not answer.
        """
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))


def tell_after_commit(session: Session, topic: str, value: Hashable) -> None:
    """Have whoever listens for ``topic`` (:meth:`Database.on_news`) told, once this is committed.

    Equal values of one unit of work are told once.
    """
    news: dict[str, set[Hashable]] = session.info.setdefault(_NEWS, {})
    news.setdefault(topic, set()).add(value)


def _note_touched(session: Session, *_: Any) -> None:
    """Collect, after each flush (what is new has its id then), whose rows have changed."""
    touched: set[int] = session.info.setdefault(_TOUCHED, set())
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, Business):
            touched.add(row.id)
        elif isinstance(row, BusinessFaq | BusinessPhoneNumber | FaqEmbedding):
            touched.add(row.business_id)
        elif isinstance(row, Lead):
            tell_after_commit(session, LEAD_NEWS, (row.business_id, row.id))
        elif isinstance(row, Recording) and row.lead_id is not None:
            tell_after_commit(session, LEAD_NEWS, (row.business_id, row.lead_id))


def is_unavailable(error: BaseException) -> bool:
    """Tell whether ``error`` means that the database is locked or gone for the moment."""
    if isinstance(error, DatabaseBusyError | PoolTimeoutError):
        return True
    if isinstance(error, OperationalError):
        # SQLite says so too of statements that can never run.
        return not any(words in str(error.orig) for words in ("no such", "syntax error"))
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _prepare_sqlite(dbapi_connection: Any, _record: Any) -> None:
    dbapi_connection.isolation_level = None  # we say BEGIN ourselves, in `_begin_sqlite`
    cursor = dbapi_connection.cursor()
    # Changing the journal's mode takes a lock; the others only concern this connection.
    _wait_for_lock(lambda: cursor.execute("PRAGMA journal_mode=WAL"), sqlite3.OperationalError)
    for pragma in ("synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Begin a transaction; a writing one takes the lock at once.

    A reading transaction that turns into a writing one fails without waiting
    (SQLITE_BUSY_SNAPSHOT), so writers say so from the start.
    """
    if not connection.get_execution_options().get("maane_write"):
        connection.exec_driver_sql("BEGIN")
        return
    _wait_for_lock(lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"), OperationalError)


def _wait_for_lock(attempt: Callable[[], object], locked: type[Exception]) -> None:
    """Repeat ``attempt`` while SQLite says "locked", sleeping so that the others run.

    Raises:
        DatabaseBusyError: it stayed locked for ``LOCK_WAIT_SECONDS``.
    """
    deadline = time.monotonic() + LOCK_WAIT_SECONDS
    while True:
        try:
            attempt()
            return
        except locked as error:
            if "locked" not in str(error) and "busy" not in str(error):
                raise
            if time.monotonic() >= deadline:
                raise DatabaseBusyError("the database is locked") from error
        time.sleep(_LOCK_POLL_SECONDS)
