"""Announcements, whenever and however often they come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from server.clock import utc_now
from server.db import Database
from server.models import Recording
from server.recordings import store
from tests.unit.recordings.conftest import SID, Archive, announced

KIND = "download_recording"


def test_an_announcement_is_one_row_and_one_job(archive: Archive) -> None:
    archive.arrive()
    for _ in range(3):
        archive.do(store.recording_announced(**announced()))
    row = archive.row()
    assert (row.state, row.status, row.source, row.duration) == (
        "announced",
        "completed",
        "twilio",
        7,
    )
    assert (row.business_id, row.lead_id) == (1, 1)
    job = archive.job(KIND)
    assert job.key == "download:RE1"
    assert job.payload == {"recording_id": row.id}


def test_without_a_sid_call_and_address_are_the_key(archive: Archive) -> None:
    archive.arrive()
    for url in ("https://x/1", "https://x/1", "https://x/2"):
        archive.do(store.recording_announced(**announced(recording_sid="", url=url)))
    assert [row.url for row in archive.rows()] == ["https://x/1", "https://x/2"]
    assert len(archive.jobs(KIND)) == 2


def test_an_announcement_waits_for_its_call(archive: Archive) -> None:
    archive.do(store.recording_announced(**announced()))
    archive.do(store.recording_announced(**announced()))
    assert archive.row().business_id is None
    assert archive.jobs(KIND) == []
    archive.arrive()
    archive.arrive()
    assert (archive.row().business_id, archive.row().lead_id) == (1, 1)
    assert len(archive.jobs(KIND)) == 1


def test_it_waits_for_a_day(archive: Archive) -> None:
    archive.do(store.recording_announced(**announced()))

    def age(session: Session) -> None:
        row = session.get(Recording, 1)
        assert row is not None
        row.received_at = utc_now() - timedelta(hours=25)

    archive.do(age)
    archive.arrive()
    assert archive.row().business_id is None
    assert archive.jobs(KIND) == []


@pytest.mark.parametrize(
    ("status", "state"),
    [("in-progress", "announced"), ("absent", "absent"), ("failed", "failed")],
)
def test_what_cannot_be_fetched_is_not_asked_for(archive: Archive, status: str, state: str) -> None:
    archive.arrive()
    archive.do(store.recording_announced(**announced(status=status)))
    assert archive.row().state == state
    assert archive.jobs(KIND) == []


def test_a_late_word_on_the_beginning_changes_nothing(archive: Archive) -> None:
    archive.arrive()
    archive.do(store.started_at_twilio(SID, "RE1"))
    assert archive.row().state == "announced"
    assert archive.jobs(KIND) == []
    archive.do(store.recording_announced(**announced()))
    archive.do(store.recording_announced(**announced(status="in-progress", url="")))
    archive.do(store.started_at_twilio(SID, "RE1"))
    row = archive.row()
    assert (row.status, row.url) == ("completed", announced()["url"])
    assert len(archive.jobs(KIND)) == 1


def test_an_announcement_after_the_download_changes_nothing(archive: Archive) -> None:
    archive.arrive()
    archive.do(store.recording_announced(**announced()))

    def fetched(session: Session) -> None:
        row = session.get(Recording, 1)
        assert row is not None
        store.stored(session, row, "twilio/x.wav", 10, channels=2)

    archive.do(fetched)
    archive.do(fetched)
    archive.do(store.recording_announced(**announced()))
    row = archive.row()
    assert (row.state, row.storage_key, row.bytes, row.channels) == (
        "stored",
        "twilio/x.wav",
        10,
        2,
    )
    assert row.stored_at is not None
    transcribe = archive.job("transcribe")
    assert transcribe.key == f"transcribe:{row.id}"
    assert transcribe.payload == {"recording_id": row.id, "call_sid": SID}


def test_a_failure_is_told_once_the_row_says_so(archive: Archive) -> None:
    archive.arrive()
    fields: dict[str, Any] = {"key": "bridge:" + SID, "call_sid": SID, "source": "bridge"}
    archive.do(store.recording_failed(**fields, reason="the disk is full", lost=archive.lost))
    row = archive.row()
    assert (row.state, row.error, row.lead_id) == ("failed", "the disk is full", 1)
    assert archive.told_lost == ["the disk is full"]


def test_the_recording_of_the_bridge_is_one_row(archive: Archive) -> None:
    archive.arrive()
    archive.do(store.bridge_begun(SID))
    assert (archive.row().state, archive.row().source) == ("announced", "bridge")
    archive.do(store.bridge_stored(SID, "bridge/x.wav", 16058, 1.0))
    archive.do(store.bridge_stored(SID, "bridge/x.wav", 16058, 1.0))
    row = archive.row()
    assert (row.state, row.bytes, row.duration, row.channels) == ("stored", 16058, 1, 2)
    assert len(archive.jobs("transcribe")) == 1
    archive.do(store.recording_failed(row.key, SID, "bridge", "too late", archive.lost))
    assert archive.row().state == "stored"
    assert archive.told_lost == []


def test_a_call_has_a_recording_until_it_is_known_that_there_is_none(archive: Archive) -> None:
    def has() -> bool:
        with archive.database.read() as session:
            return store.has_recording(session, SID)

    archive.arrive()
    assert not has()
    archive.do(store.bridge_begun(SID))
    assert has()
    archive.do(store.bridge_absent(SID))
    assert not has()
    archive.do(store.recording_announced(**announced()))
    assert has()


def test_what_was_deleted_does_not_come_back(archive: Archive) -> None:
    archive.arrive()
    archive.do(store.bridge_begun(SID))
    archive.do(lambda session: store.forget(session, session.query(Recording)))
    archive.do(store.bridge_begun(SID))
    archive.do(store.bridge_absent(SID))
    assert archive.row().state == "deleted"
    archive.do(store.bridge_stored(SID, "bridge/x.wav", 16058, 1.0))
    assert archive.row().state == "deleted"
    assert archive.jobs("transcribe") == []
    asked = [job.payload["storage_key"] for job in archive.jobs("delete_recording")]
    assert asked == ["", "bridge/x.wav"]


def test_a_file_of_a_call_that_is_gone_is_removed(archive: Archive) -> None:
    archive.do(store.bridge_stored(SID, "bridge/x.wav", 16058, 1.0))
    assert archive.row().state == "deleted"
    assert archive.jobs("transcribe") == []
    assert archive.job("delete_recording").payload["storage_key"] == "bridge/x.wav"


def test_what_twilio_finishes_after_the_deletion_is_deleted_there(archive: Archive) -> None:
    archive.arrive()
    archive.do(store.started_at_twilio(SID, "RE1"))
    archive.do(lambda session: store.forget(session, session.query(Recording)))
    archive.do(store.recording_announced(**announced()))
    archive.do(store.recording_announced(**announced()))
    assert (archive.row().state, archive.row().url) == ("deleted", "")
    assert archive.jobs(KIND) == []
    assert [job.payload["recording_sid"] for job in archive.jobs("delete_recording")] == ["RE1"] * 2


def test_a_call_is_gone_only_where_the_database_says_so(archive: Archive) -> None:
    assert store.is_gone(archive.database, SID)
    archive.arrive()
    assert store.is_gone(archive.database, SID) is False
    away = Database(create_engine(f"sqlite:///{archive.directory}/nowhere/maane.db"))
    assert store.is_gone(away, SID) is None
    assert not store.is_known_call(away, SID)
