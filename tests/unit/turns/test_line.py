"""One line to the ear: a filler first, and what comes of the reply meanwhile behind it."""

from __future__ import annotations

import pytest

from server.audio import mulaw
from server.audio.framing import FRAME_BYTES, FRAME_MS
from server.turns.line import Filler, Line

TAIL_MS = 200


def sound(level: int, ms: int) -> bytes:
    return bytes([level]) * (ms * mulaw.BYTES_PER_MS)


def played(line: Line, seconds: float, *, since: float = 0.0) -> list[int]:
    """Let time pass and return what was sent, a number for each frame (255: silence)."""
    frames: list[int] = []
    for step in range(round(seconds * 1000 / FRAME_MS)):
        now = since + step * FRAME_MS / 1000
        for _ in range(2):  # what is left of the filler, then the reply
            audio = line.playout.due(now)
            frames += [audio[at] for at in range(0, len(audio), FRAME_BYTES)]
            line.take_sent_filler(now)
    return frames


@pytest.fixture
def line() -> Line:
    line = Line(lead_ms=400, tail_ms=TAIL_MS)
    line.begin()
    return line


def with_filler(line: Line, ms: int = 300) -> Filler:
    filler = Filler("f1", "רגע")
    line.begin_filler(filler, sound(1, ms))
    return filler


def test_without_a_filler_the_reply_goes_straight_out(line: Line) -> None:
    line.add(sound(2, 100))
    line.complete()
    assert played(line, 1) == [2] * 5 + [255] * 10


def test_what_comes_meanwhile_waits_behind_the_filler(line: Line) -> None:
    with_filler(line)
    line.add(sound(2, 100))
    line.add(sound(3, 100))
    line.complete()
    assert played(line, 2) == [1] * 15 + [255] * 10 + [2] * 5 + [3] * 5 + [255] * 10
    assert line.playout.finished


def test_what_comes_after_the_filler_follows_it(line: Line) -> None:
    with_filler(line)
    line.add(sound(2, 100))
    assert played(line, 1) == [1] * 15 + [255] * 10 + [2] * 5
    line.add(sound(3, 100))
    line.complete()
    assert played(line, 1, since=1.0) == [3] * 5 + [255] * 10


def test_a_new_reply_replaces_what_waits_and_the_filler_plays_on(line: Line) -> None:
    with_filler(line)
    line.add(sound(2, 100))
    line.complete()
    line.begin()
    line.add(sound(3, 100))
    assert played(line, 2) == [1] * 15 + [255] * 10 + [3] * 5
    assert not line.playout.finished


def test_a_stopped_filler_tells_what_was_heard_and_leaves_the_reply(line: Line) -> None:
    filler = with_filler(line, ms=1000)
    line.add(sound(2, 100))
    played(line, 0.5)
    stopped = line.stop_filler(0.5)
    assert stopped is not None
    assert stopped[0] is filler
    assert stopped[1] == pytest.approx(500, abs=FRAME_MS)
    assert stopped[2] == 1000
    assert line.filler is None
    assert played(line, 1, since=0.5) == [2] * 5


def test_where_no_filler_is_under_way_there_is_none_to_stop(line: Line) -> None:
    line.add(sound(2, 100))
    assert line.stop_filler(0.0) is None
    assert line.take_sent_filler(0.0) is None
    assert played(line, 1) == [2] * 5


def test_a_filler_that_was_sent_knows_when_it_will_have_been_heard(line: Line) -> None:
    filler = with_filler(line, ms=100)
    line.playout.due(1.0)
    assert line.take_sent_filler(1.0) is filler
    assert filler.length_ms == 100
    assert filler.over_at == pytest.approx(1.1)
    assert filler.heard_ms(1.04) == 40
    assert filler.heard_ms(1.3) == 100


def test_the_reply_behind_a_filler_is_heard_only_after_it(line: Line) -> None:
    with_filler(line, ms=100)
    line.add(sound(2, 400))
    line.complete()
    line.playout.due(0.0)
    line.take_sent_filler(0.0)
    line.playout.due(0.0)
    assert line.playout.heard_ms(0.3) == 0  # 100 ms of the filler and its tail come first
    line.playout.due(0.3)
    assert line.playout.heard_ms(0.4) == 100
