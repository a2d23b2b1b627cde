"""Recordings of demo calls, spoken by the local test voice."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from random import Random

import numpy as np

from server.audio import mulaw
from server.demo.acting import Sound, Voice, silent_voice
from server.recordings import wav
from server.speech.base import SynthesiserError

log = logging.getLogger(__name__)

_CALLERS_PITCH = 0.84
"""The one local voice is a woman's: the caller is the same voice, slower and so lower."""
_NOISE = 26
"""Of the line, in 16-bit units: nobody's telephone is silent."""
_TAIL_MS = 700


def local_voice() -> Voice:
    """Return the local test voice; one that speaks nothing where it cannot be loaded."""
    try:
        from server.speech.espeak import EspeakSynthesiser  # noqa: PLC0415 - it may be missing

        engine = EspeakSynthesiser()
        engine.synthesise("שלום", "he-IL")
    except (ImportError, OSError, SynthesiserError) as error:
        log.warning("[DEMO] no recordings: the local voice is missing (%s)", type(error).__name__)
        return silent_voice

    def speak(speaker: str, lang: str, text: str) -> bytes:
        try:
            if speaker == "agent":
                return engine.synthesise(text, lang)
            return _lower(engine.synthesise(text, lang, rate=1.1))
        except SynthesiserError as error:
            log.warning("[DEMO] a sentence was left out: %s", error.code)
            return b""

    return speak


def _lower(audio: bytes) -> bytes:
    samples = mulaw.decode(audio).astype(np.float32)
    at = np.arange(0, len(samples) - 1, _CALLERS_PITCH, dtype=np.float32)
    stretched = np.interp(at, np.arange(len(samples)), samples)
    return mulaw.encode(np.rint(stretched).astype(np.int16))


def record(sounds: Sequence[Sound], chance: Random) -> bytes:
    """Return ``sounds`` as a WAV file as the bridge writes it: the caller left, the agent right."""
    end_ms = max(sound.start_ms + len(sound.audio) // mulaw.BYTES_PER_MS for sound in sounds)
    length = (end_ms + _TAIL_MS) * mulaw.BYTES_PER_MS
    noise = np.random.default_rng(chance.randrange(1 << 30)).normal(0, _NOISE, length)
    left, right = np.rint(noise).astype(np.int16), np.zeros(length, np.int16)
    for sound in sounds:
        channel = left if sound.speaker == "caller" else right
        at = sound.start_ms * mulaw.BYTES_PER_MS
        channel[at : at + len(sound.audio)] = mulaw.decode(sound.audio)
    both = np.stack(
        [np.frombuffer(mulaw.encode(channel), np.uint8) for channel in (left, right)], axis=1
    ).tobytes()
    return wav.header(len(both)) + both
