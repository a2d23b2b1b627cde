"""The rows of recordings."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import Database, is_unavailable
from server.models import Call, Recording


def recording_key(call_sid: str, recording_sid: str, url: str) -> str:
    """Return what makes repeated announcements of one recording the same."""
    return recording_sid or f"{call_sid}:{hashlib.sha256(url.encode()).hexdigest()[:32]}"


def recording_announced(
    *, call_sid: str, recording_sid: str, url: str, status: str, duration: int | None
) -> Callable[[Session], None]:
    """Return the unit of work that stores the announcement, once; later ones update it."""
    key = recording_key(call_sid, recording_sid, url)

    def work(session: Session) -> None:
        row = session.scalar(select(Recording).where(Recording.key == key))
        if row is None:
            row = Recording(key=key, call_sid=call_sid, recording_sid=recording_sid)
            session.add(row)
        row.url = url or row.url or ""
        row.status = status
        if duration is not None:
            row.duration = duration

    return work


def is_known_call(database: Database, call_sid: str) -> bool:
    """Tell whether the database has this call; False where it cannot be asked."""
    try:
        with database.read() as session:
            return session.get(Call, call_sid) is not None
    except Exception as error:
        if not is_unavailable(error):
            raise
        return False
