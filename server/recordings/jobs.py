"""The jobs of recordings: fetch what Twilio has, and forget what is too old."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.orm import Session

from server.business_settings import business_settings
from server.clock import monotonic, utc_now
from server.db import Database
from server.errors import ProtocolError, ProviderError
from server.jobs import GiveUp, Job, RetryLater
from server.models import Business, Call, Recording, Transcript
from server.recordings import store, wav
from server.recordings.storage import RecordingStorage, StorageError
from server.telephony.rest import TwilioRest

log = logging.getLogger(__name__)

PURGE_RECORDINGS = "purge_recordings"
"""The kind of job that is done every night."""

NO_CREDENTIALS = "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set"

MAX_BYTES = 200 << 20
"""Three and a half hours of a telephone call; what is longer is not fetched."""

FETCH_SECONDS = 600.0
"""The longest that fetching one recording may take."""

_LATE_SECONDS = (1.0, 2.0, 4.0, 8.0)
"""Twilio announces a recording a little before it can be fetched; waits between the looks."""

_PURGED_AT_ONCE = 50
_PAUSE_SECONDS = 0.01


class DownloadRecording:
    """Fetches what Twilio has announced, keeps it, and has it transcribed."""

    def __init__(
        self,
        database: Database,
        storage: RecordingStorage,
        rest: TwilioRest | None,
        lost: Callable[[Session, Recording], None],
        late_seconds: tuple[float, ...] = _LATE_SECONDS,
    ) -> None:
        self._database = database
        self._storage = storage
        self._rest = rest
        self._lost = lost
        self._late_seconds = late_seconds

    def __call__(self, job: Job) -> None:
        """See :data:`server.jobs.Handler`."""
        with self._database.read() as session:
            row = session.get(Recording, job.payload["recording_id"])
        if row is None or row.state in (store.STORED, store.DELETED):
            return
        if self._rest is None:
            raise GiveUp(f"{NO_CREDENTIALS}: the recording cannot be fetched")
        key = f"twilio/{hashlib.sha256(row.key.encode()).hexdigest()[:32]}.wav"
        description = _Description()
        try:
            size = self._fetch(self._rest, row, key, description)
        except StorageError as error:
            raise RetryLater(f"the recording cannot be kept: {error.message}") from error
        except ProtocolError as error:
            raise GiveUp(f"what Twilio sent is no recording: {error.message}") from error
        except ProviderError as error:
            if error.code in ("unavailable", "not_found"):
                raise RetryLater(error.message) from error
            raise GiveUp(error.message) from error
        with self._database.write() as session:
            current = session.get(Recording, row.id)
            if current is None:
                row.storage_key = key
                store.forget(session, [row])
                return
            if current.duration is None and description.bytes_per_second:
                current.duration = round(size / description.bytes_per_second)
            store.stored(session, current, key, size, channels=description.channels)
        log.info("[RECORDING] stored call=%s bytes=%d", row.call_sid, size)

    def on_dead(self, job: Job, reason: str) -> None:
        """Show the reason with the recording, and let go of what waits for it."""
        with self._database.write() as session:
            row = session.get(Recording, job.payload["recording_id"])
            if row is not None:
                failed = store.recording_failed(row.key, row.call_sid, "twilio", reason, self._lost)
                failed(session)

    def _fetch(self, rest: TwilioRest, row: Recording, key: str, description: _Description) -> int:
        for wait in (*self._late_seconds, None):
            try:
                with rest.open_media(row.url, row.channels) as chunks:
                    return self._storage.put(key, _checked(chunks, description))
            except ProviderError as error:
                if error.code != "not_found" or wait is None:
                    raise
                time.sleep(wait)
        raise AssertionError("the last look has no wait")


class _Description:
    """What the header of a fetched file says."""

    channels: int | None = None
    bytes_per_second = 0


def _checked(chunks: Iterator[bytes], description: _Description) -> Iterator[bytes]:
    """Pass ``chunks`` on as long as they are a WAV file of a bearable size, in bearable time."""
    deadline = monotonic() + FETCH_SECONDS
    start, count = b"", 0
    for chunk in chunks:
        count += len(chunk)
        if count > MAX_BYTES:
            raise ProtocolError(f"it is longer than {MAX_BYTES >> 20} MB", code="too_long")
        if monotonic() > deadline:
            raise ProviderError("fetching the recording takes too long", code="unavailable")
        if len(start) < wav.HEADER_BYTES:
            start += chunk
            if len(start) < wav.HEADER_BYTES:
                continue
            description.channels, description.bytes_per_second = wav.described(start)
            yield start
        else:
            yield chunk
    if not description.bytes_per_second:
        raise ProtocolError("it is too short", code="wav_header")


class DeleteRecording:
    """Removes one recording's file, here and at Twilio."""

    def __init__(
        self, database: Database, storage: RecordingStorage, rest: TwilioRest | None
    ) -> None:
        self._database = database
        self._storage = storage
        self._rest = rest

    def __call__(self, job: Job) -> None:
        """See :data:`server.jobs.Handler`.

        Each half is noted as soon as it is done: what Twilio refuses is not played here any more.
        """
        recording_id, storage_key = job.payload["recording_id"], job.payload["storage_key"]
        try:
            if storage_key:
                self._storage.delete(storage_key)
        except StorageError as error:
            raise RetryLater(f"the recording cannot be removed: {error.message}") from error
        with self._database.write() as session:
            row = session.get(Recording, recording_id)
            if row is not None:
                row.state, row.url, row.bytes = store.DELETED, "", None
                if row.storage_key == storage_key:
                    row.storage_key = ""
                if session.get(Call, row.call_sid) is None:  # the call was deleted as well
                    about = Transcript.call_sid == row.call_sid
                    session.execute(
                        delete(Transcript).where(or_(about, Transcript.recording_id == row.id))
                    )
        if job.payload["recording_sid"]:
            self._delete_at_twilio(recording_id, job.payload["recording_sid"])

    def _delete_at_twilio(self, recording_id: int, recording_sid: str) -> None:
        if self._rest is None:
            log.warning("[RECORDING] stays at Twilio: %s", NO_CREDENTIALS)
            return
        try:
            self._rest.delete_recording(recording_sid)
        except ProviderError as error:
            if error.code == "unavailable":
                raise RetryLater(error.message) from error
            raise GiveUp(f"the recording stays at Twilio: {error.message}") from error
        with self._database.write() as session:
            row = session.get(Recording, recording_id)
            if row is not None:
                row.recording_sid = ""  # nothing is left to be asked for


class PurgeRecordings:
    """Every night: has recordings deleted that are older than their business keeps them.

    What an earlier deletion could not have removed is asked for again, and what is left of a
    call that was deleted goes once there is nothing more to remove.

    Args:
        rest: Twilio's API; without it nothing is asked for again that only Twilio has.
    """

    def __init__(
        self, database: Database, storage: RecordingStorage, rest: TwilioRest | None = None
    ) -> None:
        self._database = database
        self._storage = storage
        self._rest = rest

    def __call__(self, _: Job) -> None:
        """See :data:`server.jobs.Handler`."""
        is_deleted, now = Recording.state == store.DELETED, utc_now()
        left = Recording.storage_key != ""
        if self._rest is not None:
            left |= Recording.recording_sid != ""
        self._in_units(store.forget, is_deleted, left)
        with self._database.read() as session:
            businesses = session.scalars(select(Business)).all()
        for business in businesses:
            days = business_settings(business.settings).retention_days
            too_old = Recording.received_at < now - timedelta(days=days)
            self._in_units(store.forget, ~is_deleted, Recording.business_id == business.id, too_old)
        # Of a call that has never appeared: it may be somebody else's, so Twilio keeps it.
        long_ago = Recording.received_at < now - store.KEPT_WITHOUT_CALL
        orphaned = (Recording.business_id.is_(None), long_ago)
        self._in_units(_drop, *orphaned, Recording.state == store.ANNOUNCED)
        self._in_units(store.forget, ~is_deleted, *orphaned)  # their business is gone
        nothing_left = (Recording.storage_key == "", Recording.recording_sid == "")
        has_call = exists().where(Call.call_sid == Recording.call_sid)
        self._in_units(_drop, is_deleted, long_ago, *nothing_left, ~has_call)
        try:
            self._storage.tidy()
        except StorageError as error:
            log.warning("[RECORDING] not tidied: %s", error.message)

    def _in_units(
        self,
        work: Callable[[Session, Sequence[Recording]], None],
        *conditions: ColumnElement[bool],
    ) -> None:
        """Do ``work`` on all such rows, a few in each unit of work; calls go on in between."""
        chosen = select(Recording).where(*conditions).order_by(Recording.id).limit(_PURGED_AT_ONCE)
        last = 0
        while True:
            with self._database.write() as session:
                rows = session.scalars(chosen.where(Recording.id > last)).all()
                work(session, rows)
            time.sleep(_PAUSE_SECONDS)
            if len(rows) < _PURGED_AT_ONCE:
                return
            last = rows[-1].id


def _drop(session: Session, rows: Sequence[Recording]) -> None:
    session.execute(delete(Recording).where(Recording.id.in_([row.id for row in rows])))
