"""The output items of a response, and the events that announce, fill and finish them."""

import base64
from typing import Any, Protocol

from .conversation import Conversation, Item, new_id
from .mulaw import to_pcm16_24khz
from .options import Json, ToolCall
from .records import ResponseRecord


class Emitter(Protocol):
    """The part of a session that output items need."""

    conversation: Conversation
    audio_started: bool

    def emit(self, event_type: str, **fields: Any) -> None:
        """Queue a server event."""


class OutputItem:
    """Common course of an item: added (to the response and the conversation), done.

    Every method is called with the session's lock held.
    """

    def __init__(
        self, session: Emitter, response: ResponseRecord, output_index: int, body: Json
    ) -> None:
        self.item = Item(new_id("item"), {**body, "status": "in_progress"})
        self._session = session
        self._response = response
        self._output_index = output_index
        self._previous: str | None = None

    def open(self) -> None:
        """Announce the item."""
        self._response.item_ids.append(self.item.id)
        self._emit("response.output_item.added", item=self.item.wire())
        if not self._response.out_of_band:
            self._previous = self._session.conversation.add(self.item)
            self._emit_to_conversation("conversation.item.added")

    def close(self, status: str) -> None:
        """Finish the item with ``status`` "completed" or "incomplete"."""
        self.item.body["status"] = status
        if not self._response.out_of_band:
            self._emit_to_conversation("conversation.item.done")
        self._emit("response.output_item.done", item=self.item.wire())

    def _emit_to_conversation(self, event_type: str) -> None:
        self._session.emit(event_type, previous_item_id=self._previous, item=self.item.wire())

    def _emit(self, event_type: str, **fields: Any) -> None:
        self._session.emit(
            event_type,
            response_id=self._response.id,
            output_index=self._output_index,
            **fields,
        )

    def _emit_in_item(self, event_type: str, **fields: Any) -> None:
        self._emit(event_type, item_id=self.item.id, **fields)


class OutputMessage(OutputItem):
    """An assistant message, spoken (audio and transcript) or written (text)."""

    def __init__(
        self,
        session: Emitter,
        response: ResponseRecord,
        output_index: int,
        *,
        spoken: bool,
        audio_format: Json,
    ) -> None:
        super().__init__(
            session, response, output_index, {"type": "message", "role": "assistant", "content": []}
        )
        self._spoken = spoken
        self._audio_format = audio_format
        self._key = "transcript" if spoken else "text"

    def open(self) -> None:
        """Announce the item and its only content part."""
        super().open()
        kind = "output_audio" if self._spoken else "output_text"
        self.item.body["content"].append({"type": kind, self._key: ""})
        self._emit_in_item("response.content_part.added", content_index=0, part=self._part())

    def say(self, words: str, sent_at: float) -> None:
        """Send the next piece of transcript or text; does nothing when it is empty."""
        if not words:
            return
        part = self.item.body["content"][0]
        part[self._key] = part.get(self._key, "") + words
        self._response.text += words
        name = "output_audio_transcript" if self._spoken else "output_text"
        if not self._spoken and self._response.first_audio_at is None:
            self._response.first_audio_at = sent_at
        self._emit_in_item(f"response.{name}.delta", content_index=0, delta=words)

    def sound(self, mulaw: bytes, sent_at: float) -> None:
        """Send the next piece of audio, in the format of the response."""
        if self._response.first_audio_at is None:
            self._response.first_audio_at = sent_at
        self.item.audio += mulaw
        self._response.audio_ms += len(mulaw) / 8
        self._session.audio_started = True
        audio = to_pcm16_24khz(mulaw) if self._audio_format["type"] == "audio/pcm" else mulaw
        delta = base64.b64encode(audio).decode()
        self._emit_in_item("response.output_audio.delta", content_index=0, delta=delta)

    def utter(self, words: str, mulaw: bytes, sent_at: float) -> None:
        """Send a piece of transcript with the audio it goes with."""
        self.say(words, sent_at)
        self.sound(mulaw, sent_at)

    def close(self, status: str) -> None:
        """Finish the part, then the item."""
        said = self._part()[self._key]
        if self._spoken:
            self._emit_in_item("response.output_audio.done", content_index=0)
            self._emit_in_item(
                "response.output_audio_transcript.done", content_index=0, transcript=said
            )
        else:
            self._emit_in_item("response.output_text.done", content_index=0, text=said)
        self._emit_in_item("response.content_part.done", content_index=0, part=self._part())
        super().close(status)

    def _part(self) -> Json:
        """The part as ``content_part`` events show it.

        A truncation may have removed the item's own transcript meanwhile.
        """
        said = self.item.body["content"][0].get(self._key, "")
        return {"type": "audio" if self._spoken else "text", self._key: said}


class OutputCall(OutputItem):
    """A function call; its arguments come in pieces."""

    def __init__(
        self, session: Emitter, response: ResponseRecord, output_index: int, call: ToolCall
    ) -> None:
        self.call_id = call.call_id or new_id("call")
        body = {
            "type": "function_call",
            "name": call.name,
            "call_id": self.call_id,
            "arguments": "",
        }
        super().__init__(session, response, output_index, body)

    def write(self, piece: str) -> None:
        """Send the next piece of the JSON arguments."""
        self.item.body["arguments"] += piece
        self._emit_in_item(
            "response.function_call_arguments.delta", call_id=self.call_id, delta=piece
        )

    def close(self, status: str) -> None:
        """Finish: ``arguments.done`` comes for an interrupted call too, as from the service."""
        self._emit_in_item(
            "response.function_call_arguments.done",
            call_id=self.call_id,
            name=self.item.body["name"],
            arguments=self.item.body["arguments"],
        )
        super().close(status)
