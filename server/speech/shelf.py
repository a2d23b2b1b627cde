"""Where renderings are kept: all of them on disk, the lately used ones in RAM.

File names are hashes; nothing on disk tells what is said but the sound itself.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path

from server.clock import utc_now

log = logging.getLogger(__name__)

MAX_RAM_BYTES = 64 << 20
"""About two hours of speech; the least recently used is forgotten (the disk keeps it)."""

REFUSAL_SECONDS = 30 * 86400.0
"""How long a text that a voice cannot say is not tried with it again."""


class Shelf:
    """Audio (headerless 8 kHz mu-law) by key. Safe to use from several threads.

    Args:
        directory: of the media; ``clips`` is made in it when first needed.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory / "clips"
        self._lock = threading.Lock()
        self._ram: OrderedDict[str, bytes] = OrderedDict()
        self._ram_bytes = 0
        self._refused: dict[str, float] = {}
        """Keys that could not be said, and when (POSIX seconds); the disk has them too."""

    def in_ram(self, key: str) -> bytes | None:
        """Return the audio if it is in RAM. Never blocks."""
        with self._lock:
            if (audio := self._ram.get(key)) is not None:
                self._ram.move_to_end(key)
            return audio

    def has(self, key: str) -> bool:
        """Tell whether the audio exists, in RAM or on disk."""
        return self.size(key) > 0

    def size(self, key: str) -> int:
        """Return how many bytes the audio has, 0 when it does not exist."""
        with self._lock:
            if (audio := self._ram.get(key)) is not None:
                return len(audio)
        try:
            return self._path(key).stat().st_size
        except OSError:
            return 0

    def load(self, key: str) -> bytes | None:
        """Return the audio from RAM or else from disk, into RAM; None when there is none."""
        if (audio := self.in_ram(key)) is not None:
            return audio
        try:
            audio = self._path(key).read_bytes()
        except OSError:
            return None
        if not audio:
            return None
        self._put(key, audio)
        return audio

    def keep(self, key: str, audio: bytes) -> None:
        """Keep ``audio``; a disk that takes nothing costs the copy and not the sentence."""
        self._put(key, audio)
        self._write(self._path(key), audio)

    def leave_ram(self, keys: Iterable[str]) -> None:
        """Forget what better renderings have replaced; the disk keeps it."""
        with self._lock:
            for key in keys:
                if (dropped := self._ram.pop(key, None)) is not None:
                    self._ram_bytes -= len(dropped)

    def refuse(self, key: str) -> None:
        """Remember, for :data:`REFUSAL_SECONDS`, that this cannot be said."""
        self._refused[key] = utc_now().timestamp()
        self._write(self._marker(key), b"")

    def is_refused(self, key: str) -> bool:
        """Tell whether this could not be said lately."""
        at = self._refused.get(key)
        if at is None:
            try:
                at = self._marker(key).stat().st_mtime
            except OSError:
                return False
            self._refused[key] = at
        return utc_now().timestamp() - at < REFUSAL_SECONDS

    def _put(self, key: str, audio: bytes) -> None:
        with self._lock:
            self._ram_bytes += len(audio) - len(self._ram.get(key, b""))
            self._ram[key] = audio
            self._ram.move_to_end(key)
            while self._ram_bytes > MAX_RAM_BYTES:
                _, dropped = self._ram.popitem(last=False)
                self._ram_bytes -= len(dropped)

    def _write(self, path: Path, content: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".partial")
            partial.write_bytes(content)
            partial.replace(path)
        except OSError as error:
            log.warning("[TTS] clip not kept: %s", error.strerror)

    def _path(self, key: str) -> Path:
        return self._directory / key[:2] / f"{key}.ulaw"

    def _marker(self, key: str) -> Path:
        return self._directory / key[:2] / f"{key}.refused"
