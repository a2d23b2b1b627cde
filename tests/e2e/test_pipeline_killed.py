"""A call becomes one finished card, however often the process dies on the way."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e.calling import answered_call, hear_greeting
from tests.e2e.conftest import StartServer
from tests.e2e.server_process import ServerProcess
from tests.fakes.openai_http import FakeOpenAIHttp
from tests.fakes.openai_realtime import FakeRealtime, RealtimeOptions, scripted_replies

Speech = Callable[[str], bytes]
KILLS = 10
SUMMARY = {
    "headline": "שאלה על מקום מחר",
    "points": ["שאלו אם יש מקום מחר בעשר", "נאמר שיש מקום מחר בעשר בבוקר"],
    "name": "",
    "phone": "",
    "need": "מקום מחר",
    "area": "",
    "budget": "",
    "time": "מחר בעשר",
    "next_step": "",
    "sentiment": "neutral",
}


@pytest.fixture
def http() -> Iterator[FakeOpenAIHttp]:
    with FakeOpenAIHttp() as fake:
        fake.configure(
            respond=lambda request: SUMMARY,
            transcribe=lambda *_: "יש לכם מקום מחר בעשר",
            delay_seconds=0.3,
        )
        yield fake


@pytest.fixture
def openai(http: FakeOpenAIHttp) -> Iterator[FakeRealtime]:
    options = RealtimeOptions(
        transcribe=lambda *_: "יש לכם מקום מחר בעשר",
        reply=scripted_replies(["כן, יש מקום מחר בעשר בבוקר."] * 50),
    )
    with FakeRealtime(options, http=http) as fake:
        yield fake


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")


def recording_server(
    start_server: StartServer, openai: FakeRealtime, database_url: str
) -> ServerProcess:
    server = start_server(
        database_url=database_url,
        OPENAI_BASE_URL=openai.base_url,
        OPENAI_API_KEY="sk-test",
        JOB_LEASE_SEC="3",
    )
    (business,) = server.get("/api/businesses")["items"]
    server.send("PATCH", f"/api/businesses/{business['id']}", {"settings": {"recording": True}})
    return server


def talk(server: ServerProcess, speech: Speech) -> str:
    """Ask one thing, hear the answer, hang up; return the call's id."""
    caller = answered_call(server, test=False)
    hear_greeting(caller)
    asked_until = caller.say(speech("word_4.wav"))
    answer = caller.wait_for("agent_starts", after=asked_until)
    caller.wait_for("agent_stops", after=answer.at)
    caller.hang_up()
    return caller.line.call_sid


def finished_card(server: ServerProcess, call_sid: str) -> dict[str, Any]:
    call = server.eventually(f"/api/calls/{call_sid}", lambda found: found.get("lead_id"), 30)
    card: dict[str, Any] = server.eventually(
        f"/api/leads/{call['lead_id']}", lambda lead: lead.get("status") == "processed", 60
    )
    return card


@pytest.mark.timeout(480)
def test_ten_deaths_on_the_way_leave_every_card_finished_once(
    start_server: StartServer,
    openai: FakeRealtime,
    http: FakeOpenAIHttp,
    speech: Speech,
    database_url: str,
) -> None:
    moments = random.Random(7)
    server = recording_server(start_server, openai, database_url)
    calls = []
    for _ in range(KILLS):
        calls.append(talk(server, speech))
        time.sleep(moments.uniform(0.0, 1.6))  # somewhere between hang-up and summary
        server.kill()
        server.start()
    for call_sid in calls:
        card = finished_card(server, call_sid)
        assert card["transcript"]
        assert card["summary"]
    leads = server.get("/api/businesses/1/leads")["items"]
    assert sorted(lead["call_sid"] for lead in leads) == sorted(calls)
    # A provider may be asked once more for each death, no oftener.
    summaries = http.requests_to("/responses")
    assert len(summaries) <= 2 * len(calls) + KILLS


@pytest.mark.timeout(300)
def test_two_processes_share_the_work_and_do_nothing_twice(
    start_server: StartServer,
    openai: FakeRealtime,
    http: FakeOpenAIHttp,
    speech: Speech,
    postgres_url: str,
) -> None:
    first = recording_server(start_server, openai, postgres_url)
    second = start_server(
        database_url=postgres_url, OPENAI_BASE_URL=openai.base_url, OPENAI_API_KEY="sk-test"
    )
    calls = [talk(server, speech) for server in (first, second) * 3]
    for call_sid in calls:
        finished_card(second, call_sid)
    assert len(http.requests_to("/responses")) <= 2 * len(calls)
