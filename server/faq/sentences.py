"""A caller's sentence as a vector, against the clock: the call goes on meanwhile."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from server.clock import Clock, monotonic
from server.errors import ProviderError
from server.faq.breaker import Breaker
from server.faq.embedder import Embedder
from server.faq.vectors import Vectors

log = logging.getLogger(__name__)

LIMIT_SECONDS = 0.3
"""A vector that comes later is of no use: the caller waits (spec: faq, engine)."""

_REQUEST_SECONDS = 1.0
"""A request that is too late is let finish: the next one finds its connection open."""

_MOST_AT_ONCE = 32
"""Requests under way, late ones included; a sentence more is not embedded."""

_SERVICE = 0
"""The breaker's only key: there is one service."""

Then = Callable[[Vectors | None], None]


class SentenceEmbedder:
    """Embeds one sentence at a time for each call; after failures it lets the service be."""

    def __init__(self, embedder: Embedder, clock: Clock = monotonic) -> None:
        self._embedder = embedder
        self._breaker = Breaker(clock)
        self._lock = threading.Lock()
        self._running = 0

    def ask(self, text: str, then: Then) -> bool:
        """Have ``then`` called, once and from another thread, within ``LIMIT_SECONDS``.

        It gets the vector of ``text``, or None when there is none to be had in time.

        Returns:
            False if nobody is asked at the moment; ``then`` is not called.
        """
        with self._lock:
            if self._running >= _MOST_AT_ONCE or not self._breaker.allows(_SERVICE):
                return False
            self._running += 1
        pending = _Pending(then)
        timer = threading.Timer(LIMIT_SECONDS, self._give_up, (pending, "too_late"))
        timer.daemon = True
        timer.start()
        threading.Thread(
            target=self._work, args=(text, pending, timer), name="faq-embedding", daemon=True
        ).start()
        return True

    def _work(self, text: str, pending: _Pending, timer: threading.Timer) -> None:
        try:
            (vector,) = self._embedder.embed([text], _REQUEST_SECONDS)
        except ProviderError as error:
            self._give_up(pending, error.code)
        except Exception as error:  # whatever it is, the call gets its answer
            self._give_up(pending, type(error).__name__)
        else:
            if pending.is_first():
                self._breaker.worked(_SERVICE)
                pending.then(vector)
        finally:
            timer.cancel()
            with self._lock:
                self._running -= 1

    def _give_up(self, pending: _Pending, code: str) -> None:
        if not pending.is_first():
            return
        log.warning("[FAQ] sentence not embedded code=%s", code)
        if self._breaker.failed(_SERVICE):
            log.warning("[FAQ] embeddings let be for a while")
        pending.then(None)


class _Pending:
    """Somebody who waits, and whether they have had their answer."""

    def __init__(self, then: Then) -> None:
        self.then = then
        self._turnstile = threading.Lock()

    def is_first(self) -> bool:
        """Tell whether nobody has answered yet; only one caller is told so."""
        return self._turnstile.acquire(blocking=False)
