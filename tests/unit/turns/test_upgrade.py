"""The agent is given its full instructions once, whatever becomes of its session."""

from __future__ import annotations

from server.turns import actions as do
from server.turns import events as on
from tests.call_script import ScriptedCall, greeted


def upgrades(call: ScriptedCall) -> list[do.Note]:
    return [note for note in call.did(do.Note) if note.tag == "[PROMPT_UPGRADE]"]


def test_an_upgrade_that_the_lost_session_did_not_confirm_is_noted_once() -> None:
    call = greeted(reconnects=True)
    assert call.did(do.UpgradePrompt) == [do.UpgradePrompt()]
    call.happens(on.AgentLost("closed"))
    call.advance(1)
    call.happens(on.PromptUpgraded())
    call.advance(1)
    assert len(upgrades(call)) == 1
    assert call.did(do.UpgradePrompt) == [do.UpgradePrompt()]


def test_an_upgrade_is_noted_once_however_often_it_is_confirmed() -> None:
    call = greeted(reconnects=True)
    for _ in range(3):
        call.perform(on.PromptUpgraded())
    call.happens(on.AgentLost("closed"))
    call.advance(1)
    assert len(upgrades(call)) == 1
