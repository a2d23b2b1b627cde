"""The caller's ear behaves as Twilio's play-out buffer is documented to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.audio import mulaw
from server.audio.framing import FRAME_BYTES, FRAME_MS
from server.caller.ear import Ear

WORD = b"\x00\x80" * (FRAME_BYTES // 2)
QUIET = mulaw.silence(FRAME_MS)


def test_it_plays_in_order_of_arrival_and_silence_when_there_is_nothing() -> None:
    ear = Ear()
    ear.media(WORD + QUIET)
    assert [ear.play()[0] for _ in range(3)] == [True, False, False]
    assert bytes(ear.heard) == WORD + QUIET + QUIET


def test_a_mark_is_echoed_when_all_before_it_has_been_played() -> None:
    ear = Ear()
    ear.media(WORD * 2)
    assert ear.mark("a") == []
    ear.media(WORD)
    assert ear.mark("b") == []
    assert [ear.play()[1] for _ in range(4)] == [[], ["a"], ["b"], []]


def test_a_mark_with_nothing_before_it_comes_back_at_once() -> None:
    assert Ear().mark("now") == ["now"]


def test_clear_forgets_the_audio_and_echoes_every_mark() -> None:
    ear = Ear()
    ear.media(WORD * 5)
    ear.mark("a")
    ear.media(WORD * 5 + b"half")
    ear.mark("b")
    assert ear.clear() == ["a", "b"]
    assert ear.waiting_ms == 0
    assert ear.play() == (False, [])
    ear.media(WORD)  # the half frame is gone too
    assert ear.play() == (True, [])
    assert bytes(ear.heard)[-FRAME_BYTES:] == WORD


def test_it_knows_how_much_waits_and_the_most_that_ever_did() -> None:
    ear = Ear()
    ear.media(WORD * 3)
    ear.mark("a")
    assert ear.waiting_ms == 60
    ear.play()
    ear.media(WORD)
    assert (ear.waiting_ms, ear.most_waiting_ms) == (60, 60)


@given(st.lists(st.binary(max_size=500)))
def test_chunks_of_any_size_are_heard_whole_and_in_order(chunks: list[bytes]) -> None:
    ear = Ear()
    for chunk in chunks:
        ear.media(chunk)
    while ear.waiting_ms:
        ear.play()
    said = b"".join(chunks)
    assert bytes(ear.heard) == said[: len(said) - len(said) % FRAME_BYTES]
