"""Calls whose agent is a Realtime session, against the stand-in."""

from __future__ import annotations

import time
from collections.abc import Callable

from server.caller.line import Webhooks
from tests.e2e.calling import answered_call, hear_greeting, stored_call
from tests.e2e.conftest import StartServer
from tests.e2e.server_process import ServerProcess
from tests.fakes.openai_realtime import FakeRealtime, Reply, ToolCall, scripted_replies

Speech = Callable[[str], bytes]
KEY = "sk-test"


def with_agent(start_server: StartServer, openai: FakeRealtime) -> ServerProcess:
    return start_server(OPENAI_BASE_URL=openai.base_url, OPENAI_API_KEY=KEY)


def test_an_agent_turn(start_server: StartServer, openai: FakeRealtime, speech: Speech) -> None:
    reply = "כן, יש לנו מקום מחר בעשר בבוקר."
    openai.configure(transcripts=["יש לכם מקום מחר"], reply=scripted_replies([reply]))
    server = with_agent(start_server, openai)
    assert server.get("/healthz")["providers"]["agent"]["name"] == "openai-realtime"
    caller = answered_call(server, test=False)
    hear_greeting(caller)
    asked_until = caller.say(speech("word_4.wav"))
    answer = caller.wait_for("agent_starts", after=asked_until)
    caller.wait_for("agent_stops", after=answer.at)
    caller.hang_up()

    stored = stored_call(server, caller.line.call_sid)
    assert [(t["speaker"], t["path"], t["text"]) for t in stored["turns"]][1:] == [
        ("caller", None, "יש לכם מקום מחר"),
        ("agent", "AGENT", reply),
    ]
    assert not stored["turns"][2]["interrupted"]
    timings = stored["turns"][2]["timings_ms"]
    assert timings["final_ms"] <= timings["tts_ready_ms"] <= timings["total_latency_ms"]

    session = openai.wait_for_call(1)
    assert session.wait_closed() == 1000
    assert session.hard_violations == []
    assert len(openai.calls) == 1
    assert len(session.commits) == 1
    # The whole word and its pre-roll went up, and hardly more: silence is not paid for.
    heard_ms = len(session.commits[0].audio) / 8
    word_ms = len(speech("word_4.wav")) / 8
    assert word_ms <= heard_ms <= word_ms + 300 + 200 + 100
    config = session.config
    assert config["audio"]["input"]["format"] == {"type": "audio/pcmu"}
    assert config["audio"]["output"]["format"] == {"type": "audio/pcmu"}
    assert config["audio"]["input"]["turn_detection"] is None
    assert "Business Prompt" in config["instructions"]


def test_the_prompt_is_upgraded_once_and_before_the_first_response(
    start_server: StartServer, openai: FakeRealtime, speech: Speech
) -> None:
    openai.configure(transcripts=["שלום"])
    server = with_agent(start_server, openai)
    caller = answered_call(server)
    hear_greeting(caller)
    asked_until = caller.say(speech("word_4.wav"))
    caller.wait_for("agent_starts", after=asked_until)
    caller.hang_up()
    session = openai.wait_for_call(1)
    session.wait_closed()
    updates = [event for event in session.events if event.type == "session.update"]
    assert len(updates) == 2
    create = next(event for event in session.events if event.type == "response.create")
    assert updates[1].at < create.at
    first, second = (event.data["session"]["instructions"] for event in updates)
    assert len(first) < len(second)
    assert server.log().count("[PROMPT_UPGRADE]") == 1


def test_the_caller_interrupts_the_agent(
    start_server: StartServer, openai: FakeRealtime, speech: Speech
) -> None:
    openai.configure(
        transcripts=["ספרו לי הכל", "רגע"],
        reply=scripted_replies(["מילה " * 40, "בסדר."]),
        late_deltas_after_cancel=3,
        audio_pace=2.0,
    )
    server = with_agent(start_server, openai)
    caller = answered_call(server)
    hear_greeting(caller)
    asked_until = caller.say(speech("word_4.wav"))
    answer = caller.wait_for("agent_starts", after=asked_until)
    time.sleep(1)  # the agent talks
    caller.say(speech("word_1.wav"))
    cleared = caller.wait_for("clear", after=answer.at)
    second = caller.wait_for("agent_starts", after=cleared.at)
    caller.wait_for("agent_stops", after=second.at)
    caller.hang_up()

    session = openai.wait_for_call(1)
    session.wait_closed()
    assert session.hard_violations == []
    assert session.responses[0].status == "cancelled"
    stored = stored_call(server, caller.line.call_sid)
    cut = stored["turns"][2]
    assert cut["interrupted"]
    assert [t.audio_end_ms for t in session.truncations] == [cut["heard_ms"]]
    # Heard is what the caller's own ear played, not what was generated.
    assert abs(cut["heard_ms"] - (cleared.at - answer.at) * 1000) < 150
    assert stored["turns"][4]["text"] == "בסדר."


def test_the_agent_takes_leave_and_hangs_up(
    start_server: StartServer, openai: FakeRealtime, speech: Speech
) -> None:
    goodbye = Reply(text="תודה ולהתראות.", tool_calls=(ToolCall("end_call"),))
    openai.configure(transcripts=["זה הכל תודה"], reply=scripted_replies([goodbye]))
    server = with_agent(start_server, openai)
    caller = answered_call(server)
    hear_greeting(caller)
    asked_until = caller.say(speech("word_4.wav"))
    answer = caller.wait_for("agent_starts", after=asked_until)
    caller.wait_for("closed", after=answer.at)
    stored = stored_call(server, caller.line.call_sid)
    assert stored["end_reason"] == "agent_goodbye"
    assert stored["turns"][-1]["text"] == "תודה ולהתראות."
    assert not stored["turns"][-1]["interrupted"]
    session = openai.wait_for_call(1)
    assert session.wait_closed() == 1000
    assert session.hard_violations == []


def test_a_common_question_asks_no_model(
    start_server: StartServer, openai: FakeRealtime, speech: Speech
) -> None:
    openai.configure(transcripts=["מה המחיר?"])
    server = with_agent(start_server, openai)
    caller = answered_call(server)
    hear_greeting(caller)
    asked_until = caller.say(speech("word_4.wav"))
    answer = caller.wait_for("agent_starts", after=asked_until)
    caller.wait_for("agent_stops", after=answer.at)
    caller.hang_up()
    session = openai.wait_for_call(1)
    session.wait_closed()
    assert session.responses == []
    assert session.hard_violations == []
    told = [
        event.data["item"]["content"][0]["text"]
        for event in session.events
        if event.type == "conversation.item.create"
    ]
    assert any(text.startswith("טיפול שוטף") for text in told)


def test_a_refused_recogniser_is_replaced_and_remembered(
    start_server: StartServer, openai: FakeRealtime, speech: Speech
) -> None:
    openai.configure(reject_transcription_model="gpt-live-transcribe", transcripts=["שלום", "שלום"])
    server = with_agent(start_server, openai)
    for number in (1, 2):
        caller = answered_call(server)
        hear_greeting(caller)
        asked_until = caller.say(speech("word_4.wav"))
        caller.wait_for("agent_starts", after=asked_until)
        caller.hang_up()
        session = openai.wait_for_call(number)
        session.wait_closed()
        assert session.config["audio"]["input"]["transcription"]["model"] == "gpt-transcribe"
    first, second = openai.calls
    tries = [len([e for e in s.events if e.type == "session.update"]) for s in (first, second)]
    assert tries == [3, 2]


def test_an_agent_that_refuses_is_replaced_by_the_receptionist(
    start_server: StartServer, openai: FakeRealtime, speech: Speech
) -> None:
    openai.configure(refuse=503)
    server = with_agent(start_server, openai)
    caller = answered_call(server)
    hear_greeting(caller)
    asked_until = caller.say(speech("word_4.wav"), "יש לי שאלה")
    answer = caller.wait_for("agent_starts", after=asked_until)
    caller.wait_for("agent_stops", after=answer.at)
    caller.hang_up()
    stored = stored_call(server, caller.line.call_sid)
    assert stored["turns"][2]["path"] == "FALLBACK"
    assert "[AGENT_LOST]" in server.log()


def test_an_agent_that_drops_in_mid_answer_costs_the_answer_not_the_call(
    start_server: StartServer, openai: FakeRealtime, speech: Speech
) -> None:
    openai.configure(
        transcripts=["ספרו לי"],
        reply=scripted_replies(["מילה " * 30]),
        drop_mid_answer_after_ms=1000,
    )
    server = with_agent(start_server, openai)
    caller = answered_call(server)
    hear_greeting(caller)
    asked_until = caller.say(speech("word_4.wav"))
    answer = caller.wait_for("agent_starts", after=asked_until)
    stopped = caller.wait_for("agent_stops", after=answer.at)
    asked_until = caller.say(speech("word_4.wav"), "מה המחיר?")
    again = caller.wait_for("agent_starts", after=max(asked_until, stopped.at))
    caller.wait_for("agent_stops", after=again.at)
    caller.hang_up()
    stored = stored_call(server, caller.line.call_sid)
    assert stored["turns"][-1]["path"] == "FAQ_FASTPATH"


def test_only_the_address_of_ones_own_service_is_enough(
    start_server: StartServer, openai: FakeRealtime
) -> None:
    server = start_server(OPENAI_BASE_URL=openai.base_url)
    caller = answered_call(server)
    caller.wait_for("agent_starts")
    openai.wait_for_call(1)
    caller.hang_up()
    assert openai.calls[0].wait_closed() == 1000


def test_a_session_that_no_stream_claims_is_closed(
    start_server: StartServer, openai: FakeRealtime
) -> None:
    server = with_agent(start_server, openai)
    webhooks = Webhooks(server.base_url)
    ringing = {"CallSid": "CA_unclaimed", "From": "+972541234567", "To": "+97233726000"}
    for _ in range(2):  # a retried webhook opens no second session
        assert webhooks.post("/webhook/twilio/voice", ringing).status == 200
    session = openai.wait_for_call(1)
    assert session.wait_closed(timeout=25) == 1000
    assert len(openai.calls) == 1
    after = webhooks.post(
        "/webhook/twilio/after_stream", {"CallSid": "CA_unclaimed", "To": "+97233726000"}
    )
    assert "<Record" in after.body
