"""Prepared answers from the database into snapshots, and their vectors beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.faq.snapshot import FaqRow
from server.faq.vectors import FaqVectors, Vectors, embedded_phrases, fingerprint, unpack
from server.models import BusinessFaq, FaqEmbedding

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


def load_vectors(
    session: Session, business_id: int, rows: Iterable[FaqRow], model: str
) -> Mapping[str, FaqVectors]:
    """Return by language the vectors of ``rows`` that ``model`` has made.

    Vectors of other words than the row's present ones are left out.
    """
    stored = {
        one.faq_id: one
        for one in session.scalars(
            select(FaqEmbedding).where(
                FaqEmbedding.business_id == business_id, FaqEmbedding.model == model
            )
        )
    }
    found: dict[str, tuple[list[int], list[Vectors]]] = {}
    for row in rows:
        kept = stored.get(row.id)
        phrases = embedded_phrases(row.patterns) if kept is not None else ()
        if kept is None or kept.fingerprint != fingerprint(model, phrases):
            continue
        vectors = unpack(kept.vectors, len(phrases))
        if vectors is not None and phrases:
            row_ids, parts = found.setdefault(row.lang, ([], []))
            row_ids += [row.id] * len(phrases)
            parts.append(vectors)
    return {
        lang: FaqVectors(tuple(row_ids), np.concatenate(parts))
        for lang, (row_ids, parts) in found.items()
    }


def _row(row: BusinessFaq) -> FaqRow:
    patterns = tuple(pattern for pattern in row.patterns_json if isinstance(pattern, str))
    return FaqRow(
        row.id, row.intent_key, row.label, patterns, row.answer_text, row.lang, row.priority
    )
