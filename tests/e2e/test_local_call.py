"""Calls on the local engine: no account anywhere."""

from __future__ import annotations

import time
from collections.abc import Callable

from server.caller.line import Webhooks
from tests.e2e.calling import DEMO_NUMBER, answered_call, hear_greeting, stored_call
from tests.e2e.server_process import ServerProcess

Speech = Callable[[str], bytes]


def test_a_whole_call(local_server: ServerProcess, speech: Speech) -> None:
    caller = answered_call(local_server)
    hear_greeting(caller)

    asked_until = caller.say(speech("word_4.wav"), "מה המחיר?")
    answer = caller.wait_for("agent_starts", after=asked_until)
    done = caller.wait_for("agent_stops", after=answer.at)
    caller.say(speech("word_3.wav"), "תודה, להתראות")
    goodbye = caller.wait_for("agent_starts", after=done.at)
    caller.wait_for("closed", after=goodbye.at)

    assert caller.line.close_code == 1000
    after = caller.after_stream({"CallStatus": "in-progress", "To": DEMO_NUMBER})
    assert after is not None
    assert "<Hangup" in after.body

    stored = stored_call(local_server, caller.line.call_sid)
    assert stored["end_reason"] == "agent_goodbye"
    assert stored["direction"] == "inbound"
    assert stored["to"] == DEMO_NUMBER
    assert [(t["speaker"], t["path"]) for t in stored["turns"]] == [
        ("agent", "GREETING"),
        ("caller", None),
        ("agent", "FAQ_FASTPATH"),
        ("caller", None),
        ("agent", "AGENT"),
    ]
    assert stored["turns"][2]["text"].startswith("טיפול שוטף עולה")
    assert stored["turns"][2]["timings_ms"]["total_latency_ms"] >= 400
    assert not any(turn["interrupted"] for turn in stored["turns"])
    lead = local_server.get(f"/api/leads/{stored['lead_id']}")
    assert lead["call_sid"] == caller.line.call_sid
    assert lead["phone"] == "+972541234567"
    assert "מה המחיר?" in lead["transcript"]


def test_the_caller_interrupts_and_is_heard(local_server: ServerProcess, speech: Speech) -> None:
    caller = answered_call(local_server)
    caller.wait_for("agent_starts")
    asked_until = caller.say(speech("word_4.wav"), "איפה אתם?")
    caller.wait_for("clear")
    answer = caller.wait_for("agent_starts", after=asked_until)
    caller.wait_for("agent_stops", after=answer.at)
    caller.hang_up()
    stored = stored_call(local_server, caller.line.call_sid)
    assert stored["end_reason"] == "caller_hangup"
    assert stored["turns"][0]["interrupted"]
    assert stored["turns"][0]["heard_ms"] < 5000
    assert stored["turns"][2]["path"] == "FAQ_FASTPATH"


def test_an_edited_answer_is_used_by_the_next_utterance(
    local_server: ServerProcess, speech: Speech
) -> None:
    caller = answered_call(local_server)
    hear_greeting(caller)
    business = local_server.get("/api/businesses")["items"][0]["id"]
    faqs = local_server.get(f"/api/businesses/{business}/faqs?limit=100")["items"]
    parking = next(row for row in faqs if row["intent_key"] == "parking")
    changed = {
        key: parking[key]
        for key in ("intent_key", "patterns", "channels", "lang", "priority", "active")
    } | {"answer_text": "החניה עברה לרחוב הדקל."}
    local_server.send("PUT", f"/api/businesses/{business}/faqs/{parking['id']}", changed)
    question = next(p for p in parking["patterns"] if not any(c in p for c in ".*|(["))
    asked_until = caller.say(speech("word_1.wav"), question)
    caller.wait_for("agent_starts", after=asked_until)
    caller.hang_up()
    assert caller.turns[2]["text"] == "החניה עברה לרחוב הדקל."


def test_a_terminal_status_closes_the_stream(local_server: ServerProcess) -> None:
    caller = answered_call(local_server)
    caller.wait_for("agent_starts")
    Webhooks(local_server.base_url).post(
        "/webhook/twilio/call_status",
        {"CallSid": caller.line.call_sid, "CallStatus": "completed", "CallDuration": "7"},
    )
    caller.wait_for("closed")
    stored = stored_call(local_server, caller.line.call_sid)
    assert stored["end_reason"] == "call_status_completed"
    assert stored["duration_seconds"] == 7


def test_words_typed_on_a_call_that_is_no_test_are_not_heeded(local_server: ServerProcess) -> None:
    caller = answered_call(local_server, test=False)
    hear_greeting(caller)
    caller.type_words("מה המחיר?")
    time.sleep(1)  # nothing is to happen, for as long as an answer would take
    assert caller.seconds_of("agent_starts")[1:] == []
    caller.hang_up()
    assert "typed words on a real call" in local_server.log()


def test_the_command_line_call_completes(local_server: ServerProcess) -> None:
    printed = local_server.flask("call", "--out", str(local_server.log_path.parent / "heard.wav"))
    assert "greeting heard" in printed
    assert "[FAQ_FASTPATH]" in printed
    assert "ended by the server" in printed
    assert "PROBLEM" not in printed


def test_a_real_caller_whom_nobody_understands_can_leave_a_message(
    local_server: ServerProcess, speech: Speech
) -> None:
    """No key, no recogniser, no test: the call leads to the carrier's recorder, not in circles."""
    caller = answered_call(local_server, test=False)
    over = hear_greeting(caller)
    caller.say(speech("speech_en_11s.wav")[: 8000 * 2])
    sorry = caller.wait_for("agent_starts", after=over)
    caller.wait_for("closed", after=sorry.at)
    after = caller.after_stream({"To": DEMO_NUMBER})
    assert after is not None
    assert "<Record" in after.body
    stored = stored_call(local_server, caller.line.call_sid)
    assert stored["end_reason"] == "error"
    assert stored["turns"][-1]["path"] == "FALLBACK"
