"""``flask call``: ring the running server and print what was heard, and when."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import click
from flask import current_app

from server.audio import mulaw
from server.audio.framing import mulaw_to_wav, wav_to_mulaw
from server.caller.caller import Call, Caller, ring
from server.caller.line import Webhooks
from server.errors import MaaneError
from server.settings import INSTANCE_DIR
from server.speech.espeak import EspeakSynthesiser
from server.wiring import services_of

DEFAULT_TO = "+97233726000"
DEFAULT_LINES = ("מה המחיר?", "תודה, להתראות")
_GREETING_SECONDS = 10.0
_REPLY_SECONDS = 15.0
_TAIL_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that the caller says."""

    audio: bytes
    words: str | None


@dataclass
class Report:
    """What came of the call."""

    call_sid: str
    webhook_ms: float
    greeting_ms: float | None = None
    """From the stream's start to the greeting's first sound."""
    replies: list[dict[str, Any]] = field(default_factory=list)
    turns: list[dict[str, Any]] = field(default_factory=list)
    moments: list[dict[str, Any]] = field(default_factory=list)
    most_waiting_ms: int = 0
    ended_by: str = ""
    after_stream: str = ""
    heard_wav: str = ""
    problems: list[str] = field(default_factory=list)


@click.command("call", help="Ring the running server as a synthetic caller.")
@click.option("--to", default=DEFAULT_TO, show_default=True, help="The number to dial.")
@click.option("--from", "from_number", default="+972541234567", help="The caller's number.")
@click.option("--url", default="", help="The server; by default this machine's, on PORT.")
@click.option(
    "--wav",
    "wavs",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A recording to speak (repeatable).",
)
@click.option(
    "--say",
    "says",
    multiple=True,
    help="Words to speak (repeatable): typed beside the n-th recording, or spoken by the test "
    "voice where there is none.",
)
@click.option(
    "--barge-in-at",
    type=float,
    default=None,
    help="Interrupt the first answer this many seconds after it begins, with the next line.",
)
@click.option("--out", type=click.Path(path_type=Path), default=None, help="WAV of what was heard.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def call_command(
    to: str,
    from_number: str,
    url: str,
    wavs: tuple[Path, ...],
    says: tuple[str, ...],
    barge_in_at: float | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Ring, speak the lines in turn, print the timings; exit 1 when something was missing."""
    settings = services_of(current_app).settings
    webhooks = Webhooks(url or f"http://127.0.0.1:{settings.port}", settings.twilio_auth_token)
    lines = _lines(wavs, says or (() if wavs else DEFAULT_LINES), settings.tts_speaking_rate)
    try:
        call = ring(webhooks, to=to, from_number=from_number, test_secret=settings.secret_key)
    except ConnectionError as error:
        raise click.ClickException(f"{error} (is `make run` running?)") from None
    if call.caller is None:
        raise click.ClickException(
            f"no stream was offered: HTTP {call.answer.status}\n{call.answer.body}"
        )
    report = _converse(call, call.caller, lines, barge_in_at)
    out = out or INSTANCE_DIR / "last_call.wav"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(mulaw_to_wav(bytes(call.caller.ear.heard)))
    report.heard_wav = str(out)
    if as_json:
        click.echo(json.dumps(asdict(report), ensure_ascii=False))
    else:
        _print(report)
    if report.problems:
        raise SystemExit(1)


def _lines(wavs: tuple[Path, ...], says: tuple[str, ...], rate: float) -> list[Line]:
    voice = EspeakSynthesiser()
    lines = []
    for number in range(max(len(wavs), len(says))):
        words = says[number] if number < len(says) else None
        try:
            if number < len(wavs):
                audio = wav_to_mulaw(wavs[number].read_bytes())
            else:
                audio = voice.synthesise(words or "", _language(words or ""), rate=rate)
        except MaaneError as error:
            raise click.ClickException(error.message) from None
        lines.append(Line(audio, words))
    return lines


def _language(text: str) -> str:
    return "he-IL" if any("א" <= c <= "ת" for c in text) else "en-US"


def _converse(call: Call, caller: Caller, lines: list[Line], barge_in_at: float | None) -> Report:
    report = Report(caller.line.call_sid, round(call.webhook_seconds * 1000, 1))
    try:
        greeting = caller.wait_for("agent_starts", timeout=_GREETING_SECONDS)
        report.greeting_ms = round(greeting.at * 1000)
        caller.wait_for("agent_stops", after=greeting.at, timeout=30)
    except TimeoutError:
        report.problems.append("no greeting was heard")
    for number, line in enumerate(lines):
        if caller.over:
            report.problems.append(f"the call was over before line {number + 1}")
            break
        interrupts_next = number == 0 and barge_in_at is not None and len(lines) > 1
        _say(caller, line, report, barge_in_at if interrupts_next else None)
    _finish(caller, report)
    return report


def _say(caller: Caller, line: Line, report: Report, cut_after: float | None) -> None:
    spoken_until = caller.say(line.audio, line.words)
    try:
        stops = caller.wait_for("caller_stops", after=spoken_until - 0.1, timeout=60)
        reply = caller.wait_for("agent_starts", after=stops.at, timeout=_REPLY_SECONDS)
        waited_ms = round((reply.at - stops.at) * 1000)
        report.replies.append({"words": line.words, "first_audio_ms": waited_ms})
        if cut_after is None:
            caller.wait_for("agent_stops", after=reply.at, timeout=60)
        else:
            time.sleep(max(0.0, reply.at + cut_after - caller.now))
    except TimeoutError:
        report.problems.append(f"no answer to {line.words or 'a recording'}")


def _finish(caller: Caller, report: Report) -> None:
    """Let the server end the call if it is about to, else hang up."""
    try:
        caller.wait_for("closed", timeout=_TAIL_SECONDS)
        report.ended_by = "server"
        answer = caller.after_stream({"CallStatus": "in-progress"})
        report.after_stream = "hangup" if answer and "<Hangup" in answer.body else "other"
    except TimeoutError:
        report.ended_by = "caller"
    caller.hang_up()
    report.turns = [caller.turns[index] for index in sorted(caller.turns)]
    report.moments = [asdict(moment) for moment in caller.moments if moment.what != "turn"]
    report.most_waiting_ms = caller.ear.most_waiting_ms


def _print(report: Report) -> None:
    click.echo(f"call {report.call_sid}: webhook answered in {report.webhook_ms} ms")
    click.echo(f"greeting heard after {report.greeting_ms} ms")
    for moment in report.moments:
        detail = "" if moment["detail"] is None else f"  {moment['detail']}"
        click.echo(f"  {moment['at']:7.2f} s  {moment['what']}{detail}")
    for turn in report.turns:
        path = f" [{turn['path']}]" if turn["path"] else ""
        latency = (turn["timings_ms"] or {}).get("total_latency_ms")
        shown = f" {latency:.0f} ms" if latency is not None else ""
        cut = f" (interrupted, heard {turn['heard_ms']} ms)" if turn["interrupted"] else ""
        click.echo(f"{turn['speaker']:>6}{path}{shown}: {turn['text']}{cut}")
    for reply in report.replies:
        click.echo(f"answered {reply['words'] or 'a recording'}: {reply['first_audio_ms']} ms")
    click.echo(f"ended by the {report.ended_by}; heard: {report.heard_wav}")
    seconds = Path(report.heard_wav).stat().st_size / 2 / mulaw.SAMPLE_RATE
    click.echo(f"{seconds:.1f} s in all, never more than {report.most_waiting_ms} ms waiting")
    for problem in report.problems:
        click.echo(f"PROBLEM: {problem}", err=True)
