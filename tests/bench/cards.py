"""From the end of a call to its finished card, and what running calls feel of that work."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from server.audio.framing import mulaw_to_wav
from server.caller.caller import Caller
from server.caller.line import Webhooks
from server.errors import MaaneError
from server.speech.file_recognisers import HelperRecogniser, whisper_recogniser
from tests.bench.figures import Figure, table
from tests.bench.speech_corpus import bursts
from tests.e2e.calling import answered_call, hear_greeting, stored_call
from tests.e2e.server_process import ServerProcess, free_port
from tests.e2e.test_google_ears import ACCOUNT, BUSY
from tests.fakes.google_speech import FakeGoogleSpeech
from tests.fakes.openai_http import FakeOpenAIHttp
from tests.fakes.openai_realtime import FakeRealtime, RealtimeOptions, Reply
from tests.fakes.twilio_rest import FakeTwilioRest, TwilioOptions
from tests.fakes.twilio_rest.server import ACCOUNT_SID, AUTH_TOKEN

_CALLS = 5
_SLOW_SECONDS = 20.0
_LISTEN_SECONDS = 25.0
_FRAME_MS = 20.0
SUMMARY = {
    "headline": "שאלה על מקום מחר",
    "points": ["שאלו אם יש מקום מחר בעשר", "נאמר שיש מקום מחר בעשר"],
    **dict.fromkeys(("name", "phone", "need", "area", "budget", "time", "next_step"), ""),
    "sentiment": "neutral",
}


def report() -> str:
    """Measure and return the table."""
    with _world() as world:
        server = world.start()
        figures = [
            world.cards(server, "card finished, fast providers", "< 10000", seconds=0.0),
            world.cards(
                server,
                f"card finished, providers of {_SLOW_SECONDS:.0f} s",
                "<= 60000",
                seconds=_SLOW_SECONDS,
                calls=1,
            ),
        ]
        alone = world.rhythm(server, "frames of a call alone: off their rhythm", busy=False)
        beside = world.rhythm(
            server, "beside Google, a model on the CPU, a slow download", busy=True
        )
        beside.wanted = "p99 < 20"
        rows = [*figures, alone, beside]
        p99 = ", ".join(f"{f.name}: {f.quantile(0.99):.1f}" for f in (alone, beside))
        return f"{table(rows)}\np99 ms: {p99}"


class _World:
    """One server with stand-ins for everybody it talks to."""

    def __init__(
        self,
        directory: Path,
        openai: FakeRealtime,
        requests: FakeOpenAIHttp,
        google: FakeGoogleSpeech,
        twilio: FakeTwilioRest,
    ) -> None:
        self._directory = directory
        self.openai, self.requests, self.google, self.twilio = openai, requests, google, twilio
        self.server: ServerProcess | None = None
        self._minute = mulaw_to_wav(b"".join(burst.audio for burst in bursts(20, -20.0, None)))

    def start(self) -> ServerProcess:
        """Start the server, with the demo business recording its calls."""
        server = ServerProcess(
            self._directory,
            f"sqlite:///{self._directory}/maane.db",
            media_dir=self._directory / "media",
            OPENAI_BASE_URL=self.openai.base_url,
            OPENAI_API_KEY="sk-bench",
            GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON=json.dumps(ACCOUNT),
            GOOGLE_STT_ENDPOINT=self.google.endpoint,
            GOOGLE_TTS_ENDPOINT=f"http://127.0.0.1:{free_port()}",
            TWILIO_ACCOUNT_SID=ACCOUNT_SID,
            TWILIO_AUTH_TOKEN=AUTH_TOKEN,
            TWILIO_API_BASE_URL=self.twilio.base_url,
        )
        server.prepare()
        self.server = server
        server.start()
        (business,) = server.get("/api/businesses")["items"]
        path = f"/api/businesses/{business['id']}"
        server.send("PATCH", path, {"settings": {"recording": True}})
        return server

    def cards(
        self, server: ServerProcess, name: str, wanted: str, *, seconds: float, calls: int = _CALLS
    ) -> Figure:
        """Return how long after hanging up the card is there, transcript and summary."""
        self.google.delay_seconds = seconds
        self.requests.configure(delay_seconds=seconds)
        figure = Figure(name, wanted)
        for _ in range(calls):
            caller = answered_call(server, auth_token=AUTH_TOKEN, test=False)
            over = hear_greeting(caller)
            (burst,) = bursts(1, -20.0, None)
            caller.say(burst.audio)
            caller.wait_for("agent_stops", after=over + 0.1)
            caller.hang_up()
            ended = time.monotonic()
            lead_id = stored_call(server, caller.line.call_sid)["lead_id"]
            server.eventually(
                f"/api/leads/{lead_id}",
                lambda lead: (
                    lead["status"] == "processed"
                    and lead["transcript_source"] not in ("", "live")
                    and lead["summary_source"] == "openai"
                ),
                seconds=90,
            )
            figure.values_ms.append((time.monotonic() - ended) * 1000)
        self.google.delay_seconds = 0.0
        self.requests.configure(delay_seconds=0.0)
        return figure

    def rhythm(self, server: ServerProcess, name: str, *, busy: bool) -> Figure:
        """Return by how much the frames of a long answer come off their rhythm of 20 ms."""
        self.openai.configure(reply=lambda _: Reply("מילה " * 90))
        caller = answered_call(server, auth_token=AUTH_TOKEN)
        hear_greeting(caller)
        time.sleep(1.2)
        (burst,) = bursts(1, -20.0, None)
        stop = threading.Event()
        load = threading.Thread(target=self._load, args=(server, stop), daemon=True)
        if busy:
            load.start()
        began = caller.now
        caller.say(burst.audio[int(burst.onset_ms * 8) : int(burst.end_ms * 8)])
        starts = caller.wait_for("agent_starts", after=began)
        time.sleep(_LISTEN_SECONDS)
        stop.set()
        figure = Figure(name)
        figure.values_ms = off_rhythm(caller, starts.at)
        caller.hang_up()
        if busy:
            load.join(30)
        return figure

    def _load(self, server: ServerProcess, stop: threading.Event) -> None:
        """Have recordings announced, fetched slowly and transcribed, a model at work beside."""
        model = self._model()
        webhooks = Webhooks(server.base_url, AUTH_TOKEN)
        sid = self.twilio.add_recording(mono=self._minute, stereo=self._minute)
        while not stop.is_set():
            call = answered_call(server, auth_token=AUTH_TOKEN, test=False)
            call.wait_for("agent_starts")
            (burst,) = bursts(1, -20.0, None)
            call.say(burst.audio)
            time.sleep(2.0)
            call.hang_up()
            webhooks.post(
                "/webhook/twilio/recording_done",
                {
                    "CallSid": call.line.call_sid,
                    "RecordingSid": sid,
                    "RecordingUrl": self.twilio.recording_url(sid),
                    "RecordingDuration": "60",
                },
            )
        model.close()

    def _model(self) -> HelperRecogniser:
        """Start a model that takes all the processor it gets, in the helper that has it."""
        (self._directory / "faster_whisper.py").write_text(BUSY)
        os.environ["PYTHONPATH"] = str(self._directory)
        path = self._directory / "minute.wav"
        path.write_bytes(self._minute)
        model = whisper_recogniser("busy")

        def work() -> None:
            with contextlib.suppress(MaaneError):  # it is ended before it is done
                model.recognise(path, language="he-IL", hints=(), channels=1)

        threading.Thread(target=work, daemon=True).start()
        return model


def off_rhythm(caller: Caller, since: float) -> list[float]:
    """Return by how many milliseconds each frame since came off its rhythm."""
    arrivals = [at for at in caller.arrivals if at > since + 0.5]
    return [abs((later - earlier) * 1000 - _FRAME_MS) for earlier, later in pairwise(arrivals)]


@contextlib.contextmanager
def _world() -> Iterator[_World]:
    with (
        tempfile.TemporaryDirectory() as name,
        FakeOpenAIHttp() as requests,
        FakeRealtime(RealtimeOptions(), http=requests) as openai,
        FakeGoogleSpeech() as google,
        FakeTwilioRest(TwilioOptions(delay_seconds=2.0)) as twilio,
    ):
        requests.configure(respond=lambda _: SUMMARY, transcribe=lambda *_: "יש לכם מקום מחר בעשר")
        openai.configure(
            transcribe=lambda *_: "יש לכם מקום מחר", reply=lambda _: Reply("כן, מחר בעשר.")
        )
        google.transcripts = ["יש לכם מקום מחר בעשר"] * 1000
        world = _World(Path(name), openai, requests, google, twilio)
        try:
            yield world
        finally:
            if world.server is not None:
                world.server.stop()
