"""Common questions on the phone: answered without the agent, whatever is changed meanwhile."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from server.caller.caller import Caller
from tests.e2e.calling import answered_call, hear_greeting, stored_call
from tests.e2e.conftest import StartServer
from tests.e2e.server_process import ServerProcess
from tests.fakes.openai_http import FakeOpenAIHttp
from tests.fakes.openai_http.vectors import text_vector
from tests.fakes.openai_realtime import FakeRealtime, RealtimeOptions, Reply

Speech = Callable[[str], bytes]
AGENTS = "בוודאי, אשמח לעזור."
PRICE = "טיפול שוטף עולה ארבע מאות וחמישים שקלים, כולל שמן ומסנן."
ADDRESS = "אנחנו ברחוב הגפן שתים עשרה, חולון, ליד תחנת הדלק."
HOURS = "פתוחים בימים ראשון עד חמישי משמונה עד חמש, ובשישי עד אחת."
GREY = "כמה עולה טיפול קוסמי"
"""A word too many for the rules; what it means lies beside "כמה עולה טיפול"."""


@pytest.fixture
def requests() -> Iterator[FakeOpenAIHttp]:
    with FakeOpenAIHttp() as fake:
        fake.configure(embed=near_the_price, fault_path="/embeddings")
        yield fake


@pytest.fixture
def openai(requests: FakeOpenAIHttp) -> Iterator[FakeRealtime]:
    with FakeRealtime(RealtimeOptions(), http=requests) as fake:
        fake.configure(reply=lambda _: Reply(AGENTS), first_audio_delay_ms=100)
        yield fake


def near_the_price(text: str, size: int) -> list[float]:
    return text_vector("כמה עולה טיפול" if text == GREY else text, size)


def with_agent(start_server: StartServer, openai: FakeRealtime, **more: str) -> ServerProcess:
    return start_server(OPENAI_BASE_URL=openai.base_url, OPENAI_API_KEY="sk-test", **more)


class Phone:
    """A call whose caller says one sentence after the other and hears each answer out."""

    def __init__(self, server: ServerProcess, openai: FakeRealtime, sound: bytes) -> None:
        self.caller: Caller = answered_call(server)
        self._openai = openai
        self._sound = sound
        self._over = hear_greeting(self.caller)
        self.session = openai.calls[-1]

    def ask(self, words: str) -> dict[str, Any]:
        """Say ``words``; return the turn that answers, once it has been heard."""
        time.sleep(1.1)  # the distance between two replies
        self._openai.configure(transcripts=[words])
        asked_until = self.caller.say(self._sound)
        starts = self.caller.wait_for("agent_starts", after=max(asked_until - 0.1, self._over))
        self._over = self.caller.wait_for("agent_stops", after=starts.at).at
        turn = self._heard()
        return turn | {"waited": starts.at - asked_until}

    def _heard(self) -> dict[str, Any]:
        """Return the last turn as it is stored when the caller has heard it."""
        deadline = time.monotonic() + 5
        while True:
            turn = self.caller.turns[max(self.caller.turns)]
            if turn["speaker"] == "agent" and turn["heard_ms"] is not None:
                return turn
            assert time.monotonic() < deadline, turn
            time.sleep(0.02)

    def path(self, words: str) -> str:
        return str(self.ask(words)["path"])

    def responses(self) -> int:
        """Return how often the agent was asked for an answer."""
        return len(self.session.events_of("response.create"))


def test_the_acceptance_sentences(
    start_server: StartServer, openai: FakeRealtime, speech: Speech
) -> None:
    server = with_agent(start_server, openai)
    phone = Phone(server, openai, speech("word_4.wav"))
    for words, answer in (("מה המחיר?", PRICE), ("איפה אתם?", ADDRESS), ("מתי פתוחים?", HOURS)):
        turn = phone.ask(words)
        assert (turn["path"], turn["text"]) == ("FAQ_FASTPATH", answer)
    assert phone.responses() == 0
    for asked, words in enumerate(("יש פנוי מחר ב-10?", "שלח לי אישור"), 1):
        turn = phone.ask(words)
        assert (turn["path"], turn["text"]) == ("AGENT", AGENTS)
        assert phone.responses() == asked
    turn = phone.ask("מה המחיר והאם אתם פתוחים היום?")
    assert (turn["path"], turn["text"]) == ("FALLBACK", "למחיר או לשעות פתיחה?")
    assert phone.ask("למחיר")["text"] == PRICE
    assert phone.responses() == 2
    phone.caller.hang_up()

    stored = stored_call(server, phone.caller.line.call_sid)
    answers = [turn for turn in stored["turns"] if turn["speaker"] == "agent"][1:]
    assert [turn["intent_key"] for turn in answers] == [
        "price", "address", "hours", None, None, None, "price",
    ]  # fmt: skip
    log = server.log()
    assert re.search(r"\[FAQ\] hit biz=1 intent=price score=1\.00 ms=\d+\.\d+$", log, re.MULTILINE)
    assert re.search(r"\[FAQ\] match ms=\S+ best=\S+ intent=\S+ score=\S+", log)
    assert re.search(r"\[VOICE\] TURN \S+ PATH=FAQ_FASTPATH", log)
    faq_lines = [line for line in log.splitlines() if "[FAQ]" in line]
    assert not any("מחיר" in line or "פנוי" in line for line in faq_lines)
    assert phone.session.hard_violations == []


def test_english_words_get_an_english_answer(
    start_server: StartServer, openai: FakeRealtime, speech: Speech
) -> None:
    server = with_agent(start_server, openai)
    phone = Phone(server, openai, speech("word_4.wav"))
    turn = phone.ask("What is the price?")
    assert (turn["path"], turn["text"][:20]) == ("FAQ_FASTPATH", "A regular service co")
    assert phone.path("מה המחיר?") == "FAQ_FASTPATH"
    phone.caller.hang_up()


def test_an_edit_and_a_switch_count_from_the_next_utterance(
    start_server: StartServer, openai: FakeRealtime, speech: Speech
) -> None:
    server = with_agent(start_server, openai)
    phone = Phone(server, openai, speech("word_4.wav"))
    assert phone.ask("מה המחיר?")["text"] == PRICE
    rows = server.get("/api/businesses/1/faqs")["items"]
    row = next(row for row in rows if row["intent_key"] == "price" and row["lang"] == "he-IL")
    edited = {
        "intent_key": "price",
        "patterns": ["מה המחיר", "כמה זה יוצא"],
        "answer_text": "מהיום חמש מאות שקלים.",
    }
    server.send("PUT", f"/api/businesses/1/faqs/{row['id']}", edited)
    assert phone.ask("כמה זה יוצא?")["text"] == edited["answer_text"]
    server.send("PATCH", "/api/system/settings", {"faq_fastpath_enabled": False})
    assert phone.path("מה המחיר?") == "AGENT"
    server.send("PATCH", "/api/system/settings", {"faq_fastpath_enabled": None})
    assert phone.path("מה המחיר?") == "FAQ_FASTPATH"
    server.send("DELETE", f"/api/businesses/1/faqs/{row['id']}", None)
    assert phone.path("מה המחיר?") == "AGENT"
    phone.caller.hang_up()
    assert len(openai.calls) == 1  # one session all along


def test_embeddings_come_and_go_while_a_call_runs(
    start_server: StartServer, openai: FakeRealtime, requests: FakeOpenAIHttp, speech: Speech
) -> None:
    server = with_agent(start_server, openai)
    requests.wait_until(lambda fake: fake.requests_to("/embeddings"), timeout=20)
    phone = Phone(server, openai, speech("word_4.wav"))
    turn = phone.ask(GREY)
    assert (turn["path"], turn["text"]) == ("FAQ_FASTPATH", PRICE)

    server.send("PATCH", "/api/system/settings", {"faq_embeddings_enabled": False})
    asked = len(requests.requests)
    assert phone.path(GREY) == "AGENT"
    assert len(requests.requests) == asked
    server.send("PATCH", "/api/system/settings", {"faq_embeddings_enabled": True})
    assert phone.path(GREY) == "FAQ_FASTPATH"

    requests.configure(delay_seconds=3.0)
    turn = phone.ask(GREY)
    assert turn["path"] == "AGENT"
    assert turn["waited"] < 1.3  # hangover, recogniser, 300 ms, the model
    requests.configure(delay_seconds=0, refuse=500)
    assert phone.path(GREY) == "AGENT"
    requests.configure(refuse=None)
    assert phone.path(GREY) == "FAQ_FASTPATH"

    requests.configure(drop_connection=True)
    for _ in range(3):
        assert phone.path(GREY) == "AGENT"
    asked = len(requests.requests)
    assert phone.path(GREY) == "AGENT"
    assert len(requests.requests) == asked  # the service is left alone now
    assert phone.path("מה המחיר?") == "FAQ_FASTPATH"
    phone.caller.hang_up()
    assert phone.session.hard_violations == []
    assert "Traceback" not in server.log()
