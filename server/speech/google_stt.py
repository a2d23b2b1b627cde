"""Google's recogniser of recordings: short clips over ``Recognize``. For the helper process.

Longer files would have to lie in a bucket of Google's; clips of less than a minute need none.
"""

from __future__ import annotations

import time
from typing import Any

from server.audio.recording import pcm_wav
from server.speech.file_engine import Clip, Words
from server.speech.google_speech import REFUSED, GoogleOptions, client_of, code_of, config_of
from server.speech.recognise import RecogniserError

_RPC_SECONDS = 30.0
_PAUSE_SECONDS = 1.0
_LEAST_SECONDS = 0.5
_PASSING = ("google_unavailable", "google_internal", "google_resource_exhausted", "google_aborted")
"""Codes of failures that may be over a second later."""


class GoogleEngine:
    """See :class:`server.speech.file_engine.Engine`."""

    most_ms = 55_000
    pause_ms = 2000
    at_once = 8

    def __init__(self, options: GoogleOptions, language: str, hints: list[str]) -> None:
        self._options = options
        self._language = language
        self._hints = hints
        self._client = client_of(options)

    def understand(self, clip: Clip) -> list[Words]:
        """See :class:`server.speech.file_engine.Engine`."""
        wav = pcm_wav(clip.samples, clip.rate)
        hints = self._hints
        try:
            return self._ask(wav, hints, clip.seconds_left)
        except RecogniserError as error:
            if error.code == REFUSED and hints:
                hints = self._hints = []  # a model that takes no phrases, or not these
            elif error.code not in _PASSING or clip.seconds_left < _PAUSE_SECONDS * 2:
                raise
            else:
                time.sleep(_PAUSE_SECONDS)
        return self._ask(wav, hints, clip.seconds_left - _PAUSE_SECONDS)

    def _ask(self, wav: bytes, hints: list[str], seconds: float) -> list[Words]:
        from google.api_core.exceptions import GoogleAPICallError  # noqa: PLC0415 - see google_speech
        from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415
        from google.cloud.speech_v2.types import cloud_speech as cs  # noqa: PLC0415

        decoding = {"auto_decoding_config": cs.AutoDetectDecodingConfig()}
        request = cs.RecognizeRequest(
            recognizer=self._options.recogniser,
            config=config_of(self._options, self._language, hints, decoding),
            content=wav,
        )
        timeout = max(_LEAST_SECONDS, min(_RPC_SECONDS, seconds))
        try:
            answer = self._client.recognize(request=request, retry=None, timeout=timeout)
        except GoogleAPICallError as error:
            code = code_of(error.grpc_status_code)
            raise RecogniserError(error.message or code, code=code) from error
        except (GoogleAuthError, ValueError) as error:
            message = f"the credentials cannot be used: {type(error).__name__}"
            raise RecogniserError(message, code="google_credentials") from error
        return _words(answer.results)


def engine(request: dict[str, Any]) -> GoogleEngine:
    """Return the engine for a request (see :func:`server.speech.file_engine.recognise`)."""
    return GoogleEngine(GoogleOptions(**request["google"]), request["language"], request["hints"])


def _words(results: Any) -> list[Words]:
    """Return the results with their times: each begins where the one before ended."""
    found: list[Words] = []
    start_ms = 0
    for at, result in enumerate(results):
        end_ms = round(result.result_end_offset.total_seconds() * 1000) or None
        if at == len(results) - 1:
            end_ms = None
        if result.alternatives:
            found.append(Words(start_ms, end_ms, result.alternatives[0].transcript))
        start_ms = start_ms if end_ms is None else end_ms
    return found
