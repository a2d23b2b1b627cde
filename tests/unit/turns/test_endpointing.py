"""Starts and ends of utterances by energy alone, counted in frames of 20 ms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.audio import mulaw
from server.audio.framing import FRAME_BYTES, FRAME_MS
from server.turns.endpointing import PRE_ROLL_MS, Endpointer, Speech

ONSET, HANGOVER_MS = 10, 200
HANGOVER = HANGOVER_MS // FRAME_MS
QUIET = mulaw.silence(FRAME_MS)


def loud(number: int = 0) -> bytes:
    """Return a voiced frame that can be told from its neighbours."""
    return bytes([number % 100]) + b"\x00\x80" * 79 + b"\x00"


def hear(endpointer: Endpointer, pattern: str) -> list[Speech]:
    """Push a frame for each sign (``#`` voiced, ``.`` not); take what ends."""
    changes = []
    for sign in pattern:
        change = endpointer.push(loud() if sign == "#" else QUIET)
        if change is Speech.ENDED:
            endpointer.take()
        changes.append(change)
    return changes


def starts_and_ends(pattern: str) -> tuple[list[int], list[int]]:
    """Return at which frames of ``pattern`` utterances start and end."""
    changes = hear(Endpointer(ONSET, HANGOVER_MS), pattern)
    return (
        [at for at, change in enumerate(changes) if change is Speech.STARTED],
        [at for at, change in enumerate(changes) if change is Speech.ENDED],
    )


def test_an_utterance_starts_with_the_tenth_voiced_frame_and_ends_after_the_hangover() -> None:
    assert starts_and_ends("." * 5 + "#" * 30 + "." * 40) == ([14], [34 + HANGOVER])


@pytest.mark.parametrize("voiced", [1, 5, ONSET - 1])
def test_a_click_is_no_utterance(voiced: int) -> None:
    assert starts_and_ends(("#" * voiced + "...") * 20) == ([], [])


def test_a_stop_consonant_does_not_start_the_count_again() -> None:
    assert starts_and_ends("#####..#####")[0] == [11]
    assert starts_and_ends("#####...#####")[0] == []


def test_a_pause_shorter_than_the_hangover_does_not_end_it() -> None:
    starts, ends = starts_and_ends(("#" * 12 + "." * (HANGOVER - 1)) * 5 + "." * 5)
    assert (len(starts), len(ends)) == (1, 1)


def test_utterances_follow_one_another() -> None:
    starts, ends = starts_and_ends(("#" * 20 + "." * 20) * 3)
    assert starts == [9, 49, 89]
    assert ends == [19 + HANGOVER, 59 + HANGOVER, 99 + HANGOVER]


def test_an_utterance_counts_from_its_first_sound_gaps_included() -> None:
    endpointer = Endpointer(ONSET, HANGOVER_MS)
    hear(endpointer, "." * 20 + "#####..#####")
    assert endpointer.utterance is not None
    assert endpointer.utterance.total_ms == 240


def test_the_utterance_counts_sound_and_length_apart() -> None:
    endpointer = Endpointer(ONSET, HANGOVER_MS)
    for sign in "#" * 20 + "....." + "#" * 10 + "." * HANGOVER:
        change = endpointer.push(loud() if sign == "#" else QUIET)
    assert change is Speech.ENDED
    ended = endpointer.take()
    assert ended.voiced_ms == 30 * FRAME_MS
    assert ended.total_ms == (35 + HANGOVER) * FRAME_MS
    assert endpointer.utterance is None


def test_there_is_nothing_to_take_in_silence() -> None:
    with pytest.raises(ValueError, match="no utterance"):
        Endpointer(ONSET, HANGOVER_MS).take()


def test_the_first_voiced_frame_is_suspect_until_it_is_speech_or_was_none() -> None:
    endpointer = Endpointer(ONSET, HANGOVER_MS)
    hear(endpointer, "....")
    assert not endpointer.suspects
    hear(endpointer, "#")
    assert endpointer.suspects
    hear(endpointer, "..")
    assert endpointer.suspects
    hear(endpointer, ".")
    assert not endpointer.suspects
    hear(endpointer, "#" * ONSET)
    assert not endpointer.suspects  # an utterance is under way: no suspicion any more


def test_the_least_hangover_is_one_frame() -> None:
    endpointer = Endpointer(3, 0)
    assert hear(endpointer, "####.")[-1] is Speech.ENDED


def numbered(endpointer: Endpointer, quiet: int, voiced: int) -> bytes:
    """Push quiet then voiced frames, each with its number in it; return all of them."""
    frames = [bytes([0xFF - n % 2]) * FRAME_BYTES for n in range(quiet)]
    frames += [loud(n) for n in range(voiced)]
    for frame in frames:
        endpointer.push(frame)
    return b"".join(frames)


def test_the_pre_roll_begins_300_ms_before_the_onset() -> None:
    endpointer = Endpointer(ONSET, HANGOVER_MS)
    pushed = numbered(endpointer, quiet=60, voiced=ONSET)
    length = (PRE_ROLL_MS + ONSET * FRAME_MS) * mulaw.BYTES_PER_MS
    assert endpointer.pre_roll() == pushed[-length:]


def test_at_the_start_of_a_call_the_pre_roll_is_what_there_is() -> None:
    endpointer = Endpointer(ONSET, HANGOVER_MS)
    pushed = numbered(endpointer, quiet=3, voiced=ONSET)
    assert endpointer.pre_roll() == pushed


def test_gaps_in_the_onset_do_not_cost_its_first_sound() -> None:
    endpointer = Endpointer(ONSET, HANGOVER_MS)
    hear(endpointer, "." * 60)
    first = loud(77)
    endpointer.push(first)
    hear(endpointer, "..#" * (ONSET - 1))
    assert endpointer.utterance is not None
    assert endpointer.pre_roll().find(first) == PRE_ROLL_MS * mulaw.BYTES_PER_MS


def test_the_slowest_onset_that_may_be_set_keeps_its_pre_roll() -> None:
    endpointer = Endpointer(50, HANGOVER_MS)
    pushed = numbered(endpointer, quiet=60, voiced=50)
    assert endpointer.pre_roll() == pushed[-(PRE_ROLL_MS + 1000) * mulaw.BYTES_PER_MS :]


@pytest.mark.parametrize("hangover_ms", [80, 200])
def test_an_utterance_does_not_hold_the_end_of_the_one_before(hangover_ms: int) -> None:
    endpointer = Endpointer(ONSET, hangover_ms)
    hear(endpointer, "." * 20 + "#" * 20)
    last_word = loud(42)
    endpointer.push(last_word)
    assert Speech.ENDED in hear(endpointer, "." * (hangover_ms // FRAME_MS))
    hear(endpointer, "#" * ONSET)
    assert endpointer.utterance is not None
    assert last_word not in endpointer.pre_roll()


@given(st.text("#.", max_size=300))
def test_starts_and_ends_alternate_whatever_is_heard(pattern: str) -> None:
    changes = hear(Endpointer(ONSET, HANGOVER_MS), pattern)
    turns = [change for change in changes if change is not Speech.NOTHING]
    assert turns == ([Speech.STARTED, Speech.ENDED] * len(turns))[: len(turns)]
    starts = [at for at, change in enumerate(changes) if change is Speech.STARTED]
    for at in starts:
        assert pattern[at] == "#"
        assert pattern[: at + 1].count("#") >= ONSET
