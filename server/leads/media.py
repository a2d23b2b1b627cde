"""What a lead's card needs of the store of recordings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.models import Lead, Recording


class MediaStore(Protocol):
    """Where recordings are kept, by key."""

    def open(self, key: str, start: int = 0) -> Iterator[bytes]:
        """Yield the bytes from ``start`` on."""
        ...

    def size(self, key: str) -> int:
        """Return how many bytes there are."""
        ...

    def delete(self, key: str) -> None:
        """Forget the file; one that is not there is no error."""
        ...


def stored_recording(session: Session, lead: Lead) -> Recording | None:
    """Return the newest recording of the lead's call that can be played, or None."""
    return session.scalar(
        select(Recording)
        .where(
            Recording.call_sid == lead.call_sid,
            Recording.state == "stored",
            Recording.storage_key != "",
        )
        .order_by(Recording.id.desc())
        .limit(1)
    )
