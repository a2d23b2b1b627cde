"""What a call leaves behind: nothing in the process, everything in the database."""

from __future__ import annotations

import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.e2e.calling import answered_call, hear_greeting, stored_call
from tests.e2e.conftest import StartServer
from tests.e2e.server_process import ServerProcess
from tests.fakes.openai_realtime import FakeRealtime

Speech = Callable[[str], bytes]


def test_fifty_calls_leave_no_greenlet_and_no_socket(
    start_server: StartServer, openai: FakeRealtime
) -> None:
    server = start_server(OPENAI_BASE_URL=openai.base_url, OPENAI_API_KEY="sk-test")

    def one_call(number: int) -> str:
        caller = answered_call(server)
        caller.wait_for("agent_starts")
        if number % 3 == 0:
            caller.line.close()  # no stop, no status
        else:
            caller.hang_up()
        return caller.line.call_sid

    stored_call(server, one_call(1))
    at_rest = settled_probe(server, openai)
    with ThreadPoolExecutor(10) as pool:
        for call_sid in pool.map(one_call, range(50)):
            stored_call(server, call_sid)
    after = settled_probe(server, openai)
    assert after["descriptors"] <= at_rest["descriptors"] + 2  # the database's own pool may grow
    assert after["greenlets"] <= at_rest["greenlets"] + 2
    assert after["frozen"] > 100_000, "full collections would hold up every call"
    assert len(openai.calls) == 51
    assert openai.open_sessions == 0
    assert server.get("/healthz")["calls"]["live"] == 0


def settled_probe(server: ServerProcess, openai: FakeRealtime) -> dict[str, int]:
    """Return the probe's counts once the sessions are closed and the counts stand still."""
    openai.wait_all_closed(timeout=60)  # what is being rendered ahead of calls takes its time
    # Idle keep-alive connections of the API's clients end with the client's close.
    last: dict[str, int] = {}
    for _ in range(50):
        time.sleep(0.3)
        counts = server.probe()
        if counts == last:
            return counts
        last = counts
    return last


def test_a_locked_database_costs_no_call(start_server: StartServer, speech: Speech) -> None:
    server = start_server()
    database = server.environment["DATABASE_URL"].removeprefix("sqlite:///")
    locker = sqlite3.connect(database, check_same_thread=False, isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    try:
        caller = answered_call(server)
        hear_greeting(caller)
        asked_until = caller.say(speech("word_4.wav"), "מה המחיר?")
        answer = caller.wait_for("agent_starts", after=asked_until)
        caller.wait_for("agent_stops", after=answer.at)
        caller.hang_up()
    finally:
        locker.execute("ROLLBACK")
        locker.close()
    stored = stored_call(server, caller.line.call_sid)
    assert [turn["path"] for turn in stored["turns"]] == ["GREETING", None, "FAQ_FASTPATH"]
    # No frame waited for the database: the greeting and the answer were heard without a hole.
    assert caller.seconds_of("agent_stops")[0] - caller.seconds_of("agent_starts")[0] < 8


def test_stopping_the_server_ends_its_calls_and_writes_them_down(
    start_server: StartServer,
) -> None:
    server = start_server(DRAIN_TIMEOUT_SEC="1")
    caller = answered_call(server)
    caller.wait_for("agent_starts")
    assert server.stop(signal.SIGTERM) == 0
    caller.wait_for("closed")
    server.start()
    stored = stored_call(server, caller.line.call_sid)
    assert stored["turns"][0]["path"] == "GREETING"


def test_a_running_call_may_end_before_the_server_does(start_server: StartServer) -> None:
    server = start_server(DRAIN_TIMEOUT_SEC="20")
    caller = answered_call(server)
    caller.wait_for("agent_starts")
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    hear_greeting(caller)
    caller.line.hang_up()
    stopping.join(30)
    assert not stopping.is_alive()
    server.start()
    assert stored_call(server, caller.line.call_sid)["end_reason"] == "caller_hangup"


def test_a_call_without_eventlet(
    start_server: StartServer, openai: FakeRealtime, speech: Speech
) -> None:
    """The way out of eventlet stays open: the same code on plain threads."""
    openai.configure(transcripts=["יש לי שאלה", "מה המחיר?"])
    server = start_server(
        gunicorn=("-k", "gthread"), OPENAI_BASE_URL=openai.base_url, OPENAI_API_KEY="sk-test"
    )
    assert "Using worker: gthread" in server.log()
    caller = answered_call(server)
    hear_greeting(caller)
    for _ in range(2):
        asked_until = caller.say(speech("word_4.wav"))
        answer = caller.wait_for("agent_starts", after=asked_until)
        caller.wait_for("agent_stops", after=answer.at)
    caller.hang_up()
    stored = stored_call(server, caller.line.call_sid)
    paths = [turn["path"] for turn in stored["turns"]]
    assert paths == ["GREETING", None, "AGENT", None, "FAQ_FASTPATH"]
    session = openai.wait_for_call(1)
    assert session.wait_closed() == 1000
    assert session.hard_violations == []


def test_a_call_on_postgresql(start_server: StartServer, postgres_url: str, speech: Speech) -> None:
    server = start_server(database_url=postgres_url)
    assert server.get("/healthz")["database"]["kind"] == "postgresql"
    caller = answered_call(server)
    hear_greeting(caller)
    asked_until = caller.say(speech("word_4.wav"), "מה המחיר?")
    answer = caller.wait_for("agent_starts", after=asked_until)
    caller.wait_for("agent_stops", after=answer.at)
    caller.hang_up()
    stored = stored_call(server, caller.line.call_sid)
    assert stored["turns"][2]["path"] == "FAQ_FASTPATH"
    assert server.get(f"/api/leads/{stored['lead_id']}")["phone"] == "+972541234567"
