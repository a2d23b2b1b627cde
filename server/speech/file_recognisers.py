"""The recognisers of recordings: the server's end, which asks helper processes.

Reading, cutting and recognising an hour of sound is work for the processor, or hangs under a
green worker (docs/decisions/runtime.md): each provider has a helper process of its own, with a
low priority, so that the frames of running calls keep their rhythm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from server.errors import ProviderError
from server.speech.helper import SpeechHelper
from server.speech.recognise import RecogniserError, Segment, UnreadableError

_NICENESS = 10
_LEAST_BYTES_A_SECOND = 8000
"""Of the leanest recording: one channel of mu-law."""

_START_SECONDS = 60.0
"""For any recording; a process or a model may have to start first."""

_LAST_SECONDS = 10.0
"""For the helper to say that its time is up."""

_REGIONS = {"ar": "ar-XA", "en": "en-US", "fr": "fr-FR", "he": "he-IL", "ru": "ru-RU"}
_OLD_CODES = {"iw": "he"}


class HelperRecogniser:
    """A provider in a helper process of its own (see :class:`server.speech.recognise.Recogniser`).

    Args:
        name: of the provider, as ``server.speech.file_engine`` knows it.
        options: what its engine needs.
        pace: seconds of work that a second of sound may take.
        hebrew: the provider's own code for Hebrew where it wants regions; ``""`` where it wants
            the two letters of ISO 639-1.
    """

    def __init__(
        self, name: str, options: Mapping[str, Any], *, pace: float, hebrew: str = ""
    ) -> None:
        self.name = name
        self._options = dict(options)
        self._pace = pace
        self._hebrew = hebrew
        self._helper = SpeechHelper(niceness=_NICENESS)

    def recognise(
        self, wav_path: Path, *, language: str, hints: Sequence[str], channels: int
    ) -> list[Segment]:
        """See :class:`server.speech.recognise.Recogniser`."""
        try:
            sounds_seconds = wav_path.stat().st_size / _LEAST_BYTES_A_SECOND
        except OSError as error:
            raise UnreadableError(f"no recording: {error}") from error
        seconds = _START_SECONDS + self._pace * sounds_seconds
        request = {
            **self._options,
            "do": "recognise",
            "provider": self.name,
            "path": str(wav_path),
            "language": providers_language(language, self._hebrew),
            "hints": list(hints),
            "channels": channels,
            "seconds": seconds,
        }
        try:
            answer = self._helper.ask(request, seconds=seconds + _LAST_SECONDS)
        except ProviderError as error:
            kind = UnreadableError if error.code == UnreadableError.code else RecogniserError
            raise kind(error.message, code=error.code) from error
        return [Segment(**segment) for segment in orjson.loads(answer)]

    def close(self) -> None:
        """End the helper process; whoever waits for it gets an error."""
        self._helper.close()


def google_recogniser(options: Mapping[str, str], hebrew: str) -> HelperRecogniser:
    """Return Google's; ``options`` are those of ``GoogleOptions``."""
    return HelperRecogniser("google", {"google": dict(options)}, pace=0.5, hebrew=hebrew)


def whisper_recogniser(model: str) -> HelperRecogniser:
    """Return the one on this machine, which may be slower than speech."""
    return HelperRecogniser("whisper", {"model": model}, pace=3.0)


def openai_recogniser(base_url: str, api_key: str) -> HelperRecogniser:
    """Return OpenAI's; ``api_key`` is ``"none"`` where the service wants no key."""
    return HelperRecogniser("openai", {"base_url": base_url, "api_key": api_key}, pace=0.5)


def providers_language(language: str, hebrew: str) -> str:
    """Return a provider's code for a BCP 47 tag (see :class:`HelperRecogniser`)."""
    base, _, region = language.partition("-")
    base = _OLD_CODES.get(base.lower(), base.lower())
    if not hebrew:
        return base
    if base == "he":
        return hebrew
    return f"{base}-{region}" if region else _REGIONS.get(base, base)
