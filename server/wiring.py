"""What the application is made of, and which implementation of each part is chosen and why."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy.orm import Session

from server.agent.voice import AgentVoice
from server.audio.silero import SileroModel
from server.calls.recorder import CallRecorder
from server.calls.registry import CallRegistry
from server.calls.service import CallService, has_openai, uses_realtime
from server.clock import monotonic
from server.db import Database, db, engine_options
from server.directory import Directory
from server.errors import SettingsError
from server.faq.embedder import OpenAiEmbedder
from server.faq.keeper import EmbeddingKeeper
from server.faq.service import FaqEngine
from server.jobs import JobWorker
from server.jobs.upkeep import PURGE_JOBS, purge_jobs
from server.leads.erasure import ERASE_MEDIA, TIDY_LEADS, EraseMedia, TidyLeads
from server.leads.events import DELIVER
from server.leads.media import MediaStore
from server.leads.pipeline import CLOSE_CALL, SUMMARISE, no_recording_comes
from server.leads.summarise import CloseCall, Summarise, SummaryModel
from server.leads.transcription import TRANSCRIBE, TranscribeRecording
from server.leads.webhooks import DeliverWebhook, outside_policy
from server.models import Recording
from server.recordings.bridge import BridgeRecorder
from server.recordings.jobs import NO_CREDENTIALS, PURGE_RECORDINGS
from server.recordings.s3 import S3Storage
from server.recordings.service import RecordingService
from server.recordings.storage import DirectoryStorage, RecordingStorage
from server.settings import Settings
from server.speech import whisper
from server.speech.base import Synthesiser
from server.speech.clips import ClipStore
from server.speech.file_recognisers import (
    HelperRecogniser,
    google_recogniser,
    openai_recogniser,
    whisper_recogniser,
)
from server.speech.google_voice import GoogleVoice, google_credentials
from server.speech.helper import LocalSynthesiser, SpeechHelper
from server.speech.live import LiveSpeech
from server.speech.recognise import RecogniserChain
from server.speech.warmup import WarmUp
from server.system_settings import SystemSettings
from server.telephony.rest import TwilioRest

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
    system: SystemSettings
    faq: FaqEngine
    embeddings: EmbeddingKeeper | None
    """None where no service makes embeddings."""
    helper: SpeechHelper
    clips: ClipStore
    calls: CallService
    recordings: RecordingService
    jobs: JobWorker
    recognisers: tuple[HelperRecogniser, ...]
    """Who understands recordings, best first."""
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
    google = _google_account(settings)
    voices = _voices(settings, helper, google)
    ears = _google_ears(settings, google)
    recognisers = _recognisers(settings, google)
    clips = ClipStore(voices.chain, settings.media_dir, settings.tts_speaking_rate)
    embedder = _embedder(settings)
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
    recorder = CallRecorder(database)
    jobs = _jobs(settings, database)
    recordings, recording = _recordings(settings, database, recorder, jobs)
    jobs.handlers[TRANSCRIBE] = TranscribeRecording(
        database, recordings.storage, RecogniserChain(recognisers), recordings.on_lost
    )
    parts = Services(
        settings=settings,
        database=database,
        directory=directory,
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
            ears,
        ),
        recordings=recordings,
        media=recordings.storage,
        jobs=jobs,
        recognisers=recognisers,
        providers=_providers(settings, ears)
        | {
            "synthesiser": voices.best,
            "recording": recording,
            "recordings_recogniser": _best(recognisers),
        },
        closing=(
            *voices.closing,
            *([ears.close] if ears else []),
            *(one.close for one in recognisers),
        ),
    )
    _lead_pipeline(parts)
    recordings.bridge.on_lost = _no_recording
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
    parts.recordings.start()
    parts.jobs.start()
    parts.system.load_if_possible()
    _tidy_after_start(parts)
    parts.directory.load_if_possible()
    for business in parts.directory.all():
        parts.calls.prepare_clips(business)
    tasks: list[Callable[[], None]] = [parts.clips.warm]
    if parts.embeddings is not None:
        tasks.append(parts.embeddings.look_at_all)
    WarmUp(tasks).start()


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
    parts.recordings.bridge.flush()
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


def _no_recording(session: Session, recording: Recording) -> None:
    """Have the card of a call whose recording will not come made of the live transcript."""
    if recording.lead_id is not None:
        no_recording_comes(session, recording.lead_id)


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


def _embedder(settings: Settings) -> OpenAiEmbedder | None:
    if not has_openai(settings):
        return None
    return OpenAiEmbedder(
        settings.openai_base_url,
        settings.openai_api_key or "none",
        settings.openai_embedding_model,
    )


def _providers(settings: Settings, ears: LiveSpeech | None) -> dict[str, Provider]:
    """Return the choice for each part: the best one whose credentials are there."""
    realtime = uses_realtime(settings)
    if realtime:
        agent = Provider("openai-realtime", f"model {settings.openai_realtime_model}")
        transcriber = Provider("openai-realtime", f"model {settings.openai_transcribe_model}")
    else:
        why = "OPENAI_API_KEY is empty" if settings.agents_enabled else "AGENTS_ENABLED=0"
        agent = Provider("receptionist", why)
        if ears is not None:
            transcriber = Provider("google", f"{why}; Google's credentials are set")
        elif has_openai(settings):
            transcriber = Provider("openai-realtime", f"model {settings.openai_transcribe_model}")
        else:
            transcriber = Provider("typed-words", f"{why}: only test calls are understood")
    return {"agent": agent, "transcriber": transcriber}


def _recording_storage(settings: Settings, directory: Path) -> RecordingStorage:
    if not settings.recordings_s3_bucket:
        return DirectoryStorage(directory)
    region = settings.aws_region
    return S3Storage(
        settings.recordings_s3_endpoint or f"https://s3.{region}.amazonaws.com",
        settings.recordings_s3_bucket,
        region,
        settings.aws_access_key_id,
        settings.aws_secret_access_key,
        directory / ".incoming",
    )


def _recordings(
    settings: Settings, database: Database, recorder: CallRecorder, jobs: JobWorker
) -> tuple[RecordingService, Provider]:
    """Return what records calls, and who does and where that is kept."""
    directory = settings.media_dir / "recordings"
    storage = _recording_storage(settings, directory)
    bridge = BridgeRecorder(directory / ".under-way", storage, recorder.write)
    rest = None
    if settings.twilio_account_sid and settings.twilio_auth_token:
        rest = TwilioRest(
            settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_api_base_url
        )
    source = settings.recording_source
    service = RecordingService(database, storage, bridge, rest, source, recorder.write)
    jobs.handlers.update(service.handlers)
    jobs.daily.append(PURGE_RECORDINGS)
    name, why = source, f"RECORDING_SOURCE={source}; kept in {storage.name}"
    if source == "twilio" and rest is None:
        name, why = "bridge", f"{NO_CREDENTIALS}; kept in {storage.name}"
    return service, Provider(name, why)


@dataclass(frozen=True, slots=True)
class _Account:
    """Google's credentials as JSON, ``""`` where there are none, and what is wrong with them."""

    credentials: str = ""
    problem: str = ""


def _google_account(settings: Settings) -> _Account:
    """Return the credentials; what cannot be read costs Google, not the phone."""
    try:
        return _Account(google_credentials(settings))
    except SettingsError as error:
        log.warning("[SETTINGS] %s", error.message)
        return _Account(problem=error.message)


def _google_speech_options(settings: Settings, google: _Account) -> dict[str, str]:
    return {
        "credentials": google.credentials,
        "endpoint": settings.google_stt_endpoint,
        "location": settings.google_stt_location,
        "model": settings.google_stt_model,
    }


def _google_ears(settings: Settings, google: _Account) -> LiveSpeech | None:
    """Return who listens to calls that have no Realtime session, or have lost it."""
    return LiveSpeech(_google_speech_options(settings, google)) if google.credentials else None


def _recognisers(settings: Settings, google: _Account) -> tuple[HelperRecogniser, ...]:
    """Return who understands recordings, best first: everyone who is set up."""
    chain: list[HelperRecogniser] = []
    if google.credentials:
        options = _google_speech_options(settings, google)
        chain.append(google_recogniser(options, settings.google_stt_language))
    if settings.whisper_model and whisper.is_installed():
        chain.append(whisper_recogniser(settings.whisper_model))
    elif settings.whisper_model:
        log.warning("[SETTINGS] WHISPER_MODEL is set, but faster-whisper is not installed")
    if has_openai(settings):
        key = settings.openai_api_key or "none"
        chain.append(openai_recogniser(settings.openai_base_url, key))
    return tuple(chain)


def _best(recognisers: tuple[HelperRecogniser, ...]) -> Provider:
    """Return who is asked first for the words of a recording."""
    if not recognisers:
        return Provider("none", "no credentials and no model: what was heard live stands")
    others = ", then ".join(one.name for one in recognisers[1:])
    return Provider(recognisers[0].name, f"then {others}" if others else "the only one there is")


@dataclass(frozen=True, slots=True)
class _Voices:
    """The synthesisers, best first."""

    chain: list[Synthesiser]
    best: Provider
    closing: tuple[Callable[[], None], ...]


def _voices(settings: Settings, helper: SpeechHelper, google: _Account) -> _Voices:
    """Return who speaks prepared sentences: everyone whose credentials are there."""
    rate = settings.tts_speaking_rate
    chain: list[Synthesiser] = [LocalSynthesiser(helper, rate)]
    best = Provider("espeak", google.problem or "the local test voice")
    closing = [helper.close]
    if google.credentials:
        google_helper = SpeechHelper()  # of its own: a stuck call holds up no local voice
        endpoint = settings.google_tts_endpoint
        google_voice = GoogleVoice(google_helper, google.credentials, rate, endpoint)
        chain.insert(0, google_voice)
        best = Provider(google_voice.name, "Google's credentials are set")
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
