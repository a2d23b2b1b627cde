"""The energy gate: deaf to the line, open to the caller, from the first frame on."""

from __future__ import annotations

import numpy as np
import pytest

from server.audio import mulaw
from server.audio.framing import FRAME_MS, frames_of
from server.audio.vad import BASE_RMS, CALIBRATION_FRAMES, EnergyGate

FRAMES_A_SECOND = 1000 // FRAME_MS


def noise(seconds: float, dbfs: float, seed: int = 1) -> list[bytes]:
    """Return frames of a steady hiss at this level."""
    count = int(seconds * mulaw.SAMPLE_RATE)
    pcm = np.random.default_rng(seed).normal(0, 32768 * 10 ** (dbfs / 20), count)
    return frames_of(mulaw.encode(np.clip(pcm, -32000, 32000).astype(np.int16)))


def voiced(gate: EnergyGate, frames: list[bytes]) -> float:
    """Return the share of ``frames`` that the gate lets through."""
    return sum([gate.is_voiced(frame) for frame in frames]) / len(frames)


def test_digital_silence_holds_no_ghosts() -> None:
    gate = EnergyGate()
    assert voiced(gate, frames_of(mulaw.silence(60_000))) == 0
    assert gate.threshold_rms == BASE_RMS


@pytest.mark.parametrize("dbfs", [-80, -70, -60])
def test_a_quiet_line_holds_no_ghosts_even_before_it_is_calibrated(dbfs: float) -> None:
    assert voiced(EnergyGate(), noise(30, dbfs)) == 0


@pytest.mark.parametrize("dbfs", [-50, -45, -40])
def test_a_noisy_line_is_silent_once_it_is_calibrated(dbfs: float) -> None:
    gate = EnergyGate()
    voiced(gate, noise(CALIBRATION_FRAMES * FRAME_MS / 1000, dbfs, seed=2))
    assert voiced(gate, noise(10, dbfs)) < 0.01


def test_a_quiet_speaker_over_a_quiet_line_is_heard() -> None:
    gate = EnergyGate()
    voiced(gate, noise(1, -60))
    assert voiced(gate, noise(1, -35, seed=3)) == 1


def test_the_threshold_is_a_moderate_multiple_of_the_noise() -> None:
    gate = EnergyGate()
    voiced(gate, noise(1, -45))
    level = mulaw.rms(b"".join(noise(1, -45)))
    assert 1.5 * level < gate.threshold_rms < 4 * level


@pytest.mark.parametrize("dbfs", [-10, -20, -30])
def test_who_speaks_from_the_first_frame_is_heard_then_and_later(dbfs: float) -> None:
    gate = EnergyGate()
    assert voiced(gate, noise(2, dbfs)) == 1
    voiced(gate, noise(1, -60, seed=4))
    assert voiced(gate, noise(1, -35, seed=5)) == 1


def test_a_first_word_between_silences_does_not_raise_the_floor() -> None:
    gate = EnergyGate()
    voiced(gate, noise(0.2, -60) + noise(0.3, -25, seed=2) + noise(0.1, -60, seed=3))
    assert voiced(gate, noise(1, -40, seed=4)) == 1


@pytest.mark.parametrize("dbfs", [-35, -36])
def test_a_quiet_speaker_from_the_first_frame_does_not_deafen_it(dbfs: float) -> None:
    gate = EnergyGate()
    voiced(gate, noise(0.6, dbfs))
    assert voiced(gate, noise(1, dbfs, seed=2)) == 1


def test_the_floor_follows_a_line_that_becomes_quieter() -> None:
    gate = EnergyGate()
    voiced(gate, noise(1, -42))
    assert voiced(gate, noise(0.2, -40, seed=2)) < 1
    voiced(gate, noise(4, -60, seed=3))
    assert voiced(gate, noise(1, -40, seed=4)) == 1


def test_a_step_in_the_noise_is_not_speech_for_ever() -> None:
    gate = EnergyGate()
    voiced(gate, noise(2, -60))
    voiced(gate, noise(10, -45, seed=2))  # a window is opened, a motor starts
    assert voiced(gate, noise(5, -45, seed=3)) < 0.1


def test_a_long_story_does_not_raise_the_floor() -> None:
    gate = EnergyGate()
    voiced(gate, noise(1, -60))
    for word in range(40):
        voiced(gate, noise(0.4, -20, seed=word) + noise(0.1, -60, seed=word))
    assert voiced(gate, noise(1, -35, seed=99)) == 1


def test_frames_may_be_short_or_empty() -> None:
    gate = EnergyGate()
    assert not gate.is_voiced(b"")
    assert gate.is_voiced(b"\x80\x00" * 3)
