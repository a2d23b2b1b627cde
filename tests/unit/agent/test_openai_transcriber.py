"""The recogniser over plain HTTP, against the stand-in: words, failures, order, and its end."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue

import numpy as np
import pytest

from server.agent import openai_transcriber
from server.agent.base import Signal, Transcriber
from server.agent.openai_transcriber import ANSWER_SECONDS, OpenAiTranscriber
from server.audio import mulaw
from server.net.openai_client import shared_client
from server.turns import events as on
from tests.fakes.openai_http import FakeOpenAIHttp

PATIENCE_SECONDS = 5.0
"""Nothing here takes this long unless it is broken."""

MODEL = "gpt-transcribe"
SOUND = b"\x00\x80" * 1600
ROOT = Path(__file__).parents[3]


def our_threads() -> list[threading.Thread]:
    return [
        thread
        for thread in threading.enumerate()
        if thread.name == "openai-transcriber" or isinstance(thread, threading.Timer)
    ]


def wait_for_the_end_of_our_threads() -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    for thread in our_threads():
        thread.join(max(0.0, deadline - time.monotonic()))
    assert our_threads() == []


def failures(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The codes that were logged; nothing but them may stand in such a line."""
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    lines = [record.getMessage() for record in warnings if "[STT]" in record.getMessage()]
    prefix = "[STT] failed provider=openai code="
    assert all(line.startswith(prefix) for line in lines)
    return [line.removeprefix(prefix) for line in lines]


class Line:
    """A recogniser with the inbox of its call."""

    def __init__(
        self,
        base_url: str,
        model: str = MODEL,
        languages: tuple[str, ...] = ("he", "en"),
        keywords: tuple[str, ...] = (),
    ) -> None:
        self.posted: Queue[Signal] = Queue()
        self.ear = OpenAiTranscriber(base_url, "none", model, languages, keywords, self.posted.put)

    def says(self, utterance_id: str, audio: bytes = SOUND) -> None:
        for at in range(0, len(audio), 160):
            self.ear.hear(audio[at : at + 160])
        self.ear.commit(utterance_id)

    def next(self) -> tuple[str, str | None]:
        """The next transcript: of which utterance, and its words."""
        signal = self.posted.get(timeout=PATIENCE_SECONDS)
        assert signal.source is self.ear
        assert isinstance(signal.payload, on.Transcript)
        return signal.payload.utterance_id, signal.payload.text


@pytest.fixture
def fake() -> Iterator[FakeOpenAIHttp]:
    with FakeOpenAIHttp() as running:
        yield running
    assert running.violations == []
    assert running.script_errors == []


@pytest.fixture
def line(fake: FakeOpenAIHttp) -> Iterator[Line]:
    made = Line(fake.base_url, keywords=("הרצל", "רמת גן"))
    yield made
    made.ear.close()
    fake.stop()  # cuts off what is still being waited for
    wait_for_the_end_of_our_threads()
    with pytest.raises(Empty):
        made.posted.get_nowait()


def test_it_is_a_recogniser_and_starts_no_thread_before_it_is_needed(line: Line) -> None:
    ear: Transcriber = line.ear
    ear.hear(SOUND)
    assert our_threads() == []


def test_the_words_come_back(fake: FakeOpenAIHttp, line: Line) -> None:
    fake.options.transcripts = [" מה המחיר?\n"]
    line.says("u1")
    assert line.next() == ("u1", "מה המחיר?")
    [request] = fake.transcriptions
    assert (request.file_name, request.sample_rate) == ("utterance.wav", 8000)
    assert request.pcm is not None
    assert np.array_equal(request.pcm, mulaw.decode(SOUND))
    assert request.fields == {
        "model": MODEL,
        "languages": ["he", "en"],
        "keywords": ["הרצל", "רמת גן"],
        "response_format": "json",
    }


def test_utterances_are_recognised_in_order_one_at_a_time(fake: FakeOpenAIHttp, line: Line) -> None:
    under_way: list[int] = []

    def transcribe(_: object) -> str:
        under_way.append(1)
        assert len(under_way) == 1
        time.sleep(0.02)
        under_way.pop()
        return f"words {len(fake.transcriptions)}"

    fake.options.transcribe = transcribe
    line.says("u1")
    line.says("u2")
    line.says("u3")
    expected = [("u1", "words 0"), ("u2", "words 1"), ("u3", "words 2")]
    assert [line.next() for _ in range(3)] == expected
    assert sum(thread.name == "openai-transcriber" for thread in our_threads()) == 1


def test_no_words_are_no_failure(line: Line) -> None:
    line.says("u1")
    assert line.next() == ("u1", "")


def test_only_what_was_heard_since_the_last_commit_is_sent(
    fake: FakeOpenAIHttp, line: Line
) -> None:
    line.ear.hear(SOUND)
    line.ear.drop_heard()
    line.says("u1", SOUND[:1600])
    line.next()
    line.says("u2", SOUND[:2400])
    line.next()
    assert [request.seconds for request in fake.transcriptions] == [0.2, 0.3]


def test_the_last_minute_of_a_longer_utterance_is_sent(fake: FakeOpenAIHttp, line: Line) -> None:
    line.says("u1", b"\x00" * 8000 + b"\x80" * 60 * 8000)
    line.next()
    [request] = fake.transcriptions
    assert request.seconds == 60
    assert request.pcm is not None
    assert set(request.pcm.tolist()) == set(mulaw.decode(b"\x80").tolist())


@pytest.mark.parametrize("audio", [b"", SOUND[:799]])
def test_next_to_nothing_fails_without_a_request(
    fake: FakeOpenAIHttp, line: Line, audio: bytes
) -> None:
    line.says("u1", audio)
    assert line.next() == ("u1", None)
    assert fake.requests == []
    assert our_threads() == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"refuse": 401}, "http_401"),
        ({"refuse": 429}, "http_429"),
        ({"refuse": 500}, "http_500"),
        ({"drop_connection": True}, "connection"),
        ({"malformed_body": True}, "malformed"),
    ],
)
def test_a_failure_is_told_at_once_and_forgotten(
    fake: FakeOpenAIHttp,
    line: Line,
    caplog: pytest.LogCaptureFixture,
    fault: dict[str, object],
    code: str,
) -> None:
    fake.options.transcripts = ["נשמע"] * 2
    fake.configure(**fault)
    started = time.monotonic()
    line.says("u1")
    assert line.next() == ("u1", None)
    assert time.monotonic() - started < ANSWER_SECONDS
    assert len(fake.requests) == 1  # nothing was tried twice
    fake.configure(refuse=None, drop_connection=False, malformed_body=False)
    line.says("u2")
    assert line.next() == ("u2", "נשמע")
    assert failures(caplog) == [code]


@pytest.mark.parametrize("answer", [b"{}", b"[]", b'{"text": 7}', b"null", b'"text"'])
def test_an_answer_without_words_is_a_failure(
    fake: FakeOpenAIHttp, line: Line, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    monkeypatch.setattr("tests.fakes.openai_http.server._HALF_AN_OBJECT", answer)
    fake.configure(malformed_body=True)
    line.says("u1")
    assert line.next() == ("u1", None)


def test_nobody_listening_is_a_failure() -> None:
    line = Line("http://127.0.0.1:9/v1")
    line.says("u1")
    assert line.next() == ("u1", None)
    line.ear.close()
    wait_for_the_end_of_our_threads()


@pytest.mark.parametrize("fault", [{"delay_seconds": 30.0}, {"drip_seconds": 0.05}])
def test_too_slow_is_a_failure_in_time(
    fake: FakeOpenAIHttp,
    line: Line,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fault: dict[str, float],
) -> None:
    assert ANSWER_SECONDS == 3.0
    monkeypatch.setattr(openai_transcriber, "ANSWER_SECONDS", 1.0)
    fake.configure(**fault)
    started = time.monotonic()
    line.says("u1")
    line.says("u2")
    assert time.monotonic() - started < 0.9  # the caller of these is not kept
    assert sorted([line.next(), line.next()]) == [("u1", None), ("u2", None)]
    assert 0.9 < time.monotonic() - started < 20  # not for as long as the service takes
    fake.stop()
    line.ear.close()
    wait_for_the_end_of_our_threads()
    assert len(fake.requests) == 1  # the other one's time had passed
    assert failures(caplog) == ["timeout", "timeout"]


def test_of_too_many_utterances_the_oldest_waiting_fails(fake: FakeOpenAIHttp, line: Line) -> None:
    go_on = threading.Event()

    def transcribe(_: object) -> str:
        go_on.wait(PATIENCE_SECONDS)
        return "words"

    fake.options.transcribe = transcribe
    line.says("u1")
    fake.wait_until(lambda running: running.requests)
    for number in range(2, 7):
        line.says(f"u{number}")
    assert line.next() == ("u2", None)
    go_on.set()
    rest = [line.next() for _ in range(5)]
    assert rest == [(f"u{number}", "words") for number in (1, 3, 4, 5, 6)]


def test_after_the_close_nothing_is_posted(fake: FakeOpenAIHttp, line: Line) -> None:
    answered = threading.Event()

    def transcribe(_: object) -> str:
        answered.wait(PATIENCE_SECONDS)
        return "too late"

    fake.options.transcribe = transcribe
    line.says("u1")
    fake.wait_until(lambda running: running.requests)
    line.says("u2")
    line.ear.close()
    line.ear.close()
    answered.set()
    line.says("u3")
    wait_for_the_end_of_our_threads()
    assert line.posted.empty()
    assert len(fake.requests) == 1


def test_a_recogniser_that_was_never_used_closes(line: Line) -> None:
    line.ear.close()
    assert our_threads() == []


def test_a_language_may_come_with_its_region(fake: FakeOpenAIHttp, line: Line) -> None:
    line.ear.set_language("en-US")  # as the call names it
    line.says("hello")
    line.next()
    assert [request.languages for request in fake.transcriptions] == [["en", "he"]]


def test_the_caller_changes_language(fake: FakeOpenAIHttp, line: Line) -> None:
    for language in ("he", "en", "ar"):
        line.ear.set_language(language)
        line.says(language)
        line.next()
    assert [request.languages for request in fake.transcriptions] == [
        ["he", "en"],
        ["en", "he"],
        ["ar", "en", "he"],
    ]


def test_an_older_model_is_told_one_language(fake: FakeOpenAIHttp) -> None:
    line = Line(fake.base_url, model="whisper-1", keywords=("הרצל",))
    line.says("u1")
    assert line.next() == ("u1", "")
    assert fake.transcriptions[0].fields == {
        "model": "whisper-1",
        "language": "he",
        "response_format": "json",
    }
    line.ear.close()
    wait_for_the_end_of_our_threads()


def test_of_the_keywords_the_first_hundred_are_sent(fake: FakeOpenAIHttp) -> None:
    line = Line(fake.base_url, keywords=tuple(f"רחוב {number}" for number in range(120)))
    line.says("u1")
    line.next()
    assert len(fake.transcriptions[0].keywords) == 100
    line.ear.close()
    wait_for_the_end_of_our_threads()


def test_the_process_shares_one_client_and_its_connections(
    fake: FakeOpenAIHttp, line: Line
) -> None:
    assert shared_client(fake.base_url, "none") is shared_client(fake.base_url, "none")
    assert shared_client(fake.base_url, "none").max_retries == 0
    for number in range(3):
        line.says(f"u{number}")
        line.next()
    assert fake.connections == 1


def test_a_mistake_of_ours_costs_one_utterance(
    fake: FakeOpenAIHttp, caplog: pytest.LogCaptureFixture
) -> None:
    line = Line(fake.base_url, model="whisper-1", languages=())
    line.says("u1")
    assert line.next() == ("u1", None)
    line.ear.set_language("he")
    line.says("u2")
    assert line.next() == ("u2", "")
    assert failures(caplog) == ["IndexError"]
    line.ear.close()
    wait_for_the_end_of_our_threads()


GREEN = """
import sys, time
import eventlet
eventlet.monkey_patch()
from server.agent.openai_transcriber import OpenAiTranscriber
posted = []
ear = OpenAiTranscriber(sys.argv[1], "none", "gpt-transcribe", ("he",), (), posted.append)
late = 0.0
for name in ("u1", "u2"):
    ear.hear(b"\\x00\\x80" * 4000)
    ear.commit(name)
    time.sleep(0)
    while not any(signal.payload.utterance_id == name for signal in posted):
        began = time.monotonic()
        time.sleep(0.01)
        late = max(late, time.monotonic() - began) if name == "u2" else late
ear.close()
print([signal.payload.text for signal in posted], late < 0.4)
"""


def test_it_works_where_everything_is_green(fake: FakeOpenAIHttp) -> None:
    fake.options.transcripts = ["אחת", "שתיים"]
    fake.options.delay_seconds = 0.5
    ran = subprocess.run(
        [sys.executable, "-c", GREEN, fake.base_url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.stdout.strip() == "['אחת', 'שתיים'] True", ran.stderr
