"""Frames out of chunks, and audio out of WAV files of every make."""

from __future__ import annotations

import contextlib
import io
import struct
import wave

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.audio import mulaw
from server.audio.framing import (
    FRAME_BYTES,
    Reframer,
    frames_of,
    mulaw_to_wav,
    wav_to_mulaw,
)
from server.errors import ProtocolError


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def wav(
    body: bytes,
    *,
    encoding: int = 1,
    channels: int = 1,
    rate: int = 8000,
    width: int = 16,
    before: bytes = b"",
    after: bytes = b"",
) -> bytes:
    block = channels * width // 8
    header = struct.pack("<HHIIHH", encoding, channels, rate, rate * block, block, width)
    content = b"WAVE" + chunk(b"fmt ", header) + before + chunk(b"data", body) + after
    return b"RIFF" + struct.pack("<I", len(content)) + content


def pcm(*samples: int) -> bytes:
    return np.array(samples, dtype="<i2").tobytes()


TONE = (np.sin(np.arange(800) * 0.3) * 8000).astype(np.int16)


# Frames


@given(st.lists(st.binary(max_size=3 * FRAME_BYTES + 7), max_size=12))
@example([b"a" * FRAME_BYTES, b"b" * 5, b"c" * FRAME_BYTES])
def test_no_byte_is_lost_and_the_order_is_kept(chunks: list[bytes]) -> None:
    reframer = Reframer()
    frames = [frame for piece in chunks for frame in reframer.push(piece)]
    assert {len(frame) for frame in frames} <= {FRAME_BYTES}
    rest = reframer.take()
    assert len(rest) < FRAME_BYTES
    assert b"".join(frames) + rest == b"".join(chunks)
    assert reframer.take() == b""


def test_a_frame_is_given_out_with_the_byte_that_completes_it() -> None:
    reframer = Reframer()
    assert reframer.push(b"a" * (FRAME_BYTES - 1)) == []
    assert reframer.push(b"b") == [b"a" * (FRAME_BYTES - 1) + b"b"]


@given(st.binary(max_size=5 * FRAME_BYTES))
def test_the_last_frame_is_filled_up_with_silence(audio: bytes) -> None:
    frames = frames_of(audio)
    assert all(len(frame) == FRAME_BYTES for frame in frames)
    assert len(frames) == -(-len(audio) // FRAME_BYTES)
    joined = b"".join(frames)
    assert joined[: len(audio)] == audio
    assert set(joined[len(audio) :]) <= {mulaw.SILENCE}


# WAV files


def test_pcm_at_the_telephones_rate_is_only_companded() -> None:
    assert wav_to_mulaw(wav(TONE.tobytes())) == mulaw.encode(TONE)


def test_of_several_channels_the_first_is_heard() -> None:
    both = np.stack([TONE, -TONE // 2], axis=1)
    assert wav_to_mulaw(wav(both.tobytes(), channels=2)) == mulaw.encode(TONE)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 24000, 44100, 48000])
def test_other_rates_keep_their_length_and_pitch(rate: int) -> None:
    seconds, hertz = 0.5, 440
    tone = (np.sin(np.arange(int(rate * seconds)) * 2 * np.pi * hertz / rate) * 8000).astype("<i2")
    heard = mulaw.decode(wav_to_mulaw(wav(tone.tobytes(), rate=rate))).astype(float)
    assert len(heard) == pytest.approx(8000 * seconds, abs=1)
    assert np.argmax(np.abs(np.fft.rfft(heard))) / seconds == pytest.approx(hertz, abs=3)


def test_mulaw_is_taken_as_it_is() -> None:
    body = bytes(range(256))
    assert wav_to_mulaw(wav(body, encoding=7, width=8)) == body


def test_chunks_before_and_after_the_data_are_passed_over() -> None:
    odd = chunk(b"LIST", b"INFOISFT\x05\x00\x00\x00maane")  # an odd length is padded
    assert len(odd) % 2 == 0
    file = wav(TONE.tobytes(), before=odd + chunk(b"fact", b"\0" * 4), after=chunk(b"id3 ", b"x"))
    assert wav_to_mulaw(file) == mulaw.encode(TONE)


def test_a_file_that_was_cut_off_gives_what_is_there() -> None:
    whole = wav(TONE.tobytes())
    assert wav_to_mulaw(whole[:-101]) == mulaw.encode(TONE)[:-51]


def test_a_streamed_file_of_unknown_length_is_read_to_its_end() -> None:
    file = bytearray(wav(TONE.tobytes()))
    file[40:44] = b"\xff\xff\xff\xff"
    assert wav_to_mulaw(bytes(file)) == mulaw.encode(TONE)


def test_a_file_without_samples_is_silent() -> None:
    assert wav_to_mulaw(wav(b"")) == b""
    assert wav_to_mulaw(wav(b"", rate=44100)) == b""


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"RIFF",
        b"\0" * 64,
        wav(TONE.tobytes())[:20],
        wav(TONE.tobytes())[:30],
        wav(TONE.tobytes())[:36],
        b"RIFF\x24\0\0\0AVI " + wav(TONE.tobytes())[12:],
        wav(b"\0" * 8, width=8),
        wav(b"\0" * 12, width=24),
        wav(b"\0" * 8, encoding=3, width=32),
        wav(b"\0" * 8, encoding=6, width=8),
        wav(b"\0" * 8, encoding=7, width=8, rate=16000),
        wav(b"\0" * 8, encoding=7, width=8, channels=2),
        wav(b"\0" * 8, channels=0),
        wav(b"\0" * 8, rate=0),
    ],
)
def test_what_cannot_be_read_is_refused_in_our_words(file: bytes) -> None:
    with pytest.raises(ProtocolError) as refused:
        wav_to_mulaw(file)
    assert refused.value.code in ("wav_header", "wav_encoding")


@given(
    st.one_of(
        st.binary(max_size=200),
        st.binary(max_size=80).map(lambda rest: wav(TONE.tobytes())[:12] + rest),
        st.builds(
            wav,
            st.binary(max_size=64),
            encoding=st.sampled_from([0, 1, 3, 6, 7, 0xFFFE]),
            channels=st.integers(0, 9),
            rate=st.sampled_from([0, 8000, 11025, 44100, 2**32 // 64]),
            width=st.sampled_from([0, 8, 16, 24]),
            before=st.binary(max_size=20),
        ),
    )
)
def test_garbage_is_a_protocol_error_or_audio(file: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        assert isinstance(wav_to_mulaw(file), bytes)


def test_a_rate_that_no_recorder_has_is_refused() -> None:
    with pytest.raises(ProtocolError):
        wav_to_mulaw(wav(pcm(*range(100)), rate=1))


@given(st.binary(max_size=500))
def test_what_is_written_opens_in_the_standard_librarys_reader(audio: bytes) -> None:
    with wave.open(io.BytesIO(mulaw_to_wav(audio))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    assert np.array_equal(samples, mulaw.decode(audio))
    assert wav_to_mulaw(mulaw_to_wav(audio)) == mulaw.encode(mulaw.decode(audio))
