"""What goes wrong in a call: the caller hears something helpful soon, and the lead is kept."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from server.caller.caller import Caller
from tests.e2e.calling import answered_call, hear_greeting, stored_call
from tests.e2e.conftest import StartServer
from tests.e2e.server_process import ServerProcess
from tests.fakes.openai_http import FakeOpenAIHttp
from tests.fakes.openai_realtime import FakeRealtime, RealtimeOptions, scripted_replies
from tests.postgres import database_away

Speech = Callable[[str], bytes]
SORRY = "סליחה, יש לנו תקלה קטנה. אשמח לקחת הודעה ונחזור אליכם. במה מדובר?"


@pytest.fixture
def requests() -> Iterator[FakeOpenAIHttp]:
    """OpenAI's HTTP API, which recognises utterances where no session does."""
    with FakeOpenAIHttp() as fake:
        yield fake


@pytest.fixture
def openai(requests: FakeOpenAIHttp) -> Iterator[FakeRealtime]:
    """Both of OpenAI's interfaces behind one address."""
    with FakeRealtime(RealtimeOptions(), http=requests) as fake:
        yield fake


@pytest.fixture
def server(start_server: StartServer, openai: FakeRealtime) -> ServerProcess:
    return start_server(OPENAI_BASE_URL=openai.base_url, OPENAI_API_KEY="sk-test")


def say_and_hear(caller: Caller, audio: bytes, after: float) -> float:
    """Say something, hear out what is answered (a filler is no answer); return its end."""
    said_until = caller.say(audio)
    while True:
        starts = caller.wait_for("agent_starts", after=max(said_until, after))
        over = caller.wait_for("agent_stops", after=starts.at)
        time.sleep(0.3)  # a reply follows its filler at once
        if not caller.moments or caller.moments[-1].what != "agent_starts":
            return over.at
        after = caller.moments[-1].at - 0.01


def heard_out(caller: Caller, text: str) -> float:
    """Wait until the caller has heard this sentence to its end."""
    after = -1.0
    while True:
        turn = caller.wait_for("turn", after=after, timeout=12)
        if turn.detail["text"] == text and turn.detail["heard_ms"]:
            return turn.at
        after = turn.at


def lead_of(server: ServerProcess, stored: dict[str, Any]) -> dict[str, Any]:
    lead: dict[str, Any] = server.get(f"/api/leads/{stored['lead_id']}")
    return lead


def replies(stored: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (turn["path"], turn["text"])
        for turn in stored["turns"]
        if turn["speaker"] == "agent" and turn["path"] not in ("GREETING", "FILLER")
    ]


def test_refused_the_receptionist_still_answers_common_questions_and_takes_a_message(
    server: ServerProcess, openai: FakeRealtime, requests: FakeOpenAIHttp, speech: Speech
) -> None:
    openai.configure(refuse=503)
    heard = ["יש לי בעיה ברכב", "מה המחיר?", "הבלמים חורקים", "דני כהן"]
    requests.configure(transcripts=list(heard))
    caller = answered_call(server, test=False)
    over = hear_greeting(caller)
    for _ in heard:
        over = say_and_hear(caller, speech("word_4.wav"), over)
    caller.wait_for("closed", timeout=15)
    stored = stored_call(server, caller.line.call_sid)
    paths = [path for path, _ in replies(stored)]
    assert paths == ["FALLBACK", "FAQ_FASTPATH", "FALLBACK", "FALLBACK"]
    assert replies(stored)[0][1] == SORRY
    assert stored["end_reason"] == "agent_goodbye"
    assert [turn["text"] for turn in stored["turns"] if turn["speaker"] == "caller"] == heard
    lead = lead_of(server, stored)
    assert lead["name"] == "דני כהן"
    assert lead["fields"]["need"] == "הבלמים חורקים"
    assert lead["fields"]["callback"]
    assert requests.violations == []


def test_a_stalled_answer_is_bridged_and_then_the_receptionist_takes_over(
    server: ServerProcess, openai: FakeRealtime, speech: Speech
) -> None:
    openai.configure(transcripts=["יש לי בעיה ברכב", "מה המחיר?"], stall_after_create=True)
    caller = answered_call(server)
    over = hear_greeting(caller)
    asked_until = caller.say(speech("word_4.wav"))
    filler = caller.wait_for("agent_starts", after=max(asked_until, over))
    caller.wait_for("turn", after=filler.at)
    over = heard_out(caller, SORRY)
    over = say_and_hear(caller, speech("word_4.wav"), over)
    caller.hang_up()
    stored = stored_call(server, caller.line.call_sid)
    paths = [turn["path"] for turn in stored["turns"]]
    assert paths == ["GREETING", None, "FILLER", "FILLER", "FALLBACK", None, "FAQ_FASTPATH"]
    assert replies(stored)[0][1] == SORRY
    assert len(openai.calls) == 1  # it still listens


def test_an_answer_that_drops_is_finished_by_a_new_session_that_knows_the_call(
    server: ServerProcess, openai: FakeRealtime, speech: Speech
) -> None:
    openai.configure(
        transcripts=["ספרו לי הכל", "ועוד משהו"],
        reply=scripted_replies(["מילה ראשונה ועוד " * 5, "וזה הסוף.", "בשמחה."]),
        drop_mid_answer_after_ms=1200,
    )
    caller = answered_call(server)
    over = hear_greeting(caller)
    caller.say(speech("word_4.wav"))
    openai.wait_for_call(1).wait_for_response(1)
    openai.calls[0].wait_closed()
    openai.configure(drop_mid_answer_after_ms=None)
    starts = caller.wait_for("agent_starts", after=over)
    over = caller.wait_for("agent_stops", after=starts.at).at
    say_and_hear(caller, speech("word_4.wav"), over)
    caller.hang_up()
    stored = stored_call(server, caller.line.call_sid)
    (_, first), (_, second) = replies(stored)
    assert first.endswith("וזה הסוף.")
    assert second == "בשמחה."
    session = openai.calls[1]
    session.wait_closed()
    assert session.hard_violations == []
    told = [item.text for item in session.items]
    assert "ספרו לי הכל" in told
    updates = session.events_of("session.update")
    assert len(updates) == 1  # the full prompt at once
    assert "Business Prompt" in updates[0].data["session"]["instructions"]
    assert "[AGENT_RECONNECTED]" in server.log()


def test_a_question_that_the_lost_session_had_heard_is_answered_by_the_new_one(
    server: ServerProcess, openai: FakeRealtime, speech: Speech
) -> None:
    """The words were on their way when the session expired: they are heard again."""
    openai.configure(
        transcripts=["יש לכם מקום מחר", "יש לכם מקום מחר"],
        reply=scripted_replies(["כן, מחר בעשר."]),
        transcript_delay_ms=2000,
    )
    caller = answered_call(server)
    hear_greeting(caller)
    asked_until = caller.say(speech("word_4.wav"))
    session = openai.wait_for_call(1)
    session.wait_for_commit(1)
    openai.configure(transcript_delay_ms=50, expire_session_after_s=0.0)
    session.wait_closed()
    openai.configure(expire_session_after_s=None)
    answer = caller.wait_for("agent_starts", after=asked_until)
    caller.wait_for("agent_stops", after=answer.at)
    caller.hang_up()
    stored = stored_call(server, caller.line.call_sid)
    assert ("AGENT", "כן, מחר בעשר.") in replies(stored)
    said = [turn["text"] for turn in stored["turns"] if turn["speaker"] == "caller"]
    assert said == ["יש לכם מקום מחר"]


def test_a_session_that_cannot_be_had_again_leaves_a_message_and_a_marked_lead(
    server: ServerProcess, openai: FakeRealtime, requests: FakeOpenAIHttp, speech: Speech
) -> None:
    openai.configure(
        transcripts=["ספרו לי הכל"],
        reply=scripted_replies(["מילה ראשונה ועוד " * 5]),
        drop_mid_answer_after_ms=800,
    )
    requests.configure(transcripts=["תחזרו אליי בבקשה"])
    caller = answered_call(server)
    over = hear_greeting(caller)
    caller.say(speech("word_4.wav"))
    openai.wait_for_call(1).wait_for_response(1)
    openai.configure(refuse=503)
    starts = caller.wait_for("agent_starts", after=over)
    broke = caller.wait_for("agent_stops", after=starts.at)
    sorry = caller.wait_for("agent_starts", after=broke.at)
    over = caller.wait_for("agent_stops", after=sorry.at).at
    say_and_hear(caller, speech("word_4.wav"), over)
    caller.hang_up()
    stored = stored_call(server, caller.line.call_sid)
    assert [text for _, text in replies(stored)][1:] == [SORRY, "קיבלתי. איך קוראים לכם?"]
    fields = lead_of(server, stored)["fields"]
    assert fields["need"] == "תחזרו אליי בבקשה"
    assert fields["callback"] == "closed"


def test_rate_limited_answers_cost_the_agent_but_not_its_ears(
    server: ServerProcess, openai: FakeRealtime, speech: Speech
) -> None:
    openai.configure(transcripts=["יש לי בעיה", "מה המחיר?"], rate_limit_responses=True)
    caller = answered_call(server)
    over = hear_greeting(caller)
    for _ in range(2):
        over = say_and_hear(caller, speech("word_4.wav"), over)
    caller.hang_up()
    stored = stored_call(server, caller.line.call_sid)
    assert [path for path, _ in replies(stored)] == ["FALLBACK", "FAQ_FASTPATH"]
    assert lead_of(server, stored)["fields"]["callback"] == "failed"


def test_a_failed_transcription_is_answered_by_the_agent_who_has_the_audio(
    server: ServerProcess, openai: FakeRealtime, speech: Speech
) -> None:
    openai.configure(fail_transcription=True, reply=scripted_replies(["בוודאי."]))
    caller = answered_call(server)
    over = hear_greeting(caller)
    say_and_hear(caller, speech("word_4.wav"), over)
    caller.hang_up()
    stored = stored_call(server, caller.line.call_sid)
    assert replies(stored) == [("AGENT", "בוודאי.")]


def test_where_no_recogniser_is_left_the_carrier_records_a_message(
    server: ServerProcess, openai: FakeRealtime, requests: FakeOpenAIHttp, speech: Speech
) -> None:
    openai.configure(refuse=503)
    requests.configure(refuse=429)
    caller = answered_call(server, test=False)
    over = hear_greeting(caller)
    over = say_and_hear(caller, speech("word_4.wav"), over)
    caller.say(speech("word_4.wav"))
    caller.wait_for("closed", timeout=20)
    stored = stored_call(server, caller.line.call_sid)
    assert stored["end_reason"] == "error"
    after = caller.after_stream({"To": "+97233726000"})
    assert after is not None
    assert "<Record" in after.body
    assert lead_of(server, stored)["fields"]["callback"]


def test_sessions_change_at_a_pause_before_the_old_one_ends(
    start_server: StartServer, openai: FakeRealtime, speech: Speech
) -> None:
    openai.configure(
        transcripts=["שאלה ראשונה", "שאלה שנייה"],
        reply=scripted_replies(["תשובה ראשונה.", "תשובה שנייה."]),
    )
    server = start_server(
        OPENAI_BASE_URL=openai.base_url, OPENAI_API_KEY="sk-test", REALTIME_ROTATE_SEC="6"
    )
    caller = answered_call(server)
    over = hear_greeting(caller)
    over = say_and_hear(caller, speech("word_4.wav"), over)
    second = openai.wait_for_call(2)
    openai.calls[0].wait_closed()
    say_and_hear(caller, speech("word_4.wav"), over)
    caller.hang_up()
    stored = stored_call(server, caller.line.call_sid)
    assert [text for _, text in replies(stored)] == ["תשובה ראשונה.", "תשובה שנייה."]
    second.wait_closed()
    assert second.hard_violations == []
    assert [item.text for item in second.items][:3][-2:] == ["שאלה ראשונה", "תשובה ראשונה."]
    assert "[AGENT_ROTATED]" in server.log()


def five_seconds_without(caller: Caller, speech: Speech, over: float) -> float:
    """Ask a common question and hear it answered while the database is away."""
    began = time.monotonic()
    over = say_and_hear(caller, speech("word_4.wav"), over)
    time.sleep(max(0.0, began + 5.0 - time.monotonic()))
    return over


def test_a_database_that_is_locked_for_five_seconds_in_mid_call_loses_nothing(
    server: ServerProcess, openai: FakeRealtime, speech: Speech
) -> None:
    openai.configure(transcripts=["מה המחיר?", "יש לי שאלה"], reply=scripted_replies(["בוודאי."]))
    caller = answered_call(server)
    over = hear_greeting(caller)
    database = server.environment["DATABASE_URL"].removeprefix("sqlite:///")
    locker = sqlite3.connect(database, check_same_thread=False, isolation_level=None)
    locker.execute("BEGIN EXCLUSIVE")
    try:
        over = five_seconds_without(caller, speech, over)
        second = answered_call(server)  # a call that rings meanwhile is answered as ever
        hear_greeting(second)
        second.hang_up()
    finally:
        locker.execute("ROLLBACK")
        locker.close()
    say_and_hear(caller, speech("word_4.wav"), over)
    caller.hang_up()
    stored = stored_call(server, caller.line.call_sid)
    assert [path for path, _ in replies(stored)] == ["FAQ_FASTPATH", "AGENT"]
    assert stored_call(server, second.line.call_sid)["turns"][0]["path"] == "GREETING"


def test_a_database_that_is_gone_for_five_seconds_in_mid_call_loses_nothing(
    start_server: StartServer,
    openai: FakeRealtime,
    speech: Speech,
    postgres_server: str,
    postgres_url: str,
) -> None:
    openai.configure(transcripts=["מה המחיר?", "יש לי שאלה"], reply=scripted_replies(["בוודאי."]))
    server = start_server(
        database_url=postgres_url, OPENAI_BASE_URL=openai.base_url, OPENAI_API_KEY="sk-test"
    )
    caller = answered_call(server)
    over = hear_greeting(caller)
    with database_away(postgres_server, postgres_url):
        over = five_seconds_without(caller, speech, over)
        second = answered_call(server)
        hear_greeting(second)
        second.hang_up()
    say_and_hear(caller, speech("word_4.wav"), over)
    caller.hang_up()
    stored = stored_call(server, caller.line.call_sid)
    assert [path for path, _ in replies(stored)] == ["FAQ_FASTPATH", "AGENT"]
    assert stored_call(server, second.line.call_sid)["turns"][0]["path"] == "GREETING"
