"""Tokens that let a stream in: fresh, for this call, for this purpose, made by us."""

from __future__ import annotations

import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.telephony import stream_token as tokens

SECRET = "only for tests"
CALL = "CA0123456789abcdef0123456789abcdef"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the time that tokens are made and judged at; the first element counts."""
    now = [1_800_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    return now


def test_a_token_is_good_for_its_call() -> None:
    assert tokens.is_stream_token(SECRET, tokens.stream_token(SECRET, CALL), CALL)


def test_a_token_fits_no_other_call() -> None:
    token = tokens.stream_token(SECRET, CALL)
    assert not tokens.is_stream_token(SECRET, token, CALL[:-1] + "0")
    assert not tokens.is_stream_token(SECRET, token, "")


def test_a_token_of_another_secret_is_none() -> None:
    assert not tokens.is_stream_token(SECRET, tokens.stream_token("another", CALL), CALL)


def test_a_token_serves_one_purpose() -> None:
    stream, test = tokens.stream_token(SECRET, CALL), tokens.test_call_token(SECRET, CALL)
    assert tokens.is_test_call_token(SECRET, test, CALL)
    assert not tokens.is_stream_token(SECRET, test, CALL)
    assert not tokens.is_test_call_token(SECRET, stream, CALL)


def test_a_stream_token_expires(clock: list[float]) -> None:
    token = tokens.stream_token(SECRET, CALL)
    clock[0] += tokens.STREAM_SECONDS
    assert tokens.is_stream_token(SECRET, token, CALL)
    clock[0] += 1
    assert not tokens.is_stream_token(SECRET, token, CALL)


def test_a_test_call_token_expires(clock: list[float]) -> None:
    token = tokens.test_call_token(SECRET, CALL)
    clock[0] += tokens.TEST_SECONDS + 1
    assert not tokens.is_test_call_token(SECRET, token, CALL)


def test_a_token_from_the_future_is_none(clock: list[float]) -> None:
    token = tokens.stream_token(SECRET, CALL)
    clock[0] -= 60
    assert not tokens.is_stream_token(SECRET, token, CALL)


@given(st.text(), st.text())
def test_garbage_is_no_token(garbage: str, call_sid: str) -> None:
    assert not tokens.is_stream_token(SECRET, garbage, call_sid)


@given(st.integers(0, 200), st.sampled_from(string.ascii_letters + string.digits + "-_.!"))
def test_no_letter_of_a_token_may_be_changed(place: int, letter: str) -> None:
    token = tokens.stream_token(SECRET, CALL)
    place %= len(token) - 1  # the last one holds two bits that do not count
    if token[place] != letter:
        changed = token[:place] + letter + token[place + 1 :]
        assert not tokens.is_stream_token(SECRET, changed, CALL)


def test_whatever_the_carrier_calls_a_call_can_be_signed() -> None:
    for call_sid in ("CA_test", "", "שיחה", "a b+c/=.", "x" * 64):
        assert tokens.is_stream_token(SECRET, tokens.stream_token(SECRET, call_sid), call_sid)
