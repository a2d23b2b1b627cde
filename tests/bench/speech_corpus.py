"""Callers and noises for the ears: recordings of many speakers, and twenty minutes of noise."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from server.audio import mulaw
from server.audio.framing import wav_to_mulaw

AUDIO_DIR = Path(__file__).resolve().parents[1] / "data" / "audio"
RATE = mulaw.SAMPLE_RATE
_WINDOW = 80  # 10 ms
_SPEEDS = (1.0, 0.94, 1.06, 0.9, 1.1, 0.97, 1.03, 0.92, 1.08)
"""Playing a recording faster or slower gives another voice."""

Signal = NDArray[np.float64]


@dataclass(frozen=True)
class Burst:
    """One stretch of speech with what comes before it."""

    audio: bytes
    onset_ms: float
    """When the speech first comes within 30 dB of its loud part."""
    end_ms: float
    """When it was last within 30 dB of it."""


def _read(name: str) -> Signal:
    pcm = mulaw.decode(wav_to_mulaw((AUDIO_DIR / name).read_bytes()))
    return pcm.astype(np.float64) / 32768


def _levels(signal: Signal) -> Signal:
    windows = len(signal) // _WINDOW
    power = (signal[: windows * _WINDOW].reshape(windows, _WINDOW) ** 2).mean(axis=1)
    return 10 * np.log10(power + 1e-12)


def _active(signal: Signal, below_db: float) -> NDArray[np.intp]:
    levels = _levels(signal)
    return np.flatnonzero(levels > np.percentile(levels, 95) - below_db)


def _recordings() -> list[Signal]:
    """Return the words and the phrases of the speech, cut at their onsets and ends."""
    found = []
    for number in range(1, 7):
        word = _read(f"word_{number}.wav")
        active = _active(word, 30)
        found.append(word[max(0, active[0] - 2) * _WINDOW : (active[-1] + 1) * _WINDOW])
    speech = _read("speech_en_11s.wav")
    active = _active(speech, 26)
    loudest = np.percentile(_levels(speech), 95)
    for phrase in np.split(active, np.flatnonzero(np.diff(active) > 5) + 1):
        cut = speech[max(0, phrase[0] - 2) * _WINDOW : (phrase[-1] + 1) * _WINDOW]
        # The hall's applause after the last word is no phrase.
        if len(phrase) >= 15 and np.percentile(_levels(cut), 95) > loudest - 12:
            found.append(cut)
    return found


def to_line(signal: Signal) -> bytes:
    """Return ``signal`` as it arrives by telephone."""
    return mulaw.encode(np.clip(signal * 32768, -32768, 32767).astype(np.int16))


def _at_level(signal: Signal, dbfs: float) -> Signal:
    loud = np.repeat(_levels(signal) > np.percentile(_levels(signal), 95) - 20, _WINDOW)
    rms = np.sqrt(np.mean(signal[: len(loud)][loud] ** 2))
    return signal * (10 ** (dbfs / 20) / rms)


def bursts(count: int, dbfs: float, background_dbfs: float | None) -> list[Burst]:
    """Return ``count`` bursts of speech, each after two seconds of background.

    Args:
        dbfs: level of the speech.
        background_dbfs: level of office noise; None for a line's faint hiss.
    """
    rng = np.random.default_rng(7)
    recordings, office = _recordings(), _read("noise_office_142s.wav")
    made = []
    for number in range(count):
        source = recordings[number % len(recordings)]
        speed = _SPEEDS[number // len(recordings) % len(_SPEEDS)]
        at = np.arange(int(len(source) / speed)) * speed
        voice = _at_level(np.interp(at, np.arange(len(source)), source), dbfs)
        before = 2 * RATE + int(rng.integers(0, 256))
        total = before + len(voice) + RATE
        if background_dbfs is None:
            line = rng.normal(0, 10 ** (-65 / 20), total)
        else:
            start = int(rng.integers(0, len(office) - total))
            noise = office[start : start + total]
            line = noise * (10 ** (background_dbfs / 20) / np.sqrt(np.mean(noise**2)))
        line[before : before + len(voice)] += voice
        active = _active(voice, 30)
        onset, end = active[0] * _WINDOW, (active[-1] + 1) * _WINDOW
        made.append(Burst(to_line(line), (before + onset) / 8, (before + end) / 8))
    return made


def noises(dbfs: float, minutes: float = 20.0) -> list[bytes]:
    """Return half-minute pieces of noise at ``dbfs``, ``minutes`` in all."""
    rng, length = np.random.default_rng(3), 30 * RATE
    office = _read("noise_office_142s.wav")
    time = np.arange(length) / RATE

    def clicks() -> Signal:
        signal = rng.normal(0, 1e-4, length)
        for _ in range(60):
            start = int(rng.integers(0, length - 200))
            signal[start : start + int(rng.integers(8, 80))] += rng.normal() * rng.uniform(0.2, 1)
        return signal

    def keyboard() -> Signal:
        signal = rng.normal(0, 1e-4, length)
        start = 0
        while (start := start + int(rng.uniform(0.08, 0.3) * RATE)) < length - RATE // 10:
            size = int(rng.uniform(0.01, 0.04) * RATE)
            decay = np.exp(-np.arange(size) / (size / 4)) * rng.uniform(0.3, 1)
            signal[start : start + size] += rng.normal(0, 1, size) * decay
        return signal

    def breath() -> Signal:
        spectrum = np.fft.rfft(rng.normal(0, 1, length))
        spectrum *= np.exp(-(((np.fft.rfftfreq(length, 1 / RATE) - 1200) / 900) ** 2))
        envelope = np.clip(np.sin(2 * np.pi * time / 3.5), 0, 1) ** 2
        return np.fft.irfft(spectrum, length) * envelope

    def people() -> Signal:
        start = int(rng.integers(0, len(office) - length))
        return office[start : start + length].copy()

    def hum() -> Signal:
        return sum((np.sin(2 * np.pi * 50 * n * time) / n for n in (1, 2, 3, 5)), np.zeros(length))

    def ringing() -> Signal:
        tones = np.sin(2 * np.pi * 440 * time) + np.sin(2 * np.pi * 480 * time)
        return tones * ((time % 6) < 2)

    def hiss() -> Signal:
        return rng.normal(0, 1, length)

    kinds = (people, clicks, keyboard, breath, hum, hiss, ringing, people)
    made = []
    for number in range(int(minutes * 2)):
        signal = kinds[number % len(kinds)]()
        made.append(to_line(signal * (10 ** (dbfs / 20) / np.sqrt(np.mean(signal**2)))))
    return made
