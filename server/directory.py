"""The businesses in RAM: a call finds its business, prompts and answers without the database."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import phonenumbers
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from server.business_settings import BusinessSettings, business_settings
from server.clock import Clock, monotonic
from server.db import Database, is_unavailable
from server.faq.snapshot import FaqRow, FaqSnapshot, build_snapshot
from server.faq.store import load_rows, load_vectors
from server.faq.vectors import FaqVectors
from server.models import Business

log = logging.getLogger(__name__)

_LIKE_A_NUMBER = re.compile(r"[0-9+()\s./\u200e\u200f\u202a-\u202e\u2066-\u2069\u2010-\u2015-]+")
_COUNTRY_WITHOUT_PLUS = re.compile(r"972[2-9][0-9]{7,8}")
_RETRY_SECONDS = 5.0
"""How long what is known serves on after a failed reading."""


@dataclass(frozen=True, slots=True)
class BusinessProfile:
    """What a call needs to know of its business; a copy, never changed."""

    id: int
    name: str
    lang: str
    timezone: str
    ai_prompt: str
    outbound_ai_prompt: str
    greeting_text: str
    phrase_hints: tuple[str, ...]
    voice: str
    numbers: tuple[str, ...]
    faq: FaqSnapshot
    settings: BusinessSettings = field(default_factory=BusinessSettings)
    faq_vectors: Mapping[str, FaqVectors] = field(default_factory=dict, compare=False, repr=False)
    """By language, the phrases of ``faq`` as vectors, as far as they have been embedded."""


_Read = list[tuple[BusinessProfile, list[FaqRow]]]


def dialled_number(raw: str) -> str:
    """Return ``raw`` (a webhook's ``To`` or ``From``) as E.164 where it can be read as such.

    A ``+`` that was not percent-encoded arrives as a space: `` 1555`` is ``+1555``. What is no
    number (``anonymous``, ``client:x``) comes back unchanged but trimmed.
    """
    cleaned = raw.strip()
    if not _LIKE_A_NUMBER.fullmatch(cleaned):
        return cleaned
    if _COUNTRY_WITHOUT_PLUS.fullmatch(cleaned):
        return "+" + cleaned
    if raw.startswith(" ") and cleaned.isdigit() and not cleaned.startswith("0"):
        return "+" + cleaned
    try:
        parsed = phonenumbers.parse(cleaned, "IL")
    except phonenumbers.NumberParseException:
        return cleaned
    verdict = phonenumbers.is_possible_number_with_reason(parsed)
    if verdict != phonenumbers.ValidationResult.IS_POSSIBLE:  # a local-only one is not enough
        return cleaned
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


class Directory:
    """Profiles by number and by id, kept fresh by commits and by age.

    Look-ups never touch the database. Changes committed by this process are here before the
    unit of work returns; those of other processes (the command line) within the TTL.

    Args:
        embedding_model: whose vectors of the prepared answers are read as well; empty: nobody's.
    """

    def __init__(
        self,
        database: Database,
        ttl_seconds: float,
        clock: Clock = monotonic,
        *,
        embedding_model: str = "",
    ) -> None:
        self._database = database
        self._ttl_seconds = ttl_seconds
        self._clock = clock
        self._embedding_model = embedding_model
        self._profiles: dict[int, BusinessProfile] = {}
        self._by_number: dict[str, int] = {}
        self._loaded_at = float("-inf")
        self.complete = False
        """Whether the businesses have been read at all; False while the database never answered."""
        self._refreshing = threading.Lock()
        # Read and install are one step: of two, the later reading must be the one that stays.
        self._loading = threading.Lock()
        database.on_commit(self._reload_touched)

    def by_number(self, e164: str) -> BusinessProfile | None:
        """Return the business that ``e164`` rings at, or None."""
        self._refresh_when_old()
        business_id = self._by_number.get(e164)
        return None if business_id is None else self._profiles.get(business_id)

    def by_id(self, business_id: int) -> BusinessProfile | None:
        """Return the business with this id, or None."""
        self._refresh_when_old()
        return self._profiles.get(business_id)

    def all(self) -> list[BusinessProfile]:
        """Return every known business."""
        return list(self._profiles.values())

    def load(self) -> None:
        """Read everything.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database does not answer; what was known stays.
        """
        with self._loading:
            with self._database.read() as session:
                read = self._read(session, None)
            self._install({profile.id: profile for profile in _with_answers(read)})
            self._loaded_at = self._clock()
            self.complete = True

    def _reload_touched(self, business_ids: frozenset[int]) -> None:
        try:
            with self._loading:
                with self._database.read() as session:
                    read = self._read(session, business_ids)
                fresh = {p.id: p for p in _with_answers(read)}
                kept = {i: p for i, p in self._profiles.items() if i not in business_ids}
                self._install(kept | fresh)
        except Exception as error:
            if not is_unavailable(error):
                raise
            log.warning("[DIRECTORY] reload put off: %s", type(error).__name__)
            self._loaded_at = float("-inf")

    def _install(self, profiles: dict[int, BusinessProfile]) -> None:
        self._profiles = profiles
        self._by_number = {n: p.id for p in profiles.values() for n in p.numbers}

    def _refresh_when_old(self) -> None:
        """Start one background read when the copy is old; only the first read is waited for."""
        if self._clock() - self._loaded_at < self._ttl_seconds:
            return
        if not self._profiles:
            self.load_if_possible()
            return
        if self._refreshing.acquire(blocking=False):
            threading.Thread(target=self._refresh, name="directory", daemon=True).start()

    def load_if_possible(self) -> None:
        """Read everything, or log why not and look again a little later."""
        try:
            self.load()
        except Exception as error:
            if not is_unavailable(error):
                log.exception("[DIRECTORY] reading the businesses failed")
            else:
                log.warning("[DIRECTORY] database unavailable: %s", type(error).__name__)
            self._loaded_at = self._clock() - self._ttl_seconds + _RETRY_SECONDS

    def _refresh(self) -> None:
        try:
            self.load_if_possible()
        finally:
            self._refreshing.release()

    def _read(self, session: Session, business_ids: Iterable[int] | None) -> _Read:
        query = select(Business).options(selectinload(Business.numbers))
        if business_ids is not None:
            query = query.where(Business.id.in_(list(business_ids)))
        read, model = [], self._embedding_model
        for row in session.scalars(query):
            rows = load_rows(session, row.id)
            vectors = load_vectors(session, row.id, rows, model) if model else {}
            read.append((_profile(row, vectors), rows))
        return read


def _with_answers(read: _Read) -> Iterator[BusinessProfile]:
    """Yield the profiles with their prepared answers compiled: work of its own, so without the
    database, and in small steps, between which the calls of this process go on.
    """
    for profile, rows in read:
        yield replace(profile, faq=build_snapshot(profile.id, rows, lambda: time.sleep(0)))


def _profile(row: Business, vectors: Mapping[str, FaqVectors]) -> BusinessProfile:
    return BusinessProfile(
        id=row.id,
        name=row.name,
        lang=row.lang,
        timezone=row.timezone,
        ai_prompt=row.ai_prompt,
        outbound_ai_prompt=row.outbound_ai_prompt,
        greeting_text=row.greeting_text,
        phrase_hints=tuple(row.phrase_hints or ()),
        voice=row.voice,
        numbers=tuple(number.e164 for number in row.numbers),
        faq=FaqSnapshot(row.id),
        settings=business_settings(row.settings),
        faq_vectors=vectors,
    )
