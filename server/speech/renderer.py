"""The synthesisers in their order, and what they have rendered so far."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from server.clock import monotonic
from server.speech.backoff import Backoff
from server.speech.base import Synthesiser, SynthesiserError, UnspeakableError
from server.speech.shelf import Shelf

log = logging.getLogger(__name__)

_WARM_UP = ("שלום", "he-IL")


@dataclass(frozen=True, slots=True)
class Clip:
    """What is to be said: the text, its BCP 47 language, the agent's voice (may be empty)."""

    text: str
    language: str
    voice: str
    written: str = ""
    """Where ``text`` is respelt for its pronunciation: what its owner wrote."""


class Renderer:
    """Renders clips, and finds the best rendering that exists. Safe to use from several threads.

    The key of a rendering is a hash of text, language, voice, speed and synthesiser, so a changed
    text is another clip and a store shared by releases never plays the wrong one.

    Args:
        chain: the synthesisers, best first; the last quick one is asked whatever became of it.
        directory: of the media.
        rate: speed of all of them, part of the key.
    """

    def __init__(self, chain: Sequence[Synthesiser], directory: Path, rate: float) -> None:
        self.chain = tuple(chain)
        self.shelf = Shelf(directory)
        self._rate = rate
        self._backoff = {maker.name: Backoff() for maker in self.chain}
        quick = [maker for maker in self.chain if maker.quick]
        self._last_resort = quick[-1] if quick else None

    def in_ram(self, clip: Clip) -> bytes | None:
        """Return the best rendering that is in RAM. Never blocks."""
        for maker in self.chain:
            if (audio := self.shelf.in_ram(self._key(maker, clip))) is not None:
                return audio
        return None

    def is_at_its_best(self, clip: Clip) -> bool:
        """Tell whether the best rendering of all is in RAM. Never blocks."""
        return self.shelf.in_ram(self._key(self.chain[0], clip)) is not None

    def load(self, clip: Clip) -> bytes | None:
        """Return the best rendering that exists, from RAM or else from disk, into RAM."""
        for maker in self.chain:
            if (audio := self.shelf.load(self._key(maker, clip))) is not None:
                self._forget_worse(clip, maker)
                return audio
        return None

    def voice_of(self, clip: Clip) -> str | None:
        """Return the name of the synthesiser whose rendering would be played, if there is one."""
        for maker in self.chain:
            if self.shelf.in_ram(self._key(maker, clip)) is not None:
                return maker.name
        return next((maker.name for maker in self.chain if self.has(clip, maker)), None)

    def size(self, clip: Clip) -> int:
        """Return how many bytes the best rendering that exists has, 0 when there is none."""
        sizes = (self.shelf.size(self._key(maker, clip)) for maker in self.chain)
        return next(filter(None, sizes), 0)

    def has(self, clip: Clip, maker: Synthesiser) -> bool:
        """Tell whether this synthesiser's rendering exists."""
        return self.shelf.has(self._key(maker, clip))

    def is_refused(self, clip: Clip, maker: Synthesiser) -> bool:
        """Tell whether this synthesiser could not say this lately."""
        return self.shelf.is_refused(self._key(maker, clip))

    def pause_of(self, maker: Synthesiser) -> float:
        """Return for how many seconds a failing synthesiser is still to be left alone."""
        return 0.0 if maker is self._last_resort else self._backoff[maker.name].seconds_left

    def render_quickly(self, clip: Clip) -> bytes | None:
        """Return what the first quick synthesiser that manages has made of ``clip``, or None."""
        for maker in self.chain:
            if maker.quick and not self.is_refused(clip, maker) and not self.pause_of(maker):
                audio = self.render(clip, maker)
                if audio is not None:
                    return audio
        return None

    def render(self, clip: Clip, maker: Synthesiser) -> bytes | None:
        """Have ``maker`` render the clip and keep that; None when it could not. Blocks."""
        key, backoff, began = self._key(maker, clip), self._backoff[maker.name], monotonic()
        try:
            audio = maker.synthesise(clip.text, clip.language, clip.voice, clip.written)
            if not audio:
                raise SynthesiserError("no audio", code="no_audio")
        except UnspeakableError as error:
            log.warning("[TTS] %s cannot say this clip=%.8s code=%s", maker.name, key, error.code)
            self.shelf.refuse(key)
            backoff.worked()
            return None
        except SynthesiserError as error:
            log.warning("[TTS] %s failed clip=%.8s code=%s", maker.name, key, error.code)
            backoff.failed()
            return None
        except Exception:
            log.exception("[TTS] rendering failed by=%s clip=%.8s", maker.name, key)
            backoff.failed()
            return None
        backoff.worked()
        self.shelf.keep(key, audio)
        self._forget_worse(clip, maker)
        took_ms = (monotonic() - began) * 1000
        log.info("[TTS] rendered by=%s clip=%.8s ms=%.0f", maker.name, key, took_ms)
        return audio

    def warm(self) -> None:
        """Have each quick synthesiser say a word, to keep it ready; notes which are down."""
        for maker in self.chain:
            if not maker.quick:
                continue
            try:
                maker.synthesise(*_WARM_UP, "")
            except SynthesiserError as error:
                log.warning("[TTS] %s did not warm up code=%s", maker.name, error.code)
                self._backoff[maker.name].failed()
            else:
                self._backoff[maker.name].worked()

    def _forget_worse(self, clip: Clip, maker: Synthesiser) -> None:
        worse = self.chain[self.chain.index(maker) + 1 :]
        self.shelf.leave_ram(self._key(other, clip) for other in worse)

    def _key(self, maker: Synthesiser, clip: Clip) -> str:
        voice = maker.voice_for(clip.language, clip.voice)
        parts = (maker.name, voice, f"{self._rate:g}", clip.language, clip.text)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()
