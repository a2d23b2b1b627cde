"""The process that listens to calls with Google: many utterances at once over one socket.

gRPC streams hang under a green worker (docs/decisions/runtime.md); here they have real threads.
Every utterance is a stream of its own: it is opened with the utterance's first sound and half
closed with its last one, so that its final words come at once and belong to it alone.

Messages of the server (see :mod:`server.helpers.wire`): ``options``, once, then for each utterance,
known by its ``stream`` number, ``open``, ``hear`` (the payload is mu-law), ``finish`` or
``cancel``; and ``ping``. Answers: ``partial`` (the words so far), then ``final`` or ``failed``,
once each; and ``pong``. It ends when the server closes the socket.
"""

from __future__ import annotations

import queue
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any

from server.audio import mulaw
from server.clock import monotonic
from server.helpers.wire import receive_message, send_message
from server.speech.google_speech import REFUSED, GoogleOptions, client_of, code_of, config_of
from server.speech.recognise import RecogniserError

ROTATE_SECONDS = 240.0
"""A longer utterance goes on in another stream: Google ends each after five minutes."""

_SILENCE_AFTER_SECONDS = 1.0
"""Nothing comes for so long: as much silence is sent, for Google ends a stream without audio."""

_RPC_SECONDS = ROTATE_SECONDS + 20.0
_MOST_WAITING = 1000
"""Chunks of an utterance that Google has not taken; more, and the utterance has failed."""

_MOST_BYTES = 16_000
"""Of one message; Google takes 25 KB."""

_SAMPLE_RATE = 8000


class _Utterance:
    """One utterance: a queue of sound, and the thread that has it recognised."""

    def __init__(self, ears: _Ears, number: int, header: dict[str, Any]) -> None:
        self._ears = ears
        self._number = number
        self._header = header
        self._sound: queue.Queue[bytes | None] = queue.Queue(maxsize=_MOST_WAITING)
        self._finished = False
        self._cancelled = False
        self._rpc: Any = None
        threading.Thread(target=self._run, name="utterance", daemon=True).start()

    def hear(self, audio: bytes | None) -> None:
        """Take sound; None: the utterance has ended."""
        try:
            self._sound.put_nowait(audio)
        except queue.Full:
            self.cancel()

    def cancel(self) -> None:
        """Nobody wants the words any more."""
        self._cancelled = True
        if self._rpc is not None:
            self._rpc.cancel()

    def _run(self) -> None:
        answer: dict[str, Any]
        try:
            answer = {"event": "final", "text": self._recognise()}
        except RecogniserError as error:
            answer = {"event": "failed", "code": error.code, "message": error.message}
        except Exception as error:  # the process must outlive any one utterance
            answer = {"event": "failed", "code": "google_error", "message": type(error).__name__}
        self._ears.ended(self._number, answer)

    def _recognise(self) -> str:
        import grpc  # noqa: PLC0415 - loaded by now, in any case

        said: list[str] = []
        try:
            while not self._finished and not self._cancelled:
                self._one_stream(said)
        except grpc.RpcError as error:
            code = code_of(error.code() if isinstance(error, grpc.Call) else None)
            if code == REFUSED and self._hints():
                self._ears.refused_hints.add(tuple(self._header["hints"]))
                code = "google_hints"  # the next stream does without
            raise RecogniserError(str(error), code=code) from error
        if self._cancelled:
            raise RecogniserError("not wanted any more", code="cancelled")
        return " ".join(said)

    def _one_stream(self, said: list[str]) -> None:
        """Have sound recognised until the utterance or the stream's time is over."""
        streaming: Any = client_of(self._ears.options).transport.streaming_recognize
        routing = f"recognizer={self._ears.options.recogniser.replace('/', '%2F')}"
        self._rpc = streaming(
            self._requests(),
            timeout=_RPC_SECONDS,
            metadata=[("x-goog-request-params", routing)],
        )
        for response in self._rpc:
            unsure = ""
            for result in response.results:
                words = result.alternatives[0].transcript.strip() if result.alternatives else ""
                if result.is_final:
                    said.extend([words] if words else [])
                elif words:  # a steady part, and one that may change
                    unsure = f"{unsure} {words}".strip()
            if unsure:
                self._ears.tell(
                    self._number, {"event": "partial", "text": " ".join([*said, unsure])}
                )

    def _hints(self) -> list[str]:
        hints: list[str] = self._header["hints"]
        return [] if tuple(hints) in self._ears.refused_hints else hints

    def _requests(self) -> Iterator[Any]:
        from google.cloud.speech_v2.types import cloud_speech as cs  # noqa: PLC0415

        options = self._ears.options
        decoding = {
            "explicit_decoding_config": cs.ExplicitDecodingConfig(
                encoding=cs.ExplicitDecodingConfig.AudioEncoding.MULAW,
                sample_rate_hertz=_SAMPLE_RATE,
                audio_channel_count=1,
            )
        }
        config = config_of(options, self._header["language"], self._hints(), decoding)
        yield cs.StreamingRecognizeRequest(
            recognizer=options.recogniser,
            streaming_config=cs.StreamingRecognitionConfig(
                config=config,
                streaming_features=cs.StreamingRecognitionFeatures(interim_results=True),
            ),
        )
        silence = mulaw.silence(round(_SILENCE_AFTER_SECONDS * 1000))
        ends_at = monotonic() + ROTATE_SECONDS
        while monotonic() < ends_at and not self._cancelled:
            try:
                audio = self._sound.get(timeout=_SILENCE_AFTER_SECONDS)
            except queue.Empty:
                audio = silence
            if audio is None:
                self._finished = True
                return
            for at in range(0, len(audio), _MOST_BYTES):
                yield cs.StreamingRecognizeRequest(audio=audio[at : at + _MOST_BYTES])


class _Ears:
    """All utterances of this process."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._lock = threading.Lock()
        self._utterances: dict[int, _Utterance] = {}
        self.options = GoogleOptions("", "", "", "")
        self.refused_hints: set[tuple[str, ...]] = set()
        """Hints that Google, or its model, does not take."""

    def serve(self) -> None:
        """Do what the server asks until it closes."""
        while (message := receive_message(self._socket)) is not None:
            header, payload = message
            self._do(header, payload)

    def _do(self, header: dict[str, Any], payload: bytes) -> None:
        what, number = header["do"], header.get("stream", 0)
        if what == "options":
            self.options = GoogleOptions(**header["google"])
            threading.Thread(target=self._warm, name="warm", daemon=True).start()
        elif what == "ping":
            self.tell(0, {"event": "pong"})
        elif what == "open":
            self._utterances[number] = _Utterance(self, number, header)
        elif (utterance := self._utterances.get(number)) is not None:
            if what == "cancel":
                utterance.cancel()
            else:
                utterance.hear(payload if what == "hear" else None)

    def _warm(self) -> None:
        """Load the packages before the first caller speaks; failures are the utterance's."""
        try:
            client_of(self.options)
        except RecogniserError:
            return

    def ended(self, number: int, answer: dict[str, Any]) -> None:
        """Tell the last word on an utterance and forget it."""
        self._utterances.pop(number, None)
        self.tell(number, answer)

    def tell(self, number: int, answer: dict[str, Any]) -> None:
        """Send a message; called from any thread."""
        with self._lock:
            send_message(self._socket, {"stream": number, **answer})


if __name__ == "__main__":
    # Ctrl-C reaches the whole foreground group; this process ends when the server closes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server_socket = socket.socket(fileno=int(sys.argv[1]))
    server_socket.setblocking(True)  # a green server hands it over non-blocking
    _Ears(server_socket).serve()
