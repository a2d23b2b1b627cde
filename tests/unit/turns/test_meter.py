"""The meter of one's own voice: it must say what a call would do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from server.audio import mulaw
from server.audio.framing import wav_to_mulaw
from server.audio.silero import SileroModel
from server.audio.voice import NORMAL, SENSITIVITIES
from server.turns.meter import EarsMeter, Moment, Reading, Tuning

AUDIO = Path(__file__).resolve().parents[2] / "data" / "audio"
USUAL = Tuning(sensitivity=NORMAL, barge_in=True, onset_frames=10, hangover_ms=200)


def tone(seconds: float, amplitude: int) -> bytes:
    at = np.arange(int(seconds * 8000))
    return mulaw.encode((amplitude * np.sin(at / 4)).astype(np.int16))


def quiet(seconds: float) -> bytes:
    return mulaw.silence(int(seconds * 1000))


def readings(meter: EarsMeter, audio: bytes, chunk: int = 800) -> list[Reading]:
    return [meter.push(audio[at : at + chunk]) for at in range(0, len(audio), chunk)]


def moments(found: list[Reading]) -> list[Moment]:
    return [moment for reading in found for moment in reading.moments]


@pytest.fixture(scope="module")
def model() -> SileroModel:
    return SileroModel()


@pytest.fixture(scope="module")
def speech() -> bytes:
    return wav_to_mulaw((AUDIO / "speech_en_11s.wav").read_bytes())


def test_levels_are_decibels_below_full_scale() -> None:
    meter = EarsMeter(None, USUAL)
    silent, loud = meter.push(quiet(0.1)), meter.push(tone(0.1, 32000))
    assert silent.level_dbfs == -96.0
    assert loud.level_dbfs == pytest.approx(-3.2, abs=0.3)
    assert silent.threshold_dbfs == pytest.approx(-55.5, abs=0.1)
    assert silent.floor_dbfs < silent.threshold_dbfs


def test_a_voice_interrupts_and_its_end_is_told() -> None:
    meter = EarsMeter(None, USUAL)
    found = moments(readings(meter, quiet(1) + tone(1, 8000) + quiet(1)))
    assert found == [Moment("interrupt", 1200, 200), Moment("end", 2200, 1000)]


def test_without_barge_in_a_voice_is_only_heard() -> None:
    meter = EarsMeter(None, replace(USUAL, barge_in=False))
    assert [m.what for m in moments(readings(meter, quiet(1) + tone(1, 8000)))] == ["heard"]


def test_other_settings_act_at_once_and_the_line_s_noise_stays_known() -> None:
    meter = EarsMeter(None, USUAL)
    noisy = readings(meter, tone(1, 150))[-1]
    meter.tune(replace(USUAL, onset_frames=25, hangover_ms=500))
    assert meter.push(tone(0.1, 150)).floor_dbfs == pytest.approx(noisy.floor_dbfs, abs=1)
    found = moments(readings(meter, tone(1, 8000) + quiet(1)))
    assert [(m.what, m.after_ms) for m in found] == [("interrupt", 500), ("end", 1000)]


@pytest.mark.parametrize("chunk", [160, 800, 77])
def test_how_the_audio_is_cut_changes_nothing(chunk: int) -> None:
    audio = quiet(1) + tone(1, 8000) + quiet(1)
    whole = moments(readings(EarsMeter(None, USUAL), audio, 160))
    assert moments(readings(EarsMeter(None, USUAL), audio, chunk)) == whole


def test_real_speech_sounds_like_speech_and_silence_is_not_looked_at(
    model: SileroModel, speech: bytes
) -> None:
    heard = readings(EarsMeter(model, USUAL), speech)
    assert any(m.what == "interrupt" for m in moments(heard))
    assert max(reading.probability or 0 for reading in heard) > 0.9
    assert EarsMeter(model, USUAL).push(quiet(1)).probability is None


def test_sensitivities_do_what_they_are_called(model: SileroModel, speech: bytes) -> None:
    def first(name: str) -> int:
        meter = EarsMeter(model, replace(USUAL, sensitivity=SENSITIVITIES[name]))
        return next(m.at_ms for m in moments(readings(meter, speech, 160)) if m.what != "end")

    assert first("quiet_room") <= first("normal") <= first("noisy")
    assert first("quiet_room") < first("noisy")


def test_a_soft_voice_that_is_usually_too_quiet_is_heard_in_a_quiet_room() -> None:
    soft = quiet(1) + tone(1, 65)  # 46 in 16-bit units
    quiet_room = replace(USUAL, sensitivity=SENSITIVITIES["quiet_room"])
    assert not moments(readings(EarsMeter(None, USUAL), soft))
    assert [m.what for m in moments(readings(EarsMeter(None, quiet_room), soft))] == ["interrupt"]
