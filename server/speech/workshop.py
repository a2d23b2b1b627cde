"""Who renders clips, and in which order: what a caller waits for, what is prepared, what is better.

One thread runs the quick synthesisers, what a caller waits for first; another one the slow ones,
for which nobody waits. See docs/decisions/rendered-speech.md for who is asked when.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from server.clock import monotonic
from server.speech.base import Synthesiser
from server.speech.renderer import Clip, Renderer

log = logging.getLogger(__name__)

Then = Callable[[bytes | None], None]

URGENT, IN_ADVANCE, _BETTER = 0, 1, 2

_FAILURE_SECONDS = 60.0
"""A clip that could not be made is not tried again for a caller before this has passed."""

_MAX_KNOWN = 5000
"""Clips that are watched over; the ones asked for longest ago drop out."""

_MAX_BETTER = 5000
"""Better renderings that may wait; more are let go until they are asked for again."""


@dataclass(slots=True)
class _Order:
    """Who waits for a clip, and whether a better rendering is wanted afterwards."""

    waiting: list[Then] = field(default_factory=list)
    improve: bool = False


class Workshop:
    """Renders what is ordered, in two threads of its own.

    Args:
        synthesisers: best first; the last quick one is asked whatever became of the others.
        directory: of the media.
        rate: speed of all of them.
    """

    def __init__(self, synthesisers: Sequence[Synthesiser], directory: Path, rate: float) -> None:
        self._renderer = Renderer(synthesisers, directory, rate)
        self._lock = threading.Lock()
        self._failed: dict[Clip, float] = {}
        """When the clips that could not be made were last tried."""
        self._known: OrderedDict[Clip, None] = OrderedDict()
        self._orders: dict[Clip, _Order] = {}
        self._queue: queue.PriorityQueue[tuple[int, int, Clip, Synthesiser | None]] = (
            queue.PriorityQueue()
        )
        self._sequence = 0
        self._better: OrderedDict[tuple[Clip, str], Synthesiser] = OrderedDict()
        """Better renderings that wait, by clip and synthesiser; quick ones are queued besides."""
        self._better_news = threading.Condition(self._lock)
        threading.Thread(target=self._serve_for_ever, name="clips", daemon=True).start()
        if not all(maker.quick for maker in self._renderer.chain):
            target = self._improve_for_ever
            threading.Thread(target=target, name="clips-slow", daemon=True).start()

    # Orders

    def _failed_lately(self, clip: Clip) -> bool:
        with self._lock:
            tried_at = self._failed.get(clip)
        return tried_at is not None and monotonic() - tried_at < _FAILURE_SECONDS

    def _order(
        self,
        clip: Clip,
        rank: int,
        *,
        improve: bool,
        then: Then | None = None,
        keep_warm: bool = True,
    ) -> None:
        if keep_warm:
            self._know(clip)
        with self._lock:
            order = self._orders.get(clip)
            ordered = order is not None
            if order is None:
                order = self._orders[clip] = _Order()
            order.improve = order.improve or improve
            if then is not None:
                order.waiting.append(then)
            if then is not None or not ordered:
                self._enqueue(rank, clip, None)

    def _know(self, clip: Clip) -> None:
        with self._lock:
            self._known[clip] = None
            self._known.move_to_end(clip)
            while len(self._known) > _MAX_KNOWN:
                self._known.popitem(last=False)

    def _enqueue(self, rank: int, clip: Clip, maker: Synthesiser | None) -> None:
        self._sequence += 1
        self._queue.put((rank, self._sequence, clip, maker))

    # The quick thread

    def _serve_for_ever(self) -> None:
        while True:
            _, _, clip, maker = self._queue.get()
            try:
                if maker is None:
                    self._serve(clip)
                else:
                    self._make_better(clip, maker)
            except Exception:
                log.exception("[TTS] rendering failed")

    def _serve(self, clip: Clip) -> None:
        """Get the clip from RAM, disk or a quick synthesiser, and give it to who waits."""
        with self._lock:
            if clip not in self._orders:
                return  # asked for twice, rendered once
        audio = self._renderer.load(clip) or self._renderer.render_quickly(clip)
        with self._lock:
            if audio is None:
                self._failed[clip] = monotonic()
            else:
                self._failed.pop(clip, None)
            order = self._orders.pop(clip)
        for then in order.waiting:
            try:
                then(audio)
            except Exception:
                log.exception("[TTS] a waiting caller failed")
        if order.improve:
            self._plan_better(clip)

    # Better renderings

    def _plan_better(self, clip: Clip) -> None:
        """Have the best rendering made that does not exist and can be made.

        While its synthesiser is being left alone, the next best one is asked for as well.
        """
        renderer = self._renderer
        exists = renderer.voice_of(clip) is not None
        for maker in renderer.chain:
            if renderer.has(clip, maker):
                return
            hopeless = maker.quick and not exists  # they have all just been asked
            if hopeless or renderer.is_refused(clip, maker):
                continue
            self._want_better(clip, maker)
            if not renderer.pause_of(maker):
                return

    def _want_better(self, clip: Clip, maker: Synthesiser) -> None:
        entry = (clip, maker.name)
        with self._lock:
            if entry in self._better:
                return
            if len(self._better) >= _MAX_BETTER:
                log.warning("[TTS] too many better renderings wait; one is let go")
                return
            self._better[entry] = maker
            if maker.quick:
                self._enqueue(_BETTER, clip, maker)
            else:
                self._better_news.notify()

    def _make_better(self, clip: Clip, maker: Synthesiser) -> None:
        """Render with ``maker`` what it has not rendered yet, then see what is still better.

        While it is down, a slow one's rendering goes on waiting; a quick one's is let go until
        the clip is asked for again.
        """
        entry = (clip, maker.name)
        renderer = self._renderer
        if renderer.has(clip, maker):
            done = renderer.load(clip) is not None  # another process was faster
        elif maker.quick and renderer.pause_of(maker):
            done = False
        else:
            done = renderer.render(clip, maker) is not None
        refused = renderer.is_refused(clip, maker)
        with self._lock:
            if done:
                self._failed.pop(clip, None)
            if done or refused or maker.quick:
                self._better.pop(entry, None)
            else:
                self._better.move_to_end(entry)
        if refused:
            self._plan_better(clip)  # the next best one may say it

    def _improve_for_ever(self) -> None:
        while True:
            clip, maker = self._next_better()
            try:
                self._make_better(clip, maker)
            except Exception:
                log.exception("[TTS] rendering failed")
                with self._lock:
                    self._better.pop((clip, maker.name), None)

    def _next_better(self) -> tuple[Clip, Synthesiser]:
        """Wait for a better rendering whose slow synthesiser may be asked."""
        with self._lock:
            while True:
                pauses: list[float] = []
                for (clip, _), maker in self._better.items():
                    if not maker.quick:
                        pause = self._renderer.pause_of(maker)
                        if not pause:
                            return clip, maker
                        pauses.append(pause)
                self._better_news.wait(min(pauses, default=None))
