"""The FAQ fast-path: from a caller's words to a prepared answer, in RAM, whatever goes wrong.

The rules of :mod:`server.faq.matcher` decide. Where one unexplained word is all that keeps a row
from answering, and embeddings are on, the service that makes them is asked once, against the
clock, while the call goes on. Calls, the API and whoever comes next look up through here.
"""

from __future__ import annotations

import logging
import queue
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypedDict

from server.clock import Clock, monotonic
from server.directory import BusinessProfile
from server.faq import matcher
from server.faq.breaker import Breaker
from server.faq.embedder import Embedder
from server.faq.results import Explanation, Hit, Miss
from server.faq.sentences import SentenceEmbedder
from server.faq.snapshot import FaqSnapshot
from server.faq.vectors import FaqVectors, Vectors
from server.settings import Settings
from server.turns.language import language_of

log = logging.getLogger(__name__)

VOICE = "voice"
"""The only channel whose rows are in RAM so far."""

SLOW_MS = 50.0
"""A match that takes longer holds up its call, and all others: it counts as failed."""


class FaqAnswer(TypedDict):
    """What a common question gets."""

    answer_text: str
    intent_key: str
    score: float
    ms: float


@dataclass(frozen=True, slots=True)
class Found:
    """What came of looking up a sentence."""

    result: Hit | Miss
    """Of the engine itself are the reasons ``disabled`` (switched off), ``failed`` (a defect),
    ``slow`` and ``tripped`` (left alone for a minute after three of these)."""
    language: str = ""
    """Whose rows were looked at (BCP 47)."""
    ms: float = 0.0
    """How long it took, waiting for embeddings included."""
    similar: Mapping[int, float] | None = None
    """How near each row is by its embeddings, if they were asked."""

    @property
    def looked_up(self) -> bool:
        """Whether anything was matched at all."""
        return self.result.reason not in ("disabled", "tripped")


@dataclass(frozen=True, slots=True)
class _Question:
    """A sentence with everything that its look-up depends on, as it was at the beginning."""

    business_id: int
    text: str
    snapshot: FaqSnapshot
    language: str
    vectors: FaqVectors | None
    """Of the rows, where there are any and embeddings are on."""
    min_score: float
    asked_at: float


class FaqEngine:
    """Looks up prepared answers. Never raises, touches no database, and blocks only where told.

    Args:
        profile_of: returns the copy in RAM of a business.
        settings: returns the settings as they are at this moment.
        embedder: makes embeddings of sentences; None where no service is configured.
    """

    def __init__(
        self,
        profile_of: Callable[[int], BusinessProfile | None],
        settings: Callable[[], Settings],
        embedder: Embedder | None = None,
        clock: Clock = monotonic,
    ) -> None:
        self._profile_of = profile_of
        self._settings = settings
        self._sentences = SentenceEmbedder(embedder, clock) if embedder is not None else None
        self._clock = clock
        self._breaker = Breaker(clock)

    def match_faq(self, business_id: int, user_text: str, channel: str = VOICE) -> FaqAnswer | None:
        """Return the prepared answer to ``user_text``, or None: the agent answers.

        Blocks where embeddings are asked, for their 300 ms at most.
        """
        found = self.find_now(business_id, user_text, channel=channel)
        if isinstance(found.result, Miss):
            return None
        row = found.result.row
        return FaqAnswer(
            answer_text=row.answer_text,
            intent_key=row.intent_key,
            score=found.result.score,
            ms=found.ms,
        )

    def find_now(
        self, business_id: int, text: str, language: str = "", channel: str = VOICE
    ) -> Found:
        """Do what :meth:`find` does, and wait for it."""
        later: queue.Queue[Found] = queue.Queue()
        return self.find(business_id, text, later.put, language, channel) or later.get()

    def find(
        self,
        business_id: int,
        text: str,
        later: Callable[[Found], None],
        language: str = "",
        channel: str = VOICE,
    ) -> Found | None:
        """Look up ``text``, without ever blocking.

        Args:
            later: called with the result, once and from another thread, if it takes more than RAM.
            language: that the words are in (BCP 47); empty: told by their letters.

        Returns:
            The result; None when ``later`` will get it, within 300 ms.
        """
        asked = self._question(business_id, text, language, channel)
        return self._find(asked, later) if isinstance(asked, _Question) else Found(asked)

    def explain(
        self, business_id: int, text: str, language: str = ""
    ) -> tuple[Found, Explanation | None]:
        """Do what :meth:`find_now` does, and tell of every row that was considered."""
        asked = self._question(business_id, text, language, VOICE)
        if isinstance(asked, Miss):
            return Found(asked), None
        later: queue.Queue[Found] = queue.Queue()
        found = self._find(asked, later.put) or later.get()
        if found.result.reason in ("tripped", "failed", "slow"):
            return found, None
        try:
            explained = matcher.explain(
                asked.snapshot,
                text,
                asked.language,
                min_score=asked.min_score,
                similar=found.similar,
                clock=self._clock,
            )
        except Exception as error:
            self._count_failure(asked, f"error={_where(error)}")
            return found, None
        return found, explained

    def _question(
        self, business_id: int, text: str, language: str, channel: str
    ) -> _Question | Miss:
        settings = self._settings()
        if not settings.faq_fastpath_enabled:
            return Miss("disabled")
        profile = self._profile_of(business_id) if channel == VOICE else None
        if profile is None:
            return Miss("no_match")
        rows_language = _rows_language(profile, language or language_of(text, profile.lang))
        embeds = settings.faq_embeddings_enabled
        return _Question(
            business_id,
            text,
            profile.faq,
            rows_language,
            profile.faq_vectors.get(rows_language) if embeds else None,
            settings.faq_min_score,
            self._clock(),
        )

    def _find(self, asked: _Question, later: Callable[[Found], None]) -> Found | None:
        found = self._match(asked, None)
        vectors, sentences = asked.vectors, self._sentences
        grey = isinstance(found.result, Miss) and found.result.grey
        if not grey or vectors is None or sentences is None:
            return found

        def go_on(sentence: Vectors | None) -> None:
            if sentence is None:
                later(self._found(asked, found.result))
            else:
                later(self._match(asked, vectors.similar(sentence)))

        return None if sentences.ask(asked.text, go_on) else found

    def _match(self, asked: _Question, similar: Mapping[int, float] | None) -> Found:
        """Match; whatever goes wrong costs this match, and after a few the whole business."""
        business_id = asked.business_id
        if not self._breaker.allows(business_id):
            return self._found(asked, Miss("tripped"))
        began = self._clock()
        try:
            result = matcher.match(
                asked.snapshot,
                asked.text,
                asked.language,
                min_score=asked.min_score,
                similar=similar,
                clock=self._clock,
            )
        except Exception as error:
            self._count_failure(asked, f"error={_where(error)}")
            return self._found(asked, Miss("failed"))
        took_ms = (self._clock() - began) * 1000
        if took_ms > SLOW_MS:
            self._count_failure(asked, f"slow_ms={took_ms:.0f}")
            return self._found(asked, Miss("slow"))
        self._breaker.worked(business_id)
        return self._found(asked, result, similar)

    def _found(
        self, asked: _Question, result: Hit | Miss, similar: Mapping[int, float] | None = None
    ) -> Found:
        took_ms = round((self._clock() - asked.asked_at) * 1000, 3)
        return Found(result, asked.language, took_ms, similar)

    def _count_failure(self, asked: _Question, why: str) -> None:
        log.warning("[FAQ] match failed biz=%d %s", asked.business_id, why)
        if self._breaker.failed(asked.business_id):
            log.error("[FAQ] left alone for a while biz=%d", asked.business_id)


def _rows_language(profile: BusinessProfile, spoken: str) -> str:
    """Return the tag of the rows that answer what is ``spoken``: the region does not matter."""
    tags = profile.faq.shelves.keys()
    likeliest = [spoken, profile.lang, *sorted(tags)]
    own = spoken.partition("-")[0]
    fitting = (tag for tag in likeliest if tag in tags and tag.partition("-")[0] == own)
    return next(fitting, spoken)


def _where(error: Exception) -> str:
    """Return type and place of ``error``; its message may hold the caller's words."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"@{frames[-1].name}:{frames[-1].lineno}" if frames else ""
    return type(error).__name__ + place
