"""The header of a mu-law WAV file: of a call's two channels, or of one voice."""

from __future__ import annotations

import struct

from server.audio import mulaw
from server.errors import ProtocolError

CHANNELS = 2
BYTES_PER_SECOND = mulaw.SAMPLE_RATE * CHANNELS
_MULAW_FORMAT = 7
_MAX_BYTES = 0xFFFFFFFF - 100
_FMT_BYTES = 16


def header(data_bytes: int, channels: int = CHANNELS) -> bytes:
    """Return what stands before ``data_bytes`` of interleaved mu-law at 8 kHz.

    A recording's is written first, and put right when its length is known.
    """
    data_bytes = min(data_bytes, _MAX_BYTES)
    return struct.pack(
        "<4sI4s4sIHHIIHHH4sII4sI",
        b"RIFF", 50 + data_bytes, b"WAVE",
        b"fmt ", 18, _MULAW_FORMAT, channels, mulaw.SAMPLE_RATE,
        mulaw.SAMPLE_RATE * channels, channels, 8, 0,
        b"fact", 4, data_bytes // channels,
        b"data", data_bytes,
    )  # fmt: skip


HEADER_BYTES = len(header(0))


def described(start: bytes) -> tuple[int, int]:
    """Return the channels and the bytes a second of a WAV file, by its first bytes.

    Raises:
        ProtocolError: it is none.
    """
    if len(start) < 12 or start[:4] != b"RIFF" or start[8:12] != b"WAVE":
        raise ProtocolError("not a RIFF/WAVE file", code="wav_header")
    at = 12
    while at + 8 <= len(start):
        name, size = struct.unpack_from("<4sI", start, at)
        if name == b"fmt " and size >= _FMT_BYTES and at + 8 + _FMT_BYTES <= len(start):
            _, channels, _, bytes_a_second = struct.unpack_from("<HHII", start, at + 8)
            return channels, bytes_a_second
        at += 8 + size + size % 2
    raise ProtocolError("the WAV file has no format", code="wav_header")
