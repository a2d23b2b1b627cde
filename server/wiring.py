"""What the application is made of: its long-lived parts, their start and their end."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app

from server.accounts.mail import (
    MAIL_LINK,
    MAIL_RESET,
    PURGE_LINKS,
    MailLinks,
    forget_links,
    mail_server,
)
from server.attention import AttentionCounter
from server.calls.agents import has_openai
from server.calls.costs import CostLedger
from server.calls.recorder import CallRecorder
from server.calls.registry import CallRegistry
from server.calls.service import CallService
from server.clock import monotonic
from server.daily_figures import DailyFigures
from server.db import Database, db, engine_options
from server.directory import Directory
from server.faq.keeper import EmbeddingKeeper
from server.faq.service import FaqEngine
from server.jobs import JobWorker
from server.jobs.upkeep import PURGE_JOBS, purge_jobs
from server.leads.alerts import ALERT_MAIL, ALERT_SMS, AlertBusiness
from server.leads.counts import LeadCounts
from server.leads.erasure import TIDY_LEADS, TidyLeads
from server.leads.events import DELIVER
from server.leads.media import MediaStore
from server.leads.news import LeadNews
from server.leads.pipeline import CLOSE_CALL, SUMMARISE, recording_lost
from server.leads.summarise import CloseCall, Summarise, SummaryModel
from server.leads.transcription import TRANSCRIBE, TranscribeRecording
from server.leads.webhooks import DeliverWebhook, outside_policy
from server.net.smtp import MailServer
from server.passwords.desk import PasswordDesk
from server.providers import (
    Provider,
    best_recogniser,
    call_providers,
    embedder_of,
    google_account,
    google_ears,
    recognisers_of,
    recordings_of,
    speech_model,
    twilio_rest,
    voices_of,
)
from server.recordings.service import RecordingService
from server.settings import Settings
from server.speech.clips import ClipStore
from server.speech.file_recognisers import (
    HelperRecogniser,
)
from server.speech.helper import SpeechHelper
from server.speech.recognise import RecogniserChain
from server.speech.warmup import WarmUp
from server.system_settings import SystemSettings
from server.telephony.reach import AddressCheck
from server.telephony.rest import TwilioRest

log = logging.getLogger(__name__)

_EXTENSION = "maane"
_END_SECONDS = 3.0
_JOBS_SECONDS = 3.0
"""How long running jobs may go on at the very end; what they have not done is begun anew later."""
_LAST_WORDS_SECONDS = 1.2
"""A session closes its row after its sockets have closed, which takes a second at most."""


@dataclass(frozen=True, slots=True)
class Services:
    """The long-lived parts of one process."""

    settings: Settings
    database: Database
    directory: Directory
    daily: DailyFigures
    attention: AttentionCounter
    system: SystemSettings
    faq: FaqEngine
    embeddings: EmbeddingKeeper | None
    """None where no service makes embeddings."""
    helper: SpeechHelper
    clips: ClipStore
    calls: CallService
    recordings: RecordingService
    lead_news: LeadNews
    lead_counts: LeadCounts
    jobs: JobWorker
    passwords: PasswordDesk
    mail: MailServer | None
    """None: links are shown, to be copied."""
    recognisers: tuple[HelperRecogniser, ...]
    """Who understands recordings, best first."""
    providers: dict[str, Provider]
    reach: AddressCheck
    twilio: TwilioRest | None
    """None without the account's credentials."""
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
    google = google_account(settings)
    voices = voices_of(settings, helper, google)
    ears = google_ears(settings, google)
    recognisers = recognisers_of(settings, google)
    clips = ClipStore(voices.chain, settings.media_dir, settings.tts_speaking_rate)
    embedder = embedder_of(settings)
    directory = Directory(
        database,
        settings.faq_cache_ttl_sec,
        embedding_model=embedder.model if embedder is not None else "",
    )
    system = SystemSettings(database, settings)
    faq = FaqEngine(directory.by_id, system.current, embedder)
    embeddings = None
    if embedder is not None:  # after the directory: its copy is fresh before this one reads
        embeddings = EmbeddingKeeper(
            database, embedder, lambda: system.current().faq_embeddings_enabled
        )
    lead_news = LeadNews(database)
    recorder = CallRecorder(database)
    jobs = _jobs(settings, database)
    twilio = twilio_rest(settings)
    passwords = PasswordDesk()
    recordings, recording = recordings_of(settings, database, recorder, jobs, twilio)
    jobs.handlers[TRANSCRIBE] = TranscribeRecording(
        database, recordings.storage, RecogniserChain(recognisers), recordings.on_lost
    )
    parts = Services(
        settings=settings,
        database=database,
        directory=directory,
        daily=DailyFigures(database),
        attention=AttentionCounter(database, directory),
        system=system,
        faq=faq,
        embeddings=embeddings,
        helper=helper,
        clips=clips,
        calls=CallService(
            settings,
            directory,
            clips,
            recorder,
            CallRegistry(settings.max_concurrent_calls),
            faq,
            recordings,
            CostLedger(database, recorder),
            ears,
        ),
        recordings=recordings,
        media=recordings.storage,
        lead_news=lead_news,
        lead_counts=LeadCounts(database, lead_news),
        jobs=jobs,
        passwords=passwords,
        mail=mail_server(settings),
        recognisers=recognisers,
        providers=call_providers(settings, ears)
        | {
            "synthesiser": voices.best,
            "recording": recording,
            "recordings_recogniser": best_recogniser(recognisers),
        },
        reach=AddressCheck(settings.public_base_url, settings.twilio_auth_token),
        twilio=twilio,
        closing=(
            *voices.closing,
            passwords.close,
            *([ears.close] if ears else []),
            *(one.close for one in recognisers),
        ),
    )
    _lead_pipeline(parts)
    recordings.bridge.on_lost = recording_lost
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
    parts.calls.speech_model, parts.providers["voice_activity"] = speech_model(parts.settings)
    for name in parts.settings.reserved_in_use():
        log.warning("[SETTINGS] %s is set, but this release does not act on it", name)
    for part, provider in parts.providers.items():
        log.info("[PROVIDER] %s=%s (%s)", part, provider.name, provider.why)
    if parts.settings.twilio_auth_token and not parts.settings.public_base_url:
        log.warning("[SETTINGS] PUBLIC_BASE_URL is empty: behind a proxy no signature will fit")
    parts.recordings.start()
    parts.jobs.start()
    parts.system.load_if_possible()
    _tidy_after_start(parts)
    parts.directory.load_if_possible()
    for business in parts.directory.all():
        parts.calls.prepare_clips(business)
    capped = [one for one in parts.directory.all() if one.settings.daily_cost_cap_usd]
    tasks: list[Callable[[], None]] = [lambda: parts.calls.costs.read(capped), parts.clips.warm]
    if parts.embeddings is not None:
        tasks.append(parts.embeddings.look_at_all)
    WarmUp(tasks).start()
    _spare_collections()


def _spare_collections() -> None:
    """Let garbage be looked for only in what is made from now on.

    The application's own 300,000 objects stay for good; walking them would hold up every call for
    a tenth of a second each time.
    """
    gc.collect()
    gc.freeze()


def drain(app: Flask, timeout_seconds: float) -> None:
    """Take no more calls and wait for those that run, but no longer than this."""
    parts = services_of(app)
    calls = parts.calls.registry
    calls.draining = True
    parts.calls.watch.close()
    _wait_until_idle(calls, timeout_seconds)


def stop(app: Flask) -> None:
    """End what still runs, write down what is known, and let go of the helper process."""
    parts = services_of(app)
    parts.jobs.quiesce()
    parts.calls.registry.end_all("error")
    _wait_until_idle(parts.calls.registry, _END_SECONDS)
    time.sleep(_LAST_WORDS_SECONDS)  # the ended sessions still have their rows to close
    parts.recordings.bridge.flush()
    parts.calls.recorder.flush()
    parts.jobs.stop(_JOBS_SECONDS)
    for close in parts.closing:
        close()


def _jobs(settings: Settings, database: Database) -> JobWorker:
    """Return the worker; each part adds its kinds to ``handlers``, the nightly to ``daily``."""
    jobs = JobWorker(database, {}, lease_seconds=settings.job_lease_sec)
    jobs.handlers[PURGE_JOBS] = purge_jobs(database)
    jobs.handlers[PURGE_LINKS] = forget_links(database)
    mail = MailLinks(database, mail_server(settings), settings.public_base_url)
    jobs.handlers |= {MAIL_LINK: mail, MAIL_RESET: mail}
    jobs.daily += [PURGE_JOBS, PURGE_LINKS]
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
    alert = AlertBusiness(
        database,
        parts.mail,
        parts.twilio,
        settings.twilio_sms_from,
        settings.public_base_url,
    )
    jobs.handlers |= {
        SUMMARISE: Summarise(database, model),
        CLOSE_CALL: CloseCall(database),
        DELIVER: DeliverWebhook(database, outside_policy(settings)),
        ALERT_SMS: alert,
        ALERT_MAIL: alert,
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
