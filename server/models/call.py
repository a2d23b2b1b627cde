"""Leads, the calls that made them, and what was said in each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from server.clock import utc_now
from server.models.base import Base


class Lead(Base):
    """What the operator works on: one per call, there from the call's first second.

    ``status`` is the pipeline's (new → processing → processed | failed), ``work_status`` the
    operator's (new | in_work | done | lost).
    """

    __tablename__ = "leads"
    __table_args__ = (
        Index("ix_leads_business_id_created_at", "business_id", "created_at"),
        Index("ix_leads_business_id_phone_created_at", "business_id", "phone", "created_at"),
        Index("ix_leads_business_id_status_created_at", "business_id", "status", "created_at"),
        Index(
            "ix_leads_business_id_work_status_created_at",
            "business_id",
            "work_status",
            "created_at",
        ),
        Index(
            "ix_leads_unread",
            "business_id",
            "created_at",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
        Index(
            "ix_leads_wants_callback",
            "business_id",
            "created_at",
            sqlite_where=text("wants_callback = 1"),
            postgresql_where=text("wants_callback"),
        ),
        # Holds all that the counts of the list are made of: they are told without the rows.
        Index(
            "ix_leads_counts",
            "business_id",
            "is_test",
            "work_status",
            "status",
            "wants_callback",
            "read_at",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[int] = mapped_column(ForeignKey("business.id", ondelete="CASCADE"))
    call_sid: Mapped[str] = mapped_column(String(64), unique=True)
    phone: Mapped[str] = mapped_column(String(40), default="", index=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    status: Mapped[str] = mapped_column(String(20), default="new")
    work_status: Mapped[str] = mapped_column(String(20), default="new")
    transcript: Mapped[str] = mapped_column(Text, default="")
    summary: Mapped[str] = mapped_column(Text, default="")
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    headline: Mapped[str] = mapped_column(String(300), default="", server_default="")
    next_step: Mapped[str] = mapped_column(String(300), default="", server_default="")
    transcript_source: Mapped[str] = mapped_column(String(30), default="", server_default="")
    """``live``, ``google``, ``whisper`` or ``openai``; empty while there is no transcript."""
    summary_source: Mapped[str] = mapped_column(String(30), default="", server_default="")
    """``openai`` or ``extractive``; empty while there is no summary."""
    error: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Why ``status`` is failed, in a sentence for the operator."""
    notes: Mapped[str] = mapped_column(Text, default="", server_default="")
    tags: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'"))
    read_at: Mapped[datetime | None]
    """When an operator first opened it."""
    processed_at: Mapped[datetime | None]
    """When ``status`` last became processed."""
    is_test: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether its call was made to try things out."""
    wants_callback: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether ``fields`` hold a reason to call back; a column of its own to be found by."""
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)

    @validates("fields")
    def _note_callback(self, _: str, fields: dict[str, Any]) -> dict[str, Any]:
        self.wants_callback = bool(fields.get("callback"))
        return fields


class Call(Base):
    """One phone call."""

    __tablename__ = "calls"
    __table_args__ = (Index("ix_calls_business_id_started_at", "business_id", "started_at"),)

    call_sid: Mapped[str] = mapped_column(String(64), primary_key=True)
    business_id: Mapped[int] = mapped_column(ForeignKey("business.id", ondelete="CASCADE"))
    lead_id: Mapped[int | None] = mapped_column(
        ForeignKey("leads.id", ondelete="SET NULL"), index=True
    )
    direction: Mapped[str] = mapped_column(String(10), default="inbound")
    from_number: Mapped[str] = mapped_column(String(40), default="")
    to_number: Mapped[str] = mapped_column(String(40), default="")
    status: Mapped[str] = mapped_column(String(20), default="ringing")
    end_reason: Mapped[str | None] = mapped_column(String(40))
    is_test: Mapped[bool] = mapped_column(default=False)
    agent: Mapped[str] = mapped_column(String(40), default="")
    prompt_hash: Mapped[str] = mapped_column(String(64), default="")
    stages_ms: Mapped[dict[str, Any]] = mapped_column(default=dict)
    cost_usd: Mapped[float] = mapped_column(default=0.0, server_default="0")
    """What the call's sessions used, at list prices: an estimate, for the daily cap."""
    started_at: Mapped[datetime] = mapped_column(default=utc_now)
    ended_at: Mapped[datetime | None]
    duration: Mapped[int | None]
    """Whole seconds; as the carrier reports them, else measured here."""

    turns: Mapped[list[CallTurn]] = relationship(
        cascade="all, delete-orphan", order_by="CallTurn.index"
    )


class CallTurn(Base):
    """One utterance of the caller or one reply, in the order in which they happened."""

    __tablename__ = "call_turns"
    __table_args__ = (UniqueConstraint("call_sid", "index", name="uq_call_turns_call_sid_index"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call_sid: Mapped[str] = mapped_column(ForeignKey("calls.call_sid", ondelete="CASCADE"))
    index: Mapped[int]
    speaker: Mapped[str] = mapped_column(String(10))
    """``caller`` or ``agent``."""
    text: Mapped[str] = mapped_column(Text, default="")
    path: Mapped[str | None] = mapped_column(String(20))
    """Replies: ``GREETING``, ``FAQ_FASTPATH``, ``AGENT`` or ``FALLBACK``. The caller's: none."""
    intent_key: Mapped[str | None] = mapped_column(String(80))
    heard_ms: Mapped[int | None]
    """How much of a reply the caller really heard."""
    interrupted: Mapped[bool] = mapped_column(default=False)
    start_ms: Mapped[int | None]
    """When its first sound was, counted from the start of the stream."""
    length_ms: Mapped[int | None]
    """How long it is when all of it is said."""
    timings_ms: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Recording(Base):
    """A call's recording, by Twilio or from the bridge. ``key`` makes repeated announcements one.

    The row outlives its lead and its business, until its file is deleted.
    """

    __tablename__ = "recordings"
    __table_args__ = (Index("ix_recordings_business_id_received_at", "business_id", "received_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    """The recording's SID, or the call's SID and the URL's hash where Twilio sent no SID."""
    call_sid: Mapped[str] = mapped_column(String(64), index=True)
    """No foreign key: the announcement may come before the call's row."""
    business_id: Mapped[int | None] = mapped_column(ForeignKey("business.id", ondelete="SET NULL"))
    lead_id: Mapped[int | None] = mapped_column(
        ForeignKey("leads.id", ondelete="SET NULL"), index=True
    )
    recording_sid: Mapped[str] = mapped_column(String(64), default="")
    url: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[str] = mapped_column(String(20), default="completed")
    """What Twilio said of it."""
    duration: Mapped[int | None]
    """Whole seconds."""
    source: Mapped[str] = mapped_column(String(10), default="", server_default="")
    """``twilio`` or ``bridge``."""
    state: Mapped[str] = mapped_column(String(12), default="announced", server_default="announced")
    """``announced``, then ``stored``, ``failed`` or ``absent``; ``deleted`` in the end."""
    storage_key: Mapped[str] = mapped_column(String(300), default="", server_default="")
    """Where the storage keeps the file; empty when there is none."""
    bytes: Mapped[int | None]
    channels: Mapped[int | None]
    error: Mapped[str] = mapped_column(Text, default="", server_default="")
    received_at: Mapped[datetime] = mapped_column(default=utc_now)
    stored_at: Mapped[datetime | None]


class Transcript(Base):
    """What a recogniser understood of one recording."""

    __tablename__ = "transcripts"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_sid: Mapped[str] = mapped_column(String(64), index=True)
    recording_id: Mapped[int | None] = mapped_column(
        ForeignKey("recordings.id", ondelete="SET NULL")
    )
    source: Mapped[str] = mapped_column(String(30))
    """The recogniser: ``google``, ``whisper`` or ``openai``."""
    segments: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """In order: ``start_ms`` and ``end_ms`` of the recording, ``speaker``, ``text``."""
    language: Mapped[str] = mapped_column(String(10), default="")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
