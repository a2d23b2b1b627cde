"""OpenAI's recogniser of recordings: the files API, clip by clip. For the helper process."""

from __future__ import annotations

from typing import Any

from server.audio.recording import pcm_wav
from server.speech.file_engine import Clip, Words
from server.speech.recognise import RecogniserError

MODEL = "gpt-transcribe"
"""Takes ``languages`` and ``keywords``; it gives no times, so every clip is one segment."""

_REQUEST_SECONDS = 45.0
_LEAST_SECONDS = 0.5
_MOST_KEYWORDS = 100


class OpenAiEngine:
    """See :class:`server.speech.file_engine.Engine`."""

    most_ms = 55_000
    pause_ms = 2000
    at_once = 6

    def __init__(self, base_url: str, api_key: str, language: str, hints: list[str]) -> None:
        import openai  # noqa: PLC0415 - its import takes a second of the processor

        self._openai = openai
        self._client = openai.OpenAI(base_url=base_url, api_key=api_key, max_retries=1)
        self._hints: dict[str, Any] = {"languages": [language]}
        if hints:
            self._hints["keywords"] = hints[:_MOST_KEYWORDS]

    def understand(self, clip: Clip) -> list[Words]:
        """See :class:`server.speech.file_engine.Engine`."""
        try:
            answer = self._client.audio.transcriptions.create(
                file=("piece.wav", pcm_wav(clip.samples, clip.rate), "audio/wav"),
                model=MODEL,
                response_format="json",
                timeout=max(_LEAST_SECONDS, min(_REQUEST_SECONDS, clip.seconds_left)),
                **self._hints,
            )
        except self._openai.APIStatusError as error:
            raise RecogniserError("refused", code=f"openai_http_{error.status_code}") from error
        except self._openai.APITimeoutError as error:
            raise RecogniserError("too slow", code="openai_timeout") from error
        except self._openai.APIConnectionError as error:
            raise RecogniserError("not reached", code="openai_connection") from error
        except (self._openai.APIError, ValueError) as error:
            raise RecogniserError("not understood", code="openai_malformed") from error
        text: object = getattr(answer, "text", None)  # the SDK does not check what it is given
        if not isinstance(text, str):
            raise RecogniserError("no words in the answer", code="openai_malformed")
        return [Words(0, None, text)]


def engine(request: dict[str, Any]) -> OpenAiEngine:
    """Return the engine for a request (see :func:`server.speech.file_engine.recognise`)."""
    return OpenAiEngine(
        request["base_url"], request["api_key"], request["language"], request["hints"]
    )
