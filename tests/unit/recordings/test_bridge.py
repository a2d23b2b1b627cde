"""Tapes of calls, written by one thread, on real files."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from server.audio import mulaw
from server.recordings import bridge as module
from server.recordings import wav
from server.recordings.bridge import BridgeRecorder, Tape
from server.recordings.service import RecordingService
from server.recordings.storage import DirectoryStorage, StorageError
from tests.unit.recordings.conftest import SID, Archive

T0 = 500.0


@pytest.fixture
def recorder(archive: Archive) -> Iterator[BridgeRecorder]:
    archive.arrive()
    recorder = BridgeRecorder(archive.directory / ".under-way", archive.storage, archive.do)
    recorder.on_lost = archive.lost
    yield recorder
    assert recorder.flush()


def talk(tape: Tape, seconds: float, *, since: float = 0.0) -> float:
    """Have the caller speak; return when that was over."""
    for n in range(round(seconds * 50)):
        tape.heard(b"\x10" * 160, T0 + since + (n + 1) * 0.02)
    return T0 + since + seconds


def both(archive: Archive) -> tuple[bytes, bytes]:
    data = b"".join(archive.storage.open(archive.row().storage_key))
    assert wav.described(data) == (2, 16000)
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    assert int.from_bytes(data[54:58], "little") == len(data) - wav.HEADER_BYTES
    samples = np.frombuffer(data[wav.HEADER_BYTES :], dtype=np.uint8).reshape(-1, 2)
    return samples[:, 0].tobytes(), samples[:, 1].tobytes()


def left_over(archive: Archive) -> list[str]:
    return [path.name for path in (archive.directory / ".under-way").glob("*")]


def test_a_call_becomes_a_recording_and_is_handed_on(
    archive: Archive, recorder: BridgeRecorder
) -> None:
    tape = recorder.begin(SID, T0)
    assert archive.row().state == "announced"
    tape.sent(b"\x20" * 8000, T0)
    tape.mark_sent("m", T0)
    end = talk(tape, 2.5)
    tape.mark_back("m", end)
    tape.cleared(end)
    tape.close(end)
    tape.close(end + 1)
    tape.heard(b"\x10" * 160, end + 2)
    assert recorder.flush()
    left, right = both(archive)
    assert left == b"\x10" * 20_000
    assert right == b"\x20" * 8000 + bytes([mulaw.SILENCE]) * 12_000
    row = archive.row()
    assert (row.state, row.source, row.channels) == ("stored", "bridge", 2)
    assert row.bytes == wav.HEADER_BYTES + 40_000
    assert (row.business_id, row.lead_id) == (1, 1)
    assert archive.job("transcribe").payload == {"recording_id": row.id, "call_sid": SID}
    assert left_over(archive) == []


def test_several_calls_at_once_do_not_mix(archive: Archive, recorder: BridgeRecorder) -> None:
    archive.arrive("CA2")
    tapes = [recorder.begin(sid, T0) for sid in (SID, "CA2")]
    for n in range(200):
        for byte, tape in zip((b"\x11", b"\x12"), tapes, strict=True):
            tape.heard(byte * 160, T0 + (n + 1) * 0.02)
    for tape in tapes:
        tape.close(T0 + 4)
    assert recorder.flush()
    for byte, row in zip((0x11, 0x12), archive.rows(), strict=True):
        data = b"".join(archive.storage.open(row.storage_key))[wav.HEADER_BYTES :]
        assert set(data[::2]) == {byte}
        assert len(data) == 64_000


def test_a_call_without_any_time_has_no_recording(
    archive: Archive, recorder: BridgeRecorder
) -> None:
    recorder.begin(SID, T0).close(T0)
    assert recorder.flush()
    assert archive.row().state == "absent"
    assert archive.jobs("transcribe") == []
    assert left_over(archive) == []


def test_a_full_disk_costs_the_recording_and_nothing_else(
    archive: Archive, recorder: BridgeRecorder, caplog: pytest.LogCaptureFixture
) -> None:
    under_way = archive.directory / ".under-way"
    under_way.mkdir(parents=True)
    (under_way / f"{SID}.new").symlink_to("/dev/full")
    archive.arrive("CA2")
    tape, other = recorder.begin(SID, T0), recorder.begin("CA2", T0)
    for one in (tape, other):
        one.close(talk(one, 3.0))
    assert recorder.flush()
    lost, kept = archive.rows()
    assert (lost.state, lost.error) == ("failed", "the disk is full")
    assert kept.state == "stored"
    assert archive.told_lost == ["the disk is full"]
    assert "[RECORDING] lost" in caplog.text
    assert tape.lost
    assert left_over(archive) == []


def test_a_directory_that_cannot_be_written_costs_the_recording(
    archive: Archive, recorder: BridgeRecorder
) -> None:
    archive.directory.write_text("in the way")
    tape = recorder.begin(SID, T0)
    tape.close(talk(tape, 2.0))
    assert recorder.flush()
    assert archive.row().state == "failed"
    assert archive.row().error.startswith("the disk says: ")


def test_a_writer_that_falls_behind_loses_recordings_and_holds_up_nobody(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 2)
    archive.arrive()
    recorder = BridgeRecorder(archive.directory / ".under-way", archive.storage, archive.do)
    entered, leave = threading.Event(), threading.Event()
    write = recorder._write

    def slow(piece: module._Piece) -> None:
        entered.set()
        leave.wait(10)
        write(piece)

    monkeypatch.setattr(recorder, "_write", slow)
    tape = recorder.begin(SID, T0)
    talk(tape, 1.1)
    assert entered.wait(5)
    end = talk(tape, 10.0, since=1.1)
    assert tape.lost
    tape.close(end)
    leave.set()
    assert recorder.flush()
    assert (archive.row().state, archive.row().error) == ("failed", "the disk could not keep up")


def test_what_a_killed_process_has_written_is_kept_at_the_next_start(archive: Archive) -> None:
    archive.arrive()
    under_way = archive.directory / ".under-way"
    first = BridgeRecorder(under_way, archive.storage, archive.do)
    tape = first.begin(SID, T0)
    talk(tape, 3.0)
    assert first.flush()
    path = under_way / f"{SID}.wav"
    second = BridgeRecorder(under_way, archive.storage, archive.do)
    second.start()
    assert second.flush()
    assert path.exists()  # the first still writes it
    fcntl.flock(first._open[tape].file, fcntl.LOCK_UN)  # as the end of its process does
    third = BridgeRecorder(under_way, archive.storage, archive.do)
    third.start()
    assert third.flush()
    left, _ = both(archive)
    assert set(left) == {0x10}
    assert 16_000 <= len(left) <= 24_000
    assert archive.row().state == "stored"
    assert left_over(archive) == []


@pytest.mark.parametrize(
    ("is_gone", "hours_old", "state", "left"),
    [
        (True, 2, None, []),
        (True, 0.5, None, [f"{SID}.wav"]),
        (False, 2, "stored", []),
        (None, 2, "stored", []),
    ],
)
def test_what_is_left_of_a_call_that_was_deleted_is_not_kept(
    archive: Archive, is_gone: bool | None, hours_old: float, state: str | None, left: list[str]
) -> None:
    archive.arrive()
    under_way = archive.directory / ".under-way"
    under_way.mkdir(parents=True)
    path = under_way / f"{SID}.wav"
    path.write_bytes(wav.header(0) + b"\x10" * 16_000)
    at = time.time() - hours_old * 3600
    os.utime(path, (at, at))
    recorder = BridgeRecorder(under_way, archive.storage, archive.do)
    recorder.is_gone = lambda call_sid: is_gone
    recorder.start()
    assert recorder.flush()
    assert [row.state for row in archive.rows()] == ([state] if state else [])
    assert left_over(archive) == left


def test_the_service_asks_the_database_whether_a_call_is_gone(archive: Archive) -> None:
    recorder = BridgeRecorder(archive.directory / ".under-way", archive.storage, archive.do)
    assert recorder.is_gone(SID) is None
    RecordingService(archive.database, archive.storage, recorder, None, "bridge", archive.do)
    assert recorder.is_gone(SID)
    archive.arrive()
    assert recorder.is_gone(SID) is False


def test_a_start_that_cannot_recover_records_all_the_same(archive: Archive) -> None:
    archive.arrive()
    under_way = archive.directory / ".under-way"
    under_way.mkdir(parents=True)
    (under_way / "CAold.wav").write_bytes(wav.header(0))
    recorder = BridgeRecorder(under_way, archive.storage, archive.do)

    def broken(call_sid: str) -> bool:
        raise ValueError("no such table")

    recorder.is_gone = broken
    tape = recorder.begin(SID, T0)
    tape.close(talk(tape, 1.0))
    assert recorder.flush()
    assert archive.row().state == "stored"


def test_a_storage_far_away_is_kept_to_by_a_thread_of_its_own(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_KEEP_RETRY_SECONDS", 0.01)
    archive.arrive()
    stored = threading.Event()

    class FarAway(DirectoryStorage):
        remote = True
        tries = 0

        def adopt(self, key: str, path: Path) -> int:
            self.tries += 1
            if self.tries < 3:
                raise StorageError("the bucket does not answer")
            size = super().adopt(key, path)
            stored.set()
            return size

    far = FarAway(archive.directory)
    recorder = BridgeRecorder(archive.directory / ".under-way", far, archive.do)
    tape = recorder.begin(SID, T0)
    tape.close(talk(tape, 1.0))
    assert stored.wait(5)
    for thread in threading.enumerate():
        if thread.name == "keep":
            thread.join(5)
    assert archive.row().state == "stored"
    assert far.tries == 3
