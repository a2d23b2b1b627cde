"""Fetching from Twilio and forgetting, as the queue has it done."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server.clock import utc_now
from server.jobs import GiveUp, Job, RetryLater
from server.models import Business, Call, JobRow, Recording, Transcript
from server.recordings import jobs as module
from server.recordings import store, wav
from server.recordings.jobs import DeleteRecording, DownloadRecording, PurgeRecordings
from server.recordings.storage import StorageError
from server.telephony.rest import TwilioRest
from tests.fakes.twilio_rest import ACCOUNT_SID, AUTH_TOKEN, FakeTwilioRest, TwilioOptions
from tests.unit.recordings.conftest import SID, Archive, announced

STEREO = wav.header(16000) + b"\x01\x02" * 8000


def rest_of(twilio: FakeTwilioRest) -> TwilioRest:
    return TwilioRest(ACCOUNT_SID, AUTH_TOKEN, twilio.base_url)


def download(archive: Archive, twilio: FakeTwilioRest | None) -> DownloadRecording:
    rest = rest_of(twilio) if twilio is not None else None
    return DownloadRecording(
        archive.database, archive.storage, rest, archive.lost, late_seconds=(0.01, 0.01)
    )


def announce(archive: Archive, twilio: FakeTwilioRest, sid: str, **changes: Any) -> Job:
    archive.arrive()
    fields = announced(recording_sid=sid, url=twilio.recording_url(sid), duration=None)
    archive.do(store.recording_announced(**(fields | changes)))
    return archive.job("download_recording")


def test_a_recording_is_fetched_kept_and_handed_on_once(
    archive: Archive, twilio: FakeTwilioRest
) -> None:
    job = announce(archive, twilio, twilio.add_recording(stereo=STEREO))
    handler = download(archive, twilio)
    handler(job)
    handler(job)
    row = archive.row()
    assert (row.state, row.bytes, row.channels, row.duration) == ("stored", len(STEREO), 2, 1)
    assert b"".join(archive.storage.open(row.storage_key)) == STEREO
    assert len(archive.jobs("transcribe")) == 1
    assert len(twilio.requests) == 1


def test_a_recording_that_comes_late_is_waited_for(
    archive: Archive, twilio: FakeTwilioRest
) -> None:
    job = announce(archive, twilio, twilio.add_recording(stereo=STEREO))
    twilio.options.late = 2
    download(archive, twilio)(job)
    assert archive.row().state == "stored"
    assert len(twilio.requests) == 3


def test_a_recording_that_does_not_come_is_looked_for_again_later(
    archive: Archive, twilio: FakeTwilioRest
) -> None:
    job = announce(archive, twilio, "RE404")
    with pytest.raises(RetryLater, match="404"):
        download(archive, twilio)(job)
    assert archive.row().state == "announced"


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        (TwilioOptions(refuse=503), RetryLater),
        (TwilioOptions(refuse=429), RetryLater),
        (TwilioOptions(drop_after=100), RetryLater),
        (TwilioOptions(refuse=401), GiveUp),
        (TwilioOptions(redirect_to="https://elsewhere.example.com/x"), GiveUp),
    ],
)
def test_what_a_failure_means(
    archive: Archive,
    twilio: FakeTwilioRest,
    options: TwilioOptions,
    answer: type[Exception],
) -> None:
    job = announce(archive, twilio, twilio.add_recording(stereo=STEREO))
    twilio.options = options
    with pytest.raises(answer):
        download(archive, twilio)(job)
    assert not [p for p in archive.directory.rglob("*") if p.is_file()]
    twilio.options = TwilioOptions()
    download(archive, twilio)(job)
    assert archive.row().state == "stored"


def test_another_host_is_refused(archive: Archive, twilio: FakeTwilioRest) -> None:
    job = announce(archive, twilio, "RE1", url="https://evil.example.com/Recordings/RE1")
    handler = download(archive, twilio)
    with pytest.raises(GiveUp, match="not the API's own") as refused:
        handler(job)
    handler.on_dead(job, refused.value.reason)
    handler.on_dead(job, refused.value.reason)
    assert (archive.row().state, archive.row().error) == ("failed", refused.value.reason)
    assert archive.told_lost == [refused.value.reason] * 2
    assert twilio.requests == []


def test_without_credentials_the_reason_is_told(archive: Archive, twilio: FakeTwilioRest) -> None:
    job = announce(archive, twilio, "RE1")
    with pytest.raises(GiveUp, match="TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set"):
        download(archive, None)(job)


@pytest.mark.parametrize("body", [b"<html>not a recording</html>" * 10, b"RIFF", b""])
def test_what_is_no_wav_file_is_not_kept(
    archive: Archive, twilio: FakeTwilioRest, body: bytes
) -> None:
    job = announce(archive, twilio, twilio.add_recording(mono=body), channels=1)
    with pytest.raises(GiveUp, match="no recording"):
        download(archive, twilio)(job)
    assert not [p for p in archive.directory.rglob("*") if p.is_file()]


def test_what_is_too_long_is_not_kept(
    archive: Archive, twilio: FakeTwilioRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 10_000)
    job = announce(archive, twilio, twilio.add_recording(stereo=STEREO))
    with pytest.raises(GiveUp, match="longer than"):
        download(archive, twilio)(job)
    assert not [p for p in archive.directory.rglob("*") if p.is_file()]


def test_what_drips_in_is_given_up_for_now(
    archive: Archive, twilio: FakeTwilioRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FETCH_SECONDS", -1)
    job = announce(archive, twilio, twilio.add_recording(stereo=STEREO))
    with pytest.raises(RetryLater, match="too long"):
        download(archive, twilio)(job)


def test_a_full_disk_is_the_reason(
    archive: Archive, twilio: FakeTwilioRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(key: str, chunks: Iterable[bytes]) -> int:
        raise StorageError("the disk is full") from OSError(errno.ENOSPC, "")

    monkeypatch.setattr(archive.storage, "put", full)
    job = announce(archive, twilio, twilio.add_recording(stereo=STEREO))
    with pytest.raises(RetryLater, match="the recording cannot be kept: the disk is full"):
        download(archive, twilio)(job)


# Forgetting


def stored_recording(archive: Archive, sid: str, *, days_old: float, key: str) -> None:
    archive.do(store.recording_announced(**announced(recording_sid=sid)))

    def keep(session: Session) -> None:
        row = next(row for row in session.query(Recording) if row.key == sid)
        store.stored(session, row, key, archive.storage.put(key, [STEREO]), channels=2)
        row.received_at = utc_now() - timedelta(days=days_old)

    archive.do(keep)


def test_the_night_deletes_what_the_business_keeps_no_longer(
    archive: Archive, twilio: FakeTwilioRest
) -> None:
    archive.arrive()

    def keeps_ten_days(session: Session) -> None:
        business = session.get(Business, 1)
        assert business is not None
        business.settings = {"retention_days": 10}

    archive.do(keeps_ten_days)
    old, new = (twilio.add_recording(stereo=STEREO) for _ in range(2))
    stored_recording(archive, old, days_old=10.1, key="twilio/old.wav")
    stored_recording(archive, new, days_old=9.9, key="twilio/new.wav")
    purge(archive)
    purge(archive)
    job = archive.job("delete_recording")
    assert (job.business_id, job.lead_id) == (None, None)  # it outlives both
    handler = DeleteRecording(archive.database, archive.storage, rest_of(twilio))
    handler(job)
    handler(job)
    assert twilio.deleted == [old]
    assert [(row.state, row.storage_key) for row in archive.rows()] == [
        ("deleted", ""),
        ("stored", "twilio/new.wav"),
    ]
    assert [p.name for p in archive.directory.rglob("*.wav")] == ["new.wav"]


def test_what_belongs_to_nobody_is_forgotten_after_a_day(
    archive: Archive, twilio: FakeTwilioRest
) -> None:
    archive.arrive()
    stored_recording(archive, "RE1", days_old=2, key="twilio/orphan.wav")
    unknown = announced(recording_sid="RE2", call_sid="CAunknown")
    archive.do(store.recording_announced(**unknown))

    def orphan(session: Session) -> None:
        session.delete(session.get(Business, 1))
        for row in session.query(Recording):
            row.received_at = utc_now() - timedelta(days=2)

    archive.do(orphan)
    purge(archive)
    assert [row.key for row in archive.rows()] == ["RE1"]
    DeleteRecording(archive.database, archive.storage, None)(archive.job("delete_recording"))
    assert archive.row().state == "deleted"
    assert not list(archive.directory.rglob("*.wav"))


def test_twilio_being_away_is_tried_again(archive: Archive, twilio: FakeTwilioRest) -> None:
    archive.arrive()
    sid = twilio.add_recording(stereo=STEREO)
    stored_recording(archive, sid, days_old=100, key="twilio/x.wav")
    archive.do(lambda session: store.forget(session, session.query(Recording)))
    handler = DeleteRecording(archive.database, archive.storage, rest_of(twilio))
    twilio.options.refuse = 503
    with pytest.raises(RetryLater):
        handler(archive.job("delete_recording"))
    assert not list(archive.directory.rglob("*.wav"))
    twilio.options.refuse = 401
    with pytest.raises(GiveUp, match="stays at Twilio"):
        handler(archive.job("delete_recording"))
    row = archive.row()
    assert (row.state, row.storage_key, row.recording_sid) == ("deleted", "", sid)
    twilio.options.refuse = None
    handler(archive.job("delete_recording"))
    assert (archive.row().state, archive.row().recording_sid) == ("deleted", "")
    assert twilio.deleted == [sid]


def all_jobs_are_forgotten(session: Session) -> None:
    session.execute(delete(JobRow))


def purge(archive: Archive, twilio: FakeTwilioRest | None = None) -> None:
    rest = rest_of(twilio) if twilio is not None else None
    PurgeRecordings(archive.database, archive.storage, rest)(Job(1, "", "", {}, None, None, 1))


def test_the_night_asks_again_for_what_could_not_be_removed(
    archive: Archive, twilio: FakeTwilioRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.arrive()
    sid = twilio.add_recording(stereo=STEREO)
    stored_recording(archive, sid, days_old=1, key="twilio/x.wav")
    archive.do(lambda session: store.forget(session, session.query(Recording)))
    assert archive.row().state == "deleted"
    handler = DeleteRecording(archive.database, archive.storage, rest_of(twilio))

    def away(key: str) -> None:
        raise StorageError("the bucket does not answer")

    with monkeypatch.context() as patched, pytest.raises(RetryLater, match="bucket"):
        patched.setattr(archive.storage, "delete", away)
        handler(archive.job("delete_recording"))
    assert twilio.deleted == []
    archive.do(all_jobs_are_forgotten)
    purge(archive, twilio)
    handler(archive.job("delete_recording"))
    assert twilio.deleted == [sid]
    assert not list(archive.directory.rglob("*.wav"))
    archive.do(all_jobs_are_forgotten)
    purge(archive, twilio)
    assert archive.jobs("delete_recording") == []


def test_without_credentials_the_night_does_not_ask_for_what_twilio_has(archive: Archive) -> None:
    archive.arrive()
    stored_recording(archive, "RE1", days_old=1, key="twilio/x.wav")
    archive.do(lambda session: store.forget(session, session.query(Recording)))
    DeleteRecording(archive.database, archive.storage, None)(archive.job("delete_recording"))
    archive.do(all_jobs_are_forgotten)
    purge(archive)
    assert archive.jobs("delete_recording") == []
    assert archive.row().recording_sid == "RE1"


def test_the_night_gets_past_the_first_few(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PURGED_AT_ONCE", 2)
    archive.arrive()
    for n in range(5):
        stored_recording(archive, f"RE{n}", days_old=1000, key=f"twilio/{n}.wav")
    purge(archive)
    assert len(archive.jobs("delete_recording")) == 5
    assert {row.state for row in archive.rows()} == {"deleted"}


def test_what_is_left_of_a_deleted_call_goes_in_the_end(
    archive: Archive, twilio: FakeTwilioRest
) -> None:
    archive.arrive()
    stored_recording(archive, "RE1", days_old=2, key="twilio/x.wav")
    archive.do(lambda session: store.forget(session, session.query(Recording)))
    handler = DeleteRecording(archive.database, archive.storage, rest_of(twilio))
    handler(archive.job("delete_recording"))
    purge(archive, twilio)
    assert archive.row().state == "deleted"  # the call still shows what has become of it
    archive.do(lambda session: session.delete(session.get(Call, SID)))
    purge(archive, twilio)
    assert archive.rows() == []


def test_a_recording_that_is_deleted_while_it_is_fetched(
    archive: Archive, twilio: FakeTwilioRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = announce(archive, twilio, twilio.add_recording(stereo=STEREO))
    put = archive.storage.put

    def erased_meanwhile(key: str, chunks: Iterable[bytes]) -> int:
        archive.do(lambda session: store.forget(session, session.query(Recording)))
        return put(key, chunks)

    monkeypatch.setattr(archive.storage, "put", erased_meanwhile)
    download(archive, twilio)(job)
    assert archive.jobs("transcribe") == []
    handler = DeleteRecording(archive.database, archive.storage, rest_of(twilio))
    for each in archive.jobs("delete_recording"):
        handler(each)
    assert archive.row().state == "deleted"
    assert not list(archive.directory.rglob("*.wav"))


def test_a_row_that_goes_while_its_file_is_fetched(
    archive: Archive, twilio: FakeTwilioRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = announce(archive, twilio, twilio.add_recording(stereo=STEREO))
    put = archive.storage.put

    def gone_meanwhile(key: str, chunks: Iterable[bytes]) -> int:
        archive.do(lambda session: session.delete(session.get(Recording, 1)))
        return put(key, chunks)

    monkeypatch.setattr(archive.storage, "put", gone_meanwhile)
    download(archive, twilio)(job)
    handler = DeleteRecording(archive.database, archive.storage, rest_of(twilio))
    handler(archive.job("delete_recording"))
    assert not list(archive.directory.rglob("*.wav"))


def test_transcripts_go_with_a_deleted_call_only(archive: Archive) -> None:
    archive.arrive()
    stored_recording(archive, "RE1", days_old=1, key="twilio/x.wav")
    archive.do(lambda session: session.add(Transcript(call_sid=SID, source="x", recording_id=1)))
    archive.do(lambda session: store.forget(session, session.query(Recording)))
    handler = DeleteRecording(archive.database, archive.storage, None)

    def transcripts() -> int:
        with archive.database.read() as session:
            return len(session.scalars(select(Transcript)).all())

    handler(archive.job("delete_recording"))
    assert transcripts() == 1  # the recording is past its time, the card is not
    archive.do(lambda session: session.delete(session.get(Call, SID)))
    handler(archive.job("delete_recording"))
    assert transcripts() == 0
