"""An ageing session is replaced at a pause, before the service ends it."""

from __future__ import annotations

import pytest

from server.turns import actions as do
from server.turns import events as on
from server.turns.model import State
from tests.call_script import AgentScript, ScriptedCall, greeted

GREETING, QUESTION = "שלום, איך אפשר לעזור?", "יש לכם מקום?"
ANSWER = "יש לנו מקום ביום שני בבוקר."
FRAME = 0.021


def lost(call: ScriptedCall, in_seconds: float = 0.0) -> None:
    call.happens(on.AgentLost("closed"), in_seconds=in_seconds)


def rotating(**options: object) -> ScriptedCall:
    ageing = {"reconnects": True, "rotate_after_seconds": 20.0, "silence_prompt_seconds": 500.0}
    agent = AgentScript(text=ANSWER, delay_ms=400)
    return greeted(**{**ageing, "agent": agent, **options})


def test_an_ageing_session_is_replaced_at_a_pause() -> None:
    call = rotating()
    call.advance(40)
    (opened,) = call.did(do.OpenSuccessor)[:1]
    assert opened.history == (("agent", GREETING),)
    assert call.when(do.OpenSuccessor) == pytest.approx(20.0, abs=FRAME)
    assert call.when(do.TakeSuccessor) == pytest.approx(20.3, abs=FRAME)
    assert call.did(do.TakeSuccessor)[0].missed == ()
    assert call.did(do.ReopenAgent) == []
    assert call.did(do.UseReceptionist) == []


def test_the_successor_is_told_what_was_said_while_it_was_being_opened() -> None:
    call = rotating(open_ms=3000)
    call.advance(20.1 - call.now)
    call.caller_says(QUESTION)
    call.advance(10)
    (taken,) = call.did(do.TakeSuccessor)
    assert taken.missed == (("caller", QUESTION), ("agent", ANSWER))
    answer = next(sound for sound in call.heard() if sound.text == ANSWER)
    assert call.when(do.TakeSuccessor) > answer.until  # at a pause, not when it was ready


def test_nothing_is_rotated_while_anybody_speaks() -> None:
    call = rotating(agent=AgentScript(text="מילה " * 30))
    call.advance(17 - call.now)
    call.caller_says(QUESTION)
    call.advance_until(lambda: call.core.state is State.SPEAKING)
    call.until_listening()
    silent_at = call.now
    assert silent_at > 25
    call.advance(2)
    assert call.when(do.OpenSuccessor) == pytest.approx(silent_at, abs=0.05)


def test_the_successor_ages_as_well() -> None:
    call = rotating()
    call.advance(65)
    assert len(call.did(do.TakeSuccessor)) == 3


def test_a_successor_that_cannot_be_opened_is_tried_again_later() -> None:
    call = rotating(opens=lambda number: number > 2)
    call.advance(150)
    opened = [at for at, action in call.done if isinstance(action, do.OpenSuccessor)]
    assert opened[:3] == pytest.approx([20.0, 80.3, 140.6], abs=0.1)
    assert len(call.did(do.TakeSuccessor)) == 1
    assert call.did(do.UseReceptionist) == []


def test_a_session_lost_while_its_successor_is_being_opened_is_opened_anew() -> None:
    call = rotating(open_ms=1000)
    lost(call, in_seconds=20.5 - call.now)
    call.advance(40)
    assert len(call.did(do.ReopenAgent)) == 1
    reopened = call.when(do.ReopenAgent)
    assert call.when(do.OpenSuccessor, after=reopened) >= reopened + 20
    assert all(at > reopened + 20 for at, a in call.done if isinstance(a, do.TakeSuccessor))


def test_a_session_that_is_being_opened_anew_is_not_rotated() -> None:
    call = rotating(rotate_after_seconds=4.0, open_ms=1500)
    lost(call, in_seconds=3.5 - call.now)
    call.advance(3)
    assert len(call.did(do.ReopenAgent)) == 1
    assert call.did(do.OpenSuccessor) == []


def test_nothing_is_rotated_where_there_is_no_session_any_more() -> None:
    call = rotating(opens=lambda number: False)
    lost(call)
    call.advance(60)
    assert call.did(do.OpenSuccessor) == []
