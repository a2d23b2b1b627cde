"""The queue on both kinds of database."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select

from server.db import Database, engine_options
from server.jobs import enqueue, leases
from server.jobs.leases import Claim
from server.models import Base, JobRow
from server.settings import load_settings


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'maane.db'}"
    given = request.getfixturevalue("postgres_url")
    return load_settings({"DATABASE_URL": given, "SECRET_KEY": "x"}).database_url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with all tables."""
    engine = create_engine(database_url, **engine_options(database_url))
    database = Database(engine)
    Base.metadata.create_all(engine)
    yield database
    engine.dispose()


class Desk:
    """A queue with a clock that the test turns."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = datetime(2025, 3, 1, 12, tzinfo=UTC)
        self._owners = itertools.count(1)

    def passes(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def ask(self, key: str, *, lane: str = "summary", kind: str = "work", after: float = 0) -> None:
        """Enqueue a job."""
        run_at = self.now + timedelta(seconds=after)
        with self.database.write() as session:
            assert enqueue(session, kind, key, {"key": key}, lane=lane, run_at=run_at)

    def claim(self, *, lane: str = "summary", kinds: tuple[str, ...] = ("work",)) -> Claim | None:
        """Claim a job under a new name, for a minute."""
        with self.database.write() as session:
            return leases.claim(
                session,
                lane,
                kinds,
                owner=f"test:{next(self._owners)}",
                now=self.now,
                lease_seconds=60,
            )

    def row(self, key: str) -> JobRow:
        """Return the job's row."""
        with self.database.read() as session:
            return session.scalars(select(JobRow).where(JobRow.key == key)).one()


@pytest.fixture
def desk(database: Database) -> Desk:
    """A queue with a clock that the test turns."""
    return Desk(database)
