"""A database with one call, a place for its recordings, and Twilio's API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from server.calls import store as calls
from server.clock import utc_now
from server.db import Database, engine_options
from server.jobs import Job
from server.models import Base, Business, JobRow, Recording
from server.recordings.storage import DirectoryStorage
from server.recordings.store import Write
from tests.fakes.twilio_rest import FakeTwilioRest

SID = "CA0123456789abcdef0123456789abcdef"


class Archive:
    """What recordings need, and a look into it."""

    def __init__(self, directory: Path) -> None:
        url = f"sqlite:///{directory / 'maane.db'}"
        self.database = Database(create_engine(url, **engine_options(url)))
        Base.metadata.create_all(self.database.engine)
        self.directory = directory / "recordings"
        self.storage = DirectoryStorage(self.directory)
        self.told_lost: list[str] = []
        self.do(lambda session: session.add(Business(name="מוסך")))

    def do(self, work: Write) -> None:
        with self.database.write() as session:
            work(session)

    def arrive(self, call_sid: str = SID) -> None:
        self.do(
            calls.call_arrived(
                call_sid=call_sid,
                business_id=1,
                direction="inbound",
                from_number="+972541234567",
                to_number="+1555",
                is_test=False,
                prompt_hash="",
                agent="",
                at=utc_now(),
            )
        )

    def lost(self, session: Session, row: Recording) -> None:
        self.told_lost.append(row.error)

    def rows(self) -> list[Recording]:
        with self.database.read() as session:
            return list(session.scalars(select(Recording).order_by(Recording.id)))

    def row(self) -> Recording:
        (row,) = self.rows()
        return row

    def jobs(self, kind: str) -> list[Job]:
        with self.database.read() as session:
            rows = session.scalars(select(JobRow).where(JobRow.kind == kind).order_by(JobRow.id))
            return [Job(r.id, r.kind, r.key, r.payload, r.business_id, r.lead_id, 1) for r in rows]

    def job(self, kind: str) -> Job:
        (job,) = self.jobs(kind)
        return job


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    archive = Archive(tmp_path)
    yield archive
    archive.database.engine.dispose()


@pytest.fixture
def twilio() -> Iterator[FakeTwilioRest]:
    with FakeTwilioRest() as fake:
        yield fake
        assert fake.violations == []


def announced(**changes: Any) -> dict[str, Any]:
    """The fields of an announcement."""
    return {
        "call_sid": SID,
        "recording_sid": "RE1",
        "url": "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1",
        "status": "completed",
        "duration": 7,
    } | changes
