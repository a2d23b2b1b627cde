"""The rounds that keep speech warm, by a stand-in clock."""

from __future__ import annotations

import queue

from server.speech.warmup import WARM_SECONDS, WarmUp

STEP = 5


class Clock:
    """Time that passes only when told; the rounds sleep by it."""

    def __init__(self) -> None:
        self._asleep: queue.Queue[float] = queue.Queue()
        self._wake: queue.Queue[None] = queue.Queue()

    def sleep(self, seconds: float) -> None:
        self._asleep.put(seconds)
        self._wake.get()

    def until_asleep(self) -> float:
        """Wait until the rounds sleep; return for how long they mean to."""
        return self._asleep.get(timeout=STEP)

    def pass_by(self) -> None:
        self._wake.put(None)


def test_at_once_and_every_eight_minutes() -> None:
    clock, done = Clock(), []
    WarmUp([lambda: done.append("a"), lambda: done.append("b")], clock.sleep).start()
    for rounds in (1, 2, 3):
        assert clock.until_asleep() == WARM_SECONDS == 8 * 60
        assert done == ["a", "b"] * rounds
        clock.pass_by()


def test_a_task_that_fails_costs_itself() -> None:
    clock, done = Clock(), []

    def fail() -> None:
        raise OSError("no network")

    WarmUp([fail, lambda: done.append(1)], clock.sleep).start()
    clock.until_asleep()
    clock.pass_by()
    clock.until_asleep()
    assert done == [1, 1]
