"""From a ringing call to one that is ready for its stream: business, prompts, policy, agent."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator

from server.agent.prompts import Prompts, build_prompts
from server.agent.realtime_plan import DEFAULT_VOICE
from server.agent.sentences import sentences
from server.audio.silero import SileroModel
from server.calls import store
from server.calls.agents import Agents
from server.calls.costs import CostLedger
from server.calls.greeting import all_greetings, greeting
from server.calls.inbox import Inbox
from server.calls.phones import Phones
from server.calls.policies import call_policy
from server.calls.recorder import CallRecorder
from server.calls.registry import BoundCall, CallRegistry
from server.calls.session import CallSession
from server.calls.telling import Teller
from server.calls.watch import CallWatch
from server.clock import monotonic, utc_now
from server.directory import BusinessProfile, Directory
from server.faq.service import FaqEngine
from server.net.websocket import WebSocket
from server.recordings.bridge import Tape
from server.recordings.service import RecordingService
from server.settings import Settings
from server.speech.clips import ClipStore
from server.speech.live import LiveSpeech
from server.telephony.media_codec import StreamStart

log = logging.getLogger(__name__)

_TEMPLATES = ("hello", "closed", "wants_person")
"""Sentences that are not spoken as they stand."""


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
        self._directory = directory
        self._clips = clips
        self._faq = faq
        self.recorder = recorder
        self.registry = registry
        self.phones = Phones(registry, settings.secret_key)
        self._recordings = recordings
        self.watch = CallWatch()
        self.costs = costs
        self.agents = Agents(settings, clips, recorder, costs, google_ears)
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
        arrived = utc_now()
        talks = self._talks(business, call_sid, is_test=is_test)
        greets = greeting(business, direction, arrived, generates=talks and self.agents.generate)
        prompts = self._prompts(business, direction, greets)
        call = BoundCall(
            call_sid=call_sid,
            business=business,
            direction=direction,
            from_number=from_number,
            to_number=to_number,
            prompts=prompts,
            policy=call_policy(
                self._settings,
                self.agents,
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
        session = self.agents.appoint(call, talks=talks)
        agent = call.agent
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

    def _talks(self, business: BusinessProfile, call_sid: str, *, is_test: bool) -> bool:
        """Tell whether a new call may have a session, which costs money."""
        if not self.costs.is_over(business, is_test=is_test):
            return True
        log.warning(
            "[COST_CAP] call=%s biz=%d test=%s spent_usd=%.2f cap_usd=%.2f",
            call_sid,
            business.id,
            is_test,
            self.costs.spent_today(business, is_test=is_test),
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
                stand_ins=self.agents,
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
        generates = self.agents.generate
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
        greets = greeting(business, direction, utc_now(), generates=self.agents.generate)
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
