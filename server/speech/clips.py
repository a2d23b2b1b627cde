"""Rendered speech: fixed sentences and prepared answers, ready in RAM before they are needed.

Several synthesisers may render the same sentence, the best of them slowly and for money: see
docs/decisions/rendered-speech.md for who is asked when.
"""

from __future__ import annotations

from typing import Literal

from server.audio.mulaw import SAMPLE_RATE
from server.speech.pronunciation import Pronunciations, pronounce
from server.speech.renderer import Clip
from server.speech.workshop import IN_ADVANCE, URGENT, Then, Workshop

ClipStatus = Literal["ready", "rendering", "failed"]


class ClipStore(Workshop):
    """Audio by what is said and who says it.

    Asked with what is said, in which language (BCP 47) and in whose voice; ``own`` are the
    pronunciations of the business whose words they are.
    """

    def get(
        self, text: str, language: str, voice: str = "", own: Pronunciations = ()
    ) -> bytes | None:
        """Return the best rendering that is in RAM. Never blocks."""
        return self._renderer.in_ram(_clip(text, language, voice, own))

    def status(
        self, text: str, language: str, voice: str = "", own: Pronunciations = ()
    ) -> ClipStatus:
        """Return whether the clip can be played, is awaited, or could not be made."""
        clip = _clip(text, language, voice, own)
        if self._renderer.voice_of(clip) is not None:
            return "ready"
        with self._lock:
            return "failed" if clip in self._failed else "rendering"

    def seconds(
        self, text: str, language: str, voice: str = "", own: Pronunciations = ()
    ) -> float | None:
        """Return how long the best rendering that exists is; None when there is none."""
        size = self._renderer.size(_clip(text, language, voice, own))
        return round(size / SAMPLE_RATE, 2) if size else None

    def voice_of(
        self, text: str, language: str, voice: str = "", own: Pronunciations = ()
    ) -> str | None:
        """Return the name of the synthesiser whose rendering would be played, if there is one."""
        return self._renderer.voice_of(_clip(text, language, voice, own))

    def load(
        self, text: str, language: str, voice: str = "", own: Pronunciations = ()
    ) -> bytes | None:
        """Return the best rendering that exists, from RAM or else from disk."""
        return self._renderer.load(_clip(text, language, voice, own))

    def prepare(self, text: str, language: str, voice: str = "", own: Pronunciations = ()) -> None:
        """Have the clip rendered some time soon: quickly where nothing exists, then at its best."""
        clip = _clip(text, language, voice, own)
        if self._renderer.is_at_its_best(clip):
            self._know(clip)
        else:
            self._order(clip, IN_ADVANCE, improve=True)

    def fetch(
        self,
        text: str,
        language: str,
        then: Then,
        voice: str = "",
        own: Pronunciations = (),
    ) -> None:
        """Have ``then`` called with the clip, or with None when it cannot be made.

        It is called at once for a clip in RAM, else later and from the rendering thread; it
        must not block.
        """
        clip = _clip(text, language, voice, own)
        audio = self._renderer.in_ram(clip)
        if audio is not None:
            then(audio)
            self.prepare(text, language, voice, own)  # it may be a lesser voice's
        elif self._failed_lately(clip):
            then(None)  # a text that stalls the voice must not stall every caller who needs one
        else:
            self._order(clip, URGENT, improve=True, then=then)

    def try_out(
        self,
        text: str,
        language: str,
        then: Then,
        voice: str = "",
        own: Pronunciations = (),
    ) -> None:
        """Do what :meth:`fetch` does for words that nobody may ever hear again.

        They go behind what callers wait for, and no slow synthesiser is paid for them.
        """
        clip = _clip(text, language, voice, own)
        audio = self._renderer.in_ram(clip)
        if audio is not None:
            then(audio)
        elif self._failed_lately(clip):
            then(None)
        else:
            self._order(clip, IN_ADVANCE, improve=False, then=then, keep_warm=False)

    def warm(self) -> None:
        """Keep the quick synthesisers ready, and have them fill in what does not exist at all.

        Blocks for one short synthesis by each. Renders nothing anew and asks no slow synthesiser.
        """
        self._renderer.warm()
        with self._lock:
            known = list(self._known)
        for clip in known:
            if self._renderer.voice_of(clip) is None:
                self._order(clip, IN_ADVANCE, improve=False)


def _clip(text: str, language: str, voice: str, own: Pronunciations) -> Clip:
    said = pronounce(text, own)
    return Clip(said, language, voice, "" if said == text else text)
