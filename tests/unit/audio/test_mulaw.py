"""G.711 mu-law against the figures of the standard."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.audio import mulaw

NEGATIVE_ZERO = 0x7F

# ITU-T G.711, table 2: the ends of the eight segments, scaled from 14 to 16 bits.
POSITIVE = {
    0xFF: 0,
    0xFE: 8,
    0xF0: 120,
    0xEF: 132,
    0xE0: 372,
    0xDF: 396,
    0xCF: 924,
    0xBF: 1980,
    0xAF: 4092,
    0x9F: 8316,
    0x8F: 16764,
    0x80: 32124,
}


@pytest.mark.parametrize(("code", "sample"), POSITIVE.items())
def test_codes_have_the_standards_values_on_both_sides_of_zero(code: int, sample: int) -> None:
    assert mulaw.decode(bytes([code, code & 0x7F])).tolist() == [sample, -sample]


def test_every_code_but_negative_zero_survives_a_round_trip() -> None:
    codes = bytes(range(256))
    back = mulaw.encode(mulaw.decode(codes))
    assert [code for code in range(256) if back[code] != code] == [NEGATIVE_ZERO]
    assert back[NEGATIVE_ZERO] == mulaw.SILENCE


@pytest.mark.parametrize(
    ("sample", "code"),
    [(0, 0xFF), (-1, 0x7F), (32767, 0x80), (-32767, 0x00), (-32768, 0x00), (32635, 0x80)],
)
def test_the_ends_of_the_range_are_clipped_and_not_wrapped(sample: int, code: int) -> None:
    assert mulaw.encode(np.array([sample], dtype=np.int16)) == bytes([code])


@given(st.integers(-32635, 32635))
def test_no_sample_is_off_by_more_than_half_a_step(sample: int) -> None:
    decoded = int(mulaw.decode(mulaw.encode(np.array([sample], dtype=np.int16)))[0])
    step = 2 ** max(3, (abs(sample) + 132).bit_length() - 5)
    assert abs(decoded - sample) <= step / 2
    assert decoded * sample >= 0


def test_louder_samples_never_get_quieter_codes() -> None:
    every = np.arange(-32768, 32768, dtype=np.int32).astype(np.int16)
    assert np.all(np.diff(mulaw.decode(mulaw.encode(every)).astype(np.int32)) >= 0)


def test_samples_may_be_strided_or_of_the_other_byte_order() -> None:
    pcm = np.array([0, 9, 1000, 9, -1000, 9], dtype=np.int16)
    assert mulaw.encode(pcm[::2]) == mulaw.encode(pcm[::2].copy())
    assert mulaw.encode(pcm.astype(">i2")) == mulaw.encode(pcm)


def test_silence_is_zero_samples_of_the_right_length() -> None:
    assert len(mulaw.silence(20)) == 160
    assert not mulaw.decode(mulaw.silence(20)).any()
    assert mulaw.silence(0) == b""
    assert mulaw.duration_ms(mulaw.silence(1234)) == 1234


def test_rms_is_in_sixteen_bit_units() -> None:
    assert mulaw.rms(b"") == 0.0
    assert mulaw.rms(mulaw.silence(20)) == 0.0
    assert mulaw.rms(bytes([0x8F, 0x0F]) * 80) == pytest.approx(16764)
    assert mulaw.rms(b"\x00" * 160) == pytest.approx(32124)
    assert mulaw.rms(b"\x80" + mulaw.silence(20)[1:]) == pytest.approx(32124 / 160**0.5)
