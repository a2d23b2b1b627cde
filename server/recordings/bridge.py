"""Recording a call from its own stream: what it says to Twilio and hears from there.

A call's loop only appends to its tape, which goes to the one writer once a second; nothing a disk
does can hold the loop up. What cannot be written costs the recording, never the call.
"""

from __future__ import annotations

import fcntl
import logging
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path

from sqlalchemy.orm import Session

from server.errors import MaaneError
from server.models import Recording
from server.recordings import store, wav
from server.recordings.mixer import (
    Cleared,
    Happening,
    Heard,
    MarkBack,
    MarkSent,
    Mixer,
    Sent,
)
from server.recordings.storage import RecordingStorage, disk_errors

log = logging.getLogger(__name__)

MAX_WAITING = 2000
"""Pieces (a second of one call, 16 kB) that may wait for the disk: 20 s of a hundred calls."""

_PIECE_SECONDS = 1.0
_KEEP_TRIES = 3
_KEEP_RETRY_SECONDS = 5.0
_FLUSH_SECONDS = 5.0
_WITHOUT_CALL_SECONDS = 3600.0
_STORAGE_PREFIX = "bridge"


@dataclass(frozen=True, slots=True)
class _Piece:
    tape: Tape
    happenings: list[Happening]
    at: float
    is_last: bool


class Tape:
    """What one call's loop tells of its audio. Used by that loop only; nothing here blocks.

    Every ``at`` is a moment of the monotonic clock.
    """

    def __init__(self, recorder: BridgeRecorder, call_sid: str, started_at: float) -> None:
        self.call_sid = call_sid
        self.started_at = started_at
        self.lost = False
        """Whether the recording has failed; then nothing more is taken."""
        self._closed = False
        self._recorder = recorder
        self._happenings: list[Happening] = []
        self._since = started_at

    def heard(self, audio: bytes, at: float) -> None:
        """The caller's audio came in."""
        self._add(Heard(at, audio), at)

    def sent(self, audio: bytes, at: float) -> None:
        """Audio for the caller's ear was handed to Twilio, to be played after what is there."""
        self._add(Sent(at, audio), at)

    def cleared(self, at: float) -> None:
        """Twilio was told to forget what it had not played."""
        self._add(Cleared(at), at)

    def mark_sent(self, name: str, at: float) -> None:
        """A mark was sent."""
        self._add(MarkSent(at, name), at)

    def mark_back(self, name: str, at: float) -> None:
        """A mark came back."""
        self._add(MarkBack(at, name), at)

    def close(self, at: float) -> None:
        """The call is over: what was still to be played is not heard any more."""
        if not self._closed:
            self._closed = True
            self._hand_over(at, is_last=True)

    def _add(self, happening: Happening, at: float) -> None:
        if self.lost or self._closed:
            return
        self._happenings.append(happening)
        if at - self._since >= _PIECE_SECONDS:
            self._hand_over(at, is_last=False)

    def _hand_over(self, at: float, *, is_last: bool) -> None:
        if not self.lost:
            self._recorder.take(_Piece(self, self._happenings, at, is_last))
        self._happenings, self._since = [], at


@dataclass(slots=True)
class _Open:
    """A recording that is being written."""

    file: FileIO
    path: Path
    mixer: Mixer
    bytes: int = field(default=0)


class BridgeRecorder:
    """Writes the tapes of all calls, on one thread, and has each kept when it is complete.

    Args:
        directory: for recordings under way; on the storage's disk where that is a directory.
        storage: keeps the complete ones.
        write: has a unit of work done, in order, until it succeeds; never blocks.
    """

    def __init__(
        self, directory: Path, storage: RecordingStorage, write: Callable[[store.Write], None]
    ) -> None:
        self._directory = directory
        self._storage = storage
        self._store = write
        self._queue: queue.Queue[_Piece | threading.Event] = queue.Queue(MAX_WAITING)
        self._abandoned: deque[Tape] = deque()
        self._open: dict[Tape, _Open] = {}
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self.on_lost: Callable[[Session, Recording], None] = lambda session, row: None
        """Told, in a unit of work, of a recording that will not come."""
        self.is_gone: Callable[[str], bool | None] = lambda call_sid: None
        """Whether there is no such call (any more); None where that is not known."""

    def start(self) -> None:
        """Begin to write; what an earlier process has left behind is kept first."""
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="tapes", daemon=True)
                self._thread.start()

    def begin(self, call_sid: str, started_at: float) -> Tape:
        """Return the tape of a call whose stream has just started."""
        self.start()
        self._store(store.bridge_begun(call_sid))
        return Tape(self, call_sid, started_at)

    def take(self, piece: _Piece) -> None:
        """Have a piece of a tape written. Never blocks; a full queue loses that recording."""
        try:
            self._queue.put_nowait(piece)
        except queue.Full:
            self._abandoned.append(piece.tape)
            self._lose(piece.tape, "the disk could not keep up")

    def flush(self, timeout_seconds: float = _FLUSH_SECONDS) -> bool:
        """Wait until everything so far has been written; False if that takes too long."""
        if self._thread is None:
            return True
        done = threading.Event()
        try:
            self._queue.put(done, timeout=timeout_seconds)
        except queue.Full:
            return False
        return done.wait(timeout_seconds)

    # The writer

    def _run(self) -> None:
        self._recover()
        while True:
            piece = self._queue.get()
            while self._abandoned:
                self._discard(self._abandoned.popleft())
            if isinstance(piece, threading.Event):
                piece.set()
                continue
            try:
                with disk_errors():
                    self._write(piece)
            except MaaneError as error:
                self._fail(piece.tape, error.message)
            except Exception:
                log.exception("[RECORDING] writer failed call=%s", piece.tape.call_sid)
                self._fail(piece.tape, "the recorder failed")

    def _write(self, piece: _Piece) -> None:
        tape = piece.tape
        if tape.lost:
            return
        under_way = self._open.get(tape) or self._begin(tape)
        mixer = under_way.mixer
        audio = mixer.add(piece.happenings, piece.at)
        if piece.is_last:
            audio += mixer.finish(piece.at)
        _write_all(under_way.file, audio)
        under_way.bytes += len(audio)
        if not piece.is_last:
            return
        _complete(under_way.file, under_way.bytes)
        del self._open[tape]
        self._keep(tape.call_sid, under_way)

    def _begin(self, tape: Tape) -> _Open:
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._directory / f"{tape.call_sid}.wav"
        new = path.with_suffix(".new")
        file = new.open("wb", buffering=0)
        under_way = self._open[tape] = _Open(file, new, Mixer(tape.started_at))
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # tells `_recover` that it is not left
        _write_all(file, wav.header(0))
        under_way.path = new.replace(path)
        return under_way

    def _fail(self, tape: Tape, reason: str) -> None:
        self._discard(tape)
        self._lose(tape, reason)

    def _lose(self, tape: Tape, reason: str) -> None:
        tape.lost = True
        self._report(tape.call_sid, reason)

    def _report(self, call_sid: str, reason: str) -> None:
        log.error("[RECORDING] lost call=%s: %s", call_sid, reason)
        key = store.bridge_key(call_sid)
        self._store(store.recording_failed(key, call_sid, "bridge", reason, self._tell_lost))

    def _tell_lost(self, session: Session, row: Recording) -> None:
        self.on_lost(session, row)

    def _discard(self, tape: Tape) -> None:
        under_way = self._open.pop(tape, None)
        if under_way is None:
            return
        try:
            with disk_errors():
                under_way.file.close()
                under_way.path.unlink(missing_ok=True)
        except MaaneError as error:
            log.warning("[RECORDING] not removed call=%s: %s", tape.call_sid, error.message)

    # What is complete

    def _keep(self, call_sid: str, recording: _Open) -> None:
        if not recording.bytes:
            recording.file.close()
            recording.path.unlink(missing_ok=True)
            self._store(store.bridge_absent(call_sid))
        elif self._storage.remote:  # a network may take its time, the other calls' audio cannot
            threading.Thread(
                target=self._keep_patiently, args=(call_sid, recording), name="keep", daemon=True
            ).start()
        else:
            with recording.file:
                self._adopt(call_sid, recording)

    def _keep_patiently(self, call_sid: str, recording: _Open) -> None:
        with recording.file:
            for tried in range(1, _KEEP_TRIES + 1):
                try:
                    self._adopt(call_sid, recording)
                    return
                except MaaneError as error:
                    if tried == _KEEP_TRIES:  # the next start tries again: see `_recover`
                        self._report(call_sid, error.message)
                        return
                time.sleep(_KEEP_RETRY_SECONDS * tried)

    def _adopt(self, call_sid: str, recording: _Open) -> None:
        key = f"{_STORAGE_PREFIX}/{call_sid}.wav"
        size = self._storage.adopt(key, recording.path)
        seconds = recording.bytes / wav.BYTES_PER_SECOND
        log.info("[RECORDING] stored call=%s seconds=%.1f bytes=%d", call_sid, seconds, size)
        self._store(store.bridge_stored(call_sid, key, size, seconds))

    def _recover(self) -> None:
        """Keep what a process has left that was killed in mid-call, as far as it got."""
        try:
            left_behind = list(self._directory.glob("*.wav"))
        except OSError as error:
            log.warning("[RECORDING] nothing can be recovered: %s", error.strerror)
            return
        for path in left_behind:
            try:
                with disk_errors():
                    self._recover_one(path)
            except MaaneError as error:
                log.warning("[RECORDING] not recovered file=%s: %s", path.name, error.message)
            except Exception:  # the calls that come are to be recorded all the same
                log.exception("[RECORDING] not recovered file=%s", path.name)

    def _recover_one(self, path: Path) -> None:
        file = path.open("r+b", buffering=0)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()  # another process is still writing it
            return
        if self.is_gone(path.stem):
            self._let_go(file, path)
            return
        size = max(0, path.stat().st_size - wav.HEADER_BYTES) // wav.CHANNELS * wav.CHANNELS
        if size:
            _complete(file, size)
        log.info("[RECORDING] recovered call=%s", path.stem)
        self._keep(path.stem, _Open(file, path, Mixer(0.0), size))

    def _let_go(self, file: FileIO, path: Path) -> None:
        """Remove what belongs to no call, unless the call may only not be written down yet."""
        with file:
            if time.time() - path.stat().st_mtime < _WITHOUT_CALL_SECONDS:
                return  # the next start looks again
            path.unlink(missing_ok=True)
        log.info("[RECORDING] removed, its call was deleted call=%s", path.stem)


def _write_all(file: FileIO, data: bytes) -> None:
    """Write to the end of the file, unbuffered: what has been written survives this process."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) or 0 :]


def _complete(file: FileIO, data_bytes: int) -> None:
    os.pwrite(file.fileno(), wav.header(data_bytes), 0)
