"""A stand-in for Google Text-to-Speech: a real gRPC server on loopback with the package's messages.

It speaks a burst for each word, in WAV as the service does, and refuses what the service refuses.
"""

from __future__ import annotations

import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import grpc
from google.cloud import texttospeech_v1 as tts

from tests.fakes.openai_realtime.mulaw import speak

METHOD = "SynthesizeSpeech"
SERVICE = "google.cloud.texttospeech.v1.TextToSpeech"
MAX_BYTES = 5000
HEBREW = {f"he-IL-{kind}-{letter}" for kind in ("Standard", "Wavenet") for letter in "ABCD"}


@dataclass(frozen=True)
class Request:
    """What was asked for."""

    text: str
    language: str
    voice: str
    rate: float
    metadata: dict[str, str] = field(repr=False)


class FakeGoogle:
    """Google's synthesiser, on threads, for tests. Use it as a context manager.

    ``fails``: the gRPC status that every request gets. ``delay_seconds``: before an answer.
    ``headerless``: no WAV container. ``container``: the audio whole, in place of speech.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.fails: grpc.StatusCode | None = None
        self.delay_seconds = 0.0
        self.headerless = False
        self.container: bytes | None = None
        self._stopping = threading.Event()
        self._server = grpc.server(ThreadPoolExecutor(4))
        handler = grpc.unary_unary_rpc_method_handler(
            self._synthesise,
            request_deserializer=tts.SynthesizeSpeechRequest.deserialize,
            response_serializer=tts.SynthesizeSpeechResponse.serialize,
        )
        generic = grpc.method_handlers_generic_handler(SERVICE, {METHOD: handler})
        self._server.add_generic_rpc_handlers((generic,))
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
        """What the client takes as GOOGLE_TTS_ENDPOINT."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """End the server, and the requests that it holds up."""
        self._stopping.set()
        self._server.stop(grace=0.5).wait()

    def _synthesise(self, request: Any, context: grpc.ServicerContext) -> Any:
        wanted = Request(
            request.input.text,
            request.voice.language_code,
            request.voice.name,
            request.audio_config.speaking_rate,
            {str(key): str(value) for key, value in context.invocation_metadata()},
        )
        self.requests.append(wanted)
        self._stopping.wait(self.delay_seconds)
        if self.fails is not None:
            context.abort(self.fails, "refused by the test")
        if fault := _fault(wanted, request.audio_config):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, fault)
        audio = speak(wanted.text)
        if self.container is not None:
            audio = self.container
        elif not self.headerless:
            audio = wav(audio)
        return tts.SynthesizeSpeechResponse(audio_content=audio)


def wav(ulaw: bytes) -> bytes:
    """Return mu-law in a WAV container whose header has more than the 44 usual bytes."""
    form = struct.pack("<HHIIHHH", 7, 1, 8000, 8000, 1, 8, 0)
    fact = struct.pack("<I", len(ulaw))
    chunks = [(b"fmt ", form), (b"fact", fact), (b"data", ulaw)]
    body = b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
        for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WAVE" + body


def _fault(wanted: Request, config: Any) -> str:
    """Return what the service would refuse, or an empty text."""
    if len(wanted.text.encode()) > MAX_BYTES:
        return "input.text is longer than the limit of 5000 bytes."
    if not wanted.text.strip():
        return "Either `text` or `ssml` must be set."
    if "-" not in wanted.language or wanted.language.startswith("iw"):
        return f"Voice language '{wanted.language}' does not exist."
    if wanted.language == "he-IL" and wanted.voice not in HEBREW | {""}:
        return f"Voice '{wanted.voice}' does not exist. Is it misspelled?"
    if config.audio_encoding != tts.AudioEncoding.MULAW or config.sample_rate_hertz != 8000:
        return "expected MULAW at 8000 Hz"
    if not 0.25 <= wanted.rate <= 2.0:
        return "speaking_rate is out of range"
    return ""
