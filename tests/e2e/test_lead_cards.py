"""What a call leaves behind: a card with transcript and summary, within seconds of its end."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from server.leads.webhooks import signature
from tests.e2e.calling import answered_call, hear_greeting, stored_call
from tests.e2e.conftest import StartServer
from tests.e2e.server_process import ServerProcess
from tests.fakes.openai_http import FakeOpenAIHttp
from tests.fakes.openai_realtime import FakeRealtime, RealtimeOptions, scripted_replies

Speech = Callable[[str], bytes]
ASKED = "קוראים לי דנה כהן, יש לכם מקום מחר בעשר?"
REPLY = "כן, יש לנו מקום מחר בעשר בבוקר."
SUMMARY = {
    "headline": "דנה כהן מבקשת תור מחר",
    "points": ["שאלה אם יש מקום מחר בעשר", "נאמר לה שיש מקום מחר בעשר בבוקר"],
    "name": "דנה כהן",
    "phone": "0500000000",
    "need": "מקום מחר",
    "area": "",
    "budget": "",
    "time": "מחר בעשר",
    "next_step": "",
    "sentiment": "positive",
}


@pytest.fixture
def http() -> Iterator[FakeOpenAIHttp]:
    with FakeOpenAIHttp() as fake:
        fake.configure(respond=lambda request: SUMMARY)
        yield fake


@pytest.fixture
def realtime(http: FakeOpenAIHttp) -> Iterator[FakeRealtime]:
    options = RealtimeOptions(transcripts=[ASKED], reply=scripted_replies([REPLY]))
    with FakeRealtime(options, http=http) as fake:
        yield fake


class Told:
    """Somebody's server that is told of leads."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, bytes]] = []
        told = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                event, signed = self.headers["X-Maane-Event"], self.headers["X-Maane-Signature"]
                told.events.append((event, signed, body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/in"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def told() -> Iterator[Told]:
    receiver = Told()
    yield receiver
    receiver.stop()


def talk(server: ServerProcess, speech: Speech) -> str:
    """Ask one thing, hear the answer, hang up; return the call's id."""
    caller = answered_call(server, test=False)
    hear_greeting(caller)
    asked_until = caller.say(speech("word_4.wav"))
    answer = caller.wait_for("agent_starts", after=asked_until)
    caller.wait_for("agent_stops", after=answer.at)
    caller.hang_up()
    return caller.line.call_sid


def card_of(server: ServerProcess, call_sid: str, status: str = "processed") -> dict[str, Any]:
    lead_id = stored_call(server, call_sid)["lead_id"]
    card: dict[str, Any] = server.eventually(
        f"/api/leads/{lead_id}", lambda lead: lead["status"] == status, seconds=20
    )
    return card


def test_a_call_ends_in_a_card(
    start_server: StartServer,
    realtime: FakeRealtime,
    http: FakeOpenAIHttp,
    told: Told,
    speech: Speech,
) -> None:
    server = start_server(
        OPENAI_BASE_URL=realtime.base_url,
        OPENAI_API_KEY="sk-test",
        WEBHOOK_ALLOW_HTTP="1",
        WEBHOOK_OWN_NETWORKS="127.0.0.0/8",
    )
    business = server.get("/api/businesses")["items"][0]["id"]
    events = ["lead.created", "call.completed", "lead.processed"]
    hook = server.send(
        "POST", f"/api/businesses/{business}/webhooks", {"url": told.url, "events": events}
    )
    call_sid = talk(server, speech)
    card = card_of(server, call_sid)
    assert f"caller: {ASKED}" in card["transcript"]
    assert f"agent: {REPLY}" in card["transcript"]
    assert card["summary"].splitlines() == [SUMMARY["headline"], *SUMMARY["points"]]
    assert (card["summary_source"], card["transcript_source"]) == ("openai", "live")
    assert (card["name"], card["fields"]["time"]) == ("דנה כהן", "מחר בעשר")
    assert "phone" not in card["fields"]  # the model made it up
    assert http.violations == []
    server.eventually(
        f"/api/businesses/{business}/jobs?state=done",
        lambda page: sum(item["lane"] == "webhook" for item in page["items"]) == 3,
    )
    assert sorted(event for event, *_ in told.events) == sorted(events)
    for _, signed, body in told.events:
        stamp = int(signed.partition(",")[0].removeprefix("t="))
        assert signed == signature(hook["secret"], stamp, body)
        assert json.loads(body)["lead"]["id"] == card["id"]
    assert "דנה" not in server.log()


def test_a_summary_service_that_is_down_costs_no_card(
    start_server: StartServer, realtime: FakeRealtime, http: FakeOpenAIHttp, speech: Speech
) -> None:
    http.configure(refuse=503, fault_path="/responses")
    server = start_server(OPENAI_BASE_URL=realtime.base_url, OPENAI_API_KEY="sk-test")
    call_sid = talk(server, speech)
    card = card_of(server, call_sid)
    assert card["summary_source"] == "extractive"
    assert "http_503" in card["error"]
    assert "דנה" in card["summary"]
    http.configure(refuse=None)
    server.send("POST", f"/api/leads/{card['id']}/retry", {})
    again = card_of(server, call_sid)
    assert (again["summary_source"], again["error"]) == ("openai", "")
