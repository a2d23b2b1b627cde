"""From a ringing call to one that is ready for its stream: business, prompts, policy, agent."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator

from server.agent.base import Agent, AgentSession, Transcriber
from server.agent.google_transcriber import ANSWER_SECONDS, GoogleTranscriber
from server.agent.openai_transcriber import OpenAiTranscriber
from server.agent.prompts import Prompts, build_prompts
from server.agent.realtime_client import RealtimeAgent, realtime_url
from server.agent.realtime_plan import DEFAULT_VOICE, FALLBACK_TRANSCRIBER, SessionPlan
from server.agent.receptionist import Receptionist, ReceptionistAgent
from server.agent.sentences import SENTENCES, sentences
from server.audio.silero import SileroModel
from server.calls import store
from server.calls.costs import CostLedger
from server.calls.greeting import all_greetings, greeting
from server.calls.inbox import Inbox
from server.calls.phones import Phones
from server.calls.recorder import CallRecorder
from server.calls.registry import BoundCall, CallRegistry
from server.calls.session import CallSession
from server.calls.telling import Teller
from server.calls.tuning import tuning
from server.calls.watch import CallWatch
from server.clock import monotonic, utc_now
from server.directory import BusinessProfile, Directory
from server.faq.service import FaqEngine
from server.net.websocket import WebSocket
from server.prices import prices_of
from server.recordings.bridge import Tape
from server.recordings.service import RecordingService
from server.settings import Settings
from server.speech.clips import ClipStore
from server.speech.file_recognisers import providers_language
from server.speech.live import LiveSpeech
from server.speech.typed import TypedWords
from server.telephony.media_codec import StreamStart
from server.turns.actions import History
from server.turns.policy import CallPolicy, Phrase

log = logging.getLogger(__name__)

_MAX_KEYWORDS = 100
_MAX_HINTS = 500
_SESSION_WAIT_SECONDS = 0.8
"""For a transcript; then the agent is asked all the same, for it has heard the caller itself."""

_GOOGLE_WAIT_SECONDS = ANSWER_SECONDS + 0.2
"""Where the agent hears nothing, and has to be told."""

_PHRASES = {
    Phrase.NOT_HEARD: "not_heard",
    Phrase.GOODBYE: "goodbye",
    Phrase.LEAVE_MESSAGE: "leave_message",
    Phrase.HOLD_ON: "hold_on",
    Phrase.FILLER: "filler",
    Phrase.SECOND_FILLER: "second_filler",
    Phrase.STILL_THERE: "still_there",
    Phrase.NEARLY_OVER: "nearly_over",
    Phrase.TIME_IS_UP: "goodbye",
    Phrase.TRANSFER: "transfer",
    Phrase.WANTS_PERSON: "wants_person",
}
_SPOKEN_PHRASES = {
    language: {phrase: said[name] for phrase, name in _PHRASES.items()}
    for language, said in SENTENCES.items()
}
_TEMPLATES = ("hello", "closed", "wants_person")
"""Sentences that are not spoken as they stand."""


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


class CallService:
    """Binds calls and runs their streams."""

    def __init__(
        self,
        settings: Settings,
        directory: Directory,
        clips: ClipStore,
        recorder: CallRecorder,
        registry: CallRegistry,
        faq: FaqEngine,
        recordings: RecordingService,
        costs: CostLedger,
        google_ears: LiveSpeech | None = None,
    ) -> None:
        self._settings = settings
        self._google_ears = google_ears
        self._directory = directory
        self._clips = clips
        self._faq = faq
        self.recorder = recorder
        self.registry = registry
        self.phones = Phones(registry, settings.secret_key)
        self._recordings = recordings
        self.watch = CallWatch()
        self.costs = costs
        self._prices = prices_of(settings.openai_realtime_model, settings.openai_prices)
        self.refused: Counter[int] = Counter()
        """How many callers each business's list of blocked numbers has turned away."""
        registry.on_unclaimed = self._ended_unclaimed
        registry.on_ended = lambda call, reason: Teller(self.watch, call).ended(reason)
        self.speech_model: SileroModel | None = None
        """Confirms what is loud; loaded when serving begins, None for energy alone."""

    def knows_businesses(self) -> bool:
        """Tell whether the businesses could be read since the start."""
        return self._directory.complete

    def business_of(
        self, direction: str, from_number: str, to_number: str
    ) -> BusinessProfile | None:
        """Return the business whose number was dialled, or is dialling out."""
        ours = from_number if direction == "outbound" else to_number
        return self._directory.by_number(ours)

    def bind(
        self,
        call_sid: str,
        business: BusinessProfile,
        direction: str,
        from_number: str,
        to_number: str,
        *,
        is_test: bool,
        recording_url: str = "",
        max_seconds: float = float("inf"),
    ) -> None:
        """Prepare the call for its stream; a call that is bound already stays as it is.

        Args:
            recording_url: where Twilio announces recordings of the call.
            max_seconds: how long it may last, where that is less than any call may.
        """
        if self.registry.live(call_sid) or self.registry.ended(call_sid):
            return
        arrived_at = monotonic()
        settings = self._settings
        arrived = utc_now()
        talks = self._talks(business, call_sid)
        greets = greeting(business, direction, arrived, generates=talks and uses_realtime(settings))
        prompts = self._prompts(business, direction, greets)
        call = BoundCall(
            call_sid=call_sid,
            business=business,
            direction=direction,
            from_number=from_number,
            to_number=to_number,
            prompts=prompts,
            policy=self._policy(
                business,
                direction,
                greets,
                is_test=is_test,
                talks=talks,
                max_seconds=max_seconds,
            ),
            inbox=Inbox(),
            is_test=is_test,
            bound_at=arrived_at,
            arrived_at=arrived,
            recording_url=recording_url,
        )
        session = self.session(call, (), full=False) if talks and self._opens_session() else None
        call.transcriber = session or self.ears(call)
        agent = call.agent = (
            session
            if session is not None and uses_realtime(settings)
            else self.receptionist(call, business.lang)
        )
        if not self.registry.bind(call):
            return  # the retry of this webhook was faster
        Teller(self.watch, call).arrived()
        if session is not None:
            session.open()
        log.info(
            "[PROMPT] call=%s compact=%d full=%d", call_sid, len(prompts.compact), len(prompts.full)
        )
        self.note_arrival(
            call_sid,
            business,
            direction,
            from_number,
            to_number,
            is_test=is_test,
            prompt_hash=prompts.fingerprint,
            agent=agent.name,
        )

    def refuse(self, business: BusinessProfile, reason: str) -> None:
        """Count a caller who is not let in (``blocked``, ``hidden``); nothing else is stored."""
        self.refused[business.id] += 1
        log.info("[BLOCKED] biz=%d reason=%s", business.id, reason)

    def _talks(self, business: BusinessProfile, call_sid: str) -> bool:
        """Tell whether a new call may have a session, which costs money."""
        if not self.costs.is_over(business):
            return True
        log.warning(
            "[COST_CAP] call=%s biz=%d spent_usd=%.2f cap_usd=%.2f",
            call_sid,
            business.id,
            self.costs.spent_today(business),
            business.settings.daily_cost_cap_usd,
        )
        return False

    def note_arrival(
        self,
        call_sid: str,
        business: BusinessProfile,
        direction: str,
        from_number: str,
        to_number: str,
        *,
        is_test: bool = False,
        prompt_hash: str = "",
        agent: str = "",
    ) -> None:
        """Have the lead and the row of a call made; also of one that gets no stream."""
        self.recorder.write(
            store.call_arrived(
                call_sid=call_sid,
                business_id=business.id,
                direction=direction,
                from_number=from_number,
                to_number=to_number,
                is_test=is_test,
                prompt_hash=prompt_hash,
                agent=agent,
                at=utc_now(),
            )
        )

    def run(
        self, call: BoundCall, sock: WebSocket, messages: Iterator[bytes], start: StreamStart
    ) -> None:
        """Take the claimed ``call`` on its stream; returns when it has ended."""
        try:
            session = CallSession(
                call,
                sock,
                messages,
                start,
                clips=self._clips,
                recorder=self.recorder,
                teller=Teller(self.watch, call),
                faq=self._faq,
                stand_ins=self,
                keepalive_seconds=self._settings.ws_keepalive_sec,
                speech_model=self.speech_model,
                begin_tape=lambda started_at: self._begin_tape(call, started_at),
                on_ended=lambda reason: self.registry.end(call, reason),
            )
            session.run()
        finally:
            self.registry.end(call, "error")  # where the session could not even begin

    def _begin_tape(self, call: BoundCall, started_at: float) -> Tape | None:
        if not call.business.settings.recording:
            return None
        return self._recordings.begin(
            call.call_sid, started_at, call.recording_url, is_test=call.is_test
        )

    def _ended_unclaimed(self, call: BoundCall, reason: str) -> None:
        """Close the rows of a call whose stream never came."""
        self.recorder.write(store.call_ended(call.call_sid, reason, utc_now(), {}))
        log.info("[CALL_END] call=%s reason=%s seconds=0", call.call_sid, reason)

    def prepare_clips(self, business: BusinessProfile) -> None:
        """Have everything that calls of this business may say from clips rendered."""
        voice, own = business.voice or DEFAULT_VOICE, business.settings.spoken_as
        generates = uses_realtime(self._settings)
        texts = list(all_greetings(business, generates=generates))
        if generates and business.settings.daily_cost_cap_usd:  # beyond it nobody makes one up
            texts += all_greetings(business, generates=False)
        for text in dict.fromkeys(texts):
            self._clips.prepare(text, business.lang, voice, own)
        for language in (business.lang, "en-US"):
            for name, sentence in sentences(language).items():
                if name not in _TEMPLATES:
                    self._clips.prepare(sentence, language, voice, own)
        for row in business.faq.rows:
            self._clips.prepare(row.row.answer_text, row.row.lang, voice, own)

    def preview(self, business: BusinessProfile, direction: str) -> tuple[str, Prompts]:
        """Return what a call that came now would greet with, and what its agent would be told."""
        greets = greeting(business, direction, utc_now(), generates=uses_realtime(self._settings))
        return greets, self._told(business, direction, greets)

    def _prompts(self, business: BusinessProfile, direction: str, greets: str) -> Prompts:
        outbound = direction == "outbound"
        log.info(
            "[PROMPT_ROUTER] biz=%d prompt=%s",
            business.id,
            "outbound_ai_prompt" if outbound else "ai_prompt",
        )
        log.info(
            "[PROMPT_STRATEGY] biz=%d greeting=%s",
            business.id,
            "rendered" if greets else "compact",
        )
        return self._told(business, direction, greets)

    def _told(self, business: BusinessProfile, direction: str, greets: str) -> Prompts:
        outbound = direction == "outbound"
        return build_prompts(
            business.name,
            business.lang,
            greets,
            business.outbound_ai_prompt if outbound else business.ai_prompt,
            first_reply_words=self._settings.ai_first_reply_words,
        )

    def _policy(
        self,
        business: BusinessProfile,
        direction: str,
        greets: str,
        *,
        is_test: bool,
        talks: bool,
        max_seconds: float,
    ) -> CallPolicy:
        settings, own = self._settings, business.settings
        opens_session = talks and self._opens_session()
        tuned = tuning(settings, own.ears)
        inbound = direction == "inbound"
        return CallPolicy(
            language=business.lang,
            greeting_text=greets,
            caller_speaks_first=inbound and own.caller_speaks_first,
            barge_in=tuned.barge_in,
            barge_in_frames=tuned.onset_frames,
            barge_in_grace_ms=settings.barge_in_grace_ms,
            refractory_seconds=settings.reply_refractory_ms / 1000,
            recognises=self.understands(),
            hears_without_session=self.understands(),
            agent_hears=talks and uses_realtime(settings),
            reconnects=opens_session,
            rotate_after_seconds=settings.realtime_rotate_sec,
            transfers=bool(own.transfer_number) and own.is_open(utc_now(), business.timezone),
            transcript_wait_seconds=(
                _SESSION_WAIT_SECONDS if opens_session else _GOOGLE_WAIT_SECONDS
            ),
            filler_after_seconds=settings.filler_after_ms / 1000,
            silence_prompt_seconds=settings.silence_prompt_sec,
            silence_hangup_seconds=settings.silence_hangup_sec,
            sensitivity=tuned.sensitivity,
            hangover_ms=tuned.hangover_ms,
            min_utterance_seconds=settings.min_utt_sec,
            max_utterance_seconds=settings.max_utt_sec,
            max_call_seconds=min(settings.max_call_sec, max_seconds),
            takes_messages=not is_test,
            phrases=_SPOKEN_PHRASES,
        )

    def _opens_session(self) -> bool:
        """Tell whether calls begin with a Realtime session: to talk, or else to listen with."""
        settings = self._settings
        return uses_realtime(settings) or (has_openai(settings) and self._google_ears is None)

    def understands(self) -> bool:
        """Tell whether there is a recogniser; without one callers are heard, not understood."""
        return has_openai(self._settings) or self._google_ears is not None

    # What stands in for what (see server.calls.parts)

    def session(self, call: BoundCall, history: History, *, full: bool) -> AgentSession:
        """See :class:`server.calls.parts.StandIns`."""
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
        self.costs.spend(call, made(usage))

    def receptionist(self, call: BoundCall, language: str) -> Agent:
        """See :class:`server.calls.parts.StandIns`."""
        callers = call.from_number if call.direction == "inbound" else call.to_number

        def learned(details: dict[str, str]) -> None:
            self.recorder.write(store.lead_learned(call.call_sid, details))

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
        """See :class:`server.calls.parts.StandIns`."""
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
            lambda seconds: self.costs.spend(call, self._prices.of_heard(seconds)),
        )
