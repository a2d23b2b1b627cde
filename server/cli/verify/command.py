"""``flask verify-live``: the checklist to go through once with a real key, before going live."""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import DBAPIError

from server.agent.voice import AgentVoice
from server.caller.line import Webhooks
from server.calls.agents import uses_realtime
from server.cli.base import database_line
from server.cli.verify import speech, steps
from server.cli.verify.phone import Phone
from server.cli.verify.report import print_table, show, write_report
from server.cli.verify.speech import CallerVoice, Sentence
from server.cli.verify.verdicts import Grade, Verdict
from server.clock import monotonic
from server.demo import NUMBERS
from server.directory import BusinessProfile, dialled_number
from server.errors import MaaneError
from server.models import Call
from server.settings import INSTANCE_DIR, Settings
from server.speech.base import SynthesiserError, UnspeakableError
from server.wiring import Services, services_of

CHECKS = ("socket", "barge-in", "flow", "language", "invention", "streets")
_HEALTH_SECONDS = 10.0
_POLL_SECONDS = 0.02
_RENDERING_SECONDS = 3.0
_STREET_SECONDS = 9.0
_CALL_SECONDS = 8.0
"""Of greeting and silence, in each call."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the list: what will be said, how long it takes, and how it is done."""

    name: str
    sentences: tuple[Sentence, ...]
    seconds: float
    run: Callable[[Phone], Verdict]


@click.command("verify-live", help="Check the running server with a real key, before going live.")
@click.option("--to", default=NUMBERS[0], show_default=True, help="The number to dial.")
@click.option("--url", default="", help="The server; by default PUBLIC_BASE_URL, or this machine.")
@click.option("--only", multiple=True, type=click.Choice(CHECKS), help="This check (repeatable).")
@click.option(
    "--streets", default=20, show_default=True, type=click.IntRange(1, len(speech.STREETS)),
    help="How many street names are said.",
)  # fmt: skip
@click.option(
    "--least-accuracy", default=0.9, show_default=True, type=click.FloatRange(0, 1),
    help="Share of the street names that must be understood.",
)  # fmt: skip
@click.option("--price-question", default="", help="Asks in Hebrew for a price nobody has told.")
@click.option("--voice", default="cedar", show_default=True, help="OpenAI's voice of the caller.")
@click.option("--max-minutes", default=10.0, show_default=True, type=click.FloatRange(1, 60))
@click.option("--yes", is_flag=True, help="Ask nothing; what needs a person stays to be judged.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=INSTANCE_DIR / "verify_live.json",
    help="The report; by default instance/verify_live.json.",
)  # fmt: skip
@with_appcontext
def verify_live_command(
    to: str,
    url: str,
    only: tuple[str, ...],
    streets: int,
    least_accuracy: float,
    price_question: str,
    voice: str,
    max_minutes: float,
    yes: bool,
    out: Path,
) -> None:
    """Ring, judge, ask what only a person can tell; exit 1 when a check has failed."""
    parts = services_of(current_app)
    settings = parts.settings
    _refuse_without_key(settings)
    url = (url or settings.public_base_url or f"http://127.0.0.1:{settings.port}").rstrip("/")
    _check_server(url)
    business = _business_at(parts, to)
    question = Sentence(price_question) if price_question else _price_question(to)
    names = speech.streets_to_say(business.phrase_hints, streets)
    checks = [
        check
        for check in _checklist(parts, business, question, names, least_accuracy)
        if not only or check.name in only
    ]
    maker = AgentVoice(
        settings.openai_base_url, settings.openai_api_key or "none", settings.openai_realtime_model,
        1.0,
    )  # fmt: skip
    caller_voice = CallerVoice(maker, settings.media_dir, voice)
    interactive = sys.stdin.isatty() and not yes
    _announce(checks, caller_voice, url, to)
    if interactive:
        click.confirm("Go on?", default=True, abort=True)
    ends_at = monotonic() + max_minutes * 60
    try:
        clips = _render(caller_voice, checks, ends_at)
    finally:
        caller_voice.close()
    webhooks = Webhooks(url, settings.twilio_auth_token)
    phone = Phone(webhooks, to, settings.secret_key, clips, ends_at)
    verdicts = [_run(check, phone, interactive=interactive) for check in checks]
    print_table(verdicts)
    write_report(out, verdicts, phone, settings, url, to)
    if any(verdict.grade is Grade.FAIL for verdict in verdicts):
        raise SystemExit(1)


# Before the first call


def _refuse_without_key(settings: Settings) -> None:
    if not uses_realtime(settings):
        why = "OPENAI_API_KEY is not set" if settings.agents_enabled else "AGENTS_ENABLED is 0"
        raise click.ClickException(
            f"{why}: there is no live agent to check. Set OPENAI_API_KEY (in .env), "
            "restart the server, and run this again."
        )


def _check_server(url: str) -> None:
    """Refuse where no server answers, or one whose agent is not the live one."""
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=_HEALTH_SECONDS) as response:  # noqa: S310
            state = json.loads(response.read())
    except urllib.error.HTTPError as error:
        raise click.ClickException(f"{url}/healthz answers {error.code}: see there why") from None
    except (OSError, ValueError) as error:
        raise click.ClickException(
            f"no server answers at {url} ({error}). Start it in another terminal with "
            "`make serve`, in the same environment, and run this again; --url rings elsewhere."
        ) from None
    agent = state.get("providers", {}).get("agent", {})
    if agent.get("name") != "openai-realtime":
        raise click.ClickException(
            f"the running server's agent is {agent.get('name')} ({agent.get('why')}): "
            "restart it with OPENAI_API_KEY set."
        )


def _business_at(parts: Services, to: str) -> BusinessProfile:
    try:
        parts.directory.load()
    except DBAPIError as error:
        raise click.ClickException(database_line(error)) from error
    business = parts.directory.by_number(dialled_number(to))
    if business is None:
        raise click.ClickException(
            f"no business has the number {to} in this database; give one with --to, "
            "or create the demo business: flask --app wsgi demo seed"
        )
    return business


def _price_question(to: str) -> Sentence:
    return speech.DEMO_PRICE if dialled_number(to) in NUMBERS else speech.FOREIGN_PRICE


def _checklist(
    parts: Services,
    business: BusinessProfile,
    question: Sentence,
    names: list[str],
    least_accuracy: float,
) -> list[Check]:
    answers = (row.row.answer_text for row in business.faq.rows)
    known = "\n".join((business.ai_prompt, business.greeting_text, *answers))
    talk = (speech.TELL_ALL, speech.TELL_MORE)
    street_calls = -(-len(names) // steps.STREETS_PER_CALL)
    street_seconds = street_calls * _CALL_SECONDS + len(names) * _STREET_SECONDS
    return [
        Check("socket", talk, 20, lambda phone: steps.check_socket(phone, _row_reader(parts))),
        Check("barge-in", (*talk, speech.INTERRUPTION), 35, steps.check_barge_in),
        Check("flow", (speech.BOOKING, speech.TIME), 30, steps.check_flow),
        Check("language", (speech.ENGLISH, speech.HEBREW_AGAIN), 30, steps.check_language),
        Check(
            "invention",
            (question,),
            20,
            lambda phone: steps.check_invention(phone, question, known),
        ),
        Check(
            "streets",
            tuple(speech.at_street(name) for name in names),
            street_seconds,
            lambda phone: steps.check_streets(phone, names, least_accuracy),
        ),
    ]


def _row_reader(parts: Services) -> steps.ReadEnding:
    def read(call_sid: str, seconds: float) -> str | None:
        deadline = monotonic() + seconds
        while monotonic() < deadline:
            with suppress(DBAPIError), parts.database.read() as session:
                row = session.get(Call, call_sid)
                if row is not None and row.end_reason:
                    return row.end_reason
            time.sleep(_POLL_SECONDS)
        return None

    return read


def _announce(checks: list[Check], voice: CallerVoice, url: str, to: str) -> None:
    to_render = {s for check in checks for s in check.sentences if not voice.has(s)}
    seconds = sum(check.seconds for check in checks) + len(to_render) * _RENDERING_SECONDS
    click.echo(f"Ringing {to} at {url}: {', '.join(check.name for check in checks)}.")
    click.echo(
        f"About {seconds / 60:.1f} minutes of Realtime audio will be paid for"
        + (f", {len(to_render)} of the caller's sentences among it." if to_render else ".")
    )


def _render(voice: CallerVoice, checks: list[Check], ends_at: float) -> dict[Sentence, bytes]:
    """Return the sentences that the caller's voice has said by then."""
    clips: dict[Sentence, bytes] = {}
    click.echo("The caller's sentences are made ready…")
    for sentence in dict.fromkeys(s for check in checks for s in check.sentences):
        if monotonic() >= ends_at:
            break
        try:
            clips[sentence] = voice.speak(sentence)
        except UnspeakableError:
            click.echo(f"The caller's voice does not say: {sentence.text}", err=True)
        except SynthesiserError as error:
            raise click.ClickException(
                f"the caller's voice cannot be rendered: {error.message} ({error.code})"
            ) from None
    return clips


# The calls, and what they showed


def _run(check: Check, phone: Phone, *, interactive: bool) -> Verdict:
    click.echo(f"\n{check.name}…")
    verdict = _verdict(check, phone)
    show(verdict)
    if verdict.grade is not Grade.JUDGE:
        return verdict
    if not interactive:
        click.echo(f"  to be judged: {verdict.question}")
        return verdict
    answer = click.prompt(
        f"  {verdict.question}", type=click.Choice(("y", "n", "skip")), default="skip"
    )
    if answer == "skip":
        return verdict
    grade = Grade.PASS if answer == "y" else Grade.FAIL
    return replace(verdict, grade=grade, judged_by="person")


def _verdict(check: Check, phone: Phone) -> Verdict:
    unspoken = [s.text for s in check.sentences if s not in phone.clips]
    if unspoken and check.name != "streets":
        return Verdict(check.name, Grade.FAIL, f"the caller's voice does not say: {unspoken[0]}")
    if not phone.seconds_left:
        return Verdict(check.name, Grade.FAIL, "not reached in time (see --max-minutes)")
    try:
        return check.run(phone)
    except MaaneError as error:
        return Verdict(check.name, Grade.FAIL, error.message)
    except OSError as error:
        return Verdict(check.name, Grade.FAIL, f"the connection was lost: {error}")
