"""Resampling, level, trimming and fades of the local voice."""

import numpy as np
import pytest

from server.speech.espeak_waveform import (
    LINE_RATE,
    PEAK_CEILING,
    TARGET_RMS,
    Samples,
    fade,
    level,
    limit,
    resample,
    trim,
    voiced_rms,
)

ENGINE_RATE = 22050


def tone(hertz: float, rate: int, seconds: float = 1.0, amplitude: float = 8000.0) -> Samples:
    time = np.arange(int(rate * seconds)) / rate
    return (amplitude * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def decibels(samples: Samples) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(np.square(samples))) + 1e-9))


@pytest.mark.parametrize("hertz", [100.0, 440.0, 1000.0, 3000.0])
def test_a_tone_in_the_band_comes_through_as_it_is(hertz: float) -> None:
    came = resample(tone(hertz, ENGINE_RATE).astype(np.int16), ENGINE_RATE)
    middle = slice(100, -100)
    assert len(came) == LINE_RATE
    assert np.abs(came[middle] - tone(hertz, LINE_RATE)[middle]).max() < 8000 * 0.01


@pytest.mark.parametrize("hertz", [4400.0, 5000.0, 7000.0, 10000.0])
def test_a_tone_above_the_band_does_not_fold_back(hertz: float) -> None:
    came = resample(tone(hertz, ENGINE_RATE).astype(np.int16), ENGINE_RATE)
    assert decibels(came[100:-100]) < decibels(tone(hertz, LINE_RATE)) - 40


@pytest.mark.parametrize("count", [0, 1, 2, 3, 440, 441, 442])
def test_short_input_keeps_its_length(count: int) -> None:
    assert len(resample(np.full(count, 100, dtype=np.int16), ENGINE_RATE)) == count * 160 // 441


def test_level_brings_the_voiced_part_to_the_target() -> None:
    quiet = np.concatenate([tone(200, LINE_RATE, amplitude=300), np.zeros(4000, np.float32)])
    assert voiced_rms(level(quiet)) == pytest.approx(TARGET_RMS, rel=0.01)
    assert not level(np.zeros(800, dtype=np.float32)).any()


def test_the_limiter_holds_peaks_and_leaves_the_rest() -> None:
    samples = tone(200, LINE_RATE, amplitude=5000)
    samples[4000:4010] = 32000
    held = limit(samples)
    assert np.abs(held).max() <= PEAK_CEILING * 1.0001
    assert np.array_equal(held[:3800], samples[:3800])


def test_trim_keeps_a_little_silence_at_both_ends() -> None:
    pause = np.zeros(4000, dtype=np.float32)
    cut = trim(np.concatenate([pause, tone(300, LINE_RATE, 0.5), pause]), lead_ms=10, tail_ms=40)
    assert len(cut) == pytest.approx(LINE_RATE // 2 + 50 * 8, abs=16)
    assert len(trim(pause)) == 0


def test_fades_start_and_end_at_nothing() -> None:
    faded = fade(np.full(400, 1000, dtype=np.float32))
    assert abs(faded[0]) < 10 and abs(faded[-1]) < 10 and faded[200] == 1000
    assert len(fade(np.zeros(0, dtype=np.float32))) == 0
