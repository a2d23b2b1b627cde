"""A stand-in for Google Speech-to-Text v2: a real gRPC server on loopback with its messages.

It understands what it is told to, and refuses what the service refuses.
"""

from __future__ import annotations

import io
import threading
import wave
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

import grpc
import numpy as np
from google.cloud.speech_v2.types import cloud_speech as cs
from numpy.typing import NDArray

from server.audio import mulaw

SERVICE = "google.cloud.speech.v2.Speech"
LANGUAGES = ("iw-IL", "en-US", "ar-XA", "ru-RU", "fr-FR")
MODELS = ("chirp_2", "chirp_3", "long", "short")
MOST_SECONDS = 60.0
MOST_BYTES = 10 << 20
MOST_MESSAGE_BYTES = 25 * 1024
MOST_PHRASE_CHARS = 100
PROJECT = "demo"


@dataclass(frozen=True)
class Heard:
    """One clip or one stream: what was asked for, and the sound itself."""

    streamed: bool
    recogniser: str
    language: str
    model: str
    hints: tuple[str, ...]
    samples: NDArray[np.int16] = field(repr=False)
    rate: int

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.samples.size / self.rate


class FakeGoogleSpeech:
    """Google's recogniser, on threads, for tests. Use it as a context manager.

    Attributes:
        transcribe: makes the words of what was heard; ``transcripts``, in turn, where it is None.
        results: makes several results of a clip: their ends in seconds, and their words.
        fails: the gRPC status that every request gets, or ``fails_times`` of them.
        breaks_streams: so many streams break at their first sound.
        delay_seconds: before the last words of an answer.
        silent: streams are heard, and never answered.
        refuses_hints: a model that takes none.
        least_interim_seconds: of sound before the first words that may change.
    """

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.transcripts: list[str] = []
        self.transcribe: Callable[[Heard], str] | None = None
        self.results: Callable[[Heard], list[tuple[float, str]]] | None = None
        self.fails: grpc.StatusCode | None = None
        self.fails_times = 1 << 30
        self.breaks_streams = 0
        self.delay_seconds = 0.0
        self.silent = False
        self.refuses_hints = False
        self.interim = "רגע"
        self.least_interim_seconds = 0.3
        self.open_streams = 0
        self.messages: list[int] = []
        """The size of each piece of sound that was streamed."""
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._server = grpc.server(ThreadPoolExecutor(32))
        handlers = {
            "Recognize": grpc.unary_unary_rpc_method_handler(
                self._recognise,
                request_deserializer=cs.RecognizeRequest.deserialize,
                response_serializer=cs.RecognizeResponse.serialize,
            ),
            "StreamingRecognize": grpc.stream_stream_rpc_method_handler(
                self._stream,
                request_deserializer=cs.StreamingRecognizeRequest.deserialize,
                response_serializer=cs.StreamingRecognizeResponse.serialize,
            ),
        }
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(SERVICE, handlers),)
        )
        self.port: int = self._server.add_insecure_port("127.0.0.1:0")

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def endpoint(self) -> str:
        """What the client takes as GOOGLE_STT_ENDPOINT."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """End the server, and the requests that it holds up."""
        self._stopping.set()
        self._server.stop(grace=0.5).wait()

    # Recognize

    def _recognise(self, request: Any, context: grpc.ServicerContext) -> Any:
        samples, rate, fault = _decoded(request.content)
        heard = _heard(False, request.recognizer, request.config, samples, rate)
        with self._lock:
            self.heard.append(heard)
        self._stopping.wait(self.delay_seconds)
        self._may_fail(context)
        fault = fault or self._fault(heard, request.config)
        if "auto_decoding_config" not in request.config:
            fault = fault or "decoding_config is missing"
        if heard.seconds > MOST_SECONDS:
            fault = fault or "Inline audio exceeds duration limit of 60 seconds."
        if fault:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, fault)
        if self.results is not None:
            parts = self.results(heard)
        else:
            text = self._words(heard)
            parts = [(heard.seconds, text)] if text else []
        return cs.RecognizeResponse(
            results=[
                cs.SpeechRecognitionResult(
                    alternatives=[cs.SpeechRecognitionAlternative(transcript=text)],
                    result_end_offset=timedelta(seconds=end),
                    language_code=heard.language,
                )
                for end, text in parts
            ]
        )

    # StreamingRecognize

    def _stream(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        with self._lock:
            self.open_streams += 1
        try:
            yield from self._streamed(requests, context)
        finally:
            with self._lock:
                self.open_streams -= 1

    def _streamed(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        self._may_fail(context)
        first = next(requests)
        config = first.streaming_config.config
        if first.audio or not first.recognizer:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the first request configures")
        decoding = config.explicit_decoding_config
        if decoding.encoding != cs.ExplicitDecodingConfig.AudioEncoding.MULAW:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "expected MULAW")
        sound = bytearray()
        told = False
        for request in requests:
            self.messages.append(len(request.audio))
            if not request.audio or len(request.audio) > MOST_MESSAGE_BYTES:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, "audio is empty or too long")
            with self._lock:
                breaks = self.breaks_streams > 0
                self.breaks_streams -= breaks
            if breaks:
                context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
            sound += request.audio
            if not told and len(sound) > self.least_interim_seconds * 8000 and self.interim:
                told = True
                yield _streaming_response(self.interim, is_final=False)
        heard = _heard(True, first.recognizer, config, mulaw.decode(bytes(sound)), 8000)
        if fault := self._fault(heard, config):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, fault)
        with self._lock:
            self.heard.append(heard)
        if self.silent:
            self._stopping.wait()
        self._stopping.wait(self.delay_seconds)
        if text := self._words(heard):
            yield _streaming_response(text, is_final=True)

    def _words(self, heard: Heard) -> str:
        if self.transcribe is not None:
            return self.transcribe(heard)
        with self._lock:
            return self.transcripts.pop(0) if self.transcripts else ""

    def _may_fail(self, context: grpc.ServicerContext) -> None:
        with self._lock:
            status = self.fails if self.fails_times > 0 else None
            self.fails_times -= 1
        if status is not None:
            context.abort(status, "refused by the test")

    def _fault(self, heard: Heard, config: Any) -> str:
        """Return what the service would refuse, or an empty text."""
        wanted = f"projects/{PROJECT}/locations/eu/recognizers/_"
        if heard.recogniser != wanted:
            return f"Expected resource location to be {wanted}"
        if len(config.language_codes) != 1 or heard.language not in LANGUAGES:
            return f"The language {heard.language} is not supported"
        if heard.model not in MODELS:
            return f"The model {heard.model} does not exist in the location"
        if heard.hints and self.refuses_hints:
            return "Recognizer does not support feature: adaptation"
        if any(not hint or len(hint) > MOST_PHRASE_CHARS for hint in heard.hints):
            return "A phrase is empty or too long"
        return ""


def _heard(streamed: bool, recogniser: str, config: Any, samples: Any, rate: int) -> Heard:
    return Heard(
        streamed,
        recogniser,
        config.language_codes[0] if config.language_codes else "",
        config.model,
        tuple(
            phrase.value
            for one in config.adaptation.phrase_sets
            for phrase in one.inline_phrase_set.phrases
        ),
        samples,
        rate,
    )


def _decoded(content: bytes) -> tuple[NDArray[np.int16], int, str]:
    """Return the samples, their rate, and what is wrong with the file."""
    nothing = np.zeros(0, np.int16)
    if len(content) > MOST_BYTES:
        return nothing, 8000, "Request payload size exceeds the limit: 10485760 bytes."
    try:
        with wave.open(io.BytesIO(content)) as file:
            raw = file.readframes(file.getnframes())
            return np.frombuffer(raw, "<i2").astype(np.int16), file.getframerate(), ""
    except (wave.Error, EOFError) as error:
        return nothing, 8000, f"Audio data does not appear to be in a supported encoding: {error}"


def _streaming_response(text: str, *, is_final: bool) -> Any:
    return cs.StreamingRecognizeResponse(
        results=[
            cs.StreamingRecognitionResult(
                alternatives=[cs.SpeechRecognitionAlternative(transcript=text)],
                is_final=is_final,
                stability=0.0 if is_final else 0.9,
            )
        ]
    )
