"""Both directions on one time line."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from server.audio import mulaw
from server.recordings.mixer import Cleared, Happening, Heard, MarkBack, MarkSent, Mixer, Sent

T0 = 1000.0
MS = mulaw.BYTES_PER_MS


def tone(value: int, ms: int) -> bytes:
    return bytes([value]) * (ms * MS)


def frames(value: int, count: int, *, first_at: float = 0.02, late: float = 0.0) -> list[Heard]:
    return [Heard(T0 + first_at + n * 0.02 + late, tone(value, 20)) for n in range(count)]


def channels(*pieces: bytes) -> tuple[bytes, bytes]:
    both = np.frombuffer(b"".join(pieces), dtype=np.uint8).reshape(-1, 2)
    return both[:, 0].tobytes(), both[:, 1].tobytes()


def runs(channel: bytes, value: int) -> list[tuple[int, int]]:
    """Where ``value`` sounds: (from, to) in ms."""
    is_it = np.frombuffer(channel, dtype=np.uint8) == value
    edges = np.flatnonzero(np.diff(np.concatenate(([0], is_it.view(np.int8), [0]))))
    return [(int(a) // MS, int(b) // MS) for a, b in edges.reshape(-1, 2)]


def mixed(happenings: list[Happening], seconds: float, piece_seconds: float = 1.0) -> bytes:
    mixer, out, at = Mixer(T0), [], T0
    waiting = sorted(happenings, key=lambda one: one.at)
    while at < T0 + seconds:
        at = min(at + piece_seconds, T0 + seconds)
        now = [one for one in waiting if one.at <= at]
        waiting = waiting[len(now) :]
        out.append(mixer.add(now, at))
    return b"".join(out) + mixer.finish(T0 + seconds)


def test_what_is_sent_ahead_stands_where_it_is_played() -> None:
    heard: list[Happening] = [*frames(1, 150)]
    heard += [Sent(T0 + 0.5, tone(2, 400)), Sent(T0 + 0.6, tone(2, 200))]
    heard += [Sent(T0 + 2.0, tone(3, 100))]
    left, right = channels(mixed(heard, 3.0))
    assert runs(left, 1) == [(0, 3000)]
    assert runs(right, 2) == [(500, 1100)]
    assert runs(right, 3) == [(2000, 2100)]


def test_what_was_cleared_before_it_was_played_is_not_there() -> None:
    heard: list[Happening] = [*frames(1, 100), Sent(T0 + 0.5, tone(2, 400)), Cleared(T0 + 0.7)]
    heard += [Sent(T0 + 0.75, tone(3, 100))]
    _, right = channels(mixed(heard, 2.0))
    assert runs(right, 2) == [(500, 700)]
    assert runs(right, 3) == [(750, 850)]


def test_what_had_not_been_played_when_the_call_ended_is_not_there() -> None:
    _, right = channels(mixed([*frames(1, 50), Sent(T0 + 0.8, tone(2, 400))], 1.0))
    assert runs(right, 2) == [(800, 1000)]


def test_a_burst_after_a_stall_moves_nothing() -> None:
    steady = frames(1, 100)
    stalled = [
        Heard(max(one.at, T0 + 1.5) if one.at > T0 + 0.7 else one.at, one.audio) for one in steady
    ]
    left, _ = channels(mixed([*stalled, *frames(4, 50, first_at=2.02)], 3.0))
    assert runs(left, 1) == [(0, 2000)]
    assert runs(left, 4) == [(2000, 3000)]


def test_what_is_lost_for_good_becomes_silence_and_the_rest_stays_in_step() -> None:
    left, _ = channels(mixed([*frames(1, 50), *frames(4, 100, first_at=1.52)], 3.5))
    assert runs(left, 1) == [(0, 1000)]
    (begin, end) = runs(left, 4)[-1]
    assert abs(end - 3500) <= 40
    assert begin <= 2500


def test_a_stream_that_begins_late_begins_late_in_the_recording() -> None:
    left, _ = channels(mixed([*frames(1, 50, first_at=0.42)], 1.5))
    assert runs(left, 1) == [(400, 1400)]


def test_the_networks_way_is_learned_from_the_marks() -> None:
    heard: list[Happening] = [*frames(1, 200), Sent(T0 + 0.5, tone(2, 200))]
    heard += [MarkSent(T0 + 0.5, "a"), MarkBack(T0 + 0.85, "a")]  # 150 ms there and back
    heard += [Sent(T0 + 2.0, tone(3, 100))]
    _, right = channels(mixed(heard, 4.0))
    assert runs(right, 3) == [(2150, 2250)]


def test_the_echo_of_a_cleared_mark_teaches_nothing() -> None:
    heard: list[Happening] = [*frames(1, 200), Sent(T0 + 0.5, tone(2, 200))]
    heard += [MarkSent(T0 + 0.5, "a"), Cleared(T0 + 0.6), MarkBack(T0 + 1.2, "a")]
    heard += [Sent(T0 + 2.0, tone(3, 100))]
    _, right = channels(mixed(heard, 4.0))
    assert runs(right, 3) == [(2000, 2100)]


def test_a_caller_whose_clock_runs_fast_stays_in_step_with_the_agent() -> None:
    fast = [Heard(T0 + (n + 1) * 0.0199, tone(1, 20)) for n in range(600)]  # half a percent
    _, right = channels(mixed([*fast, Sent(T0 + 11.0, tone(3, 100))], 11.94))
    (begin, _) = runs(right, 3)[0]
    assert abs(begin - 11_055) <= 15  # the caller's audio has reached 11.055 s then


def test_a_flood_is_not_believed() -> None:
    flood = [Heard(T0 + 0.01, tone(1, 20)) for _ in range(5000)]
    assert len(mixed([*flood, *flood], 1.0)) <= 2 * 3 * 8000


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("heard"), st.integers(0, 400)),
            st.tuples(st.just("sent"), st.integers(0, 3000)),
            st.tuples(st.just("cleared"), st.just(0)),
            st.tuples(st.just("mark"), st.just(0)),
            st.tuples(st.just("back"), st.just(0)),
            st.tuples(st.just("wait"), st.integers(0, 3000)),
        ),
        max_size=60,
    )
)
def test_nothing_is_ever_written_twice_or_out_of_order(steps: list[tuple[str, int]]) -> None:
    at, mixer, out = T0, Mixer(T0), b""
    pending: list[Happening] = []
    for what, size in steps:
        if what == "wait":
            at += size / 1000
            out += mixer.add(pending, at)
            pending = []
        elif what == "heard":
            pending.append(Heard(at, b"\x01" * size))
        elif what == "sent":
            pending.append(Sent(at, b"\x02" * size))
        elif what == "cleared":
            pending.append(Cleared(at))
        elif what == "mark":
            pending.append(MarkSent(at, "m"))
        else:
            pending.append(MarkBack(at, "m"))
    out += mixer.add(pending, at) + mixer.finish(at)
    assert len(out) % 2 == 0
    left, right = channels(out)
    assert set(left) <= {1, mulaw.SILENCE}
    assert set(right) <= {2, mulaw.SILENCE}
    assert len(out) / 2 >= (at - T0) * 8000 - 1
