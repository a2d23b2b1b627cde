"""Real calls without OpenAI: Google hears them, prepared answers and the receptionist reply."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import grpc
import pytest

from server.audio.framing import mulaw_to_wav
from server.speech.file_recognisers import whisper_recogniser
from server.speech.recognise import RecogniserError
from tests.e2e.calling import DEMO_NUMBER, answered_call, hear_greeting, stored_call
from tests.e2e.conftest import StartServer
from tests.e2e.server_process import ServerProcess, free_port
from tests.fakes.google_speech import FakeGoogleSpeech
from tests.fakes.openai_realtime import FakeRealtime

Speech = Callable[[str], bytes]
ACCOUNT = {"type": "service_account", "project_id": "demo", "private_key": "x"}


@pytest.fixture
def google() -> Iterator[FakeGoogleSpeech]:
    with FakeGoogleSpeech() as running:
        yield running


def environment(google: FakeGoogleSpeech) -> dict[str, str]:
    """Google's ears, and not its voice: nothing has to be rendered anew."""
    return {
        "GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON": json.dumps(ACCOUNT),
        "GOOGLE_STT_ENDPOINT": google.endpoint,
        "GOOGLE_TTS_ENDPOINT": f"http://127.0.0.1:{free_port()}",
    }


@pytest.fixture
def server(start_server: StartServer, google: FakeGoogleSpeech) -> ServerProcess:
    return start_server(**environment(google))


def listening_process(server: ServerProcess) -> int:
    """The id of the process that listens to the calls."""
    commands = {
        pid: Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
        for pid in server.process_ids()
    }
    (found,) = [pid for pid, line in commands.items() if b"server.speech.live_main" in line]
    return found


def test_a_real_caller_is_understood_and_answered_from_the_faq(
    server: ServerProcess, google: FakeGoogleSpeech, speech: Speech
) -> None:
    providers = server.get("/healthz")["providers"]
    assert providers["agent"]["name"] == "receptionist"
    assert providers["transcriber"]["name"] == "google"
    assert providers["recordings_recogniser"]["name"] == "google"
    google.transcripts = ["מה המחיר?", "תודה, להתראות"]
    caller = answered_call(server, test=False)
    hear_greeting(caller)
    asked_until = caller.say(speech("word_4.wav"))
    answer = caller.wait_for("agent_starts", after=asked_until)
    done = caller.wait_for("agent_stops", after=answer.at, timeout=30)
    caller.say(speech("word_3.wav"))
    caller.wait_for("closed", after=done.at, timeout=30)

    stored = stored_call(server, caller.line.call_sid)
    assert stored["end_reason"] == "agent_goodbye"
    assert [(t["speaker"], t["path"]) for t in stored["turns"]] == [
        ("agent", "GREETING"),
        ("caller", None),
        ("agent", "FAQ_FASTPATH"),
        ("caller", None),
        ("agent", "AGENT"),
    ]
    assert stored["turns"][1]["text"] == "מה המחיר?"
    timings = stored["turns"][2]["timings_ms"]
    assert timings["first_partial_ms"] <= timings["final_ms"] < timings["total_latency_ms"] < 1500
    first = google.heard[0]
    assert (first.language, first.streamed) == ("iw-IL", True)
    assert "מענה" in first.hints or len(first.hints) > 3
    word_ms = len(speech("word_4.wav")) / 8
    assert word_ms <= first.seconds * 1000 <= word_ms + 300 + 200 + 100
    assert "מה המחיר" not in server.log()


def test_the_receptionist_takes_a_message(
    server: ServerProcess, google: FakeGoogleSpeech, speech: Speech
) -> None:
    google.transcripts = ["יש לי דליפה במטבח", "דליפה במטבח, דחוף"]
    caller = answered_call(server, test=False)
    hear_greeting(caller)
    over = caller.say(speech("word_4.wav"))
    asks = caller.wait_for("agent_starts", after=over)
    over = caller.wait_for("agent_stops", after=asks.at, timeout=30).at
    over = caller.say(speech("word_3.wav"))
    caller.wait_for("agent_starts", after=over)
    caller.hang_up()
    stored = stored_call(server, caller.line.call_sid)
    lead = server.get(f"/api/leads/{stored['lead_id']}")
    assert lead["fields"]["need"] == "דליפה במטבח, דחוף"


def test_a_listening_process_that_dies_in_mid_call_costs_nothing(
    server: ServerProcess, google: FakeGoogleSpeech, speech: Speech
) -> None:
    google.transcripts = ["מה המחיר?"]
    caller = answered_call(server, test=False)
    hear_greeting(caller)
    os.kill(listening_process(server), signal.SIGKILL)
    asked_until = caller.say(speech("word_4.wav"))
    caller.wait_for("agent_starts", after=asked_until)
    caller.hang_up()
    stored = stored_call(server, caller.line.call_sid)
    assert stored["turns"][2]["path"] == "FAQ_FASTPATH"


def test_where_google_fails_the_caller_can_leave_a_message(
    server: ServerProcess, google: FakeGoogleSpeech, speech: Speech
) -> None:
    google.fails = grpc.StatusCode.PERMISSION_DENIED
    caller = answered_call(server, test=False)
    over = hear_greeting(caller)
    while not caller.over:
        said_until = caller.say(speech("speech_en_11s.wav")[: 8000 * 2])
        try:
            reply = caller.wait_for("agent_starts", after=max(over, said_until - 1))
        except TimeoutError:
            break
        over = reply.at
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not caller.over:
            if any(at > over for at in caller.seconds_of("agent_stops")):
                break
            time.sleep(0.05)
    after = caller.after_stream({"To": DEMO_NUMBER})
    assert after is not None
    assert "<Record" in after.body
    assert len(caller.seconds_of("agent_starts")) <= 4


def test_a_lost_session_is_followed_by_googles_ears(
    start_server: StartServer,
    google: FakeGoogleSpeech,
    openai: FakeRealtime,
    speech: Speech,
) -> None:
    google.transcripts = ["מה המחיר?"]
    server = start_server(
        OPENAI_BASE_URL=openai.base_url,
        OPENAI_API_KEY="sk-test",
        **environment(google),
    )
    openai.stop()
    caller = answered_call(server, test=False)
    caller.wait_for("agent_starts", timeout=20)
    over = caller.wait_for("agent_stops", timeout=30).at
    asked_until = caller.say(speech("word_4.wav"))
    caller.wait_for("agent_starts", after=max(over, asked_until), timeout=20)
    caller.hang_up()
    stored = stored_call(server, caller.line.call_sid)
    assert "FAQ_FASTPATH" in [turn["path"] for turn in stored["turns"]]
    assert google.heard


BUSY = """
import time
import numpy
class WhisperModel:
    def __init__(self, name, **options): pass
    def transcribe(self, audio, **options):
        open(__file__ + ".began", "w").close()
        ends = time.monotonic() + 40
        numbers = numpy.random.rand(600, 600)
        while time.monotonic() < ends:
            numbers = numpy.tanh(numbers @ numbers)
        return iter(()), None
"""


def test_frames_keep_their_rhythm_while_a_recording_is_transcribed(
    server: ServerProcess,
    google: FakeGoogleSpeech,
    speech: Speech,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A model at work on every core of this machine, in the helper that has it in real life."""
    (tmp_path / "faster_whisper.py").write_text(BUSY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    recording = tmp_path / "recording.wav"
    recording.write_bytes(mulaw_to_wav(speech("speech_en_11s.wav")))
    recogniser = whisper_recogniser("busy")

    def transcribe() -> None:
        with contextlib.suppress(RecogniserError):  # it is ended before it is done
            recogniser.recognise(recording, language="en-US", hints=(), channels=1)

    worker = threading.Thread(target=transcribe, daemon=True)
    google.transcripts = ["מה המחיר?"]
    caller = answered_call(server, test=False)
    hear_greeting(caller)
    worker.start()
    deadline = time.monotonic() + 10
    while not (tmp_path / "faster_whisper.py.began").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    asked_until = caller.say(speech("word_4.wav"))
    answer = caller.wait_for("agent_starts", after=asked_until)
    caller.wait_for("agent_stops", after=answer.at, timeout=30)
    assert worker.is_alive()
    caller.hang_up()
    recogniser.close()
    worker.join(10)
    arrivals = [at for at in list(caller.arrivals) if at >= answer.at - 0.05]
    gaps = [later - earlier for earlier, later in pairwise(arrivals)]
    # 400 ms of sound wait at the other end: a shorter gap is heard by nobody.
    assert max(gaps) < 0.2, sorted(gaps)[-5:]
