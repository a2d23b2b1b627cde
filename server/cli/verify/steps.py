"""The six live checks, as calls: what the caller does in each, and what is noted of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from server.cli.verify.phone import Conversation, Phone
from server.cli.verify.speech import (
    BOOKING,
    ENGLISH,
    HEBREW_AGAIN,
    INTERRUPTION,
    TELL_ALL,
    TELL_MORE,
    TIME,
    Sentence,
    at_street,
)
from server.cli.verify.verdicts import (
    Ending,
    Exchange,
    Interruption,
    Verdict,
    judge_barge_in,
    judge_flow,
    judge_invention,
    judge_language,
    judge_socket,
    judge_streets,
)

STREETS_PER_CALL = 10
_INTO_THE_ANSWER_SECONDS = 1.2
"""So much of an answer is heard before the caller acts."""

_CLOSING_SECONDS = 5.0
_CLEAR_SECONDS = 3.0

ReadEnding = Callable[[str, float], str | None]
"""Waits, no longer than so many seconds, for a call's row to be closed; returns its end_reason."""


def check_socket(phone: Phone, read_ending: ReadEnding) -> Verdict:
    """Hang up in the middle of an answer."""
    with phone.ring() as call:
        asked, _ = _long_answer(call)
        if not asked:
            return judge_socket(None)
        caller = call.caller
        caller.stop_stream()
        stop = call.moment("stop", seconds=1.0) or caller.now
        closed = call.moment("closed", after=stop, seconds=_CLOSING_SECONDS)
        reason = read_ending(caller.line.call_sid, _CLOSING_SECONDS)
        row_closed = caller.now if reason is not None else None
    ending = Ending(_ms(stop, closed), _ms(stop, row_closed), reason)
    return judge_socket(ending, tuple(asked))


def check_barge_in(phone: Phone) -> Verdict:
    """Speak into the middle of an answer."""
    with phone.ring() as call:
        asked, cut_index = _long_answer(call)
        if not asked:
            return judge_barge_in(None)
        since = call.newest()
        began = call.caller.now - 0.1
        ended = call.say(INTERRUPTION) or call.caller.now
        onset = call.moment("caller_starts", after=began, seconds=1.0) or began
        clear = call.moment("clear", after=onset, seconds=_CLEAR_SECONDS)
        heard_on = clear is not None and any(
            clear < at <= ended for at in call.caller.seconds_of("agent_starts")
        )
        reply = call.result(INTERRUPTION, since)
        cut = _is_cut(call.caller.turns.get(cut_index))
    interruption = Interruption(_ms(onset, clear), heard_on, cut)
    return judge_barge_in(interruption, (*asked, reply))


def check_flow(phone: Phone) -> Verdict:
    """Ask for the time in the middle of a booking."""
    return judge_flow(_asked_in_turn(phone, BOOKING, TIME))


def check_language(phone: Phone) -> Verdict:
    """Speak English, and then Hebrew again."""
    return judge_language(_asked_in_turn(phone, ENGLISH, HEBREW_AGAIN))


def check_invention(phone: Phone, question: Sentence, known: str) -> Verdict:
    """Ask for a price that the business has not told.

    Args:
        known: all that it has told.
    """
    (exchange,) = _asked_in_turn(phone, question)
    return judge_invention(exchange, known)


def check_streets(phone: Phone, names: Sequence[str], least_accuracy: float) -> Verdict:
    """Name street after street, a few to a call."""
    unspoken = [name for name in names if at_street(name) not in phone.clips]
    waiting = [name for name in names if name not in unspoken]
    said: dict[str, Exchange] = {}
    calls_left = 1 + -(-len(waiting) // STREETS_PER_CALL)  # one may break off
    while waiting and calls_left and phone.seconds_left:
        calls_left -= 1
        with phone.ring() as call:
            batch, waiting = waiting[:STREETS_PER_CALL], waiting[STREETS_PER_CALL:]
            while batch and not call.over and phone.seconds_left:
                name = batch.pop(0)
                said[name] = call.ask(at_street(name))
            waiting = batch + waiting
    return judge_streets(said, unspoken + waiting, least_accuracy)


def _asked_in_turn(phone: Phone, *sentences: Sentence) -> tuple[Exchange, ...]:
    """Say the sentences in one call, each after the reply to the one before."""
    with phone.ring() as call:
        return tuple(call.ask(sentence) for sentence in sentences)


def _long_answer(call: Conversation) -> tuple[list[Exchange], int]:
    """Have the agent talk, and return in the middle of it.

    Returns:
        What was said so far, the last reply still going on, and the index of its turn; nothing,
        and -1, where every answer was over too soon.
    """
    said: list[Exchange] = []
    for sentence in (TELL_ALL, TELL_MORE):
        since = call.newest()
        call.say(sentence)
        begun = call.answer(since, whole=False)
        if begun is None:
            break
        now = call.caller.now
        if call.moment("agent_stops", after=now, seconds=_INTO_THE_ANSWER_SECONDS) is None:
            said.append(call.so_far(sentence, since))
            return said, int(begun["index"])
        said.append(call.result(sentence, since))
    return [], -1


def _is_cut(turn: dict[str, Any] | None) -> bool:
    return turn is not None and bool(turn["interrupted"])


def _ms(begin: float, end: float | None) -> float | None:
    return None if end is None else round((end - begin) * 1000)
