"""Cutting audio of any size into frames of 20 ms, and reading it from WAV containers."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from server.audio import mulaw
from server.errors import ProtocolError

FRAME_MS = 20
FRAME_BYTES = FRAME_MS * mulaw.BYTES_PER_MS
"""One telephone frame: 160 mu-law bytes."""

_PCM, _MULAW_FORMAT = 1, 7
_RATES = range(4000, 192_001)
"""Samples a second that a recorder may have."""


class Reframer:
    """Turns chunks of any size into whole frames, keeping the rest for the next chunk."""

    def __init__(self) -> None:
        self._rest = b""

    def push(self, chunk: bytes) -> list[bytes]:
        """Return the whole frames that ``chunk`` completes, oldest first."""
        if not self._rest and len(chunk) == FRAME_BYTES:
            return [chunk]
        data = self._rest + chunk
        whole = len(data) - len(data) % FRAME_BYTES
        self._rest = data[whole:]
        return [data[at : at + FRAME_BYTES] for at in range(0, whole, FRAME_BYTES)]

    def take(self) -> bytes:
        """Return and forget the part of a frame that is left over."""
        rest, self._rest = self._rest, b""
        return rest


def frames_of(ulaw: bytes) -> list[bytes]:
    """Return ``ulaw`` as whole frames, the last one filled up with silence."""
    frames = [ulaw[at : at + FRAME_BYTES] for at in range(0, len(ulaw), FRAME_BYTES)]
    if frames:
        frames[-1] = frames[-1].ljust(FRAME_BYTES, bytes([mulaw.SILENCE]))
    return frames


def _chunks(data: bytes) -> dict[bytes, bytes]:
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ProtocolError("not a RIFF/WAVE file", code="wav_header")
    found: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(data):
        name = data[at : at + 4]
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        found.setdefault(name, data[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    return found


def wav_to_mulaw(data: bytes) -> bytes:
    """Return the audio of a WAV file as 8 kHz mono mu-law without header.

    Takes 16-bit PCM at any rate and any number of channels (the first is used; other rates are
    interpolated linearly, which is enough for test recordings) and 8 kHz mu-law.

    Raises:
        ProtocolError: the file is no WAV, or of another encoding.
    """
    chunks = _chunks(data)
    header, body = chunks.get(b"fmt "), chunks.get(b"data")
    if header is None or body is None or len(header) < 16:
        raise ProtocolError("the WAV file has no format or no data", code="wav_header")
    encoding, channels, rate = struct.unpack_from("<HHI", header)
    width = struct.unpack_from("<H", header, 14)[0]
    if encoding == _MULAW_FORMAT and rate == mulaw.SAMPLE_RATE and channels == 1:
        return body
    if encoding != _PCM or width != 16 or not channels or rate not in _RATES:
        raise ProtocolError("only 16-bit PCM and 8 kHz mu-law WAV are read", code="wav_encoding")
    pcm = np.frombuffer(body[: len(body) - len(body) % (2 * channels)], dtype="<i2")[::channels]
    return mulaw.encode(_at_telephone_rate(pcm.astype(np.int16), rate))


def _at_telephone_rate(pcm: NDArray[np.int16], rate: int) -> NDArray[np.int16]:
    if rate == mulaw.SAMPLE_RATE or pcm.size == 0:
        return pcm
    count = int(pcm.size * mulaw.SAMPLE_RATE / rate)
    at = np.arange(count) * (rate / mulaw.SAMPLE_RATE)
    resampled: NDArray[np.int16] = np.interp(at, np.arange(pcm.size), pcm).astype(np.int16)
    return resampled


def mulaw_to_wav(ulaw: bytes) -> bytes:
    """Return ``ulaw`` as a 16-bit PCM WAV file that any player opens."""
    body = mulaw.decode(ulaw).astype("<i2").tobytes()
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", 36 + len(body), b"WAVE",
        b"fmt ", 16, _PCM, 1, mulaw.SAMPLE_RATE, mulaw.SAMPLE_RATE * 2, 2, 16,
        b"data", len(body),
    )  # fmt: skip
    return header + body
