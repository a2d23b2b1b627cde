"""What the application is made of, and which implementation of each part is chosen and why."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app

from server.agent.voice import AgentVoice
from server.audio.silero import SileroModel
from server.calls.recorder import CallRecorder
from server.calls.registry import CallRegistry
from server.calls.service import CallService, has_openai, uses_realtime
from server.clock import monotonic
from server.db import Database, db, engine_options
from server.directory import Directory
from server.errors import SettingsError
from server.jobs import JobWorker
from server.jobs.upkeep import PURGE_JOBS, purge_jobs
from server.leads.erasure import ERASE_MEDIA, TIDY_LEADS, EraseMedia, TidyLeads
from server.leads.events import DELIVER
from server.leads.media import MediaStore
from server.leads.pipeline import CLOSE_CALL, SUMMARISE
from server.leads.summarise import CloseCall, Summarise, SummaryModel
from server.leads.webhooks import DeliverWebhook, outside_policy
from server.settings import Settings
from server.speech.base import Synthesiser
from server.speech.clips import ClipStore
from server.speech.google_voice import GoogleVoice, google_credentials
from server.speech.helper import LocalSynthesiser, SpeechHelper

log = logging.getLogger(__name__)

_EXTENSION = "maane"
_END_SECONDS = 3.0
_JOBS_SECONDS = 3.0
"""How long running jobs may go on at the very end; what they have not done is begun anew later."""
_LAST_WORDS_SECONDS = 1.2
"""A session closes its row after its sockets have closed, which takes a second at most."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Which implementation serves a part, and why that one."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Services:
    """The long-lived parts of one process."""

    settings: Settings
    database: Database
    directory: Directory
    helper: SpeechHelper
    clips: ClipStore
    calls: CallService
    jobs: JobWorker
    providers: dict[str, Provider]
    closing: tuple[Callable[[], None], ...]
    """What lets go of sessions and processes when the server ends."""
    media: MediaStore | None = None
    """Where recordings are kept, for those who play and delete them."""


def wire(app: Flask, settings: Settings) -> Services:
    """Build the parts for ``app`` and hang them on it. Touches no network and no database."""
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(settings.database_url)
    db.init_app(app)
    with app.app_context():
        database = Database(db.engine)
    helper = SpeechHelper()
    voices = _voices(settings, helper)
    clips = ClipStore(voices.chain, settings.media_dir, settings.tts_speaking_rate)
    directory = Directory(database, settings.faq_cache_ttl_sec)
    parts = Services(
        settings=settings,
        database=database,
        directory=directory,
        helper=helper,
        clips=clips,
        calls=CallService(
            settings,
            directory,
            clips,
            CallRecorder(database),
            CallRegistry(settings.max_concurrent_calls),
        ),
        jobs=_jobs(settings, database),
        providers=_providers(settings) | {"synthesiser": voices.best},
        closing=voices.closing,
    )
    _lead_pipeline(parts)
    app.extensions[_EXTENSION] = parts
    return parts


def services() -> Services:
    """Return the parts of the current application (needs an application context)."""
    return services_of(current_app)


def services_of(app: Flask) -> Services:
    """Return the parts of ``app``."""
    found: Services = app.extensions[_EXTENSION]
    return found


def start(app: Flask) -> None:
    """Begin serving: read the businesses, and render in the background what they may say."""
    parts = services_of(app)
    parts.calls.speech_model, parts.providers["voice_activity"] = _speech_model(parts.settings)
    for name in parts.settings.reserved_in_use():
        log.warning("[SETTINGS] %s is set, but this release does not act on it", name)
    for part, provider in parts.providers.items():
        log.info("[PROVIDER] %s=%s (%s)", part, provider.name, provider.why)
    if parts.settings.twilio_auth_token and not parts.settings.public_base_url:
        log.warning("[SETTINGS] PUBLIC_BASE_URL is empty: behind a proxy no signature will fit")
    parts.jobs.start()
    _tidy_after_start(parts)
    parts.directory.load_if_possible()
    for business in parts.directory.all():
        parts.calls.prepare_clips(business)


def drain(app: Flask, timeout_seconds: float) -> None:
    """Take no more calls and wait for those that run, but no longer than this."""
    calls = services_of(app).calls.registry
    calls.draining = True
    _wait_until_idle(calls, timeout_seconds)


def stop(app: Flask) -> None:
    """End what still runs, write down what is known, and let go of the helper process."""
    parts = services_of(app)
    parts.jobs.quiesce()
    parts.calls.registry.end_all("error")
    _wait_until_idle(parts.calls.registry, _END_SECONDS)
    time.sleep(_LAST_WORDS_SECONDS)  # the ended sessions still have their rows to close
    parts.calls.recorder.flush()
    parts.jobs.stop(_JOBS_SECONDS)
    for close in parts.closing:
        close()


def _jobs(settings: Settings, database: Database) -> JobWorker:
    """Return the worker; each part adds its kinds to ``handlers``, the nightly to ``daily``."""
    jobs = JobWorker(database, {}, lease_seconds=settings.job_lease_sec)
    jobs.handlers[PURGE_JOBS] = purge_jobs(database)
    jobs.daily.append(PURGE_JOBS)
    return jobs


def _lead_pipeline(parts: Services) -> None:
    """Teach the worker what makes a card of a call, and what tells others of it."""
    settings, database, jobs = parts.settings, parts.database, parts.jobs
    if has_openai(settings):
        name = settings.openai_summary_model
        model = SummaryModel(settings.openai_base_url, settings.openai_api_key or "none", name)
        parts.providers["summary"] = Provider("openai", f"model {name}")
    else:
        model = None
        parts.providers["summary"] = Provider("extractive", "OPENAI_API_KEY is empty")
    jobs.handlers |= {
        SUMMARISE: Summarise(database, model),
        CLOSE_CALL: CloseCall(database),
        DELIVER: DeliverWebhook(database, outside_policy(settings)),
        ERASE_MEDIA: EraseMedia(database, parts.media),
        TIDY_LEADS: TidyLeads(database, settings.max_call_sec),
    }
    jobs.daily.append(TIDY_LEADS)


def _tidy_after_start(parts: Services) -> None:
    """Have the calls that a crash left open closed; where that cannot be asked, the night will."""
    try:
        TidyLeads(parts.database, parts.settings.max_call_sec).ask()
    except Exception as error:
        log.warning("[JOB] nothing is tidied after this start: %s", type(error).__name__)


def _wait_until_idle(calls: CallRegistry, timeout_seconds: float) -> None:
    deadline = monotonic() + timeout_seconds
    while calls.count() and monotonic() < deadline:
        time.sleep(0.1)


def _speech_model(settings: Settings) -> tuple[SileroModel | None, Provider]:
    if settings.vad_engine == "energy":
        return None, Provider("energy", "VAD_ENGINE=energy")
    try:
        return SileroModel(), Provider("silero", "its model has loaded")
    except Exception as error:
        log.warning("[VAD] Silero cannot load (%s); energy alone", type(error).__name__)
        return None, Provider("energy", f"Silero cannot load: {type(error).__name__}")


def _providers(settings: Settings) -> dict[str, Provider]:
    """Return the choice for each part: the best one whose credentials are there."""
    realtime = uses_realtime(settings)
    if realtime:
        agent = Provider("openai-realtime", f"model {settings.openai_realtime_model}")
        transcriber = Provider("openai-realtime", f"model {settings.openai_transcribe_model}")
    else:
        why = "OPENAI_API_KEY is empty" if settings.agents_enabled else "AGENTS_ENABLED=0"
        agent = Provider("receptionist", why)
        transcriber = Provider("typed-words", f"{why}: only test calls are understood")
    return {"agent": agent, "transcriber": transcriber}


@dataclass(frozen=True, slots=True)
class _Voices:
    """The synthesisers, best first."""

    chain: list[Synthesiser]
    best: Provider
    closing: tuple[Callable[[], None], ...]


def _voices(settings: Settings, helper: SpeechHelper) -> _Voices:
    """Return who speaks prepared sentences: everyone whose credentials are there."""
    rate = settings.tts_speaking_rate
    chain: list[Synthesiser] = [LocalSynthesiser(helper, rate)]
    best = Provider("espeak", "the local test voice")
    closing = [helper.close]
    try:
        credentials = google_credentials(settings)
    except SettingsError as error:
        log.warning("[SETTINGS] %s", error.message)
        credentials, best = "", Provider("espeak", error.message)
    if credentials:
        google_helper = SpeechHelper()  # of its own: a stuck call holds up no local voice
        google = GoogleVoice(google_helper, credentials, rate, settings.google_tts_endpoint)
        chain.insert(0, google)
        best = Provider(google.name, "Google's credentials are set")
        closing.append(google_helper.close)
    if uses_realtime(settings):
        model = settings.openai_realtime_model
        key = settings.openai_api_key or "none"
        agent = AgentVoice(settings.openai_base_url, key, model, rate)
        next_best = best.name
        chain.insert(0, agent)
        best = Provider(agent.name, f"the agent's own voice, model {model}; then {next_best}")
        closing.insert(0, agent.close)
    return _Voices(chain, best, tuple(closing))
