"""What a ringing call is answered with: decided in one place, for Twilio and for whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from server.calls.service import CallService
from server.directory import BusinessProfile
from server.telephony import twiml
from server.telephony.callers import is_blocked, is_hidden
from server.telephony.urls import MEDIA_PATH, WEBHOOK_PREFIX

OWN_LANGUAGE = "he-IL"
"""Spoken where the business, and with it its language, is not known."""

AddressOf = Callable[[str, bool], str]
"""Gives the public address of a path; of its WebSocket where the second argument is true."""


class Answer(StrEnum):
    """How a call is answered."""

    NOT_READY = "not_ready"
    """No business could be read yet: a message is taken."""
    UNKNOWN_NUMBER = "unknown_number"
    BLOCKED = "blocked"
    HIDDEN = "hidden"
    FULL = "full"
    """There is no room: a message is taken."""
    CONNECT = "connect"


def answer_of(
    calls: CallService,
    business: BusinessProfile | None,
    direction: str,
    from_number: str,
    *,
    call_sid: str = "",
    is_test: bool = False,
) -> Answer:
    """Return how a call is answered; nothing is changed by asking.

    Args:
        business: whose number was dialled; None for nobody's.
        direction: only inbound callers are turned away.
        from_number: E.164 where it is a number.
        call_sid: one that is bound already keeps its room.
        is_test: test calls come from no real number, so no list is asked.
    """
    if business is None:
        return Answer.UNKNOWN_NUMBER if calls.knows_businesses() else Answer.NOT_READY
    if direction == "inbound" and not is_test:
        if business.settings.block_hidden and is_hidden(from_number):
            return Answer.HIDDEN
        if is_blocked(from_number, business.settings.blocked_numbers):
            return Answer.BLOCKED
    if not calls.registry.has_room() and not calls.registry.live(call_sid):
        return Answer.FULL
    return Answer.CONNECT


def document(
    answer: Answer, address: AddressOf, language: str, parameters: Mapping[str, str]
) -> str:
    """Return the TwiML of ``answer``.

    Args:
        language: of the business.
        parameters: what the stream is told.
    """
    match answer:
        case Answer.UNKNOWN_NUMBER:
            return twiml.unknown_number()
        case Answer.BLOCKED:
            return twiml.reject()
        case Answer.HIDDEN:
            return twiml.hidden_number(language)
        case Answer.NOT_READY | Answer.FULL:
            return message_document(address, language)
        case Answer.CONNECT:
            return twiml.connect_stream(
                address(MEDIA_PATH, True),
                address(f"{WEBHOOK_PREFIX}/stream_status", False),
                address(f"{WEBHOOK_PREFIX}/after_stream", False),
                parameters,
            )


def message_document(address: AddressOf, language: str) -> str:
    """Return the TwiML that takes a message."""
    return twiml.take_message(
        address(f"{WEBHOOK_PREFIX}/after_record", False),
        address(f"{WEBHOOK_PREFIX}/recording_done", False),
        language,
    )


def stream_parameters(
    call_sid: str, direction: str, business_id: int, token: str
) -> dict[str, str]:
    """Return what the stream of a call is told; the token admits it once."""
    return {
        "call_sid": call_sid,
        "direction": direction,
        "business_id": str(business_id),
        "token": token,
    }
