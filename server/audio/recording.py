"""Recordings of calls in WAV files of any length, read piece by piece."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from server.audio import mulaw
from server.audio.framing import FRAME_MS
from server.errors import ProtocolError

_PCM, _MULAW, _EXTENSIBLE = 1, 7, 0xFFFE
_MOST_CHANNELS = 8
_RATES = range(4000, 192_001)
"""Samples a second that a recorder may have."""

_BLOCK_FRAMES = 3000
"""Frames of 20 ms that are measured at once: one minute."""


class WavRecording:
    """A WAV file of 16-bit PCM or mu-law, of any rate and number of channels.

    The file is mapped, not read: a recording of hours costs no memory. A header that promises
    more than there is (its writer was stopped) is taken at its word as far as the file goes.

    Raises:
        ProtocolError: the file is no WAV, or of another encoding.
        OSError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        encoding, self.channels, self.rate, at, size = _layout(path)
        sample = np.dtype(np.uint8) if encoding == _MULAW else np.dtype("<i2")
        self._is_mulaw = encoding == _MULAW
        count = size // (self.channels * sample.itemsize)
        self._samples: NDArray[np.uint8] | NDArray[np.int16] = (
            np.memmap(path, sample, "r", at, (count, self.channels))
            if count
            else np.empty((0, self.channels), sample)
        )
        self.duration_ms = round(count * 1000 / self.rate)

    def samples(self, channel: int, start_ms: int, end_ms: int) -> NDArray[np.int16]:
        """Return the 16-bit samples of one channel between two moments, as far as there are any."""
        first, last = (round(ms * self.rate / 1000) for ms in (start_ms, end_ms))
        raw = np.ascontiguousarray(self._samples[first:last, channel])
        return mulaw.decode(raw.tobytes()) if self._is_mulaw else raw.astype(np.int16)

    def levels(self, channel: int) -> NDArray[np.float32]:
        """Return the root mean square of each whole frame of 20 ms, in 16-bit units."""
        per_frame = self.rate * FRAME_MS // 1000
        block_ms = _BLOCK_FRAMES * FRAME_MS
        found = [np.empty(0, np.float32)]
        for start_ms in range(0, self.duration_ms, block_ms):
            block = self.samples(channel, start_ms, start_ms + block_ms).astype(np.float32)
            frames = block[: block.size // per_frame * per_frame].reshape(-1, per_frame)
            found.append(np.sqrt(np.mean(frames**2, axis=1)))
        return np.concatenate(found)


def pcm_wav(samples: NDArray[np.int16], rate: int) -> bytes:
    """Return mono ``samples`` as a 16-bit PCM WAV file."""
    body = samples.astype("<i2").tobytes()
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", 36 + len(body), b"WAVE",
        b"fmt ", 16, _PCM, 1, rate, rate * 2, 2, 16,
        b"data", len(body),
    )  # fmt: skip
    return header + body


def _layout(path: Path) -> tuple[int, int, int, int, int]:
    """Return encoding, channels, rate, and where the samples begin and how many bytes they are."""
    file_size = path.stat().st_size
    form = b""
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            raise ProtocolError("not a RIFF/WAVE file", code="wav_header")
        while len(chunk := file.read(8)) == 8:
            name, size = struct.unpack("<4sI", chunk)
            if name == b"data":
                at = file.tell()
                return *_format(form), at, min(size or file_size, file_size - at)
            if name == b"fmt ":
                form = file.read(min(size, 64))
                size -= len(form)
            file.seek(size + size % 2, 1)
    raise ProtocolError("the WAV file has no data", code="wav_header")


def _format(form: bytes) -> tuple[int, int, int]:
    if len(form) < 16:
        raise ProtocolError("the WAV file has no format", code="wav_header")
    encoding, channels, rate = struct.unpack_from("<HHI", form)
    width = struct.unpack_from("<H", form, 14)[0]
    if encoding == _EXTENSIBLE and len(form) >= 26:
        encoding = struct.unpack_from("<H", form, 24)[0]
    if (encoding, width) not in ((_PCM, 16), (_MULAW, 8)):
        raise ProtocolError("only 16-bit PCM and mu-law WAV are read", code="wav_encoding")
    if not 1 <= channels <= _MOST_CHANNELS or rate not in _RATES:
        raise ProtocolError("channels or rate make no sense", code="wav_encoding")
    return encoding, channels, rate
