"""Recordings as they come: mu-law and PCM, one channel and two, whole and broken off."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from server.audio import mulaw
from server.audio.recording import WavRecording, pcm_wav
from server.errors import ProtocolError


def write(path: Path, body: bytes, *, encoding: int, channels: int, rate: int = 8000) -> Path:
    width = 1 if encoding == 7 else 2
    form = struct.pack(
        "<HHIIHH", encoding, channels, rate, rate * width * channels, width * channels, width * 8
    )
    chunks = b"fmt " + struct.pack("<I", 16) + form + b"LIST\3\0\0\0abc\0"
    chunks += b"data" + struct.pack("<I", len(body)) + body
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    return path


def tone(seconds: float, level: int, rate: int = 8000) -> np.ndarray:
    return (np.tile([level, -level], round(seconds * rate / 2))).astype(np.int16)


def test_the_channels_of_a_stereo_file_do_not_mix(tmp_path: Path) -> None:
    left, right = tone(1, 1000), tone(1, 0)
    body = np.column_stack([left, right]).astype("<i2").tobytes()
    recording = WavRecording(write(tmp_path / "r.wav", body, encoding=1, channels=2))
    assert (recording.channels, recording.rate, recording.duration_ms) == (2, 8000, 1000)
    assert np.array_equal(recording.samples(0, 0, 1000), left)
    assert not recording.samples(1, 0, 1000).any()
    assert recording.samples(0, 250, 500).size == 2000
    assert recording.samples(0, 900, 5000).size == 800
    assert recording.levels(0).tolist() == [1000.0] * 50
    assert recording.levels(1).tolist() == [0.0] * 50


def test_mu_law_is_read_as_well(tmp_path: Path) -> None:
    left, right = mulaw.encode(tone(0.5, 4000)), mulaw.silence(500)
    body = np.column_stack([np.frombuffer(left, np.uint8), np.frombuffer(right, np.uint8)])
    path = write(tmp_path / "r.wav", body.tobytes(), encoding=7, channels=2)
    recording = WavRecording(path)
    assert recording.duration_ms == 500
    assert np.array_equal(recording.samples(0, 0, 500), mulaw.decode(left))
    assert recording.levels(1).max() == 0


def test_levels_of_more_than_a_block(tmp_path: Path) -> None:
    body = np.concatenate([tone(100, 0), tone(30, 500)]).astype("<i2").tobytes()
    levels = WavRecording(write(tmp_path / "r.wav", body, encoding=1, channels=1)).levels(0)
    assert levels.size == 6500
    assert levels[4999] == 0
    assert levels[5000] == 500


@pytest.mark.parametrize("promised", [0, 0xFFFFFFFF, 1 << 30])
def test_a_file_whose_writer_was_stopped_is_read_to_its_end(tmp_path: Path, promised: int) -> None:
    path = write(tmp_path / "r.wav", tone(1, 700).tobytes(), encoding=1, channels=1)
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", promised)
    path.write_bytes(data + b"\1")  # and half a sample
    assert WavRecording(path).duration_ms == 1000


def test_nothing_recorded(tmp_path: Path) -> None:
    recording = WavRecording(write(tmp_path / "r.wav", b"", encoding=7, channels=2))
    assert recording.duration_ms == 0
    assert recording.levels(1).size == 0
    assert recording.samples(0, 0, 1000).size == 0


@pytest.mark.parametrize(
    "data",
    [b"", b"RIFF", b"ID3\3 no wav at all", b"RIFF\4\0\0\0WAVE", b"RIFF\4\0\0\0WAVEdata\0\0\0\0"],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "r.wav"
    path.write_bytes(data)
    with pytest.raises(ProtocolError):
        WavRecording(path)


@pytest.mark.parametrize(("encoding", "channels", "rate"), [(3, 1, 8000), (1, 0, 8000), (1, 1, 1)])
def test_formats_that_nobody_records_are_refused(
    tmp_path: Path, encoding: int, channels: int, rate: int
) -> None:
    path = write(tmp_path / "r.wav", b"\0" * 64, encoding=encoding, channels=channels, rate=rate)
    with pytest.raises(ProtocolError):
        WavRecording(path)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "r.wav"
    path.write_bytes(pcm_wav(tone(1, 123), 8000))
    assert np.array_equal(WavRecording(path).samples(0, 0, 1000), tone(1, 123))
