"""What Maane asks of a recogniser of recordings, and the chain of them, best first."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from server.clock import monotonic
from server.errors import ProviderError
from server.speech.backoff import Backoff

log = logging.getLogger(__name__)


class RecogniserError(ProviderError):
    """A recording could not be understood; ``code`` tells why. Later it may be."""

    code = "recognition"


class UnreadableError(RecogniserError):
    """The file is no recording; nobody will ever understand it."""

    code = "unreadable"


@dataclass(frozen=True, slots=True)
class Segment:
    """Something that was said, and when, from the recording's start."""

    start_ms: int
    end_ms: int
    channel: int
    text: str


class Recogniser(Protocol):
    """Makes text of recordings. Blocking, for minutes; safe to call from several threads."""

    name: str

    def recognise(
        self, wav_path: Path, *, language: str, hints: Sequence[str], channels: int
    ) -> list[Segment]:
        """Return what is said in the recording, merged by time; nothing where all is silence.

        Args:
            wav_path: a WAV file on this machine, of 16-bit PCM or mu-law.
            language: BCP 47 tag of what is spoken, e.g. ``he-IL``.
            hints: words and phrases to expect.
            channels: how many channels to understand, each a speaker of its own; 0: all.

        Raises:
            UnreadableError: the file is no such recording.
            RecogniserError: the provider failed or was too slow.
        """
        ...


class RecogniserChain:
    """The recognisers that there are, best first: where one fails, the next one is asked.

    A provider that fails is passed over for a while, as long as there is another.
    """

    def __init__(self, recognisers: Iterable[Recogniser]) -> None:
        self.recognisers = tuple(recognisers)
        self._backoff = {one.name: Backoff() for one in self.recognisers}

    def recognise(
        self, wav_path: Path, *, language: str, hints: Sequence[str], channels: int
    ) -> tuple[str, list[Segment]]:
        """Return who has understood the recording, and what (see :class:`Recogniser`).

        Raises:
            UnreadableError: the file is no recording.
            RecogniserError: nobody could; the code is the last one's, ``no_recogniser`` where
                there is nobody.
        """
        failed = RecogniserError("there is no recogniser", code="no_recogniser")
        resting = [one for one in self.recognisers if self._backoff[one.name].seconds_left > 0]
        for one in [*(o for o in self.recognisers if o not in resting), *resting]:
            started = monotonic()
            try:
                segments = one.recognise(
                    wav_path, language=language, hints=hints, channels=channels
                )
            except UnreadableError:
                raise
            except RecogniserError as error:
                failed = error
                self._backoff[one.name].failed()
                log.warning("[STT_FILE] failed provider=%s code=%s", one.name, error.code)
                continue
            self._backoff[one.name].worked()
            log.info(
                "[STT_FILE] provider=%s segments=%d seconds=%.1f",
                one.name,
                len(segments),
                monotonic() - started,
            )
            return one.name, segments
        raise failed
