"""Keeping the vectors of prepared answers up to date, off every request and every call."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from server.db import Database, is_unavailable
from server.errors import ProviderError
from server.faq.embedder import Embedder
from server.faq.vectors import Vectors, embedded_phrases, fingerprint, pack
from server.models import Business, BusinessFaq, FaqEmbedding

log = logging.getLogger(__name__)

_REQUEST_SECONDS = 20.0
_RETRY_SECONDS = (1.0, 5.0, 30.0)
"""Pauses before trying again; after the last one a business waits until it is looked at anew."""

_MOST_PHRASES = 256
"""In one request."""

_PASSING = ("timeout", "connection", "http_408", "http_409", "http_429")


@dataclass(frozen=True, slots=True)
class _Work:
    """A row whose phrases have no vectors, or old ones."""

    faq_id: int
    phrases: tuple[str, ...]


class EmbeddingKeeper:
    """One thread that gives every row vectors of its present phrases by the present model.

    Args:
        enabled: tells whether embeddings are wanted at this moment.
        pause: waits for so many seconds.
    """

    def __init__(
        self,
        database: Database,
        embedder: Embedder,
        enabled: Callable[[], bool],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._database = database
        self._embedder = embedder
        self._enabled = enabled
        self._pause = pause
        self._wanted: set[int] = set()
        self._news = threading.Condition()
        self._busy = False
        self._thread: threading.Thread | None = None
        database.on_commit(self.look_at)

    def look_at(self, business_ids: Iterable[int]) -> None:
        """Have the rows of these businesses looked at soon. Never blocks."""
        with self._news:
            self._wanted.update(business_ids)
            self._news.notify_all()
            if self._wanted and self._thread is None:
                self._thread = threading.Thread(
                    target=self._keep_for_ever, name="faq-vectors", daemon=True
                )
                self._thread.start()

    def look_at_all(self) -> None:
        """Have every business looked at: what other processes changed, and what failed before."""
        if not self._enabled():
            return
        with self._database.read() as session:
            self.look_at(session.scalars(select(Business.id)).all())

    def wait_until_idle(self, timeout_seconds: float) -> bool:
        """Wait until everything wanted so far has been tried; False if that takes too long."""
        with self._news:
            return self._news.wait_for(lambda: not self._wanted and not self._busy, timeout_seconds)

    def _keep_for_ever(self) -> None:
        while True:
            with self._news:
                self._busy = False
                self._news.notify_all()
                self._news.wait_for(lambda: bool(self._wanted))
                business_id = self._wanted.pop()
                self._busy = True
            try:
                self._keep(business_id)
            except Exception as error:
                if not is_unavailable(error):
                    log.exception("[FAQ] embedding failed biz=%d", business_id)
                else:
                    log.warning("[FAQ] embedding put off biz=%d: database", business_id)

    def _keep(self, business_id: int) -> None:
        """Embed what has to be; a service that is down for a moment is asked again."""
        for pause_seconds in (*_RETRY_SECONDS, None):
            if not self._enabled():
                return
            try:
                self._embed_missing(business_id)
                return
            except ProviderError as error:
                passing = error.code in _PASSING or error.code.startswith("http_5")
                log.warning("[FAQ] embedding failed biz=%d code=%s", business_id, error.code)
                if pause_seconds is None or not passing:
                    return
            self._pause(pause_seconds)

    def _embed_missing(self, business_id: int) -> None:
        """Bring the rows of one business up to date, some at a time.

        Raises:
            ProviderError: the service did not give the vectors.
        """
        for batch in _batches(self._missing(business_id)):
            texts = [phrase for work in batch for phrase in work.phrases]
            vectors = self._embedder.embed(texts, _REQUEST_SECONDS)
            self._store(business_id, batch, vectors)
            log.info("[FAQ] embedded biz=%d rows=%d", business_id, len(batch))

    def _missing(self, business_id: int) -> list[_Work]:
        with self._database.read() as session:
            rows = session.execute(
                select(BusinessFaq.id, BusinessFaq.patterns_json, FaqEmbedding.fingerprint)
                .outerjoin(FaqEmbedding, FaqEmbedding.faq_id == BusinessFaq.id)
                .where(BusinessFaq.business_id == business_id, BusinessFaq.active)
                .order_by(BusinessFaq.id)
            ).all()
        works = [(_Work(faq_id, _phrases(stored)), known) for faq_id, stored, known in rows]
        model = self._embedder.model
        return [
            work
            for work, known in works
            if work.phrases and known != fingerprint(model, work.phrases)
        ]

    def _store(self, business_id: int, batch: list[_Work], vectors: Vectors) -> None:
        model = self._embedder.model
        try:
            with self._database.write() as session:
                first = 0
                for work in batch:
                    own = vectors[first : first + len(work.phrases)]
                    first += len(work.phrases)
                    row = session.get(BusinessFaq, work.faq_id)
                    if row is None or _phrases(row.patterns_json) != work.phrases:
                        continue  # changed meanwhile, and wanted again by that change
                    kept = session.get(FaqEmbedding, work.faq_id)
                    if kept is None:
                        kept = FaqEmbedding(faq_id=work.faq_id, business_id=business_id)
                        session.add(kept)
                    kept.model = model
                    kept.fingerprint = fingerprint(model, work.phrases)
                    kept.vectors = pack(own)
        except IntegrityError:
            log.info("[FAQ] another process embedded biz=%d", business_id)


def _phrases(stored: object) -> tuple[str, ...]:
    """Return the phrases of a row as it is stored, which may be by anybody."""
    patterns = stored if isinstance(stored, list) else []
    return embedded_phrases(pattern for pattern in patterns if isinstance(pattern, str))


def _batches(works: list[_Work]) -> Iterator[list[_Work]]:
    """Cut ``works`` into parts with no more phrases than fit into a request."""
    batch: list[_Work] = []
    size = 0
    for work in works:
        if batch and size + len(work.phrases) > _MOST_PHRASES:
            yield batch
            batch, size = [], 0
        batch.append(work)
        size += len(work.phrases)
    if batch:
        yield batch
