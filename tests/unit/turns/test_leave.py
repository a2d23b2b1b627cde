"""Somebody at the business ends the call: with a goodbye, soon, and at once when asked again."""

from __future__ import annotations

import pytest

from server.turns import actions as do
from server.turns import events as on
from server.turns.model import State
from server.turns.policy import Phrase
from tests.call_script import POLICY, AgentScript, ScriptedCall, greeted

GOODBYE = POLICY.phrases["he"][Phrase.GOODBYE]
ENDED = [do.HangUp("operator")]


def end(call: ScriptedCall) -> None:
    call.happens(on.EndRequested("operator", politely=True))


def test_the_caller_hears_a_goodbye_before_the_line_goes() -> None:
    call = greeted()
    end(call)
    call.advance(5)
    assert call.words_heard()[-1] == GOODBYE
    assert call.did(do.HangUp) == ENDED
    assert call.when(do.HangUp) > call.heard()[-1].until


def test_whoever_talks_is_not_waited_for() -> None:
    for agent_talks in (True, False):
        call = greeted(agent=AgentScript(text="מילה " * 60))
        call.caller_says("ספרו לי הכל")
        call.advance(4 if agent_talks else 0.5)
        if not agent_talks:
            call.caller_says("ועוד משהו", ms=6000)
        asked_at = call.now
        end(call)
        call.advance(10)
        assert call.words_heard()[-1] == GOODBYE
        assert call.did(do.HangUp) == ENDED
        assert call.when(do.HangUp) < asked_at + 3


def test_who_interrupts_the_goodbye_does_not_keep_the_line() -> None:
    call = greeted(agent=AgentScript(text="מילה " * 60))
    asked_at = call.now
    end(call)
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.caller_says("רגע רק עוד שאלה", ms=900)
    call.advance(20)
    assert call.did(do.HangUp) == ENDED
    assert call.when(do.HangUp) == pytest.approx(asked_at + 6, abs=0.05)


def test_asked_again_it_ends_at_once() -> None:
    call = greeted()
    end(call)
    call.advance(0.1)
    end(call)
    call.advance(0.1)
    assert call.did(do.HangUp) == ENDED


def test_a_goodbye_of_the_agent_is_heard_out() -> None:
    call = greeted(agent=AgentScript(text="תודה ולהתראות לכם", hang_up=True))
    call.caller_says("זה הכל תודה")
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.advance(0.3)  # only now is it known that it is one
    end(call)
    call.advance(8)
    assert GOODBYE not in call.words_heard()
    assert call.did(do.HangUp) == [do.HangUp("agent_goodbye")]


def test_without_a_goodbye_to_say_it_ends_at_once() -> None:
    call = greeted(phrases={})
    end(call)
    call.advance(0.1)
    assert call.did(do.HangUp) == ENDED


def test_during_the_greeting() -> None:
    call = ScriptedCall()
    call.advance(0.3)
    end(call)
    call.advance(5)
    assert call.words_heard()[-1] == GOODBYE
    assert call.did(do.HangUp) == ENDED
