"""The rows of recordings: each function is, or makes, one short and idempotent unit of work."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.clock import utc_now
from server.db import Database, is_unavailable
from server.jobs import enqueue
from server.models import Call, Recording

ANNOUNCED, STORED, FAILED, ABSENT, DELETED = "announced", "stored", "failed", "absent", "deleted"
"""The states of a recording; a new one is announced."""

KEPT_WITHOUT_CALL = timedelta(hours=24)
"""How long an announcement waits for its call to appear."""

_RANK = {"in-progress": 0, "paused": 0, "stopped": 0, "processing": 0}
_LAST = 1
"""Rank of the statuses that nothing follows: completed, absent, failed."""

Write = Callable[[Session], None]


def recording_key(call_sid: str, recording_sid: str, url: str) -> str:
    """Return what makes repeated announcements of one recording the same."""
    return recording_sid or f"{call_sid}:{hashlib.sha256(url.encode()).hexdigest()[:32]}"


def bridge_key(call_sid: str) -> str:
    """Return the key of the recording that is taken from the call's own stream."""
    return f"bridge:{call_sid}"


def recording_announced(
    *,
    call_sid: str,
    recording_sid: str,
    url: str,
    status: str,
    duration: int | None,
    channels: int | None = None,
) -> Write:
    """Store Twilio's word on a recording; a repeated, late or reordered one changes nothing.

    Once it can be fetched and its call is known, the download is asked for, once.
    """
    key = recording_key(call_sid, recording_sid, url)

    def work(session: Session) -> None:
        row = _of_key(session, key)
        if row is None:
            row = Recording(
                key=key,
                call_sid=call_sid,
                recording_sid=recording_sid,
                source="twilio",
                status="",
                state=ANNOUNCED,
            )
            session.add(row)
        if row.status and _rank(row.status) >= _rank(status):
            return
        row.url = url or row.url or ""
        row.status = status
        row.duration = row.duration if duration is None else duration
        row.channels = row.channels if channels is None else channels
        if row.state == DELETED:
            row.url, row.recording_sid = "", recording_sid
            forget(session, [row])  # it was deleted before Twilio had finished it
            return
        if status == "absent":
            row.state = ABSENT
        elif status == "failed":
            row.state, row.error = FAILED, "Twilio could not record the call"
        call = session.get(Call, row.call_sid)
        if call is not None:
            _attach(session, row, call)

    return work


def call_appeared(session: Session, call: Call) -> None:
    """Attach what was announced of ``call``, whose row is new, before it was known."""
    since = utc_now() - KEPT_WITHOUT_CALL
    early = select(Recording).where(
        Recording.call_sid == call.call_sid,
        Recording.business_id.is_(None),
        Recording.received_at >= since,
    )
    for row in session.scalars(early):
        _attach(session, row, call)


def bridge_begun(call_sid: str) -> Write:
    """Note that a recording of the call's own stream is under way."""

    def work(session: Session) -> None:
        row = _bridge_row(session, call_sid)
        if row.state != DELETED:
            row.status, row.state, row.error = "in-progress", ANNOUNCED, ""

    return work


def bridge_stored(call_sid: str, storage_key: str, size: int, seconds: float) -> Write:
    """Note that the recording of the call's own stream is complete and kept."""

    def work(session: Session) -> None:
        row = _bridge_row(session, call_sid)
        row.status, row.duration = "completed", round(seconds)
        stored(session, row, storage_key, size, channels=2)

    return work


def bridge_absent(call_sid: str) -> Write:
    """Note that the call was over before there was anything to record."""

    def work(session: Session) -> None:
        row = _bridge_row(session, call_sid)
        if row.state != DELETED:
            row.status, row.state = "absent", ABSENT

    return work


def started_at_twilio(call_sid: str, recording_sid: str) -> Write:
    """Note that Twilio records the call; its word on the end is awaited."""
    return recording_announced(
        call_sid=call_sid, recording_sid=recording_sid, url="", status="in-progress", duration=None
    )


def stored(
    session: Session, row: Recording, storage_key: str, size: int, *, channels: int | None
) -> None:
    """Mark ``row`` as kept, and ask for its transcription.

    Where the recording or its call was deleted meanwhile, the file is to go as well.
    """
    if row.state == DELETED or session.get(Call, row.call_sid) is None:
        row.storage_key = storage_key
        forget(session, [row])
        return
    row.state, row.error = STORED, ""
    row.storage_key, row.bytes, row.channels = storage_key, size, channels
    row.stored_at = utc_now()
    session.flush()
    enqueue(
        session,
        "transcribe",
        f"transcribe:{row.id}",
        {"recording_id": row.id, "call_sid": row.call_sid},
        lane="transcription",
        business_id=row.business_id,
        lead_id=row.lead_id,
    )


def recording_failed(
    key: str, call_sid: str, source: str, reason: str, lost: Callable[[Session, Recording], None]
) -> Write:
    """Note that there will be no such recording, and why.

    Args:
        lost: told in the same unit of work, so that what waits for the recording need not.
    """

    def work(session: Session) -> None:
        row = _of_key(session, key) or _new(session, key, call_sid, source)
        if row.state in (STORED, DELETED):
            return
        row.state, row.error = FAILED, reason
        lost(session, row)

    return work


def forget(session: Session, rows: Iterable[Recording]) -> None:
    """Mark ``rows`` as deleted, and have their files removed, here and at Twilio.

    What is still to be removed stays in the row, so that the night can ask for it again.
    """
    session.flush()
    today = utc_now().date().isoformat()
    for row in rows:
        what = "file" if row.storage_key else "rest"
        row.state = DELETED
        enqueue(
            session,
            "delete_recording",
            # Tried anew tomorrow, should it fail; and at once, should more of it come to light.
            f"delete_recording:{row.id}:{row.status}:{what}:{today}",
            {
                "recording_id": row.id,
                "storage_key": row.storage_key,
                "recording_sid": row.recording_sid,
            },
            lane="upkeep",  # with no lead and no business: it must outlive both
        )


def has_recording(session: Session, call_sid: str) -> bool:
    """Tell whether the call has a recording, or will have one that its transcript is made from."""
    states = (ANNOUNCED, STORED)
    wanted = select(Recording.id).where(Recording.call_sid == call_sid, Recording.state.in_(states))
    return session.scalar(wanted.limit(1)) is not None


def is_gone(database: Database, call_sid: str) -> bool | None:
    """Tell whether the database has no such call; None where it cannot be asked."""
    try:
        with database.read() as session:
            return session.get(Call, call_sid) is None
    except Exception as error:
        if not is_unavailable(error):
            raise
        return None


def is_known_call(database: Database, call_sid: str) -> bool:
    """Tell whether the database has this call; False where it cannot be asked."""
    return is_gone(database, call_sid) is False


def _attach(session: Session, row: Recording, call: Call) -> None:
    row.business_id, row.lead_id = call.business_id, call.lead_id
    if row.state != ANNOUNCED or not row.url or _rank(row.status) < _LAST:
        return
    session.flush()
    enqueue(
        session,
        "download_recording",
        f"download:{row.key}",
        {"recording_id": row.id},
        lane="download",
        business_id=row.business_id,
        lead_id=row.lead_id,
    )


def _rank(status: str) -> int:
    return _RANK.get(status, _LAST)


def _of_key(session: Session, key: str) -> Recording | None:
    return session.scalar(select(Recording).where(Recording.key == key))


def _new(session: Session, key: str, call_sid: str, source: str) -> Recording:
    row = Recording(key=key, call_sid=call_sid, source=source, state=ANNOUNCED, status="")
    call = session.get(Call, call_sid)
    if call is not None:
        row.business_id, row.lead_id = call.business_id, call.lead_id
    session.add(row)
    session.flush()
    return row


def _bridge_row(session: Session, call_sid: str) -> Recording:
    key = bridge_key(call_sid)
    return _of_key(session, key) or _new(session, key, call_sid, "bridge")
