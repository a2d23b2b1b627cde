"""OpenAI's recogniser over plain HTTP: whole utterances, for a call without a Realtime session.

Its latency is that of one request: the words come when the utterance has ended and been sent.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from server.agent.base import Post, Signal
from server.agent.realtime_plan import languages_led_by, recogniser_hints
from server.audio import mulaw
from server.audio.framing import mulaw_to_wav
from server.clock import monotonic
from server.errors import ProviderError
from server.net.openai_client import provider_errors, shared_client
from server.turns import events as on

log = logging.getLogger(__name__)

ANSWER_SECONDS = 3.0
"""From the commit to the transcript, waiting included; words that come later are not wanted."""

MAX_HEARD_MS = 60_000
"""Of a longer utterance the last minute counts."""

MAX_KEYWORDS = 100
_LEAST_HEARD_MS = 100
"""The service refuses shorter audio."""

_LEAST_REQUEST_SECONDS = 0.1
"""With less time left an utterance is given up without a request."""

_WAITING = 4
"""Utterances that wait for the one being recognised; one more, and the oldest has failed."""


@dataclass(frozen=True, slots=True, eq=False)
class _Utterance:
    id: str
    audio: bytes
    languages: tuple[str, ...]
    deadline: float


class OpenAiTranscriber:
    """Recogniser of one call (see :class:`server.agent.base.Transcriber`).

    Every committed utterance gets exactly one ``Transcript``, within ``ANSWER_SECONDS``: its words,
    or None when the service failed, refused or was too slow. All requests of a call are made by
    one thread, one after the other.

    Args:
        base_url: OpenAI's address with its version (``https://…/v1``).
        api_key: ``"none"`` where the service wants no key.
        model: one that takes files, e.g. ``gpt-transcribe``.
        languages: ISO 639-1 codes that the caller may speak, likeliest first.
        keywords: words to expect; the first ``MAX_KEYWORDS`` are used.
        post: takes the transcripts to the call's loop.
        on_heard: told how many seconds of audio a request sends, by the worker's thread.
    """

    name = "openai-transcription"

    def __init__(
        self,
        base_url: str,
        api_key: str,
        model: str,
        languages: tuple[str, ...],
        keywords: tuple[str, ...],
        post: Post,
        on_heard: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self._base_url = base_url
        self._api_key = api_key
        self._model = model
        self._languages = languages
        self._keywords = keywords[:MAX_KEYWORDS]
        self._post = post
        self._on_heard = on_heard
        self._heard = bytearray()
        self._waiting: queue.Queue[_Utterance | None] = queue.Queue(maxsize=_WAITING)
        self._worker: threading.Thread | None = None
        self._lock = threading.Lock()  # guards the two below; held while posting, never for long
        self._timers: dict[_Utterance, threading.Timer] = {}  # of what has no transcript yet
        self._closed = False

    def hear(self, audio: bytes) -> None:
        """See :class:`server.agent.base.Transcriber`."""
        self._heard += audio
        del self._heard[: -MAX_HEARD_MS * mulaw.BYTES_PER_MS]

    def drop_heard(self) -> None:
        """See :class:`server.agent.base.Transcriber`."""
        self._heard.clear()

    def commit(self, utterance_id: str) -> None:
        """See :class:`server.agent.base.Transcriber`; next to nothing heard counts as failed."""
        utterance = _Utterance(
            utterance_id, bytes(self._heard), self._languages, monotonic() + ANSWER_SECONDS
        )
        self._heard.clear()
        timer = threading.Timer(ANSWER_SECONDS, self._fail, (utterance, "timeout"))
        timer.daemon = True
        with self._lock:
            if self._closed:
                return
            self._timers[utterance] = timer
        if mulaw.duration_ms(utterance.audio) < _LEAST_HEARD_MS:
            self._fail(utterance, "too_short")
            return
        timer.start()
        self._enqueue(utterance)

    def set_language(self, language: str) -> None:
        """Expect this language (BCP 47) first from the next commit on, then the others."""
        self._languages = languages_led_by(language, self._languages)

    def receive(self, message: bytes) -> list[on.Event]:
        """No wire of its own, no messages."""
        return []

    def keep_alive(self) -> None:
        """Nothing to keep alive: each utterance is a request."""

    def close(self) -> None:
        """Forget everything; nothing is posted afterwards.

        The thread ends at once, or with the request it is waiting for. Safe to call twice.
        """
        with self._lock:
            self._closed = True
            for timer in self._timers.values():
                timer.cancel()
            self._timers.clear()
        self._heard.clear()
        while self._drop_oldest() is not None:
            pass
        self._waiting.put_nowait(None)

    # The queue: filled by the call's loop alone, emptied by the worker

    def _enqueue(self, utterance: _Utterance) -> None:
        if self._waiting.full() and (oldest := self._drop_oldest()) is not None:
            self._fail(oldest, "queue_full")
        self._waiting.put_nowait(utterance)
        if self._worker is None:
            self._worker = threading.Thread(
                target=self._work, name="openai-transcriber", daemon=True
            )
            self._worker.start()

    def _drop_oldest(self) -> _Utterance | None:
        with contextlib.suppress(queue.Empty):
            return self._waiting.get_nowait()
        return None

    # Each utterance is answered once, by whoever comes first: service, timer or queue

    def _answer(self, utterance: _Utterance, text: str | None) -> bool:
        """Post the transcript; False when the utterance has had one, or the call is over."""
        with self._lock:
            timer = self._timers.pop(utterance, None)
            if timer is None:
                return False
            timer.cancel()
            self._post(Signal(self, on.Transcript(utterance.id, text)))
        return True

    def _fail(self, utterance: _Utterance, code: str) -> None:
        if self._answer(utterance, None):
            log.warning("[STT] failed provider=openai code=%s", code)

    # The worker's thread

    def _work(self) -> None:
        while (utterance := self._waiting.get()) is not None:
            if utterance not in self._timers:
                continue  # timed out while it waited
            started = monotonic()
            try:
                text = self._recognise(utterance)
            except ProviderError as error:
                self._fail(utterance, error.code)
            except Exception as error:  # whatever it is, the next utterance may be understood
                self._fail(utterance, type(error).__name__)
            else:
                if self._answer(utterance, text):
                    log.info("[STT] provider=openai ms=%d", (monotonic() - started) * 1000)

    def _recognise(self, utterance: _Utterance) -> str:
        """Return the words of ``utterance``; blocks for one request.

        Raises:
            ProviderError: there are none to be had; ``code`` tells why.
        """
        remaining = utterance.deadline - monotonic()
        if remaining < _LEAST_REQUEST_SECONDS:
            raise ProviderError("no time left", code="timeout")
        client = shared_client(self._base_url, self._api_key)
        wav = mulaw_to_wav(utterance.audio)
        self._on_heard(mulaw.duration_ms(utterance.audio) / 1000)
        with provider_errors():
            answer = client.audio.transcriptions.create(
                file=("utterance.wav", wav, "audio/wav"),
                model=self._model,
                response_format="json",
                timeout=remaining,  # of each step; the timer bounds their sum
                **recogniser_hints(self._model, utterance.languages, self._keywords),
            )
        text: object = getattr(answer, "text", None)  # the SDK does not check what it is given
        if not isinstance(text, str):
            raise ProviderError("no words in the answer", code="malformed")
        return text.strip()
