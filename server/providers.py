"""Which implementation of each part is chosen, and why: the best whose credentials are there."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from server.agent.voice import AgentVoice
from server.audio.silero import SileroModel
from server.calls.agents import has_openai, uses_realtime
from server.calls.recorder import CallRecorder
from server.db import Database
from server.errors import SettingsError
from server.faq.embedder import OpenAiEmbedder
from server.jobs import JobWorker
from server.recordings.bridge import BridgeRecorder
from server.recordings.jobs import NO_CREDENTIALS, PURGE_RECORDINGS
from server.recordings.s3 import S3Storage
from server.recordings.service import RecordingService
from server.recordings.storage import DirectoryStorage, RecordingStorage
from server.settings import Settings
from server.speech import whisper
from server.speech.base import Synthesiser
from server.speech.file_recognisers import (
    HelperRecogniser,
    google_recogniser,
    openai_recogniser,
    whisper_recogniser,
)
from server.speech.google_voice import GoogleVoice, google_credentials
from server.speech.helper import LocalSynthesiser, SpeechHelper
from server.speech.live import LiveSpeech
from server.telephony.rest import TwilioRest

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Provider:
    """Which implementation serves a part, and why that one."""

    name: str
    why: str


def speech_model(settings: Settings) -> tuple[SileroModel | None, Provider]:
    """Return what confirms that a sound is speech; None for energy alone."""
    if settings.vad_engine == "energy":
        return None, Provider("energy", "VAD_ENGINE=energy")
    try:
        return SileroModel(), Provider("silero", "its model has loaded")
    except Exception as error:
        log.warning("[VAD] Silero cannot load (%s); energy alone", type(error).__name__)
        return None, Provider("energy", f"Silero cannot load: {type(error).__name__}")


def embedder_of(settings: Settings) -> OpenAiEmbedder | None:
    """Return what makes vectors of sentences; None without OpenAI."""
    if not has_openai(settings):
        return None
    return OpenAiEmbedder(
        settings.openai_base_url,
        settings.openai_api_key or "none",
        settings.openai_embedding_model,
    )


def call_providers(settings: Settings, ears: LiveSpeech | None) -> dict[str, Provider]:
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


def twilio_rest(settings: Settings) -> TwilioRest | None:
    """Return the account at Twilio; None without its credentials."""
    sid, token = settings.twilio_account_sid, settings.twilio_auth_token
    return TwilioRest(sid, token, settings.twilio_api_base_url) if sid and token else None


def recordings_of(
    settings: Settings,
    database: Database,
    recorder: CallRecorder,
    jobs: JobWorker,
    rest: TwilioRest | None,
) -> tuple[RecordingService, Provider]:
    """Return what records calls, and who does and where that is kept."""
    directory = settings.media_dir / "recordings"
    storage = _recording_storage(settings, directory)
    bridge = BridgeRecorder(directory / ".under-way", storage, recorder.write)
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


def google_account(settings: Settings) -> _Account:
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


def google_ears(settings: Settings, google: _Account) -> LiveSpeech | None:
    """Return who listens to calls that have no Realtime session, or have lost it."""
    return LiveSpeech(_google_speech_options(settings, google)) if google.credentials else None


def recognisers_of(settings: Settings, google: _Account) -> tuple[HelperRecogniser, ...]:
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


def best_recogniser(recognisers: tuple[HelperRecogniser, ...]) -> Provider:
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


def voices_of(settings: Settings, helper: SpeechHelper, google: _Account) -> _Voices:
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
