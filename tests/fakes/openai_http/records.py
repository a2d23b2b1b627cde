"""What the requests leave behind for the test to look at. Times are ``time.monotonic()``."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class HttpRequest:
    """One request as it came: ``headers`` in lower case and without the key itself."""

    at: float
    method: str
    path: str
    headers: dict[str, str]
    authorized: bool
    body: bytes


@dataclass(frozen=True)
class TranscriptionRequest:
    """One well-formed request for a transcription.

    ``pcm`` and ``sample_rate`` are those of a WAV file; None for other containers. ``fields`` holds
    every field of the form but the file, lists under their names without brackets.
    """

    file_name: str
    file: bytes
    pcm: NDArray[np.int16] | None
    sample_rate: int | None
    fields: Json

    @property
    def model(self) -> str:
        """The model asked for."""
        return str(self.fields["model"])

    @property
    def languages(self) -> list[str]:
        """The languages to expect, likeliest first."""
        return list(self.fields.get("languages", []))

    @property
    def keywords(self) -> list[str]:
        """The words to expect."""
        return list(self.fields.get("keywords", []))

    @property
    def seconds(self) -> float:
        """How long the audio sounds; 0.0 where it was not decoded."""
        if self.pcm is None or not self.sample_rate:
            return 0.0
        return self.pcm.size / self.sample_rate


@dataclass(frozen=True)
class Violation:
    """A request that a correct client never sends; it was answered with an error."""

    at: float
    path: str
    code: str
    message: str
    param: str | None = None
