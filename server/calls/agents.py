"""Who answers and who listens in a call, by the server's settings and what the call may cost."""

from __future__ import annotations

from server.agent.base import Agent, AgentSession, Transcriber
from server.agent.google_transcriber import GoogleTranscriber
from server.agent.openai_transcriber import OpenAiTranscriber
from server.agent.realtime_client import RealtimeAgent, realtime_url
from server.agent.realtime_plan import DEFAULT_VOICE, FALLBACK_TRANSCRIBER, SessionPlan
from server.agent.receptionist import Receptionist, ReceptionistAgent
from server.calls import store
from server.calls.costs import CostLedger
from server.calls.recorder import CallRecorder
from server.calls.registry import BoundCall
from server.directory import BusinessProfile
from server.prices import prices_of
from server.settings import Settings
from server.speech.clips import ClipStore
from server.speech.file_recognisers import providers_language
from server.speech.live import LiveSpeech
from server.speech.typed import TypedWords
from server.turns.actions import History

_MAX_KEYWORDS = 100
_MAX_HINTS = 500


def has_openai(settings: Settings) -> bool:
    """Tell whether there is a key, or a service of one's own."""
    default_url = Settings.model_fields["openai_base_url"].default
    return bool(settings.openai_api_key) or settings.openai_base_url != default_url


def uses_realtime(settings: Settings) -> bool:
    """Tell whether the agent is a Realtime session; with agents off that only listens."""
    return settings.agents_enabled and has_openai(settings)


def _languages(business: BusinessProfile) -> tuple[str, ...]:
    """Return what callers may speak (ISO 639-1), likeliest first."""
    language = business.lang[:2]
    return (language,) if language == "en" else (language, "en")


class Agents:
    """Makes the agents and recognisers of calls (see :class:`server.calls.parts.StandIns`)."""

    def __init__(
        self,
        settings: Settings,
        clips: ClipStore,
        recorder: CallRecorder,
        costs: CostLedger,
        google_ears: LiveSpeech | None,
    ) -> None:
        self._settings = settings
        self._clips = clips
        self._recorder = recorder
        self._costs = costs
        self._google_ears = google_ears
        self._prices = prices_of(settings.openai_realtime_model, settings.openai_prices)

    @property
    def generate(self) -> bool:
        """Whether there is a model that makes up what it says."""
        return uses_realtime(self._settings)

    @property
    def open_sessions(self) -> bool:
        """Whether calls begin with a Realtime session: to talk, or else to listen with."""
        return self.generate or (has_openai(self._settings) and self._google_ears is None)

    @property
    def understand(self) -> bool:
        """Whether there is a recogniser; without one callers are heard, not understood."""
        return has_openai(self._settings) or self._google_ears is not None

    def appoint(self, call: BoundCall, *, talks: bool) -> AgentSession | None:
        """Give a new call those who answer and listen.

        Args:
            talks: whether it may have a session, which costs money.

        Returns:
            The session to be opened; None where none serves the call.
        """
        session = self.session(call, (), full=False) if talks and self.open_sessions else None
        call.transcriber = session or self.ears(call)
        call.agent = (
            session
            if session is not None and self.generate
            else self.receptionist(call, call.business.lang)
        )
        return session

    def session(self, call: BoundCall, history: History, *, full: bool) -> AgentSession:
        """Return a new session of this call, to be opened, that knows ``history``."""
        settings, business = self._settings, call.business
        plan = SessionPlan(
            compact_prompt=call.prompts.compact,
            full_prompt=call.prompts.full,
            languages=_languages(business),
            keywords=business.phrase_hints[:_MAX_KEYWORDS],
            transcribe_model=settings.openai_transcribe_model,
            voice=business.voice or DEFAULT_VOICE,
            speed=settings.tts_speaking_rate,
            max_output_tokens=settings.agent_max_output_tokens,
        )
        return RealtimeAgent(
            realtime_url(settings.openai_base_url, settings.openai_realtime_model),
            settings.openai_api_key or "none",
            plan,
            call.inbox.put,
            settings.ws_keepalive_sec,
            full=full,
            history=history,
            on_usage=lambda kind, usage: self._spend(call, kind, usage),
        )

    def _spend(self, call: BoundCall, kind: str, usage: object) -> None:
        prices = self._prices
        made = prices.of_response if kind == "response" else prices.of_transcript
        self._costs.spend(call, made(usage))

    def receptionist(self, call: BoundCall, language: str) -> Agent:
        """Return the agent that needs no session."""
        callers = call.from_number if call.direction == "inbound" else call.to_number

        def learned(details: dict[str, str]) -> None:
            self._recorder.write(store.lead_learned(call.call_sid, details))

        # Only where a session was lost; without one, this is how the call was meant to be.
        sorry = call.policy.recognises and call.policy.agent_hears
        return ReceptionistAgent(
            Receptionist(language, knows_number=callers.startswith("+"), sorry=sorry),
            self._clips,
            language,
            call.inbox.put,
            learned,
            call.business.voice or DEFAULT_VOICE,
            call.business.settings.spoken_as,
        )

    def ears(self, call: BoundCall) -> Transcriber:
        """Return the recogniser that needs no session."""
        settings, business = self._settings, call.business
        google = self._google_ears
        if google is not None and (google.works or not has_openai(settings)):
            return GoogleTranscriber(
                google,
                lambda language: providers_language(language, settings.google_stt_language),
                business.lang,
                business.phrase_hints[:_MAX_HINTS],
                call.inbox.put,
            )
        if not has_openai(settings):
            return TypedWords(call.inbox.put)
        return OpenAiTranscriber(
            settings.openai_base_url,
            settings.openai_api_key or "none",
            FALLBACK_TRANSCRIBER,
            _languages(business),
            business.phrase_hints[:_MAX_KEYWORDS],
            call.inbox.put,
            lambda seconds: self._costs.spend(call, self._prices.of_heard(seconds)),
        )
