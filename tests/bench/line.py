"""The line's own share: webhooks, the way to the first sound, and the end of a call."""

from __future__ import annotations

import os
import re
import time
import urllib.request
from pathlib import Path

from server.caller.caller import Caller, new_call_sid
from server.caller.line import Webhooks
from tests.bench.figures import Figure
from tests.bench.speech_corpus import bursts
from tests.e2e.calling import DEMO_NUMBER, answered_call
from tests.e2e.server_process import ServerProcess
from tests.fakes.openai_realtime import FakeRealtime, Reply

_REQUESTS = 200
_CALLS = 20
_INTERRUPTIONS = 10
_LOAD_CALLS = 30
_LOAD_SECONDS = 20.0


def measure_line(server: ServerProcess, openai: FakeRealtime) -> list[Figure]:
    """Return the figures of webhooks and calls on ``server``, whose agent is the stand-in."""
    webhooks = Webhooks(server.base_url)
    peer = Figure("GET /version (no work)")
    for _ in range(_REQUESTS):
        peer.values_ms.append(_timed(lambda: _get(server.base_url + "/version")))
    voice = Figure("POST voice", "p95 <= 50", peer=peer)
    status = Figure("POST call_status", "p95 < 100", peer=peer)
    for _ in range(_REQUESTS):
        call_sid = new_call_sid()
        ringing = {"CallSid": call_sid, "From": "+972541234567", "To": DEMO_NUMBER}
        voice.values_ms.append(_timed(lambda: webhooks.post("/webhook/twilio/voice", ringing)))  # noqa: B023
        over = {"CallSid": call_sid, "CallStatus": "completed"}
        status.values_ms.append(_timed(lambda: webhooks.post("/webhook/twilio/call_status", over)))  # noqa: B023
    openai.wait_all_closed(timeout=30)
    first = Figure("start -> first greeting audio", "p95 <= 100")
    ended = Figure("terminal status -> both sockets closed", "< 1000")
    for _ in range(_CALLS):
        caller = answered_call(server)
        first.values_ms.append(caller.wait_for("agent_starts").at * 1000)
        ended.values_ms.append(_end_by_status(caller, webhooks, openai))
    return [peer, voice, status, first, ended]


def measure_load(server: ServerProcess) -> tuple[list[Figure], str]:
    """Return the webhook's figure beside running calls, and the server's CPU per call-minute."""
    callers = [answered_call(server) for _ in range(_LOAD_CALLS)]
    webhooks = Webhooks(server.base_url)
    busy = Figure(f"POST voice beside {_LOAD_CALLS} calls", "p95 <= 50")
    cpu_before, before = _cpu_seconds(server), time.monotonic()
    while time.monotonic() - before < _LOAD_SECONDS:
        call_sid = new_call_sid()
        ringing = {"CallSid": call_sid, "From": "+972541234567", "To": DEMO_NUMBER}
        busy.values_ms.append(_timed(lambda: webhooks.post("/webhook/twilio/voice", ringing)))  # noqa: B023
        webhooks.post(
            "/webhook/twilio/call_status", {"CallSid": call_sid, "CallStatus": "canceled"}
        )
        time.sleep(0.2)
    spent = _cpu_seconds(server) - cpu_before
    minutes = _LOAD_CALLS * (time.monotonic() - before) / 60
    for caller in callers:
        caller.hang_up()
    return [busy], f"CPU per call-minute at {_LOAD_CALLS} calls: {spent / minutes:.3f} s"


def measure_interruptions(server: ServerProcess, openai: FakeRealtime) -> list[Figure]:
    """Return how fast a decision becomes a clear on the wire, and how exact the truncation is."""
    openai.configure(transcribe=lambda *_: "ספרו לי", reply=lambda _: Reply(text="מילה " * 40))
    to_clear = Figure("frame taken -> clear on the wire", "p95 <= 10")
    off_by = Figure("truncation, off by what was heard", "<= 100")
    for burst in bursts(_INTERRUPTIONS, -20.0, None):
        speech = burst.audio[int(burst.onset_ms * 8) : int(burst.end_ms * 8)]
        caller = answered_call(server)
        greeting = caller.wait_for("agent_starts")
        caller.wait_for("agent_stops", after=greeting.at)
        asked_until = caller.say(speech)
        answer = caller.wait_for("agent_starts", after=asked_until - 0.2)
        time.sleep(1.0)
        began = caller.now
        caller.say(speech)
        cleared = caller.wait_for("clear", after=began)
        session = openai.calls[-1]
        session.wait_until(lambda s: bool(s.truncations), timeout=5)
        heard_ms = (cleared.at - answer.at) * 1000
        off_by.values_ms.append(abs(session.truncations[0].audio_end_ms - heard_ms))
        caller.hang_up()
        session.wait_closed()
    logged = re.findall(r"decision_to_clear_ms=([\d.]+)", server.log())
    to_clear.values_ms.extend(float(value) for value in logged)
    return [to_clear, off_by]


def _end_by_status(caller: Caller, webhooks: Webhooks, openai: FakeRealtime) -> float:
    session = openai.calls[-1]
    began = time.monotonic()
    webhooks.post(
        "/webhook/twilio/call_status",
        {"CallSid": caller.line.call_sid, "CallStatus": "completed"},
    )
    caller.wait_for("closed")
    session.wait_closed()
    return (time.monotonic() - began) * 1000


def _timed(work: object) -> float:
    began = time.perf_counter()
    work()  # type: ignore[operator]
    return (time.perf_counter() - began) * 1000


def _get(url: str) -> None:
    with urllib.request.urlopen(url, timeout=10) as response:
        response.read()


def _cpu_seconds(server: ServerProcess) -> float:
    """Return the CPU time of the server's processes so far."""
    ticks = 0
    for pid in server.process_ids():
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
