"""Where recordings are cut: at silences, between speakers, and never too long."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.speech.pieces import Piece, Voiced, cut

SPEECH, NOISE = 2000.0, 10.0
FRAMES_A_SECOND = 50


def channel(*parts: tuple[float, float]) -> Voiced:
    """Levels by parts: seconds, and how loud."""
    levels = [np.full(round(seconds * FRAMES_A_SECOND), level) for seconds, level in parts]
    return Voiced(np.concatenate(levels).astype(np.float32))


def cut_at(*channels: Voiced, most_ms: int = 55_000, pause_ms: int = 2000) -> list[Piece]:
    return cut(channels, most_ms=most_ms, pause_ms=pause_ms)


def test_silence_makes_no_piece() -> None:
    assert cut_at(channel((10, 0)), channel((10, NOISE))) == []
    assert cut_at(Voiced(np.empty(0, np.float32))) == []


def test_a_click_is_no_speech() -> None:
    assert cut_at(channel((2, NOISE), (0.1, SPEECH), (2, NOISE))) == []


def test_the_noise_of_a_line_is_no_speech() -> None:
    assert cut_at(channel((5, 90.0), (5, 100.0))) == []
    noisy = channel((5, 90.0), (1, SPEECH), (5, 90.0))
    assert cut_at(noisy) == [Piece(0, 4800, 6200)]


def test_speech_keeps_a_little_of_what_is_around_it() -> None:
    assert cut_at(channel((1, 0), (1, SPEECH), (1, 0))) == [Piece(0, 800, 2200)]
    assert cut_at(channel((0.1, 0), (1, SPEECH))) == [Piece(0, 0, 1300)]


def test_who_pauses_and_goes_on_stays_in_one_piece() -> None:
    alone = channel((1, SPEECH), (1.5, 0), (1, SPEECH), (3, 0), (1, SPEECH))
    assert cut_at(alone) == [Piece(0, 0, 3700), Piece(0, 6300, 7700)]


def test_who_is_answered_in_a_pause_begins_anew() -> None:
    caller = channel((1, SPEECH), (1.5, 0), (1, SPEECH))
    agent = channel((1.3, 0), (0.8, SPEECH), (1.4, 0))
    assert [(p.channel, p.start_ms) for p in cut_at(caller, agent)] == [
        (0, 0),
        (1, 1100),
        (0, 2300),
    ]


def test_who_speaks_into_the_others_words_does_not_part_them() -> None:
    caller = channel((4, SPEECH), (0.5, 0), (2, SPEECH))
    agent = channel((1, 0), (0.5, SPEECH), (5, 0))
    assert [(p.channel, p.start_ms) for p in cut_at(caller, agent)] == [(0, 0), (1, 800)]


def test_a_long_speech_is_cut_in_its_pauses() -> None:
    speech = [(8.0, SPEECH), (0.5, 0.0)] * 12
    pieces = cut_at(channel(*speech), most_ms=30_000)
    assert [piece.start_ms for piece in pieces] == [0, 25_300, 50_800, 76_300]
    assert all(piece.end_ms - piece.start_ms <= 30_000 for piece in pieces)


def test_speech_without_a_pause_is_cut_where_it_is_quietest() -> None:
    breath = channel((42, SPEECH), (0.1, 900.0), (30, SPEECH))
    first, second = cut_at(breath)
    assert first.end_ms == second.start_ms == pytest.approx(42_050, abs=30)
    assert second.end_ms == pytest.approx(72_300, abs=200)


@given(
    st.lists(
        st.tuples(st.floats(0.02, 70), st.sampled_from([0.0, NOISE, 80.0, 400.0, SPEECH])),
        min_size=1,
        max_size=12,
    ),
    st.lists(
        st.tuples(st.floats(0.02, 20), st.sampled_from([0.0, NOISE, SPEECH])),
        min_size=1,
        max_size=12,
    ),
)
def test_pieces_are_short_in_order_and_leave_out_no_speech(
    left: list[tuple[float, float]], right: list[tuple[float, float]]
) -> None:
    channels = [channel(*left), channel(*right)]
    pieces = cut_at(*channels)
    assert pieces == sorted(pieces, key=lambda piece: (piece.start_ms, piece.channel))
    for number, voiced in enumerate(channels):
        own = [piece for piece in pieces if piece.channel == number]
        assert all(0 <= piece.start_ms < piece.end_ms for piece in own)
        assert all(piece.end_ms - piece.start_ms <= 55_000 for piece in own)
        for start, end in voiced.spans():
            covered = sum(
                max(0, min(end, piece.end_ms) - max(start, piece.start_ms)) for piece in own
            )
            assert covered >= end - start
