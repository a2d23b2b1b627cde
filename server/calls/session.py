"""One call: its inbox, its loop, and the hands that carry out what the core decides.

The loop waits for the next event, asks the core, and acts. It alone writes audio to Twilio and
speaks to the agent; the readers only fill the inbox. Deadlines are looked at with every event:
the caller's frames bring the time every 20 ms, and the registry's pulse does while none come.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from server.agent.base import Signal
from server.agent.realtime_plan import DEFAULT_VOICE
from server.audio.silero import SileroModel
from server.calls import store
from server.calls.common_questions import faq_event
from server.calls.parts import CallParts, StandIns
from server.calls.recorder import CallRecorder
from server.calls.registry import BoundCall
from server.calls.telling import Teller, turn_values
from server.clock import monotonic, utc_now
from server.errors import ProtocolError
from server.faq.service import FaqEngine, Found
from server.masking import mask_text
from server.net.websocket import WebSocket
from server.recordings.bridge import Tape
from server.speech.clips import ClipStore
from server.telephony import media_codec
from server.turns import actions as do
from server.turns import events as on
from server.turns.core import CallCore

log = logging.getLogger(__name__)

_SILENT_LINE_SECONDS = 10.0
_RECOGNISED = (on.PartialTranscript, on.Transcript)
_LINGER_SECONDS = 0.5
"""How long Twilio may take to answer our close frame before the socket is cut."""


class CallSession:
    """Runs one call from its ``start`` message to its end.

    Args:
        call: claimed from the registry.
        sock: the media socket.
        messages: its reader, positioned after ``start``.
        start: that message.
        teller: tells those who watch the call.
        faq: looks up prepared answers.
        stand_ins: makes what takes the place of a lost agent.
        keepalive_seconds: between WebSocket pings.
        speech_model: confirms what is loud; None for energy alone.
        begin_tape: given the moment of the stream's start, returns the tape for the call's audio;
            None where it is not recorded here.
        on_ended: told the reason once the call is over, before its socket closes.
    """

    def __init__(
        self,
        call: BoundCall,
        sock: WebSocket,
        messages: Iterator[bytes],
        start: media_codec.StreamStart,
        *,
        clips: ClipStore,
        recorder: CallRecorder,
        teller: Teller,
        faq: FaqEngine,
        stand_ins: StandIns,
        keepalive_seconds: float,
        speech_model: SileroModel | None,
        begin_tape: Callable[[float], Tape | None],
        on_ended: Callable[[str], None],
    ) -> None:
        self._call = call
        self._socket = sock
        self._messages = messages
        self._stream_sid = start.stream_sid
        self._encoder = media_codec.Encoder(start.stream_sid)
        self._clips = clips
        self._recorder = recorder
        self._teller = teller
        self._faq = faq
        self._parts = CallParts(call, stand_ins)
        self._keepalive_seconds = keepalive_seconds
        self._on_ended = on_ended
        self._core = CallCore(call.policy, speech_model)
        self._started_at = monotonic()
        self._tape = begin_tape(self._started_at)
        self._stages_ms: dict[str, float] = {
            "webhook_to_start": round((self._started_at - call.bound_at) * 1000, 1)
        }
        self._own_events: deque[on.Event] = deque()
        self._end_reason: str | None = None
        self._line_broken = False
        self._taken_at = self._started_at
        """When the loop took the item that it is acting on."""

    def run(self) -> str:
        """Take the call; return why it ended. Leaves both sockets closed, whatever happens."""
        call = self._call
        reader = threading.Thread(target=self._read_for_ever, name="media-reader", daemon=True)
        log.info("[CALL_DIRECTION_SET] call=%s direction=%s", call.call_sid, call.direction)
        log.info("[PROMPT_BIND] call=%s hash=%s", call.call_sid, call.prompts.fingerprint)
        if call.direction == "outbound":
            log.info("[OUTBOUND] bot_speaks_first call=%s", call.call_sid)
        call.inbox.begin()
        call.cut = self._socket.abort
        try:
            reader.start()
            self._loop()
        except Exception:
            log.exception("[CALL] loop failed call=%s", call.call_sid)
            self._end_reason = "error"
        finally:
            reason = self._end_reason or "error"
            if self._tape is not None:
                self._tape.close(monotonic())
            self._on_ended(reason)  # before the close frame: Twilio asks at once what comes next
            call.cut = None
            self._parts.close()
            self._socket.close()
            reader.join(_LINGER_SECONDS)
            self._socket.abort()
            reader.join(_LINGER_SECONDS)
        self._recorder.write(store.call_ended(call.call_sid, reason, utc_now(), self._stages_ms))
        log.info(
            "[CALL_END] call=%s reason=%s seconds=%.1f dropped_frames=%d",
            call.call_sid,
            reason,
            monotonic() - self._started_at,
            call.inbox.dropped,
        )
        return reason

    # The loop

    def _loop(self) -> None:
        self._teller.started()
        self._handle(on.StreamStarted())
        ping_at = monotonic() + self._keepalive_seconds
        while self._end_reason is None:
            item = self._call.inbox.get()
            self._taken_at = monotonic()
            if isinstance(item, on.Tick) and self._line_is_dead():
                item = on.EndRequested("stream_lost")
            if isinstance(item, Signal):
                self._handle_signal(item)
            else:
                self._handle(item)
            if monotonic() >= ping_at:
                ping_at = monotonic() + self._keepalive_seconds
                self._keep_alive()

    def _line_is_dead(self) -> bool:
        """Tell whether Twilio, who sends fifty frames a second, has fallen silent for good."""
        return monotonic() - self._socket.last_heard_at > _SILENT_LINE_SECONDS

    def _keep_alive(self) -> None:
        log.info("[WS_KEEPALIVE] call=%s", self._call.call_sid)
        self._on_line(self._socket.ping)
        self._parts.keep_alive()

    def _handle_signal(self, signal: Signal) -> None:
        for event in self._parts.events_of(signal):
            self._handle(event)

    def _handle(self, event: on.Event) -> None:
        """Have the core decide on ``event``, act on it, and on what acting itself brought up."""
        if self._tape is not None:
            self._record(self._tape, event)
        if isinstance(event, _RECOGNISED):
            self._teller.recognised(event)
        events = self._own_events
        events.append(event)
        while events:
            for action in self._core.handle(events.popleft(), monotonic()):
                _HANDS[type(action)](self, action)
        self._teller.look(self._core)

    def _record(self, tape: Tape, event: on.Event) -> None:
        if isinstance(event, on.CallerAudio):
            tape.heard(event.audio, self._taken_at)
        elif isinstance(event, on.MarkEchoed):
            tape.mark_back(event.name, self._taken_at)

    # The reader

    def _read_for_ever(self) -> None:
        put = self._call.inbox.put
        try:
            for message in self._messages:
                self._read(message)
        finally:
            # A stop comes first where there is one; else the stream broke.
            put(on.EndRequested("stream_lost"))

    def _read(self, message: bytes) -> None:
        put = self._call.inbox.put
        try:
            event = media_codec.decode(message, self._stream_sid)
        except ProtocolError as error:
            log.warning(
                "[STREAM] message dropped call=%s code=%s: %s",
                self._call.call_sid,
                error.code,
                error.message,
            )
            return
        if isinstance(event, media_codec.StreamStart):
            self._second_start(event)
        elif isinstance(event, media_codec.StreamStop):
            put(on.EndRequested("caller_hangup"))
        elif isinstance(event, on.CallerTyped) and not self._call.is_test:
            log.warning("[STREAM] typed words on a real call=%s", self._call.call_sid)
        elif event is not None:
            put(event)

    def _second_start(self, start: media_codec.StreamStart) -> None:
        wanted = start.parameters.get("direction", self._call.direction)
        if wanted != self._call.direction:
            log.error(
                "[CALL_DIRECTION_CHANGE_BLOCKED] call=%s stays=%s",
                self._call.call_sid,
                self._call.direction,
            )
        else:
            log.warning("[STREAM] second start ignored call=%s", self._call.call_sid)

    # The hands

    def _send(self, message: bytes) -> None:
        self._on_line(lambda: self._socket.send(message))

    def _on_line(self, send: Callable[[], None]) -> None:
        """Send something; when the line is broken, the reader will say how the call ended."""
        if self._line_broken:
            return
        try:
            send()
        except ConnectionError:
            self._line_broken = True
            self._socket.abort()

    def _send_audio(self, action: do.SendAudio) -> None:
        if "start_to_first_audio" not in self._stages_ms:
            waited_ms = (monotonic() - self._started_at) * 1000
            self._stages_ms["start_to_first_audio"] = round(waited_ms, 1)
        if self._tape is not None:
            self._tape.sent(action.audio, monotonic())
        self._send(self._encoder.media(action.audio))

    def _send_mark(self, action: do.SendMark) -> None:
        if self._tape is not None:
            self._tape.mark_sent(action.name, monotonic())
        self._send(self._encoder.mark(action.name))

    def _send_clear(self, _: do.SendClear) -> None:
        if self._tape is not None:
            self._tape.cleared(monotonic())
        self._send(self._encoder.clear)
        took_ms = (monotonic() - self._taken_at) * 1000
        log.info("[BARGE_IN] call=%s decision_to_clear_ms=%.2f", self._call.call_sid, took_ms)

    def _match_faq(self, action: do.MatchFaq) -> None:
        put, business_id, utterance_id = (
            self._call.inbox.put,
            self._call.business.id,
            action.utterance_id,
        )

        def later(found: Found) -> None:
            put(faq_event(found, utterance_id, business_id))

        found = self._faq.find(business_id, action.text, later, action.language)
        if found is not None:
            self._own_events.append(faq_event(found, utterance_id, business_id))

    def _fetch_clip(self, action: do.FetchClip) -> None:
        put, reply_id = self._call.inbox.put, action.reply_id

        def deliver(clip: bytes | None) -> None:
            put(on.ClipFailed(reply_id) if clip is None else on.ClipReady(reply_id, clip))

        business = self._call.business
        voice, own = business.voice or DEFAULT_VOICE, business.settings.spoken_as
        self._clips.fetch(action.text, action.language, deliver, voice, own)

    def _ask_agent(self, action: do.AskAgent) -> None:
        self._call.agent.ask(action.reply_id, action.text)

    def _continue_agent(self, action: do.ContinueAgent) -> None:
        self._call.agent.carry_on(action.reply_id, action.said)

    def _cancel_agent(self, action: do.CancelAgent) -> None:
        self._call.agent.cancel(action.reply_id)

    def _truncate_agent(self, action: do.TruncateAgent) -> None:
        self._call.agent.truncate(action.reply_id, action.heard_ms)

    def _remember_spoken(self, action: do.RememberSpoken) -> None:
        self._call.agent.remember_spoken(action.text)

    def _remember_typed(self, action: do.RememberTyped) -> None:
        self._call.agent.remember_typed(action.text)

    def _upgrade_prompt(self, _: do.UpgradePrompt) -> None:
        self._call.agent.upgrade()

    def _use_receptionist(self, action: do.UseReceptionist) -> None:
        log.warning("[AGENT_LOST] call=%s reason=%s", self._call.call_sid, action.reason)
        self._parts.use_receptionist(action, self._core.language)
        self._recorder.write(store.callback_wanted(self._call.call_sid, action.reason))

    def _save_turn(self, action: do.SaveTurn) -> None:
        self._recorder.write(store.turn_saved(self._call.call_sid, action, utc_now()))
        self._teller.turn(action)
        if self._call.is_test:
            self._show_turn(action)

    def _show_turn(self, turn: do.SaveTurn) -> None:
        """Tell our own test caller how the turn was understood; Twilio never sees this."""
        message = {"event": "turn", "streamSid": self._stream_sid, "turn": turn_values(turn)}
        self._send(orjson.dumps(message))

    def _note(self, action: do.Note) -> None:
        fields = " ".join(f"{name}={_shown(value)}" for name, value in action.fields.items())
        log.info("%s call=%s %s", action.tag, self._call.call_sid, fields)

    def _hang_up(self, action: do.HangUp) -> None:
        self._end_reason = action.reason


def _shown(value: object) -> str:
    return mask_text(value) if isinstance(value, str) else str(value)


_HANDS: dict[type[Any], Callable[[CallSession, Any], None]] = {
    do.SendAudio: CallSession._send_audio,
    do.SendMark: CallSession._send_mark,
    do.SendClear: CallSession._send_clear,
    do.HearAudio: lambda call, action: call._parts.hear(action),
    do.CommitUtterance: lambda call, action: call._parts.commit(action),
    do.DropHeard: lambda call, action: call._parts.drop_heard(action),
    do.MatchFaq: CallSession._match_faq,
    do.FetchClip: CallSession._fetch_clip,
    do.AskAgent: CallSession._ask_agent,
    do.ContinueAgent: CallSession._continue_agent,
    do.CancelAgent: CallSession._cancel_agent,
    do.TruncateAgent: CallSession._truncate_agent,
    do.RememberSpoken: CallSession._remember_spoken,
    do.RememberTyped: CallSession._remember_typed,
    do.UpgradePrompt: CallSession._upgrade_prompt,
    do.ReopenAgent: lambda call, action: call._parts.reopen_agent(action),
    do.OpenSuccessor: lambda call, action: call._parts.open_successor(action),
    do.TakeSuccessor: lambda call, action: call._parts.take_successor(action),
    do.SwitchLanguage: lambda call, action: call._parts.switch_language(action),
    do.UseReceptionist: CallSession._use_receptionist,
    do.SaveTurn: CallSession._save_turn,
    do.Note: CallSession._note,
    do.HangUp: CallSession._hang_up,
}
