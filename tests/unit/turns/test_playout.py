"""The queue before Twilio's buffer: never too far ahead, and exact about what was heard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.audio import mulaw
from server.audio.framing import FRAME_BYTES, FRAME_MS
from server.turns.playout import Playout

LEAD_MS, TAIL_MS = 400, 200
WORD = b"\x20"


def speech(ms: int) -> bytes:
    return WORD * (ms * mulaw.BYTES_PER_MS)


def playing(ms: int, *, complete: bool = True) -> Playout:
    playout = Playout(LEAD_MS, TAIL_MS)
    playout.begin()
    playout.add(speech(ms))
    if complete:
        playout.complete()
    return playout


def drained(playout: Playout, now: float) -> list[tuple[float, bytes]]:
    """Send everything, each part as soon as it is due; return when and what."""
    sent = []
    while (due := playout.next_due()) is not None:
        now = max(now, due)
        audio = playout.due(now)
        assert audio, "it said that something was due"
        sent.append((now, audio))
    return sent


def test_the_first_sending_fills_the_lead_and_no_more() -> None:
    playout = playing(2000)
    assert len(playout.due(10.0)) == LEAD_MS * mulaw.BYTES_PER_MS
    assert playout.due(10.0) == b""
    assert playout.due(10.019) == b""
    assert len(playout.due(10.02)) == FRAME_BYTES


def test_what_waits_is_due_as_the_line_empties() -> None:
    playout = playing(2000)
    sent = drained(playout, 10.0)
    assert b"".join(audio for _, audio in sent) == speech(2000) + mulaw.silence(TAIL_MS)
    assert abs(sent[-1][0] - (10.0 + (2000 + TAIL_MS - LEAD_MS) / 1000)) < 1e-6
    assert playout.finished
    assert playout.next_due() is None
    assert abs(playout.played_out_at - 12.2) < 1e-6


@given(
    pieces=st.lists(st.integers(0, 900), max_size=8),
    steps=st.lists(st.floats(0, 0.5), max_size=60),
)
def test_the_line_is_never_more_than_the_lead_ahead_and_nothing_is_lost(
    pieces: list[int], steps: list[float]
) -> None:
    playout, now, free_at, sent = Playout(LEAD_MS, TAIL_MS), 5.0, 5.0, b""
    playout.begin()
    waiting = [bytes([1 + n]) * size for n, size in enumerate(pieces)]
    said = b"".join(waiting)
    for step in [*steps, *[0.3] * 40]:
        if waiting:
            playout.add(waiting.pop(0))
        else:
            playout.complete()
        audio = playout.due(now)
        assert len(audio) % FRAME_BYTES == 0
        free_at = max(free_at, now) + len(audio) / 8000
        assert free_at - now <= LEAD_MS / 1000 + 1e-6
        sent += audio
        assert 0 <= playout.heard_ms(now) <= playout.length_ms()
        now += step
    assert playout.finished
    assert sent[: len(said)] == said
    assert set(sent[len(said) :]) == {mulaw.SILENCE}
    tail = TAIL_MS * mulaw.BYTES_PER_MS
    assert len(said) + tail <= len(sent) < len(said) + tail + FRAME_BYTES
    assert playout.heard_ms(now) == playout.length_ms()


def test_a_part_of_a_frame_waits_for_its_rest() -> None:
    playout = Playout(LEAD_MS, TAIL_MS)
    playout.begin()
    playout.add(b"a" * 100)
    assert playout.due(0.0) == b""
    playout.add(b"b" * 100)
    assert playout.due(0.0) == b"a" * 100 + b"b" * 60
    playout.complete()
    assert playout.due(0.0).startswith(b"b" * 40 + bytes([mulaw.SILENCE]))
    assert playout.length_ms() == 2 * FRAME_MS


def test_completing_twice_adds_one_tail() -> None:
    playout = playing(100)
    playout.complete()
    assert sum(len(audio) for _, audio in drained(playout, 0.0)) == (100 + TAIL_MS) * 8


def test_a_reply_without_sound_is_its_tail_and_nothing_heard() -> None:
    playout = playing(0)
    drained(playout, 0.0)
    assert playout.finished
    assert playout.length_ms() == 0
    assert playout.heard_ms(9.0) == 0


def test_the_tail_is_not_counted_as_heard() -> None:
    playout = playing(100)
    drained(playout, 0.0)
    assert abs(playout.heard_ms(0.05) - 50) <= 1
    assert playout.heard_ms(0.1) == 100
    assert playout.heard_ms(0.29) == 100


def test_what_still_waits_at_the_carrier_was_not_heard() -> None:
    playout = playing(2000)
    playout.due(3.0)
    assert playout.heard_ms(3.0) == 0
    assert abs(playout.heard_ms(3.1) - 100) <= 1
    assert abs(playout.heard_ms(3.4) - LEAD_MS) <= 1
    assert playout.heard_ms(7.0) == LEAD_MS  # nothing more was sent


def test_a_gap_in_the_audio_is_not_counted_as_heard() -> None:
    playout = playing(200, complete=False)
    playout.due(0.0)
    playout.add(speech(200))
    playout.due(1.0)
    assert abs(playout.heard_ms(1.1) - 300) <= 1


def test_rewinding_goes_on_from_the_frame_that_was_to_be_heard_next() -> None:
    playout = Playout(LEAD_MS, 0)
    frames = [bytes([number]) * 160 for number in range(50)]
    playout.add(b"".join(frames))
    playout.due(0.0)
    assert abs(playout.heard_ms(0.25) - 250) <= 1
    playout.rewind(0.25)
    assert playout.heard_ms(2.0) == 240  # whole frames; nothing is played while it is held
    assert playout.played_out_at == 0.25
    assert playout.due(2.0) == b"".join(frames[12:32])
    assert abs(playout.heard_ms(2.1) - 340) <= 1


def test_rewinding_never_unhears() -> None:
    playout = playing(200)
    drained(playout, 0.0)
    playout.rewind(3.0)
    assert playout.heard_ms(3.0) == 200


def test_a_late_mark_tells_how_far_behind_the_ear_is() -> None:
    playout = playing(2000)
    for _ in range(20):
        playout.note_lag(0.2)
    playout.due(0.0)
    assert playout.heard_ms(0.3) == pytest.approx(200, abs=5)


def test_the_echo_of_what_was_played_is_expected_for_half_a_second() -> None:
    playout = Playout(LEAD_MS, 0)
    assert playout.echo_rms(0.0) == 0.0
    playout.add(speech(100))
    playout.due(1.0)
    level = mulaw.rms(speech(100))
    assert playout.echo_rms(1.15) == pytest.approx(level * 10 ** (-15 / 20), rel=0.1)
    assert playout.echo_rms(1.7) == 0.0


def test_what_was_cleared_does_not_echo() -> None:
    playout = Playout(LEAD_MS, 0)
    playout.add(speech(400))
    playout.due(1.0)
    playout.rewind(1.01)
    assert playout.echo_rms(1.3) == 0.0


def test_after_an_interruption_the_next_reply_has_the_whole_lead() -> None:
    playout = playing(2000)
    playout.due(0.0)
    playout.rewind(0.1)
    playout.begin()
    playout.add(speech(1000))
    assert len(playout.due(0.1)) == LEAD_MS * mulaw.BYTES_PER_MS
    assert abs(playout.heard_ms(0.15) - 50) <= 1


def test_a_reply_behind_another_counts_from_its_own_start() -> None:
    playout = playing(100)
    drained(playout, 0.0)  # the line is busy until 0.3
    playout.begin()
    playout.add(speech(1000))
    assert len(playout.due(0.2)) == 300 * mulaw.BYTES_PER_MS
    assert playout.heard_ms(0.3) == 0
    assert abs(playout.heard_ms(0.45) - 150) <= 1


def test_beginning_drops_the_half_frame_of_the_reply_before() -> None:
    playout = Playout(LEAD_MS, TAIL_MS)
    playout.begin()
    playout.add(b"old" * 10)
    playout.begin()
    playout.add(speech(20))
    assert playout.due(0.0) == speech(20)
