"""Rendered speech: fixed sentences and prepared answers, ready in RAM before they are needed."""

from __future__ import annotations

import hashlib
import logging
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from server.clock import monotonic
from server.speech.base import Synthesiser, SynthesiserError

log = logging.getLogger(__name__)

ClipStatus = Literal["ready", "rendering", "failed"]
MAX_RAM_BYTES = 64 << 20
"""About two hours of speech; the least recently used is forgotten (the disk keeps it)."""

_FAILURE_SECONDS = 60.0
"""A clip that could not be made is not tried again for a caller before this has passed."""

_URGENT, _IN_ADVANCE = 0, 1


class ClipStore:
    """Audio by what is said and who says it.

    The key is a hash of text, language, voice and speed, so a changed text is another clip and a
    store shared by releases never plays the wrong one. One thread renders; what a caller waits
    for goes first.
    """

    def __init__(self, synthesiser: Synthesiser, directory: Path, rate: float) -> None:
        self._synthesiser = synthesiser
        self._directory = directory
        self._rate = rate
        self._lock = threading.Lock()
        self._ram: OrderedDict[str, bytes] = OrderedDict()
        self._ram_bytes = 0
        self._failed: dict[str, float] = {}
        """When the clips that could not be made were last tried."""
        self._wanted: queue.PriorityQueue[tuple[int, int, str, str]] = queue.PriorityQueue()
        self._waiting: dict[str, list[Callable[[bytes | None], None]]] = {}
        self._sequence = 0
        threading.Thread(target=self._render_for_ever, name="clips", daemon=True).start()

    def get(self, text: str, language: str) -> bytes | None:
        """Return the clip if it is in RAM. Never blocks."""
        key = self._key(text, language)
        with self._lock:
            if (clip := self._ram.get(key)) is not None:
                self._ram.move_to_end(key)
            return clip

    def status(self, text: str, language: str) -> ClipStatus:
        """Return whether the clip can be played, is awaited, or could not be made."""
        key = self._key(text, language)
        with self._lock:
            if key in self._failed:
                return "failed"
            if key in self._ram:
                return "ready"
        return "ready" if self._path(key).exists() else "rendering"

    def prepare(self, text: str, language: str) -> None:
        """Have the clip rendered some time soon."""
        self._want(text, language, _IN_ADVANCE, None)

    def fetch(self, text: str, language: str, then: Callable[[bytes | None], None]) -> None:
        """Have ``then`` called with the clip, or with None when it cannot be made.

        It is called at once for a clip in RAM, else later and from the rendering thread; it
        must not block.
        """
        clip = self.get(text, language)
        if clip is not None:
            then(clip)
        elif self._failed_lately(self._key(text, language)):
            then(None)  # a text that stalls the voice must not stall every caller who needs one
        else:
            self._want(text, language, _URGENT, then)

    def _failed_lately(self, key: str) -> bool:
        with self._lock:
            tried_at = self._failed.get(key)
        return tried_at is not None and monotonic() - tried_at < _FAILURE_SECONDS

    def _want(
        self, text: str, language: str, rank: int, then: Callable[[bytes | None], None] | None
    ) -> None:
        key = self._key(text, language)
        with self._lock:
            if then is None and (key in self._ram or key in self._waiting):
                return
            self._waiting.setdefault(key, [])
            if then is not None:
                self._waiting[key].append(then)
            self._sequence += 1
            self._wanted.put((rank, self._sequence, text, language))

    def _render_for_ever(self) -> None:
        while True:
            _, _, text, language = self._wanted.get()
            key = self._key(text, language)
            with self._lock:
                if key not in self._waiting:
                    continue  # asked for twice, rendered once
            try:
                clip = self._make(key, text, language)
            except Exception:
                log.exception("[TTS] rendering failed")
                clip = None
                with self._lock:
                    self._failed[key] = monotonic()
            with self._lock:
                waiting = self._waiting.pop(key, [])
            for then in waiting:
                try:
                    then(clip)
                except Exception:
                    log.exception("[TTS] a waiting caller failed")

    def _make(self, key: str, text: str, language: str) -> bytes | None:
        """Return the clip from RAM, disk or the synthesiser, or None when it cannot be made."""
        if (clip := self.get(text, language)) is not None:
            return clip
        path = self._path(key)
        try:
            clip = path.read_bytes()
        except OSError:
            clip = b""
        if not clip:
            try:
                clip = self._synthesiser.synthesise(text, language)
            except SynthesiserError as error:
                log.warning("[TTS] %s failed code=%s", self._synthesiser.name, error.code)
                with self._lock:
                    self._failed[key] = monotonic()
                return None
            self._keep_on_disk(path, clip)
        with self._lock:
            self._failed.pop(key, None)
            self._ram[key] = clip
            self._ram_bytes += len(clip)
            while self._ram_bytes > MAX_RAM_BYTES:
                _, dropped = self._ram.popitem(last=False)
                self._ram_bytes -= len(dropped)
        return clip

    def _keep_on_disk(self, path: Path, clip: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".partial")
            partial.write_bytes(clip)
            partial.replace(path)
        except OSError as error:  # a full disk costs the copy, not the sentence
            log.warning("[TTS] clip not kept: %s", error.strerror)

    def _key(self, text: str, language: str) -> str:
        parts = (self._synthesiser.name, f"{self._rate:g}", language, text)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def _path(self, key: str) -> Path:
        return self._directory / "clips" / key[:2] / f"{key}.ulaw"
