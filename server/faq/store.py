"""Prepared answers from the database into snapshots."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.faq.snapshot import FaqRow
from server.models import BusinessFaq

VOICE_CHANNELS = ("voice", "both")


def load_rows(session: Session, business_id: int) -> list[FaqRow]:
    """Return the active voice rows of ``business_id``. A row with bad JSON is left out."""
    rows = session.scalars(
        select(BusinessFaq).where(
            BusinessFaq.business_id == business_id,
            BusinessFaq.active,
            BusinessFaq.channels.in_(VOICE_CHANNELS),
        )
    )
    return [_row(row) for row in rows if isinstance(row.patterns_json, list)]


def _row(row: BusinessFaq) -> FaqRow:
    patterns = tuple(pattern for pattern in row.patterns_json if isinstance(pattern, str))
    return FaqRow(
        row.id, row.intent_key, row.label, patterns, row.answer_text, row.lang, row.priority
    )
