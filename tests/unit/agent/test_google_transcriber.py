"""A call's ears at Google: the real listening process, against the stand-in."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from queue import Empty, Queue

import grpc
import pytest

from server.agent import google_transcriber
from server.agent.base import Signal, Transcriber
from server.agent.google_transcriber import GoogleTranscriber
from server.audio import mulaw
from server.speech import live
from server.speech.file_recognisers import providers_language
from server.speech.live import LiveSpeech
from server.turns import events as on
from tests.fakes.google_speech import FakeGoogleSpeech, Heard

PATIENCE_SECONDS = 10.0
"""Nothing here takes this long unless it is broken."""

SOUND = b"\x00\x80" * 4000
"""One second."""


@pytest.fixture
def google() -> Iterator[FakeGoogleSpeech]:
    with FakeGoogleSpeech() as running:
        yield running


def speech_at(endpoint: str, model: str = "chirp_3") -> LiveSpeech:
    options = {
        "credentials": '{"project_id": "demo"}',
        "endpoint": endpoint,
        "location": "eu",
        "model": model,
    }
    return LiveSpeech(options)


@pytest.fixture
def speech(google: FakeGoogleSpeech) -> Iterator[LiveSpeech]:
    speech = speech_at(google.endpoint)
    yield speech
    speech.close()


class Line:
    """A call's ears and its loop, which here is whoever waits for the next event."""

    def __init__(self, speech: LiveSpeech, hints: tuple[str, ...] = ()) -> None:
        self.posted: Queue[Signal] = Queue()
        self.ear: Transcriber = GoogleTranscriber(
            speech,
            lambda language: providers_language(language, "iw-IL"),
            "he-IL",
            hints,
            self.posted.put,
        )

    def hears(self, audio: bytes = SOUND) -> None:
        for at in range(0, len(audio), 160):
            self.ear.hear(audio[at : at + 160])

    def says(self, utterance_id: str, audio: bytes = SOUND) -> None:
        self.hears(audio)
        self.ear.commit(utterance_id)

    def next(self, seconds: float = PATIENCE_SECONDS) -> on.Event:
        deadline = time.monotonic() + seconds
        while True:
            signal = self.posted.get(timeout=max(0.01, deadline - time.monotonic()))
            assert signal.source is self.ear
            if not isinstance(signal.payload, bytes):
                return signal.payload
            events = self.ear.receive(signal.payload)
            assert len(events) <= 1
            if events:
                return events[0]

    def words(self, seconds: float = PATIENCE_SECONDS) -> tuple[str, str | None]:
        """The next transcript: of which utterance, and its words."""
        while not isinstance(event := self.next(seconds), on.Transcript):
            assert isinstance(event, on.PartialTranscript)
        return event.utterance_id, event.text

    def is_silent(self, seconds: float = 0.3) -> bool:
        try:
            self.next(seconds)
        except Empty:
            return True
        return False


def until(holds: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def pid_of(speech: LiveSpeech) -> int:
    assert speech._process is not None
    return speech._process._popen.pid


def test_an_utterance_is_understood(speech: LiveSpeech, google: FakeGoogleSpeech) -> None:
    google.transcripts = ["מה המחיר?"]
    line = Line(speech, hints=("מענה", "הדקל"))
    line.says("u1")
    assert line.words() == ("u1", "מה המחיר?")
    (heard,) = google.heard
    assert (heard.language, heard.model, heard.hints) == ("iw-IL", "chirp_3", ("מענה", "הדקל"))
    assert mulaw.encode(heard.samples) == SOUND
    assert max(google.messages) == 800
    assert line.is_silent()


def test_it_is_heard_while_it_is_spoken(speech: LiveSpeech, google: FakeGoogleSpeech) -> None:
    google.transcripts = ["שלום"]
    line = Line(speech)
    line.hears()
    until(lambda: len(google.messages) == 10)
    until(lambda: not line.posted.empty())
    assert line.next() == on.PartialTranscript(
        "", google.interim
    )  # of no utterance yet: it goes on
    line.ear.commit("u1")
    assert line.next() == on.PartialTranscript("u1", google.interim)
    assert line.next() == on.Transcript("u1", "שלום")


def test_utterances_of_several_calls_do_not_mix(
    speech: LiveSpeech, google: FakeGoogleSpeech
) -> None:
    google.transcribe = lambda heard: f"{heard.seconds:.1f}"
    lines = [Line(speech) for _ in range(12)]
    for number, line in enumerate(lines, 1):
        line.says("first", (SOUND * 3)[: 1600 * number])
        line.says("second", (SOUND * 3)[: 800 * number])
    for number, line in enumerate(lines, 1):
        said = dict(line.words() for _ in range(2))
        assert said == {"first": f"{number * 0.2:.1f}", "second": f"{number * 0.1:.1f}"}


def test_no_words_are_an_empty_transcript(speech: LiveSpeech) -> None:
    line = Line(speech)
    line.says("u1")
    assert line.words() == ("u1", "")


def test_what_was_dropped_is_not_heard(speech: LiveSpeech, google: FakeGoogleSpeech) -> None:
    google.transcripts = ["שלום"]
    line = Line(speech)
    line.hears()
    line.ear.drop_heard()
    line.says("u1", SOUND[:4000])
    assert line.words() == ("u1", "שלום")
    until(lambda: google.open_streams == 0)
    assert [heard.seconds for heard in google.heard if heard.seconds == 0.5] == [0.5]


def test_next_to_nothing_counts_as_failed(speech: LiveSpeech) -> None:
    line = Line(speech)
    line.ear.commit("u1")
    line.says("u2", SOUND[:320])
    assert [line.words(), line.words()] == [("u1", None), ("u2", None)]


def test_another_language_from_the_next_utterance_on(
    speech: LiveSpeech, google: FakeGoogleSpeech
) -> None:
    line = Line(speech)
    line.hears()
    line.ear.set_language("en")
    line.ear.commit("u1")
    line.words()
    line.says("u2")
    line.words()
    assert [heard.language for heard in google.heard] == ["iw-IL", "en-US"]


def test_a_long_utterance_goes_on_in_another_stream(
    google: FakeGoogleSpeech, monkeypatch: pytest.MonkeyPatch
) -> None:
    from server.speech import live_main

    monkeypatch.setattr(live_main, "ROTATE_SECONDS", 0.5)
    ears = live_main._Ears.__new__(live_main._Ears)
    told: Queue[dict[str, object]] = Queue()
    ears._utterances, ears.refused_hints = {}, set()
    ears.tell = lambda number, answer: told.put(answer)  # type: ignore[method-assign]
    ears.options = live_main.GoogleOptions('{"project_id": "demo"}', google.endpoint, "eu", "long")
    google.transcribe = lambda heard: f"{len(google.heard)}"
    google.interim = ""
    utterance = live_main._Utterance(ears, 1, {"language": "iw-IL", "hints": []})
    for count in (1, 2):
        utterance.hear(SOUND[:800])
        until(lambda count=count: len(google.heard) == count)
        assert told.empty()
    utterance.hear(SOUND[:800])
    utterance.hear(None)
    answer = told.get(timeout=PATIENCE_SECONDS)
    assert answer["event"] == "final"
    assert str(answer["text"]).startswith("1 2")


def test_silence_is_sent_while_nothing_comes(speech: LiveSpeech, google: FakeGoogleSpeech) -> None:
    google.transcripts = ["שלום"]
    line = Line(speech)
    line.hears(SOUND[:1600])
    until(lambda: sum(google.messages) > 8000)
    line.says("u1", SOUND[:800])
    assert line.words() == ("u1", "שלום")
    (heard,) = google.heard
    assert not heard.samples[1600 : 1600 + 8000].any()


# Failures


def test_a_stream_that_breaks_is_opened_once_more_with_all_that_was_said(
    speech: LiveSpeech, google: FakeGoogleSpeech
) -> None:
    google.breaks_streams, google.transcripts = 1, ["שלום"]
    line = Line(speech)
    line.hears()
    assert line.next() == on.PartialTranscript("", google.interim)
    line.says("u1", SOUND[:1600])
    assert line.words() == ("u1", "שלום")
    assert google.heard[-1].seconds == 1.2


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (grpc.StatusCode.UNAVAILABLE, "google_unavailable"),
        (grpc.StatusCode.PERMISSION_DENIED, "google_permission_denied"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "google_resource_exhausted"),
    ],
)
def test_a_service_that_fails_costs_the_utterance_and_no_more(
    speech: LiveSpeech,
    google: FakeGoogleSpeech,
    status: grpc.StatusCode,
    code: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    google.fails = status
    line = Line(speech)
    line.says("u1")
    assert line.words() == ("u1", None)
    assert f"[STT] failed provider=google code={code}" in caplog.text
    google.fails, google.transcripts = None, ["שלום"]
    line.says("u2")
    assert line.words() == ("u2", "שלום")
    assert speech.works


def test_a_model_that_takes_no_hints_is_asked_without(
    speech: LiveSpeech, google: FakeGoogleSpeech
) -> None:
    google.refuses_hints, google.transcripts = True, ["שלום", "להתראות"]
    line = Line(speech, hints=("מענה",))
    for utterance_id, words in (("u1", "שלום"), ("u2", "להתראות")):
        line.says(utterance_id)
        assert line.words() == (utterance_id, words)
    assert [heard.hints for heard in google.heard] == [(), ()]
    assert speech.works


def test_a_failure_before_the_end_of_the_utterance_is_told_at_its_end(
    speech: LiveSpeech, google: FakeGoogleSpeech
) -> None:
    google.fails = grpc.StatusCode.PERMISSION_DENIED
    line = Line(speech)
    line.hears()
    until(lambda: not line.posted.empty())
    assert line.is_silent(0.1)
    line.hears()
    line.ear.commit("u1")
    assert line.words() == ("u1", None)


def test_a_service_that_keeps_failing_is_not_relied_upon(
    speech: LiveSpeech, google: FakeGoogleSpeech
) -> None:
    google.fails = grpc.StatusCode.UNAVAILABLE
    line = Line(speech)
    for number in range(2):
        line.says(f"u{number}")
        line.words()
    assert not speech.works
    google.fails, google.transcripts = None, ["שלום"]
    line.says("u9")
    line.words()
    assert speech.works


def test_credentials_that_make_no_sense() -> None:
    speech = speech_at("")
    line = Line(speech)
    line.says("u1")
    assert line.words() == ("u1", None)
    speech.close()


@pytest.mark.parametrize(("interim", "words"), [("מה", "מה"), ("", None)])
def test_who_answers_too_late_is_taken_at_what_was_understood(
    speech: LiveSpeech,
    google: FakeGoogleSpeech,
    monkeypatch: pytest.MonkeyPatch,
    interim: str,
    words: str | None,
) -> None:
    google.silent, google.interim = True, interim
    line = Line(speech)
    line.hears()
    until(lambda: len(google.messages) == 10)
    monkeypatch.setattr(google_transcriber, "ANSWER_SECONDS", 0.5)
    began = time.monotonic()
    line.ear.commit("u1")
    assert line.words() == ("u1", words)
    assert time.monotonic() - began < 1.5
    google.stop()
    assert line.is_silent()


def test_a_process_that_ends_is_replaced_and_nothing_is_lost(
    speech: LiveSpeech, google: FakeGoogleSpeech, caplog: pytest.LogCaptureFixture
) -> None:
    google.transcripts = ["שלום"] * 2  # the broken stream may take one as well
    line = Line(speech)
    line.hears()
    until(lambda: len(google.messages) == 10)
    first = pid_of(speech)
    os.kill(first, 9)
    line.ear.commit("u1")
    assert line.words() == ("u1", "שלום")
    assert pid_of(speech) != first
    assert "[STT_LIVE] process ended code=-9" in caplog.text


def test_a_process_that_hangs_is_replaced(
    speech: LiveSpeech, google: FakeGoogleSpeech, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google_transcriber, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(live, "_PONG_SECONDS", 0.1)
    line = Line(speech)
    line.says("u0")
    line.words()
    first = pid_of(speech)
    os.kill(first, 19)
    for number in (1, 2):
        line.says(f"u{number}")
        assert line.words() == (f"u{number}", None)
    until(lambda: pid_of(speech) != first or speech._process.is_over)
    monkeypatch.setattr(google_transcriber, "ANSWER_SECONDS", PATIENCE_SECONDS)
    google.transcribe = lambda _: "שלום"
    line.says("u3")
    assert line.words() == ("u3", "שלום")


# The end


def test_a_call_that_is_over_hears_nothing_more(
    speech: LiveSpeech, google: FakeGoogleSpeech
) -> None:
    google.delay_seconds = 0.3
    line = Line(speech)
    line.says("u1")
    line.hears()
    until(lambda: google.open_streams == 2)
    line.ear.close()
    line.ear.close()
    until(lambda: google.open_streams == 0)
    line.says("u2")
    while not line.posted.empty():  # what was on its way means nothing any more
        payload = line.posted.get().payload
        assert isinstance(payload, bytes)
        assert line.ear.receive(payload) == []
    assert not [timer for timer in threading.enumerate() if isinstance(timer, threading.Timer)]


def test_the_end_of_the_server_is_the_end_of_the_process(speech: LiveSpeech) -> None:
    line = Line(speech)
    line.says("u1")
    line.words()
    process = speech._process
    assert process is not None
    speech.close()
    speech.close()
    until(lambda: process.is_over)
    line.says("u2")
    assert line.words() == ("u2", None)
    assert speech._process is process


def test_the_server_itself_never_loads_grpc() -> None:
    code = (
        "import sys; import server.wiring; "
        "sys.exit(any(n == 'grpc' or n.startswith('google.cloud') for n in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


GREEN = """
import eventlet
eventlet.monkey_patch()
import sys, time, threading
from queue import Queue
from server.agent.google_transcriber import GoogleTranscriber
from server.speech.live import LiveSpeech
from server.turns.events import Transcript

beats = []
def beat():
    while True:
        beats.append(time.monotonic())
        time.sleep(0.01)
speech = LiveSpeech({"credentials": '{"project_id": "demo"}', "endpoint": sys.argv[1],
                     "location": "eu", "model": "chirp_3"})
posted = Queue()
ear = GoogleTranscriber(speech, lambda _: "iw-IL", "he-IL", (), posted.put)
threading.Thread(target=beat, daemon=True).start()
for number in range(3):
    for _ in range(50):
        ear.hear(b"\\x00\\x80" * 80)
        time.sleep(0.002)
    ear.commit(f"u{number}")
    said = None
    while not said:
        payload = posted.get(timeout=10).payload
        events = ear.receive(payload) if isinstance(payload, bytes) else [payload]
        said = [e.text for e in events if isinstance(e, Transcript)]
    print(said[0])
gaps = [b - a for a, b in zip(beats, beats[1:])]
print("longest", max(gaps), file=sys.stderr)
assert max(gaps) < 0.25, max(gaps)
speech.close()
"""


def test_it_runs_green_and_holds_nobody_up(google: FakeGoogleSpeech) -> None:
    def number(heard: Heard) -> str:
        return f"{len(google.heard)}"

    google.transcribe = number
    done = subprocess.run(
        [sys.executable, "-c", GREEN, google.endpoint],
        timeout=60,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["1", "2", "3"]
