"""What Maane asks of a synthesiser, whoever makes it."""

from __future__ import annotations

from typing import Protocol

from server.errors import ProviderError


class SynthesiserError(ProviderError):
    """Text could not be made into speech; ``code`` tells why."""

    code = "synthesis"


class Synthesiser(Protocol):
    """Makes speech of text. Blocking; safe to call from several threads."""

    name: str
    """Stable name, part of the key under which rendered audio is kept."""

    def synthesise(self, text: str, language: str) -> bytes:
        """Return ``text`` spoken, as headerless 8 kHz mu-law.

        Args:
            text: what to say, as people write it.
            language: BCP 47 tag, e.g. ``he-IL``.

        Raises:
            SynthesiserError: the engine failed, was too slow, or cannot speak this.
        """
        ...
