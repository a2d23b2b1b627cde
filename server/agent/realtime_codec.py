"""The OpenAI Realtime protocol (GA) as a pure object: our wishes in, wire messages out, and back.

Plain JSON on the audio path: the SDK's typed events cost thirty times as much per frame
(docs/decisions/media-transport.md); its types check these messages in the tests. No socket here:
what is to be sent goes to ``send``. Only the call's loop may touch it.
"""

from __future__ import annotations

import base64
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from server.agent.realtime_plan import (
    DEFAULT_VOICE,
    END_CALL,
    FALLBACK_TRANSCRIBER,
    SessionPlan,
    languages_led_by,
    relistening_session,
    setup_session,
    upgraded_session,
)
from server.agent.realtime_utterances import Utterances
from server.audio import mulaw
from server.turns import events as on

log = logging.getLogger(__name__)

_APPEND = b'{"type":"input_audio_buffer.append","audio":"'
_CARRY_ON = (
    "Your last reply was cut off. Say only what was still missing of it, without repeating or "
    "apologising. It ended at:"
)
OnUsage = Callable[[Literal["response", "transcript"], object], None]
"""Takes what was used and the service's ``usage`` as it came (:mod:`server.prices`)."""

_BENIGN = frozenset({"response_cancel_not_active", "input_audio_buffer_commit_empty"})


@dataclass(slots=True)
class _Response:
    """One response of the model, ours by ``reply_id``."""

    reply_id: str
    event_id: str
    id: str | None = None
    item_id: str | None = None
    item_from_ms: float = 0.0
    """Where in the reply the item begins."""
    received_ms: float = 0.0
    cancelled: bool = False
    hang_up: bool = False
    has_calls: bool = False


class RealtimeProtocol:
    """One session's protocol.

    Args:
        plan: what to set the session up with.
        send: takes one wire message; must not block.
        full: start with the full instructions: the call had been given them before.
        on_usage: told what a response, or a transcript, has used.
    """

    def __init__(
        self,
        plan: SessionPlan,
        send: Callable[[bytes], None],
        *,
        full: bool = False,
        on_usage: OnUsage = lambda kind, usage: None,
    ) -> None:
        self._plan = plan
        self._on_usage = on_usage
        self._full = full
        self._transcribe_model = plan.transcribe_model
        self._voice = plan.voice
        self._set_up = False
        self._send = send
        self._sequence = 0
        self._utterances = Utterances()
        self._responses: dict[str, _Response] = {}
        """By reply id; the last few, for truncation and late events."""
        self._active: _Response | None = None
        self._next: str | None = None
        """Reply id that waits until the active response is over."""
        self._setup_id = ""
        self._upgrade_id: str | None = None
        """Of an upgrade that the service has not confirmed."""
        self._updates: deque[str] = deque()
        """Event ids of updates that it has not confirmed; it confirms them in order."""
        self._replaced_transcriber: str | None = None
        self.transcriber_refused: str | None = None
        """The recogniser that the service would not take, once another one is confirmed."""

    # Ours to the service

    def set_up(self) -> None:
        """Configure the fresh session."""
        session = setup_session(self._plan, self._transcribe_model, self._voice, full=self._full)
        self._setup_id = self._update(session)

    def upgrade(self) -> None:
        """Expand the compact instructions to the full ones, with the tools.

        No response is asked for before the service has confirmed it.
        """
        self._full = True
        self._upgrade_id = self._update(upgraded_session(self._plan))

    def set_language(self, language: str) -> None:
        """Have the recogniser expect this language (BCP 47) first."""
        languages = languages_led_by(language, self._plan.languages)
        self._update(relistening_session(self._plan, self._transcribe_model, languages))

    def _update(self, session: dict[str, Any]) -> str:
        event_id = self._emit("session.update", session=session)
        self._updates.append(event_id)
        return event_id

    def append(self, audio: bytes) -> None:
        """Send audio of the caller."""
        self._send(_APPEND + base64.b64encode(audio) + b'"}')

    def commit(self, utterance_id: str) -> None:
        """End the utterance; its transcription starts, no response does."""
        self._utterances.commit(self._emit("input_audio_buffer.commit"), utterance_id)

    def clear(self) -> None:
        """Forget the audio sent since the last commit."""
        self._emit("input_audio_buffer.clear")

    def remember(self, role: str, text: str) -> None:
        """Add what was said (``assistant``) or typed (``user``) to the conversation."""
        kind = "output_text" if role == "assistant" else "input_text"
        content = [{"type": kind, "text": text}]
        self._emit(
            "conversation.item.create",
            item={"type": "message", "role": role, "content": content},
        )

    def ask(self, reply_id: str) -> None:
        """Have the model reply; waits while an earlier response is still being ended."""
        if self._active is not None or self._upgrade_id is not None or not self._set_up:
            self._next = reply_id
            return
        event_id = self._emit("response.create", response={"metadata": {"reply_id": reply_id}})
        response = _Response(reply_id, event_id)
        self._active = response
        kept = list(self._responses.values())[-3:]
        self._responses = {old.reply_id: old for old in kept} | {reply_id: response}

    def carry_on(self, reply_id: str, said: str) -> None:
        """Have the model go on with a reply that was cancelled for nothing."""
        words = f"{_CARRY_ON} {said}" if said else _CARRY_ON
        content = [{"type": "input_text", "text": words}]
        self._emit(
            "conversation.item.create",
            item={"type": "message", "role": "system", "content": content},
        )
        self.ask(reply_id)

    def cancel(self, reply_id: str) -> None:
        """Stop the response; whatever of it still arrives is dropped."""
        if self._next == reply_id:
            self._next = None
        response = self._responses.get(reply_id)
        if response is None or response.cancelled:
            return
        response.cancelled = True
        if response is self._active and response.id is not None:
            self._emit("response.cancel", response_id=response.id)

    def truncate(self, reply_id: str, heard_ms: int) -> None:
        """Cut the reply in the model's memory to what the caller heard."""
        response = self._responses.get(reply_id)
        if response is None or response.item_id is None:
            return
        of_item_ms = int(heard_ms - response.item_from_ms)
        if of_item_ms <= 0:
            self._emit("conversation.item.delete", item_id=response.item_id)
        elif heard_ms < response.received_ms or response.cancelled:
            # Of a cancelled response there is more upstream than ever came down.
            self._emit(
                "conversation.item.truncate",
                item_id=response.item_id,
                content_index=0,
                audio_end_ms=min(of_item_ms, int(response.received_ms - response.item_from_ms)),
            )

    def _emit(self, kind: str, **fields: Any) -> str:
        self._sequence += 1
        event_id = f"maane_{self._sequence}"
        self._send(orjson.dumps({"type": kind, "event_id": event_id, **fields}))
        return event_id

    # The service to us

    def receive(self, message: bytes) -> list[on.Event]:
        """Return what one wire message means for the call.

        Unknown events, and events that lack what they should hold, mean nothing and are logged.
        """
        try:
            data = orjson.loads(message)
            handler = _HANDLERS.get(data["type"])
            return handler(self, data) if handler else []
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError) as e:
            log.warning("[REALTIME] malformed event dropped: %s", type(e).__name__)
            return []

    def _updated(self, _: dict[str, Any]) -> list[on.Event]:
        """One update has been confirmed; they are confirmed in the order of their sending."""
        confirmed = self._updates.popleft() if self._updates else ""
        if confirmed == self._setup_id and not self._set_up:
            self._set_up = True
            self.transcriber_refused = self._replaced_transcriber
            if self._upgrade_id is None:
                self._ask_next()
            return [on.AgentReady()]
        if confirmed != self._upgrade_id:
            return []
        self._upgrade_id = None
        self._ask_next()
        return [on.PromptUpgraded()]

    def _committed(self, data: dict[str, Any]) -> list[on.Event]:
        self._utterances.confirm(data["item_id"])
        return []

    def _transcript_delta(self, data: dict[str, Any]) -> list[on.Event]:
        known = self._utterances.add_words(data["item_id"], str(data.get("delta") or ""))
        return [on.PartialTranscript(*known)] if known else []

    def _transcript_completed(self, data: dict[str, Any]) -> list[on.Event]:
        self._on_usage("transcript", data.get("usage"))
        utterance_id = self._utterances.close(data["item_id"])
        transcript = data["transcript"]
        words = transcript if isinstance(transcript, str) else None
        return [on.Transcript(utterance_id, words)] if utterance_id else []

    def _transcript_failed(self, data: dict[str, Any]) -> list[on.Event]:
        utterance_id = self._utterances.close(data["item_id"])
        log.warning("[REALTIME] transcription failed code=%s", _code(data))
        return [on.Transcript(utterance_id, None)] if utterance_id else []

    def _response_created(self, data: dict[str, Any]) -> list[on.Event]:
        active = self._active
        metadata = data["response"].get("metadata") or {}
        # We alone create responses, so one that comes without a name is the one we wait for.
        if active is None or metadata.get("reply_id", active.reply_id) != active.reply_id:
            return []
        active.id = data["response"]["id"]
        if active.cancelled:  # cancelled before it existed; a cancel sent then was lost
            self._emit("response.cancel", response_id=active.id)
        return []

    def _speaking(self, data: dict[str, Any]) -> _Response | None:
        """Return the response that an event belongs to, if it may still be heard."""
        response = self._active
        if response is None or response.cancelled or response.id != data["response_id"]:
            return None
        return response

    def _audio_delta(self, data: dict[str, Any]) -> list[on.Event]:
        response = self._speaking(data)
        if response is None:
            return []
        audio = base64.b64decode(data["delta"])
        if response.item_id != data["item_id"]:
            response.item_id = data["item_id"]
            response.item_from_ms = response.received_ms
        response.received_ms += mulaw.duration_ms(audio)
        return [on.AgentAudio(response.reply_id, audio)]

    def _text_delta(self, data: dict[str, Any]) -> list[on.Event]:
        response = self._speaking(data)
        return [on.AgentText(response.reply_id, str(data["delta"]))] if response else []

    def _item_done(self, data: dict[str, Any]) -> list[on.Event]:
        response, item = self._speaking(data), data["item"]
        if response is None or item.get("type") != "function_call":
            return []
        if item.get("status", "completed") != "completed":
            return []
        ending = item["name"] == END_CALL
        response.hang_up = response.hang_up or ending
        response.has_calls = response.has_calls or not ending
        output = {"ok": True} if ending else {"error": "there is no such tool"}
        self._emit(
            "conversation.item.create",
            item={
                "type": "function_call_output",
                "call_id": item["call_id"],
                "output": orjson.dumps(output).decode(),
            },
        )
        return []

    def _response_done(self, data: dict[str, Any]) -> list[on.Event]:
        response, given = self._active, data["response"]
        self._on_usage("response", given.get("usage"))  # what was cancelled is paid for as well
        if response is None or response.id != given["id"]:
            return []
        self._active = None
        events: list[on.Event] = []
        status = given.get("status")
        if status not in ("completed", "cancelled"):
            log.warning("[REALTIME] response %s: %.200r", status, given.get("status_details"))
        if not response.cancelled:
            if response.has_calls and status == "completed" and not response.hang_up:
                self.ask(response.reply_id)  # the model goes on with the tools' results
                return events
            finished = on.AgentFinished(
                response.reply_id, completed=status == "completed", hang_up=response.hang_up
            )
            events.append(finished)
        self._ask_next()
        return events

    def _ask_next(self) -> None:
        if self._next is not None:
            reply_id, self._next = self._next, None
            self.ask(reply_id)

    def _error(self, data: dict[str, Any]) -> list[on.Event]:
        error = data["error"]
        code, event_id = error.get("code"), error.get("event_id")
        level = logging.DEBUG if code in _BENIGN else logging.WARNING
        log.log(level, "[REALTIME] error code=%s type=%s", code, error.get("type"))
        if code == "session_expired":
            return [on.AgentLost("session_expired")]
        empty = code == "input_audio_buffer_commit_empty"
        utterance_id = self._utterances.refuse(event_id, or_oldest=empty)
        if utterance_id is not None:
            return [on.Transcript(utterance_id, "")]
        if event_id is None:
            return []
        if event_id in self._updates:
            self._updates.remove(event_id)
        if event_id == self._setup_id:
            return self._setup_refused(error.get("param") or "")
        if event_id == self._upgrade_id:
            self._upgrade_id = None
            self._ask_next()
            return []
        if self._active is not None and event_id == self._active.event_id:
            return self._create_refused(code)
        return []

    def _setup_refused(self, param: str) -> list[on.Event]:
        """Set the session up again without what was refused, if that can be done without."""
        if "voice" in param and self._voice != DEFAULT_VOICE:
            self._voice = DEFAULT_VOICE
        elif "voice" not in param and self._transcribe_model != FALLBACK_TRANSCRIBER:
            if "transcription" in param:
                self._replaced_transcriber = self._transcribe_model
            self._transcribe_model = FALLBACK_TRANSCRIBER
        else:
            return [on.AgentLost("setup_refused")]
        log.warning("[REALTIME] set-up refused param=%s, trying without", param[:80])
        self.set_up()
        return []

    def _create_refused(self, code: str | None) -> list[on.Event]:
        """A refused ``response.create`` gets no ``response.done``: release the gate here."""
        refused, self._active = self._active, None
        self._ask_next()
        if refused is None or refused.cancelled:
            return []
        log.warning("[REALTIME] response refused code=%s", code)
        return [on.AgentFinished(refused.reply_id, completed=False)]


def _code(data: dict[str, Any]) -> str | None:
    return (data.get("error") or {}).get("code")


_TRANSCRIPTION = "conversation.item.input_audio_transcription"
_HANDLERS: dict[str, Callable[[RealtimeProtocol, dict[str, Any]], list[on.Event]]] = {
    "session.updated": RealtimeProtocol._updated,
    "input_audio_buffer.committed": RealtimeProtocol._committed,
    f"{_TRANSCRIPTION}.delta": RealtimeProtocol._transcript_delta,
    f"{_TRANSCRIPTION}.completed": RealtimeProtocol._transcript_completed,
    f"{_TRANSCRIPTION}.failed": RealtimeProtocol._transcript_failed,
    "response.created": RealtimeProtocol._response_created,
    "response.output_audio.delta": RealtimeProtocol._audio_delta,
    "response.output_audio_transcript.delta": RealtimeProtocol._text_delta,
    "response.output_item.done": RealtimeProtocol._item_done,
    "response.done": RealtimeProtocol._response_done,
    "error": RealtimeProtocol._error,
}
