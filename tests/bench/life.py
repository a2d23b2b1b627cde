"""The life of a call: our own share of an answer, what is heard when things fail, how calls end."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server.caller.caller import Caller
from tests.bench.figures import Figure, table
from tests.bench.speech_corpus import bursts
from tests.e2e.calling import answered_call, hear_greeting
from tests.e2e.server_process import ServerProcess
from tests.fakes.openai_http import FakeOpenAIHttp
from tests.fakes.openai_realtime import FakeRealtime, Reply, scripted_replies

_TURNS = 40
_TRIES = 5
_HANGOVER_MS = 200 + 20
"""Silence that ends an utterance, and the frame in which it is noticed."""

_LONG_SECONDS = 15 * 60
_LONG_GAP_SECONDS = 12.0


def measure_turns(server: ServerProcess, openai: FakeRealtime) -> list[Figure]:
    """Return where the time of an agent's turn goes, without hangover, recogniser and model."""
    openai.configure(transcribe=lambda *_: "יש לכם מקום מחר", reply=lambda _: Reply("כן, מחר."))
    ask = Figure("  transcript known -> response.create")
    play = Figure("  first delta -> audio on the line")
    end = Figure("  end of speech -> commit, without hangover")
    own = Figure("own share of an agent's turn", "p95 <= 20")
    caller = answered_call(server)
    over = hear_greeting(caller)
    session = openai.calls[-1]
    for burst in bursts(_TURNS, -20.0, None):
        time.sleep(1.2)
        began = caller.now
        caller.say(burst.audio[int(burst.onset_ms * 8) : int(burst.end_ms * 8)])
        stopped = caller.wait_for("caller_stops", after=began)
        starts = caller.wait_for("agent_starts", after=max(stopped.at, over))
        over = caller.wait_for("agent_stops", after=starts.at).at
        response = session.responses[-1]  # a burst with a pause in it may have asked for two
        zero = caller.started_at
        heard = session.sent_of("conversation.item.input_audio_transcription.completed")[-1]
        create = session.events_of("response.create")[-1]
        commit = session.events_of("input_audio_buffer.commit")[-1]
        first_delta = (response.first_audio_at or 0.0) - zero
        arrived = next(at for at in caller.arrivals if at >= first_delta)
        parts = (
            max(0.0, (commit.at - zero - stopped.at) * 1000 - _HANGOVER_MS),
            (create.at - heard.at) * 1000,
            (arrived - first_delta) * 1000,
        )
        for figure, value in zip((end, ask, play), parts, strict=True):
            figure.values_ms.append(value)
        own.values_ms.append(sum(parts))
    caller.hang_up()
    session.wait_closed()
    return [end, ask, play, own]


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong upstream."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    after_greeting: bool = True


FAULTS = (
    Fault("refuses", {"refuse": 503}, after_greeting=False),
    Fault("never answers the handshake", {"accept_then_silent": True}, after_greeting=False),
    Fault("stalls", {"stall_after_create": True}),
    Fault("rate-limits", {"rate_limit_responses": True}),
    Fault("fails to transcribe", {"fail_transcription": True}),
    Fault("drops in mid-answer", {"drop_mid_answer_after_ms": 1000}),
    Fault("expires", {"expire_session_after_s": 0.0}),
)
_HEALTHY: dict[str, Any] = {
    "refuse": None,
    "accept_then_silent": False,
    "stall_after_create": False,
    "rate_limit_responses": False,
    "fail_transcription": False,
    "drop_mid_answer_after_ms": None,
    "expire_session_after_s": None,
}


def measure_faults(
    server: ServerProcess, openai: FakeRealtime, requests: FakeOpenAIHttp
) -> list[Figure]:
    """Return for each fault how long the caller hears nothing after speaking, at most."""
    requests.configure(transcribe=lambda *_: "יש לי בעיה ברכב")
    figures = []
    for fault in FAULTS:
        figure = Figure(f"OpenAI {fault.name}: longest silence", "<= 2000")
        for _ in range(_TRIES):
            openai.configure(
                **_HEALTHY,
                transcribe=lambda *_: "יש לי בעיה ברכב",
                reply=scripted_replies(["בוודאי, נשמח לעזור לכם מחר בבוקר."]),
            )
            figure.values_ms.append(_longest_silence(server, openai, fault))
        figures.append(figure)
    openai.configure(**_HEALTHY)
    return figures


def _longest_silence(server: ServerProcess, openai: FakeRealtime, fault: Fault) -> float:
    """Ask once while the fault is there; return the longest silence of the next ten seconds."""
    if not fault.after_greeting:
        openai.configure(**fault.options)
    caller = answered_call(server)
    hear_greeting(caller)
    time.sleep(1.2)
    began = caller.now
    (burst,) = bursts(1, -20.0, None)
    if fault.after_greeting:
        openai.configure(**fault.options)
    caller.say(burst.audio[int(burst.onset_ms * 8) : int(burst.end_ms * 8)])
    stopped = caller.wait_for("caller_stops", after=began).at
    if fault.name == "drops in mid-answer":
        openai.calls[-1].wait_until(lambda session: not session.open)
        openai.configure(**_HEALTHY)
    _until_helped(caller, stopped)
    silences = _silences(caller, stopped)
    caller.hang_up()
    openai.configure(**_HEALTHY)
    openai.wait_all_closed(timeout=30)
    return max(silences) * 1000


def _until_helped(caller: Caller, since: float) -> None:
    """Wait until an answer, not only a filler, has been heard to its end."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        heard = [
            moment
            for moment in caller.moments
            if moment.what == "turn"
            and moment.at > since
            and moment.detail["path"] in ("AGENT", "FALLBACK", "FAQ_FASTPATH")
            and moment.detail["heard_ms"]
        ]
        if heard:
            return
        time.sleep(0.05)
    raise TimeoutError(f"no help came: {caller.moments[-12:]}")


def _silences(caller: Caller, since: float) -> list[float]:
    """Return the silences in seconds from ``since`` until the last sound begins."""
    silences, quiet_from = [], since
    for moment in caller.moments:
        if moment.at < since:
            continue
        if moment.what == "agent_starts":
            silences.append(moment.at - quiet_from)
        elif moment.what == "agent_stops":
            quiet_from = moment.at
    return silences


def measure_ends(start: Callable[..., ServerProcess], openai: FakeRealtime) -> list[Figure]:
    """Return how long both sockets stay open after each way for a call to end."""
    openai.configure(**_HEALTHY)
    server = start(SILENCE_PROMPT_SEC="2", SILENCE_HANGUP_SEC="2", MAX_CALL_SEC="18")
    figures = []
    for name in ("stop", "silence", "max_duration"):
        figure = Figure(f"{name} -> both sockets closed", "< 1000")
        for _ in range(_TRIES if name == "stop" else 2):
            figure.values_ms.append(_end_by(name, server, openai))
        figures.append(figure)
    return figures


def _end_by(name: str, server: ServerProcess, openai: FakeRealtime) -> float:
    caller = answered_call(server)
    session = openai.calls[-1]
    greeted = hear_greeting(caller)
    if name == "stop":
        began = time.monotonic()
        caller.line.hang_up()
        caller.wait_for("closed")
        session.wait_closed()
        return (time.monotonic() - began) * 1000
    (burst,) = bursts(1, -20.0, None)
    while name == "max_duration" and not caller.over and caller.now < 16.5:
        caller.say(burst.audio)  # somebody is there
        time.sleep(1.5)
    caller.wait_for("closed", after=greeted, timeout=30)
    session.wait_closed(timeout=5)
    last = caller.seconds_of("mark")[-1] if name == "silence" else 18.0
    return max(0.0, (session.closed_at or 0.0) - caller.started_at - last) * 1000


def long_call(server: ServerProcess, openai: FakeRealtime) -> str:
    """Hold one call of fifteen minutes in real time; return what came of it."""
    common, other = "מה המחיר?", "יש לכם מקום מחר"
    spoken = iter([common, other] * 1000)
    openai.configure(
        **_HEALTHY, transcribe=lambda *_: next(spoken), reply=lambda _: Reply("כן, מחר בעשר.")
    )
    caller = answered_call(server)
    over = hear_greeting(caller)
    waits: list[float] = []
    memory_before = _memory_mb(server)
    sounds = [
        burst.audio[int(burst.onset_ms * 8) : int(burst.end_ms * 8)]
        for burst in bursts(20, -20.0, None)
    ]
    number = 0
    while caller.now < _LONG_SECONDS:
        time.sleep(_LONG_GAP_SECONDS / 2 if number % 5 else 9.0)
        began = caller.now
        caller.say(sounds[number % len(sounds)])
        stopped = caller.wait_for("caller_stops", after=began)
        starts = caller.wait_for("agent_starts", after=max(stopped.at, over))
        waits.append(starts.at - stopped.at)
        over = caller.wait_for("agent_stops", after=starts.at).at
        number += 1
    lasted = caller.now
    caller.hang_up()
    openai.wait_all_closed(timeout=30)
    log = server.log()
    dropped = re.findall(r"\[CALL_END\].*dropped_frames=(\d+)", log)[-1]
    latency = Figure("end of speech -> answer (FAQ and agent in turn)")
    latency.values_ms = [wait * 1000 for wait in waits]
    violations = sum(len(session.hard_violations) for session in openai.calls)
    return "\n".join(
        [
            table([latency]),
            f"{lasted:.0f} s, {number} turns, {len(openai.calls)} sessions "
            f"({log.count('[AGENT_ROTATED]')} changed at a pause), "
            f"{log.count('[WS_KEEPALIVE]')} keepalives, {dropped} frames dropped, "
            f"{violations} violations, memory {memory_before:.0f} -> {_memory_mb(server):.0f} MB",
        ]
    )


def _memory_mb(server: ServerProcess) -> float:
    """Return the resident memory of the worker, the largest of the server's processes."""
    sizes = []
    for pid in server.process_ids():
        status = Path(f"/proc/{pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        sizes.append(int(found.group(1)) / 1024 if found else 0.0)
    return max(sizes)
