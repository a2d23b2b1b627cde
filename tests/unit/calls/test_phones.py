"""Who may place calls from a page, and which socket comes in for them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from server.calls.inbox import Inbox
from server.calls.phones import MAX_CALLS_EACH, Phones
from server.calls.registry import BoundCall, CallRegistry, Stage
from server.errors import CapacityError
from server.telephony import stream_token as tokens

SECRET = "only for tests"


def bound(registry: CallRegistry, call_sid: str, *, is_test: bool = True) -> BoundCall:
    call = SimpleNamespace(
        call_sid=call_sid,
        is_test=is_test,
        stage=Stage.BOUND,
        inbox=Inbox(),
        cut=None,
        policy=SimpleNamespace(language="he-IL"),
        bound_at=0.0,
    )
    registry.bind(cast(BoundCall, call))
    return cast(BoundCall, call)


@pytest.fixture
def registry() -> CallRegistry:
    return CallRegistry(max_calls=5, clock=lambda: 0.0)


@pytest.fixture
def phones(registry: CallRegistry) -> Phones:
    return Phones(registry, SECRET)


def placed(phones: Phones, registry: CallRegistry, who: str) -> BoundCall:
    return bound(registry, phones.reserve(who))


def test_a_socket_comes_in_once(phones: Phones, registry: CallRegistry) -> None:
    call = placed(phones, registry, "user:1")
    token = phones.await_socket(call.call_sid)
    assert phones.admit(token) == call.call_sid
    assert phones.admit(token) is None


def test_tokens_of_other_purposes_open_nothing(phones: Phones, registry: CallRegistry) -> None:
    call = placed(phones, registry, "user:1")
    phones.await_socket(call.call_sid)
    for token in (
        "",
        "x",
        tokens.stream_token(SECRET, call.call_sid),
        tokens.test_call_token(SECRET, call.call_sid),
        tokens.browser_token("another secret", call.call_sid),
    ):
        assert phones.admit(token) is None


def test_a_real_call_is_never_a_page_s(phones: Phones, registry: CallRegistry) -> None:
    bound(registry, "CA_real", is_test=False)
    assert phones.admit(tokens.browser_token(SECRET, "CA_real")) is None
    assert phones.admit(phones.await_socket("CA_real")) is None


def test_a_call_that_has_a_stream_or_is_over_lets_nobody_in(
    phones: Phones, registry: CallRegistry
) -> None:
    streaming = placed(phones, registry, "user:1")
    registry.claim(streaming.call_sid)
    assert phones.admit(phones.await_socket(streaming.call_sid)) is None
    over = placed(phones, registry, "user:1")
    token = phones.await_socket(over.call_sid)
    registry.end(over, "stream_lost")
    assert phones.admit(token) is None


def test_each_has_two_calls_at_once(phones: Phones, registry: CallRegistry) -> None:
    calls = [placed(phones, registry, "user:1") for _ in range(MAX_CALLS_EACH)]
    with pytest.raises(CapacityError) as refused:
        phones.reserve("user:1")
    assert refused.value.code == "too_many_test_calls"
    placed(phones, registry, "user:2")
    for call in calls:
        phones.await_socket(call.call_sid)
    registry.end(calls[0], "caller_hangup")
    placed(phones, registry, "user:1")


def test_calls_that_are_just_being_placed_count(phones: Phones) -> None:
    first, _ = phones.reserve("user:1"), phones.reserve("user:1")
    with pytest.raises(CapacityError):
        phones.reserve("user:1")
    phones.give_back(first)
    phones.reserve("user:1")


def test_a_full_house_takes_no_test_calls(phones: Phones, registry: CallRegistry) -> None:
    for number in range(5):
        bound(registry, f"CA_{number}", is_test=False)
    with pytest.raises(CapacityError) as refused:
        phones.reserve("user:1")
    assert refused.value.code == "no_room"


def test_a_server_that_drains_takes_none(phones: Phones, registry: CallRegistry) -> None:
    registry.draining = True
    with pytest.raises(CapacityError):
        phones.reserve("user:1")
