"""What the tests of recordings compare: the file, and what the caller said and heard."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from server.audio import mulaw
from server.caller.caller import Caller
from server.recordings import wav
from tests.e2e.server_process import ServerProcess

Samples = NDArray[np.float32]


class Mouth:
    """What the caller says from now on, frame by frame, on the time line of its own ear."""

    def __init__(self, caller: Caller) -> None:
        self._first = caller.line._chunk
        self._said = bytearray()
        send = caller.line.media

        def media(frame: bytes) -> None:
            self._said += frame
            send(frame)

        caller.line.media = media  # type: ignore[method-assign]

    def samples(self) -> Samples:
        """Everything said since the stream's start; what came before is taken as silence."""
        return decoded(mulaw.silence(20 * self._first) + bytes(self._said))


def decoded(ulaw: bytes) -> Samples:
    return mulaw.decode(ulaw).astype(np.float32)


def recording_of(server: ServerProcess, call_sid: str) -> dict[str, Any]:
    """Return the row of the call's newest recording, as soon as it is settled."""
    return recordings_when(server, call_sid, lambda row: row["state"] != "announced")


def recordings_when(
    server: ServerProcess, call_sid: str, ready: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """Return the row of the call's newest recording once ``ready`` holds for it."""
    path = server.environment["DATABASE_URL"].removeprefix("sqlite:///")
    deadline = time.monotonic() + 15
    while True:
        connection = sqlite3.connect(path)
        connection.row_factory = sqlite3.Row
        found = connection.execute(
            "SELECT * FROM recordings WHERE call_sid = ? ORDER BY id DESC", (call_sid,)
        ).fetchone()
        connection.close()
        if found is not None and ready(dict(found)):
            return dict(found)
        assert time.monotonic() < deadline, (dict(found or {}), server.log()[-3000:])
        time.sleep(0.05)


def jobs_of(server: ServerProcess, kind: str) -> list[dict[str, Any]]:
    """Return the jobs of a kind, oldest first."""
    path = server.environment["DATABASE_URL"].removeprefix("sqlite:///")
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    found = connection.execute("SELECT * FROM jobs WHERE kind = ? ORDER BY id", (kind,)).fetchall()
    connection.close()
    return [dict(row) for row in found]


def channels_of(server: ServerProcess, row: dict[str, Any]) -> tuple[Samples, Samples]:
    """Return the caller's and the agent's channel of a stored recording."""
    path = Path(server.environment["MEDIA_DIR"]) / "recordings" / row["storage_key"]
    data = path.read_bytes()
    assert wav.described(data) == (2, 16000)
    assert len(data) == row["bytes"]
    body = data[wav.HEADER_BYTES :]
    return decoded(body[::2]), decoded(body[1::2])


def offset_ms(recorded: Samples, known: Samples) -> float:
    """Return how much later ``recorded`` holds what ``known`` holds, in milliseconds."""
    length = 1 << (recorded.size + known.size).bit_length()
    spectrum = np.fft.rfft(recorded, length) * np.conj(np.fft.rfft(known, length))
    shift = int(np.argmax(np.fft.irfft(spectrum, length)))
    return (shift - length if shift > length // 2 else shift) / mulaw.BYTES_PER_MS


def frames_that_differ(recorded: Samples, known: Samples, shift_ms: float) -> float:
    """Return the share of frames of 20 ms with sound whose loudness the other does not have.

    A frame may stand up to 60 ms from its place.
    """
    shift = round(shift_ms * mulaw.BYTES_PER_MS)
    recorded, known = recorded[max(0, shift) :], known[max(0, -shift) :]
    size = min(recorded.size, known.size) // 40 * 40
    one, other = _loudness(recorded[:size]), _loudness(known[:size])
    counted = [_unlike(one, other), _unlike(other, one)]
    sounding = sum(total for _, total in counted)
    assert sounding > 40
    return sum(unlike for unlike, _ in counted) / sounding


def _unlike(one: Samples, other: Samples) -> tuple[int, int]:
    """Return how many frames of ``one`` have no like near in ``other``, and of how many."""
    near = [np.roll(other, shift) for shift in range(-12, 13)]  # 5 ms each
    closest = np.min([np.abs(one - there) for there in near], axis=0)
    sound = one > 300
    return int(((closest > 0.3 * one) & sound).sum()), int(sound.sum())


def _loudness(samples: Samples) -> Samples:
    """Return the loudness of the 20 ms from every fifth millisecond on."""
    power = (samples.reshape(-1, 40) ** 2).mean(axis=1)
    smooth: Samples = np.sqrt(np.convolve(power, np.full(4, 0.25), "same")).astype(np.float32)
    return smooth


def last_sound_ms(samples: Samples, since: float, until: float) -> float:
    """Return where the last sound between two moments (seconds) is."""
    begin = round(since * mulaw.SAMPLE_RATE)
    loud = np.flatnonzero(np.abs(samples[begin : round(until * mulaw.SAMPLE_RATE)]) > 300)
    return float(begin + loud[-1]) / mulaw.BYTES_PER_MS
