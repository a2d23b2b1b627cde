"""Common questions on the phone: how soon they are answered, alone and among thirty calls."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from server.caller.caller import Caller
from tests.bench.figures import Figure
from tests.bench.speech_corpus import bursts
from tests.e2e.calling import answered_call, hear_greeting
from tests.e2e.server_process import ServerProcess
from tests.fakes.openai_realtime import FakeRealtime, Reply

_QUESTIONS = ("מה המחיר?", "איפה אתם?", "מתי פתוחים?", "יש חניה?", "כמה עולה טיפול?")
_ORDERS = ("יש פנוי מחר ב-10?", "שלח לי אישור", "אני רוצה לקבוע תור")
_ALONE = 20
_SILENCE_SECONDS = 0.2
"""From the commit to the moment before which no reply sounds: 400 ms without the hangover."""

_CALLS = 30
_TURNS = 7
_RECOGNISER_MS = 250
_MODEL_MS = 500
_HANGOVER_MS = 200
_SPREAD_SECONDS = 6.0


def measure_hits(server: ServerProcess, openai: FakeRealtime) -> list[Figure]:
    """Return what lies between the final transcript and the first sound of a prepared answer."""
    figures = []
    for recogniser_ms in (50, _RECOGNISER_MS):
        openai.configure(
            transcribe=lambda _session, _audio, n: _QUESTIONS[n % len(_QUESTIONS)],
            transcript_delay_ms=recogniser_ms,
        )
        name = f"final transcript -> FAQ answer, recogniser {recogniser_ms} ms"
        whole = Figure(name)
        own = Figure("  without the mandatory silence", "<= 50")
        caller = answered_call(server)
        over = hear_greeting(caller)
        session = openai.calls[-1]
        for sound in _sounds(_ALONE):
            time.sleep(1.2)
            began = caller.now
            caller.say(sound)
            stopped = caller.wait_for("caller_stops", after=began)
            starts = caller.wait_for("agent_starts", after=max(stopped.at, over))
            over = caller.wait_for("agent_stops", after=starts.at).at
            final = session.sent_of("conversation.item.input_audio_transcription.completed")[-1]
            commit = session.events_of("input_audio_buffer.commit")[-1]
            zero = caller.started_at
            arrived = next(at for at in caller.arrivals if at >= final.at - zero) + zero
            whole.values_ms.append((arrived - final.at) * 1000)
            allowed_from = max(final.at, commit.at + _SILENCE_SECONDS)
            own.values_ms.append(max(0.0, arrived - allowed_from) * 1000)
        asked = len(session.events_of("response.create"))
        assert not asked, f"the agent was asked {asked} times"
        caller.hang_up()
        session.wait_closed()
        figures += [whole, own]
    return figures


def _sounds(count: int) -> list[bytes]:
    return [
        burst.audio[int(burst.onset_ms * 8) : int(burst.end_ms * 8)]
        for burst in bursts(count, -20.0, None)
    ]


@dataclass
class _Waits:
    """How long callers waited, by who answered."""

    by_path: dict[str, list[float]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def measure_load(server: ServerProcess, openai: FakeRealtime) -> tuple[list[Figure], str]:
    """Return how long callers wait while thirty of them talk, 70 % of it common questions."""
    openai.configure(
        transcribe=lambda _session, _audio, n: _words(n),
        transcript_delay_ms=_RECOGNISER_MS,
        first_audio_delay_ms=_MODEL_MS,
        reply=lambda _: Reply("בוודאי, אשמח לעזור."),
    )
    waits = _Waits()
    threads = [
        threading.Thread(target=_talk, args=(server, number, waits)) for number in range(_CALLS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    openai.wait_all_closed(timeout=60)
    common = Figure(f"{_CALLS} calls: end of speech -> FAQ answer", "p95 <= 700")
    common.values_ms = waits.by_path.get("FAQ_FASTPATH", [])
    agents = Figure(f"{_CALLS} calls: end of speech -> agent's answer")
    agents.values_ms = waits.by_path.get("AGENT", [])
    others_ms = _HANGOVER_MS + _RECOGNISER_MS + _MODEL_MS
    own = Figure(f"  without hangover, recogniser and model ({others_ms} ms)")
    own.values_ms = [wait - others_ms for wait in agents.values_ms]
    others = sorted(set(waits.by_path) - {"FAQ_FASTPATH", "AGENT"})
    violations = sum(len(session.hard_violations) for session in openai.calls)
    return [common, agents, own], (
        f"recogniser {_RECOGNISER_MS} ms; other answers: {others or 'none'}; "
        f"lost: {len(waits.problems)} {waits.problems[:2]}; violations: {violations}"
    )


def _words(number: int) -> str:
    """Return what the caller of a call says in its utterance ``number``: seven of ten common."""
    if number % 10 in (2, 5, 8):
        return _ORDERS[number % len(_ORDERS)]
    return _QUESTIONS[number % len(_QUESTIONS)]


def _talk(server: ServerProcess, number: int, waits: _Waits) -> None:
    time.sleep(number * _SPREAD_SECONDS / _CALLS)
    caller: Caller = answered_call(server)
    try:
        over = hear_greeting(caller)
        for turn, sound in enumerate(_sounds(_TURNS)):
            time.sleep(1.2 + (number * 7 + turn * 3) % 10 / 10)
            began = caller.now
            caller.say(sound)
            stopped = caller.wait_for("caller_stops", after=began)
            starts = caller.wait_for("agent_starts", after=max(stopped.at, over))
            over = caller.wait_for("agent_stops", after=starts.at, timeout=20).at
            path = str(caller.turns[max(caller.turns)]["path"])
            waits.by_path.setdefault(path, []).append((starts.at - stopped.at) * 1000)
    except (TimeoutError, ConnectionError) as error:
        waits.problems.append(str(error)[:200])
    finally:
        caller.hang_up()
