"""Where finished recordings are kept: a directory, or whatever else speaks this protocol.

    RecordingStorage      put, adopt, open, size, delete
    ├── DirectoryStorage  files under MEDIA_DIR/recordings
    └── S3Storage         objects in a bucket (server.recordings.s3)

A file stands under its name only when it is whole. Nothing is forced to the disk (fsync): that
would hold up every call of the process, and a recording cut by a power failure is told by its
size, which its row knows.
"""

from __future__ import annotations

import errno
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from server.clock import utc_now
from server.errors import MaaneError, NotFoundError

CHUNK_BYTES = 64 << 10
_INCOMING = ".incoming"
_LEFT_BEHIND_SECONDS = 86400.0
_KEY = re.compile(r"(?:[A-Za-z0-9_-]+/)*[A-Za-z0-9_-]+(?:\.[A-Za-z0-9]+)?")


class StorageError(MaaneError):
    """The recording cannot be kept or read; the message says why, for a person.

    ``code`` is ``disk_full`` where that is the reason, ``storage`` otherwise.
    """

    code = "storage"


class RecordingStorage(Protocol):
    """Keeps whole recordings by key, e.g. ``7/CA12-bridge.wav``."""

    name: str
    """As people know it: ``directory`` or ``s3``."""
    remote: bool
    """Whether keeping means waiting for a network."""

    def put(self, key: str, chunks: Iterable[bytes]) -> int:
        """Keep ``chunks`` under ``key``, in place of what was there; return the bytes.

        What ``chunks`` raises (no OSError) passes through, and nothing is kept then.

        Raises:
            StorageError: it cannot be kept.
        """
        ...

    def adopt(self, key: str, path: Path) -> int:
        """Keep the local file ``path`` under ``key`` and remove it there; return the bytes.

        Raises:
            StorageError: it cannot be kept; the file is where it was.
        """
        ...

    def open(self, key: str, start: int = 0) -> Iterator[bytes]:
        """Return the recording from the byte ``start`` on, in pieces.

        Raises:
            NotFoundError: there is none.
            StorageError: it cannot be read.
        """
        ...

    def size(self, key: str) -> int:
        """Return the bytes of the recording.

        Raises:
            NotFoundError: there is none.
            StorageError: it cannot be asked.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove the recording; one that is not there is fine.

        Raises:
            StorageError: it is still there.
        """
        ...

    def tidy(self) -> None:
        """Remove what an ended process has left half-written."""
        ...


def check_key(key: str) -> str:
    """Return ``key`` if it is one: it becomes a path, so it must not lead anywhere else.

    Raises:
        StorageError: it is none.
    """
    if not _KEY.fullmatch(key):
        raise StorageError("not a key of a recording", code="storage_key")
    return key


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn what the system says into a :class:`StorageError`."""
    try:
        yield
    except FileNotFoundError:
        raise NotFoundError("no such recording") from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError("the disk is full", code="disk_full") from error
        raise StorageError(f"the disk says: {error.strerror or type(error).__name__}") from error


class DirectoryStorage:
    """Files in a directory, made when first needed.

    Args:
        directory: of the recordings alone.
    """

    name = "directory"
    remote = False

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def put(self, key: str, chunks: Iterable[bytes]) -> int:
        """See :class:`RecordingStorage`."""
        path = self._path(key)
        partial = self._directory / _INCOMING / secrets.token_hex(8)
        count = 0
        with disk_errors():
            partial.parent.mkdir(parents=True, exist_ok=True)
            try:
                with partial.open("xb") as file:
                    for chunk in chunks:
                        file.write(chunk)
                        count += len(chunk)
                        time.sleep(0)  # lets the calls go on between two pieces
                path.parent.mkdir(parents=True, exist_ok=True)
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)
        return count

    def adopt(self, key: str, path: Path) -> int:
        """See :class:`RecordingStorage`."""
        target = self._path(key)
        with disk_errors():
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
            return target.stat().st_size

    def open(self, key: str, start: int = 0) -> Iterator[bytes]:
        """See :class:`RecordingStorage`."""
        with disk_errors():
            file = self._path(key).open("rb")

        def pieces() -> Iterator[bytes]:
            with disk_errors(), file:
                file.seek(start)
                while chunk := file.read(CHUNK_BYTES):
                    yield chunk

        return pieces()

    def size(self, key: str) -> int:
        """See :class:`RecordingStorage`."""
        with disk_errors():
            return self._path(key).stat().st_size

    def delete(self, key: str) -> None:
        """See :class:`RecordingStorage`."""
        with disk_errors():
            self._path(key).unlink(missing_ok=True)

    def tidy(self) -> None:
        """See :class:`RecordingStorage`."""
        long_ago = utc_now().timestamp() - _LEFT_BEHIND_SECONDS
        for partial in (self._directory / _INCOMING).glob("*"):
            with disk_errors():
                if partial.stat().st_mtime < long_ago:
                    partial.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._directory / check_key(key)
