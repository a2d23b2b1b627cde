"""What Maane asks of a synthesiser, whoever makes it."""

from __future__ import annotations

from typing import Protocol

from server.errors import ProviderError


class SynthesiserError(ProviderError):
    """Text could not be made into speech; ``code`` tells why. Later it may succeed."""

    code = "synthesis"


class UnspeakableError(SynthesiserError):
    """The synthesiser cannot say this text, now or tomorrow; other texts it can."""

    code = "unspeakable"


class Synthesiser(Protocol):
    """Makes speech of text. Blocking; safe to call from several threads."""

    name: str
    """Stable name, part of the key under which rendered audio is kept."""

    quick: bool
    """Whether it answers fast enough to be asked while a caller waits."""

    def voice_for(self, language: str, voice: str) -> str:
        """Return what names the voice that speaks ``language`` where ``voice`` is wished for.

        Equal names sound the same, so the name is part of a rendering's key. A synthesiser
        without the agent's voices gives one name whatever is wished for.
        """
        ...

    def synthesise(self, text: str, language: str, voice: str, written: str = "") -> bytes:
        """Return ``text`` spoken, as headerless 8 kHz mu-law.

        Args:
            text: what to say, as people write it.
            language: BCP 47 tag, e.g. ``he-IL``.
            voice: the agent's voice (an OpenAI name such as ``marin``), ``""`` for the default
                one. Synthesisers that have no such voice ignore it.
            written: where words of ``text`` are spelt as they are to be pronounced: the text as
                its owner wrote it. For those that check what they have said.

        Raises:
            UnspeakableError: it cannot say this text; asking again would be in vain.
            SynthesiserError: the engine failed or was too slow.
        """
        ...
