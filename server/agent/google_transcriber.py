"""Google's recogniser as a call's ears: each utterance is streamed while it is spoken."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from server.agent.base import Post, Signal
from server.audio import mulaw
from server.clock import monotonic
from server.speech.google_speech import MISTAKEN
from server.speech.live import LiveSpeech, LiveStream
from server.turns import events as on

log = logging.getLogger(__name__)

ANSWER_SECONDS = 2.5
"""From the commit to the transcript; where none is final by then, what was understood so far is."""

MAX_HEARD_MS = 60_000
"""Kept of an utterance, to be sent once more where its stream breaks."""

_CHUNK_BYTES = 100 * mulaw.BYTES_PER_MS
"""Google wants about a tenth of a second in each message."""

_LEAST_HEARD_MS = 100
_TIMEOUT = "timeout"


@dataclass(slots=True, eq=False)
class _Utterance:
    stream: LiveStream
    language: str
    heard: bytearray = field(default_factory=bytearray)
    unsent: bytearray = field(default_factory=bytearray)
    text: str = ""
    """Understood so far; may change."""
    id: str = ""
    """Given by the commit."""
    committed_at: float = 0.0
    timer: threading.Timer | None = None
    again: bool = False
    """Whether this is its second stream."""
    failed: str = ""
    """Why there will be no words."""


class GoogleTranscriber:
    """Recogniser of one call (see :class:`server.agent.base.Transcriber`).

    Every committed utterance gets exactly one ``Transcript``, within ``ANSWER_SECONDS``: its words,
    or None where nothing was understood in time. A stream that breaks is opened once more with all
    that was said. The words come as messages of this recogniser and are read by the call's loop,
    so there is nothing to lock.

    Args:
        speech: the process that listens, shared by all calls.
        code_of: gives Google's own code of a language.
        language: BCP 47 tag of what the caller speaks at first.
        hints: words and phrases to expect.
        post: takes messages to the call's loop.
    """

    name = "google-speech"

    def __init__(
        self,
        speech: LiveSpeech,
        code_of: Callable[[str], str],
        language: str,
        hints: tuple[str, ...],
        post: Post,
    ) -> None:
        self._speech = speech
        self._code_of = code_of
        self._language = code_of(language)
        self._hints = hints
        self._post = post
        self._open: _Utterance | None = None
        self._utterances: dict[int, _Utterance] = {}
        self._closed = False
        speech.warm()

    def hear(self, audio: bytes) -> None:
        """See :class:`server.agent.base.Transcriber`."""
        if self._closed:
            return
        if self._open is None:
            self._open = _Utterance(self._stream(self._language), self._language)
            self._utterances[self._open.stream.number] = self._open
        utterance = self._open
        utterance.heard += audio
        del utterance.heard[: -MAX_HEARD_MS * mulaw.BYTES_PER_MS]
        utterance.unsent += audio
        if len(utterance.unsent) >= _CHUNK_BYTES:
            self._send(utterance)

    def drop_heard(self) -> None:
        """See :class:`server.agent.base.Transcriber`."""
        utterance, self._open = self._open, None
        if utterance is not None:
            self._forget(utterance)
            utterance.stream.cancel()

    def commit(self, utterance_id: str) -> None:
        """See :class:`server.agent.base.Transcriber`; next to nothing heard counts as failed."""
        utterance, self._open = self._open, None
        if self._closed:
            return
        if utterance is None or mulaw.duration_ms(bytes(utterance.heard)) < _LEAST_HEARD_MS:
            if utterance is not None:
                self._forget(utterance)
                utterance.stream.cancel()
            self._tell(on.Transcript(utterance_id, None))
            return
        utterance.id = utterance_id
        utterance.committed_at = monotonic()
        if utterance.failed:
            self._tell(self._settled(utterance, None))
            return
        self._send(utterance)
        utterance.stream.finish()
        if utterance.text:
            self._tell(on.PartialTranscript(utterance_id, utterance.text))
        utterance.timer = threading.Timer(ANSWER_SECONDS, self._time_is_up, (utterance,))
        utterance.timer.daemon = True
        utterance.timer.start()

    def set_language(self, language: str) -> None:
        """See :class:`server.agent.base.Transcriber`; from the next utterance on."""
        self._language = self._code_of(language)

    def receive(self, message: bytes) -> list[on.Event]:
        """See :class:`server.agent.base.Transcriber`."""
        header: dict[str, Any] = orjson.loads(message)
        if header["event"] == _TIMEOUT:
            return self._given_up(header["utterance"])
        utterance = self._utterances.get(header["stream"])
        if utterance is None:
            return []
        match header["event"]:
            case "partial":
                utterance.text = header["text"]
                return [on.PartialTranscript(utterance.id, utterance.text)]
            case "final":
                if not utterance.id:  # it ended by itself: the rest goes nowhere
                    return self._broken(utterance, "ended")
                return [self._settled(utterance, header["text"])]
            case "failed":
                return self._broken(utterance, header["code"])
        return []

    def keep_alive(self) -> None:
        """The streams live no longer than an utterance."""

    def close(self) -> None:
        """See :class:`server.agent.base.Transcriber`. Safe to call twice."""
        self._closed = True
        self._open = None
        for utterance in list(self._utterances.values()):
            self._forget(utterance)
            utterance.stream.cancel()

    def _stream(self, language: str) -> LiveStream:
        def deliver(message: bytes) -> None:
            if not self._closed:
                self._post(Signal(self, message))

        return self._speech.open(language, self._hints, deliver)

    def _send(self, utterance: _Utterance) -> None:
        utterance.stream.hear(bytes(utterance.unsent))
        utterance.unsent.clear()

    def _broken(self, utterance: _Utterance, code: str) -> list[on.Event]:
        """The stream has failed: open another, once; else there will be no words."""
        if utterance.again or code in MISTAKEN:
            utterance.failed = code
            return [self._settled(utterance, utterance.text or None)] if utterance.id else []
        del self._utterances[utterance.stream.number]
        utterance.again, utterance.text = True, ""
        utterance.stream = self._stream(utterance.language)
        self._utterances[utterance.stream.number] = utterance
        utterance.unsent.clear()
        utterance.stream.hear(bytes(utterance.heard))
        if utterance.id:
            utterance.stream.finish()
        return []

    def _given_up(self, utterance_id: str) -> list[on.Event]:
        """Time is up: what was understood so far is better than nothing."""
        found = [one for one in self._utterances.values() if one.id == utterance_id]
        for utterance in found:
            utterance.failed = _TIMEOUT
            utterance.stream.cancel()
            self._speech.distrust()
        return [self._settled(utterance, utterance.text or None) for utterance in found]

    def _settled(self, utterance: _Utterance, text: str | None) -> on.Transcript:
        """Return the one transcript of a committed utterance."""
        self._forget(utterance)
        took_ms = (monotonic() - utterance.committed_at) * 1000
        self._speech.note(worked=not utterance.failed)
        if utterance.failed:
            log.warning("[STT] failed provider=google code=%s", utterance.failed)
        else:
            log.info("[STT] provider=google ms=%d", took_ms)
        return on.Transcript(utterance.id, text)

    def _forget(self, utterance: _Utterance) -> None:
        self._utterances.pop(utterance.stream.number, None)
        if utterance.timer is not None:
            utterance.timer.cancel()

    def _tell(self, event: on.Event) -> None:
        self._post(Signal(self, event))

    def _time_is_up(self, utterance: _Utterance) -> None:
        """Runs in the timer's thread: only leaves a message."""
        message = {"event": _TIMEOUT, "utterance": utterance.id}
        self._post(Signal(self, orjson.dumps(message)))
