"""The course of a call that goes well: greeting, waiting, silence, keys, languages, ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from server.caller.caller import ring
from server.caller.line import Webhooks
from tests.e2e.calling import DEMO_NUMBER, answered_call, hear_greeting, stored_call
from tests.e2e.conftest import StartServer
from tests.e2e.server_process import ServerProcess
from tests.fakes.openai_realtime import FakeRealtime, scripted_replies

Speech = Callable[[str], bytes]
KEY = "sk-test"


def with_agent(
    start_server: StartServer, openai: FakeRealtime, **environment: str
) -> ServerProcess:
    return start_server(OPENAI_BASE_URL=openai.base_url, OPENAI_API_KEY=KEY, **environment)


def demo_settings(server: ServerProcess, **settings: Any) -> None:
    """Change the demo business's settings through the API, as its owner would."""
    (business,) = server.get("/api/businesses")["items"]
    server.send("PATCH", f"/api/businesses/{business['id']}", {"settings": settings})


def paths(call: dict[str, Any]) -> list[str | None]:
    return [turn["path"] for turn in call["turns"]]


def texts(call: dict[str, Any], path: str) -> list[str]:
    return [turn["text"] for turn in call["turns"] if turn["path"] == path]


def test_a_slow_answer_is_bridged_and_comes_after_the_filler(
    start_server: StartServer, openai: FakeRealtime, speech: Speech
) -> None:
    openai.configure(
        transcripts=["יש לכם מקום מחר"],
        reply=scripted_replies(["כן, מחר בעשר."]),
        first_audio_delay_ms=2600,
    )
    server = with_agent(start_server, openai)
    caller = answered_call(server)
    hear_greeting(caller)
    asked_until = caller.say(speech("word_4.wav"))
    filler = caller.wait_for("agent_starts", after=asked_until)
    between = caller.wait_for("agent_stops", after=filler.at)
    answer = caller.wait_for("agent_starts", after=between.at)
    caller.wait_for("agent_stops", after=answer.at)
    caller.hang_up()
    stored = stored_call(server, caller.line.call_sid)
    assert paths(stored) == ["GREETING", None, "FILLER", "AGENT"]
    timings = stored["turns"][3]["timings_ms"]
    assert timings["total_latency_ms"] > 2000  # the filler is no answer
    session = openai.wait_for_call(1)
    session.wait_closed()
    assert session.hard_violations == []
    assert any(item.text == "רגע, אני בודקת." for item in session.items)


def test_nobody_speaks_so_the_call_asks_and_then_ends(
    start_server: StartServer, openai: FakeRealtime
) -> None:
    server = with_agent(start_server, openai, SILENCE_PROMPT_SEC="2", SILENCE_HANGUP_SEC="2")
    caller = answered_call(server)
    heard_until = hear_greeting(caller)
    asks = caller.wait_for("agent_starts", after=heard_until)
    asked = caller.wait_for("agent_stops", after=asks.at)
    leaves = caller.wait_for("agent_starts", after=asked.at)
    caller.wait_for("closed", after=leaves.at)
    stored = stored_call(server, caller.line.call_sid)
    assert stored["end_reason"] == "silence"
    assert texts(stored, "FALLBACK") == ["אתם עדיין על הקו?", "תודה שהתקשרתם. יום טוב ולהתראות!"]
    assert not any(turn["interrupted"] for turn in stored["turns"])  # heard to its end
    assert openai.wait_for_call(1).wait_closed() == 1000
    after = caller.after_stream({"To": DEMO_NUMBER})
    assert after is not None
    assert "<Hangup" in after.body


def test_the_cap_is_announced_and_kept(start_server: StartServer, openai: FakeRealtime) -> None:
    server = with_agent(start_server, openai, MAX_CALL_SEC="14", SILENCE_PROMPT_SEC="100")
    caller = answered_call(server)
    heard_until = hear_greeting(caller)
    leaves = caller.wait_for("agent_starts", after=heard_until, timeout=12)
    assert leaves.at > 7
    caller.wait_for("closed", after=leaves.at)
    stored = stored_call(server, caller.line.call_sid)
    assert stored["end_reason"] == "max_duration"
    assert openai.wait_for_call(1).wait_closed() == 1000


def test_the_carriers_last_word_closes_both_sockets(
    start_server: StartServer, openai: FakeRealtime
) -> None:
    server = with_agent(start_server, openai)
    caller = answered_call(server)
    caller.wait_for("agent_starts")
    session = openai.wait_for_call(1)
    Webhooks(server.base_url).post(
        "/webhook/twilio/call_status",
        {"CallSid": caller.line.call_sid, "CallStatus": "failed"},
    )
    caller.wait_for("closed", timeout=3)
    assert session.wait_closed(timeout=3) == 1000
    assert stored_call(server, caller.line.call_sid)["end_reason"] == "call_status_failed"
    sent_before = len(caller.moments)
    time.sleep(0.5)
    assert len(caller.moments) == sent_before  # nothing follows


def test_key_0_calls_the_person_in(start_server: StartServer, openai: FakeRealtime) -> None:
    server = with_agent(start_server, openai)
    demo_settings(server, transfer_number="+972541112233")
    caller = answered_call(server)
    caller.wait_for("agent_starts")
    caller.line.press("0")
    caller.wait_for("closed")
    stored = stored_call(server, caller.line.call_sid)
    assert stored["end_reason"] == "transferred"
    assert stored["turns"][-1]["text"] == "רגע, אני מעבירה אתכם."
    after = caller.after_stream({"To": DEMO_NUMBER, "From": "+972541234567"})
    assert after is not None
    assert "<Number>+972541112233</Number>" in after.body
    assert f'callerId="{DEMO_NUMBER}"' in after.body
    unanswered = Webhooks(server.base_url).post(
        "/webhook/twilio/after_dial",
        {"CallSid": caller.line.call_sid, "To": DEMO_NUMBER, "DialCallStatus": "no-answer"},
    )
    assert "<Record" in unanswered.body
    assert "+972541112233" not in server.log()


def test_where_nobody_can_be_called_in_key_0_reaches_the_agent(
    start_server: StartServer, openai: FakeRealtime
) -> None:
    openai.configure(reply=scripted_replies(["אין בעיה, נחזור אליכם."]))
    server = with_agent(start_server, openai)
    caller = answered_call(server)
    heard_until = hear_greeting(caller)
    caller.line.press("0")
    answer = caller.wait_for("agent_starts", after=heard_until)
    caller.wait_for("agent_stops", after=answer.at)
    caller.hang_up()
    stored = stored_call(server, caller.line.call_sid)
    assert [turn["text"] for turn in stored["turns"]][1:] == [
        "אפשר לדבר עם נציג בבקשה?",
        "אין בעיה, נחזור אליכם.",
    ]


def test_the_agent_switches_language_and_everything_follows(
    start_server: StartServer, openai: FakeRealtime, speech: Speech
) -> None:
    openai.configure(
        transcripts=["do you speak English", ""],
        reply=scripted_replies(["Of course, how can I help you today?"]),
    )
    server = with_agent(start_server, openai, SILENCE_PROMPT_SEC="2")
    caller = answered_call(server)
    hear_greeting(caller)
    asked_until = caller.say(speech("word_4.wav"))
    answer = caller.wait_for("agent_starts", after=asked_until)
    over = caller.wait_for("agent_stops", after=answer.at)
    asks = caller.wait_for("agent_starts", after=over.at)
    caller.wait_for("agent_stops", after=asks.at)
    caller.hang_up()
    stored = stored_call(server, caller.line.call_sid)
    assert texts(stored, "FALLBACK") == ["Are you still on the line?"]
    session = openai.wait_for_call(1)
    session.wait_closed()
    assert session.hard_violations == []
    assert session.config["audio"]["input"]["transcription"]["languages"] == ["en", "he"]


def test_outside_its_hours_the_business_says_so(
    start_server: StartServer, openai: FakeRealtime
) -> None:
    server = with_agent(start_server, openai)
    closed = "הגעתם אלינו מחוץ לשעות הפעילות. אני עוזרת אוטומטית. במה אפשר לעזור?"
    hours = {"opening_hours": {"mon": []}, "after_hours_greeting": closed, "recording": True}
    demo_settings(server, **hours)
    caller = answered_call(server)
    hear_greeting(caller)
    caller.hang_up()
    stored = stored_call(server, caller.line.call_sid)
    assert stored["turns"][0]["text"] == (
        "הגעתם אלינו מחוץ לשעות הפעילות. אני עוזרת אוטומטית. השיחה מוקלטת. במה אפשר לעזור?"
    )


def test_outbound_the_agent_speaks_first_by_its_own_prompt(
    start_server: StartServer, openai: FakeRealtime
) -> None:
    openai.configure(reply=scripted_replies(["שלום, מדברים ממוסך הגפן."]))
    server = with_agent(start_server, openai)
    webhooks = Webhooks(server.base_url)

    call = ring(
        webhooks,
        to="+972541234567",
        from_number=DEMO_NUMBER,
        extra={"Direction": "outbound-api"},
    )
    assert call.caller is not None
    starts = call.caller.wait_for("agent_starts")
    call.caller.wait_for("agent_stops", after=starts.at)
    call.caller.hang_up()
    stored = stored_call(server, call.caller.line.call_sid)
    assert stored["direction"] == "outbound"
    assert stored["turns"][0]["text"] == "שלום, מדברים ממוסך הגפן."
    session = openai.wait_for_call(1)
    assert "ומתקשרת ללקוח" in session.config["instructions"]
    log = server.log()
    assert log.count("[OUTBOUND] bot_speaks_first") == 1
    assert log.count("[CALL_DIRECTION_SET]") == 1


def test_an_inbound_caller_may_speak_first(
    start_server: StartServer, openai: FakeRealtime, speech: Speech
) -> None:
    openai.configure(transcripts=["מה המחיר?"])
    server = with_agent(start_server, openai)
    demo_settings(server, caller_speaks_first=True)
    caller = answered_call(server)
    asked_until = caller.say(speech("word_4.wav"))
    answer = caller.wait_for("agent_starts", after=asked_until)
    caller.wait_for("agent_stops", after=answer.at)
    caller.hang_up()
    assert paths(stored_call(server, caller.line.call_sid)) == [None, "FAQ_FASTPATH"]


def test_without_agents_common_questions_and_messages_are_left(
    start_server: StartServer, openai: FakeRealtime, speech: Speech
) -> None:
    openai.configure(transcripts=["מה המחיר?", "יש לי בעיה ברכב"])
    server = with_agent(start_server, openai, AGENTS_ENABLED="0")
    caller = answered_call(server, test=False)
    over = hear_greeting(caller)
    for _ in range(2):
        asked_until = caller.say(speech("word_4.wav"))
        answer = caller.wait_for("agent_starts", after=max(asked_until, over))
        over = caller.wait_for("agent_stops", after=answer.at).at
    caller.hang_up()
    stored = stored_call(server, caller.line.call_sid)
    assert paths(stored) == ["GREETING", None, "FAQ_FASTPATH", None, "AGENT"]
    assert stored["turns"][-1]["text"].startswith("אשמח לקחת הודעה")
    session = openai.wait_for_call(1)
    session.wait_closed()
    assert session.responses == []
