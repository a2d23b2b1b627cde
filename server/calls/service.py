"""From a ringing call to one that is ready for its stream: business, prompts, policy, agent."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from server.agent.base import Agent, Post, Transcriber
from server.agent.prompts import Prompts, build_prompts
from server.agent.realtime_client import RealtimeAgent, realtime_url
from server.agent.realtime_plan import DEFAULT_VOICE, SessionPlan
from server.agent.receptionist import Receptionist, ReceptionistAgent, sentences
from server.audio.silero import SileroModel
from server.calls import store
from server.calls.inbox import Inbox
from server.calls.recorder import CallRecorder
from server.calls.registry import BoundCall, CallRegistry
from server.calls.session import CallSession
from server.clock import monotonic, utc_now
from server.directory import BusinessProfile, Directory
from server.faq.snapshot import FaqSnapshot
from server.net.websocket import WebSocket
from server.settings import Settings
from server.speech.clips import ClipStore
from server.speech.typed import TypedWords
from server.telephony.media_codec import StreamStart
from server.turns.policy import CallPolicy, Phrase

log = logging.getLogger(__name__)

_MAX_KEYWORDS = 100


def uses_realtime(settings: Settings) -> bool:
    """Tell whether calls get a Realtime session: with a key, or a service of one's own."""
    default_url = Settings.model_fields["openai_base_url"].default
    own_service = settings.openai_base_url != default_url
    return settings.agents_enabled and (bool(settings.openai_api_key) or own_service)


class CallService:
    """Binds calls and runs their streams."""

    def __init__(
        self,
        settings: Settings,
        directory: Directory,
        clips: ClipStore,
        recorder: CallRecorder,
        registry: CallRegistry,
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._clips = clips
        self.recorder = recorder
        self.registry = registry
        registry.on_unclaimed = self._ended_unclaimed
        self.speech_model: SileroModel | None = None
        """Confirms what is loud; loaded when serving begins, None for energy alone."""

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
    ) -> None:
        """Prepare the call for its stream; a call that is bound already stays as it is."""
        if self.registry.live(call_sid) or self.registry.ended(call_sid):
            return
        arrived_at = monotonic()
        inbox = Inbox()
        prompts = self._prompts(business, direction)
        caller_number = from_number if direction == "inbound" else to_number
        agent, transcriber = self._agent(
            call_sid, business, prompts, inbox, knows_number=caller_number.startswith("+")
        )
        call = BoundCall(
            call_sid=call_sid,
            business=business,
            direction=direction,
            from_number=from_number,
            to_number=to_number,
            prompts=prompts,
            policy=self._policy(business, is_test=is_test),
            inbox=inbox,
            agent=agent,
            transcriber=transcriber,
            is_test=is_test,
            bound_at=arrived_at,
        )
        if not self.registry.bind(call):
            return  # the retry of this webhook was faster
        if isinstance(agent, RealtimeAgent):
            agent.open()
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
                snapshot=lambda: self._snapshot(call.business),
                replace_agent=self._receptionist_for,
                keepalive_seconds=self._settings.ws_keepalive_sec,
                speech_model=self.speech_model,
                on_ended=lambda reason: self.registry.end(call, reason),
            )
            session.run()
        finally:
            self.registry.end(call, "error")  # where the session could not even begin

    def _ended_unclaimed(self, call: BoundCall, reason: str) -> None:
        """Close the rows of a call whose stream never came."""
        self.recorder.write(store.call_ended(call.call_sid, reason, utc_now(), {}))
        log.info("[CALL_END] call=%s reason=%s seconds=0", call.call_sid, reason)

    def prepare_clips(self, business: BusinessProfile) -> None:
        """Have everything that calls of this business may say from clips rendered."""
        voice = business.voice or DEFAULT_VOICE
        if business.greeting_text:
            self._clips.prepare(business.greeting_text, business.lang, voice)
        for sentence in sentences(business.lang).values():
            self._clips.prepare(sentence, business.lang, voice)
        for row in business.faq.rows:
            self._clips.prepare(row.row.answer_text, row.row.lang, voice)

    def _snapshot(self, business: BusinessProfile) -> FaqSnapshot:
        """Return the answers as they are now: an edit is used by the next utterance."""
        current = self._directory.by_id(business.id)
        return current.faq if current is not None else FaqSnapshot(business.id)

    def _prompts(self, business: BusinessProfile, direction: str) -> Prompts:
        outbound = direction == "outbound"
        log.info(
            "[PROMPT_ROUTER] biz=%d prompt=%s",
            business.id,
            "outbound_ai_prompt" if outbound else "ai_prompt",
        )
        log.info(
            "[PROMPT_STRATEGY] biz=%d greeting=%s",
            business.id,
            "rendered" if business.greeting_text else "compact",
        )
        return build_prompts(
            business.name,
            business.lang,
            business.greeting_text,
            business.outbound_ai_prompt if outbound else business.ai_prompt,
        )

    def _policy(self, business: BusinessProfile, *, is_test: bool) -> CallPolicy:
        settings, said = self._settings, sentences(business.lang)
        return CallPolicy(
            language=business.lang,
            greeting_text=business.greeting_text,
            faq_enabled=settings.faq_fastpath_enabled,
            barge_in=settings.barge_in,
            barge_in_frames=settings.barge_in_voice_frames,
            barge_in_grace_ms=settings.barge_in_grace_ms,
            refractory_seconds=settings.reply_refractory_ms / 1000,
            recognises=uses_realtime(settings),
            hangover_ms=settings.vad_hangover_ms,
            min_utterance_seconds=settings.min_utt_sec,
            max_utterance_seconds=settings.max_utt_sec,
            max_call_seconds=settings.max_call_sec,
            takes_messages=not is_test,
            phrases={
                Phrase.NOT_HEARD: said["not_heard"],
                Phrase.GOODBYE: said["goodbye"],
                Phrase.LEAVE_MESSAGE: said["leave_message"],
            },
        )

    def _agent(
        self,
        call_sid: str,
        business: BusinessProfile,
        prompts: Prompts,
        inbox: Inbox,
        *,
        knows_number: bool,
    ) -> tuple[Agent, Transcriber]:
        settings = self._settings
        if not uses_realtime(settings):
            return self._receptionist(
                call_sid, business.lang, business.voice, inbox, knows_number=knows_number
            )
        language = business.lang[:2]
        plan = SessionPlan(
            compact_prompt=prompts.compact,
            full_prompt=prompts.full,
            languages=(language,) if language == "en" else (language, "en"),
            keywords=business.phrase_hints[:_MAX_KEYWORDS],
            transcribe_model=settings.openai_transcribe_model,
            voice=business.voice or DEFAULT_VOICE,
            speed=settings.tts_speaking_rate,
            max_output_tokens=settings.agent_max_output_tokens,
        )
        agent = RealtimeAgent(
            realtime_url(settings.openai_base_url, settings.openai_realtime_model),
            settings.openai_api_key or "none",
            plan,
            inbox.put,
            settings.ws_keepalive_sec,
        )
        return agent, agent

    def _receptionist_for(self, call: BoundCall, _reason: str) -> tuple[Agent, Transcriber]:
        """Return what takes over when the agent is lost; its words can no longer be recognised."""
        return self._receptionist(
            call.call_sid,
            call.policy.language,
            call.business.voice,
            call.inbox,
            knows_number=call.from_number.startswith("+"),
        )

    def _receptionist(
        self, call_sid: str, language: str, voice: str, inbox: Inbox, *, knows_number: bool
    ) -> tuple[Agent, Transcriber]:
        def learned(details: dict[str, str]) -> None:
            self.recorder.write(store.lead_learned(call_sid, details))

        post: Post = inbox.put
        agent = ReceptionistAgent(
            Receptionist(language, knows_number=knows_number),
            self._clips,
            language,
            post,
            learned,
            voice or DEFAULT_VOICE,
        )
        return agent, TypedWords(inbox.put)
