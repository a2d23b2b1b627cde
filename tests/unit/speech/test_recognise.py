"""Recordings through the real helper processes, understood by the stand-ins; and the chain."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import grpc
import numpy as np
import pytest

from server.audio.recording import pcm_wav
from server.speech.file_recognisers import (
    HelperRecogniser,
    google_recogniser,
    openai_recogniser,
    providers_language,
    whisper_recogniser,
)
from server.speech.recognise import (
    RecogniserChain,
    RecogniserError,
    Segment,
    UnreadableError,
)
from tests.fakes.google_speech import FakeGoogleSpeech, Heard
from tests.fakes.openai_http import FakeOpenAIHttp

RATE = 8000
SILENCE, CALLER, AGENT = 0, 2000, 3000
"""Levels; the stand-ins tell the speakers by them."""

Parts = Sequence[tuple[float, int]]


def sound(parts: Parts) -> np.ndarray:
    pieces = [np.tile([level, -level], round(seconds * RATE / 2)) for seconds, level in parts]
    return np.concatenate(pieces).astype(np.int16)


def stereo(path: Path, left: Parts, right: Parts) -> Path:
    both = [sound(left), sound(right)]
    length = max(one.size for one in both)
    columns = [np.pad(one, (0, length - one.size)) for one in both]
    wav = bytearray(pcm_wav(np.column_stack(columns).reshape(-1), RATE))
    wav[22:24] = (2).to_bytes(2, "little")
    path.write_bytes(wav)
    return path


@pytest.fixture
def call(tmp_path: Path) -> Path:
    """The caller asks, the agent answers, the caller thanks."""
    return stereo(
        tmp_path / "call.wav",
        [(1, SILENCE), (2, CALLER), (4, SILENCE), (1, CALLER), (2, SILENCE)],
        [(3.5, SILENCE), (3, AGENT)],
    )


def by_speaker(heard: Heard) -> str:
    return f"{'agent' if np.abs(heard.samples).max() > 2500 else 'caller'} {heard.seconds:.1f}"


@pytest.fixture
def google() -> Iterator[FakeGoogleSpeech]:
    with FakeGoogleSpeech() as running:
        running.transcribe = by_speaker
        yield running


@pytest.fixture
def recogniser(google: FakeGoogleSpeech) -> Iterator[HelperRecogniser]:
    one = google_at(google.endpoint)
    yield one
    one.close()


def google_at(endpoint: str, model: str = "chirp_3") -> HelperRecogniser:
    options = {
        "credentials": '{"project_id": "demo"}',
        "endpoint": endpoint,
        "location": "eu",
        "model": model,
    }
    return google_recogniser(options, "iw-IL")


def words(
    one: HelperRecogniser, path: Path, hints: Sequence[str] = (), channels: int = 0
) -> list[Segment]:
    return one.recognise(path, language="he-IL", hints=hints, channels=channels)


def test_two_channels_are_two_speakers_in_the_order_of_time(
    recogniser: HelperRecogniser, google: FakeGoogleSpeech, call: Path
) -> None:
    assert words(recogniser, call, hints=["רחוב הדקל", "מענה"]) == [
        Segment(800, 3200, 0, "caller 2.4"),
        Segment(3300, 6700, 1, "agent 3.4"),
        Segment(6800, 8200, 0, "caller 1.4"),
    ]
    assert {heard.language for heard in google.heard} == {"iw-IL"}
    assert {heard.model for heard in google.heard} == {"chirp_3"}
    assert {heard.hints for heard in google.heard} == {("רחוב הדקל", "מענה")}


def test_a_channel_in_which_nobody_speaks_is_not_sent(
    recogniser: HelperRecogniser, google: FakeGoogleSpeech, tmp_path: Path
) -> None:
    path = stereo(tmp_path / "r.wav", [(1, CALLER)], [(9, SILENCE)])
    assert [segment.channel for segment in words(recogniser, path)] == [0]
    assert len(google.heard) == 1
    silent = stereo(tmp_path / "s.wav", [(9, SILENCE)], [(9, SILENCE)])
    assert words(recogniser, silent) == []
    assert len(google.heard) == 1


def test_one_channel_of_two_may_be_asked_for(recogniser: HelperRecogniser, call: Path) -> None:
    assert {segment.channel for segment in words(recogniser, call, channels=1)} == {0}


def test_a_long_recording_goes_in_pieces_of_less_than_a_minute(
    recogniser: HelperRecogniser, google: FakeGoogleSpeech, tmp_path: Path
) -> None:
    talk = [(9.0, CALLER), (0.5, SILENCE)] * 32
    path = stereo(tmp_path / "long.wav", talk, [(70, AGENT)])
    segments = words(recogniser, path)
    assert max(heard.seconds for heard in google.heard) <= 55
    assert len(segments) == len(google.heard) == 9
    assert segments[-1].end_ms > 300_000


def test_several_results_of_a_piece_have_times_of_their_own(
    recogniser: HelperRecogniser, google: FakeGoogleSpeech, tmp_path: Path
) -> None:
    path = stereo(tmp_path / "r.wav", [(2, CALLER), (1.5, SILENCE), (2, CALLER)], [(1, SILENCE)])
    google.results = lambda heard: [(2.1, "שלום"), (heard.seconds, "מה המחיר?")]
    assert [(s.start_ms, s.end_ms, s.text) for s in words(recogniser, path)] == [
        (0, 2100, "שלום"),
        (2100, 5700, "מה המחיר?"),
    ]


def test_words_made_up_on_silence_are_dropped(
    recogniser: HelperRecogniser, google: FakeGoogleSpeech, tmp_path: Path
) -> None:
    path = stereo(tmp_path / "r.wav", [(2, CALLER), (1.8, SILENCE), (2, CALLER)], [(1, SILENCE)])
    google.results = lambda heard: [(2.1, "שלום"), (3.7, "תודה שצפיתם"), (heard.seconds, "ביי")]
    assert [segment.text for segment in words(recogniser, path)] == ["שלום", "ביי"]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (grpc.StatusCode.PERMISSION_DENIED, "google_permission_denied"),
        (grpc.StatusCode.UNAVAILABLE, "google_unavailable"),
        (grpc.StatusCode.INVALID_ARGUMENT, "google_invalid_argument"),
    ],
)
def test_failures_have_stable_codes(
    recogniser: HelperRecogniser,
    google: FakeGoogleSpeech,
    call: Path,
    status: grpc.StatusCode,
    code: str,
) -> None:
    google.fails = status
    with pytest.raises(RecogniserError) as failed:
        words(recogniser, call)
    assert failed.value.code == code


def test_a_failure_that_passes_costs_a_second(
    recogniser: HelperRecogniser, google: FakeGoogleSpeech, call: Path
) -> None:
    google.fails, google.fails_times = grpc.StatusCode.UNAVAILABLE, 2
    assert len(words(recogniser, call)) == 3


def test_a_model_that_takes_no_hints_is_asked_without(
    recogniser: HelperRecogniser, google: FakeGoogleSpeech, call: Path
) -> None:
    google.refuses_hints = True
    assert len(words(recogniser, call, hints=["מענה"])) == 3


def test_other_languages_and_models(google: FakeGoogleSpeech, call: Path) -> None:
    other = google_at(google.endpoint, model="long")
    other.recognise(call, language="en-US", hints=(), channels=0)
    assert {(heard.language, heard.model) for heard in google.heard} == {("en-US", "long")}
    other.close()


def test_credentials_that_make_no_sense(call: Path) -> None:
    real = google_at("")
    with pytest.raises(RecogniserError) as failed:
        words(real, call)
    assert failed.value.code == "google_credentials"
    real.close()


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"RIFF\4\0\0\0WAVE"])
def test_a_file_that_is_no_recording_is_nobodys_fault(
    recogniser: HelperRecogniser, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "r.wav"
    path.write_bytes(content)
    with pytest.raises(UnreadableError):
        words(recogniser, path)
    with pytest.raises(UnreadableError):
        words(recogniser, tmp_path / "missing.wav")


def test_the_process_gives_way_to_others(recogniser: HelperRecogniser, call: Path) -> None:
    words(recogniser, call)
    process = recogniser._helper._process
    assert process is not None
    nicer = os.getpriority(os.PRIO_PROCESS, process.pid) - os.getpriority(os.PRIO_PROCESS, 0)
    assert nicer == 10 or os.getpriority(os.PRIO_PROCESS, process.pid) == 19


def test_closing_does_not_wait_for_a_recording(
    recogniser: HelperRecogniser, google: FakeGoogleSpeech, call: Path
) -> None:
    import threading

    google.delay_seconds = 60
    failed: list[str] = []

    def ask() -> None:
        try:
            words(recogniser, call)
        except RecogniserError as error:
            failed.append(error.code)

    asker = threading.Thread(target=ask, daemon=True)
    asker.start()
    deadline = time.monotonic() + 20
    while not google.heard and time.monotonic() < deadline:
        time.sleep(0.02)
    assert google.heard
    began = time.monotonic()
    recogniser.close()
    asker.join(10)
    assert time.monotonic() - began < 5
    assert failed in (["helper_ended"], ["helper_failed"])


@pytest.mark.parametrize(
    ("language", "hebrew", "code"),
    [
        ("he-IL", "iw-IL", "iw-IL"),
        ("he", "he-IL", "he-IL"),
        ("iw", "", "he"),
        ("he-IL", "", "he"),
        ("en", "iw-IL", "en-US"),
        ("en-GB", "iw-IL", "en-GB"),
        ("ar", "iw-IL", "ar-XA"),
        ("ru-RU", "", "ru"),
    ],
)
def test_each_provider_has_its_own_name_for_a_language(
    language: str, hebrew: str, code: str
) -> None:
    assert providers_language(language, hebrew) == code


GREEN = """
import eventlet
eventlet.monkey_patch()
import pathlib, sys, threading, time
from server.speech.file_recognisers import google_recogniser

one = google_recogniser({"credentials": '{"project_id": "demo"}', "endpoint": sys.argv[1],
                         "location": "eu", "model": "chirp_3"}, "iw-IL")
beats = []
def beat():
    while True:
        beats.append(time.monotonic())
        time.sleep(0.01)
threading.Thread(target=beat, daemon=True).start()
time.sleep(0)
found = one.recognise(pathlib.Path(sys.argv[2]), language="he-IL", hints=[], channels=0)
gaps = [later - earlier for earlier, later in zip(beats, beats[1:])]
print(len(found), len(beats) > 20)
assert max(gaps) < 0.25, max(gaps)
one.close()
"""


def test_it_runs_green_and_holds_nobody_up(google: FakeGoogleSpeech, tmp_path: Path) -> None:
    talk = [(3.0, CALLER), (4.0, SILENCE)] * 60
    path = stereo(
        tmp_path / "long.wav", talk, [(3.5, SILENCE), *((3.0, AGENT), (4.0, SILENCE)) * 60]
    )
    done = subprocess.run(
        [sys.executable, "-c", GREEN, google.endpoint, str(path)],
        timeout=60,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["120", "True"]


# OpenAI


def test_openai_hears_each_piece_as_a_file(call: Path) -> None:
    with FakeOpenAIHttp() as openai:
        openai.options.transcripts = ["שלום", "שלום", "שלום"]
        one = openai_recogniser(openai.base_url, "none")
        assert [s.text for s in words(one, call, hints=["מענה"])] == ["שלום"] * 3
        one.close()
        assert [request.languages for request in openai.transcriptions] == [["he"]] * 3
        assert openai.violations == []


# faster-whisper, as far as it goes without the package

WHISPER = """
import json, pathlib
class Segment:
    def __init__(self, start, end, text): self.start, self.end, self.text = start, end, text
class WhisperModel:
    def __init__(self, name, **options):
        if name == "broken": raise RuntimeError("no such model")
        self.name = name
    def transcribe(self, audio, **options):
        seconds = len(audio) / 16000
        note = json.dumps([self.name, str(audio.dtype), float(abs(audio).max()), options])
        pathlib.Path(__file__).with_name("asked").write_text(note)
        return iter([Segment(0.0, 2.0, " שלום "), Segment(2.5, 3.0, "תודה שצפיתם"),
                     Segment(3.5, seconds, "ביי")]), None
"""


@pytest.fixture
def whisper_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "packages"
    directory.mkdir()
    (directory / "faster_whisper.py").write_text(WHISPER)
    monkeypatch.setenv("PYTHONPATH", str(directory))
    return directory


def test_whisper_tells_times_and_its_inventions_are_dropped(
    whisper_package: Path, tmp_path: Path
) -> None:
    path = stereo(tmp_path / "r.wav", [(2, CALLER), (1.5, SILENCE), (2, CALLER)], [(1, SILENCE)])
    one = whisper_recogniser("small")
    assert [(s.start_ms, s.end_ms, s.text) for s in words(one, path, hints=["מענה", "הדקל"])] == [
        (0, 2000, "שלום"),
        (3500, 5500, "ביי"),
    ]
    one.close()
    asked = (whisper_package / "asked").read_text()
    assert '"language": "he"' in asked
    assert '"small", "float32", 0.06' in asked
    assert "hotwords" in asked


def test_a_model_that_cannot_be_loaded(whisper_package: Path, call: Path) -> None:
    one = whisper_recogniser("broken")
    with pytest.raises(RecogniserError) as failed:
        words(one, call)
    assert failed.value.code == "whisper_model"
    one.close()


# The chain


class Scripted:
    """A recogniser that does what it is told."""

    def __init__(self, name: str, *answers: list[Segment] | RecogniserError) -> None:
        self.name = name
        self.answers = list(answers)

    def recognise(
        self, wav_path: Path, *, language: str, hints: Sequence[str], channels: int
    ) -> list[Segment]:
        answer = self.answers.pop(0)
        if isinstance(answer, RecogniserError):
            raise answer
        return answer


HELLO = [Segment(0, 1000, 0, "שלום")]
DOWN = RecogniserError("down", code="google_unavailable")


def ask(chain: RecogniserChain) -> tuple[str, list[Segment]]:
    return chain.recognise(Path("r.wav"), language="he-IL", hints=(), channels=2)


def test_the_best_is_asked_first() -> None:
    assert ask(RecogniserChain([Scripted("a", HELLO), Scripted("b")])) == ("a", HELLO)


def test_where_one_fails_the_next_is_asked_and_the_log_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    chain = RecogniserChain([Scripted("a", DOWN), Scripted("b", HELLO, HELLO)])
    assert ask(chain) == ("b", HELLO)
    assert "[STT_FILE] failed provider=a code=google_unavailable" in caplog.text
    assert ask(chain)[0] == "b"  # the first one is left alone for a while
    assert "שלום" not in caplog.text


def test_where_all_fail_the_last_code_is_told() -> None:
    chain = RecogniserChain(
        [Scripted("a", DOWN, DOWN), Scripted("b", RecogniserError("x", code="c"))]
    )
    with pytest.raises(RecogniserError) as failed:
        ask(chain)
    assert failed.value.code == "c"


def test_who_is_alone_is_asked_however_it_fared() -> None:
    chain = RecogniserChain([Scripted("a", DOWN, HELLO)])
    with pytest.raises(RecogniserError):
        ask(chain)
    assert ask(chain) == ("a", HELLO)


def test_a_file_that_nobody_can_read_is_not_passed_on() -> None:
    chain = RecogniserChain([Scripted("a", UnreadableError("no recording")), Scripted("b", HELLO)])
    with pytest.raises(UnreadableError):
        ask(chain)


def test_nobody_to_ask() -> None:
    with pytest.raises(RecogniserError) as failed:
        ask(RecogniserChain([]))
    assert failed.value.code == "no_recogniser"
