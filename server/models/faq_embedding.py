"""Where the phrases of prepared answers lie in an embedding model's space of meanings."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from server.clock import utc_now
from server.models.base import Base


class FaqEmbedding(Base):
    """The vectors of one prepared answer's phrases, by the model that made them."""

    __tablename__ = "faq_embeddings"

    faq_id: Mapped[int] = mapped_column(
        ForeignKey("business_faqs.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    business_id: Mapped[int] = mapped_column(
        ForeignKey("business.id", ondelete="CASCADE"), index=True
    )
    model: Mapped[str] = mapped_column(String(120))
    fingerprint: Mapped[str] = mapped_column(String(64))
    """Of the model and the phrases: vectors of other words or of another model are not used."""
    vectors: Mapped[bytes] = mapped_column(LargeBinary)
    """See :func:`server.faq.vectors.pack`."""
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)
