"""The queue of background work."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from server.clock import utc_now
from server.models.base import Base

QUEUED, RUNNING, DONE, DEAD = "queued", "running", "done", "dead"


class JobRow(Base):
    """One piece of work. It goes away with its lead or its business."""

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_state_lane_run_at", "state", "lane", "run_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    lane: Mapped[str] = mapped_column(String(20))
    """Whose threads run it; a full lane holds up no other."""
    kind: Mapped[str] = mapped_column(String(40))
    """Names the handler."""
    key: Mapped[str] = mapped_column(String(200), unique=True)
    """Makes repeated requests for the same work one job."""
    business_id: Mapped[int | None] = mapped_column(ForeignKey("business.id", ondelete="CASCADE"))
    lead_id: Mapped[int | None] = mapped_column(
        ForeignKey("leads.id", ondelete="CASCADE"), index=True
    )
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Ids, no contents: those may change before the job runs."""
    state: Mapped[str] = mapped_column(String(12), default=QUEUED)
    """``queued`` → ``running`` → ``done``, or back to ``queued``, or ``dead``."""
    attempts: Mapped[int] = mapped_column(default=0)
    """How often it has been begun."""
    run_at: Mapped[datetime] = mapped_column(default=utc_now)
    """Not before this instant."""
    lease_until: Mapped[datetime | None]
    """While ``running``: from here on its process counts as dead, and anyone may begin it anew."""
    lease_owner: Mapped[str] = mapped_column(String(64), default="")
    """Who runs it: a name that is new at each beginning."""
    last_error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)
