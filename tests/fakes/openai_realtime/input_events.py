"""Client events about the session's configuration and the input audio buffer."""

from typing import TYPE_CHECKING

from . import rules
from .conversation import Item, new_id
from .handlers import Handler
from .options import Json
from .records import Commit
from .schema import ClientError
from .transcription import transcription_events

if TYPE_CHECKING:
    from .session import Session


class InputEvents:
    """Handles ``session.update`` and ``input_audio_buffer.*``; owns the buffer."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._buffer = bytearray()
        self._flow_checked = False

    def handlers(self) -> dict[str, Handler]:
        """Client event type -> its handler."""
        return {
            "session.update": self._on_session_update,
            "input_audio_buffer.append": self._on_append,
            "input_audio_buffer.commit": self._on_commit,
            "input_audio_buffer.clear": self._on_clear,
            "output_audio_buffer.clear": self._on_output_clear,
        }

    def _on_session_update(self, event: Json, at: float) -> None:
        patch = event["session"]
        rules.check_session_update(
            patch,
            self._session.record.config,
            audio_started=self._session.audio_started,
            response_active=self._session.active is not None,
        )
        audio_input = patch.get("audio", {}).get("input", {})
        model = (audio_input.get("transcription") or {}).get("model")
        if model is not None and model == self._session.options.reject_transcription_model:
            raise ClientError(
                "invalid_value",
                f"Transcription model '{model}' is not supported in this session.",
                "session.audio.input.transcription.model",
                injected=True,
            )
        voice = patch.get("audio", {}).get("output", {}).get("voice")
        if voice is not None and voice == self._session.options.reject_voice:
            raise ClientError(
                "invalid_value",
                f"Voice '{voice}' is not supported.",
                "session.audio.output.voice",
                injected=True,
            )
        if audio_input.get("turn_detection") is not None:
            fault = ClientError(
                "turn_detection_not_emulated",
                "Turns must be manual.",
                "session.audio.input.turn_detection",
            )
            self._session.violation(fault, event, at)
        self._session.record.config = rules.merged_config(self._session.record.config, patch)
        self._session.emit(
            "session.updated",
            delay_ms=self._session.options.session_update_delay_ms,
            session=self._session.record.config,
        )

    def _on_append(self, event: Json, at: float) -> None:
        audio = rules.decode_audio(event["audio"])
        self._buffer += audio
        self._session.record.appended += audio
        if self._flow_checked:
            return
        self._flow_checked = True
        faults = rules.product_faults(
            self._session.record.config, require_pcmu=self._session.options.require_pcmu
        )
        for param, explanation in faults:
            self._session.refuse(ClientError("invalid_value", explanation, param), event, at)

    def _on_commit(self, event: Json, at: float) -> None:
        per_ms = rules.bytes_per_ms(self._session.record.config["audio"]["input"]["format"])
        rules.check_commit(len(self._buffer) / per_ms)
        audio = bytes(self._buffer)
        self._buffer.clear()
        body = {
            "type": "message",
            "role": "user",
            "status": "completed",
            "content": [{"type": "input_audio", "transcript": None}],
        }
        item = Item(new_id("item"), body, bytearray(audio))
        previous = self._session.conversation.add(item)
        self._session.emit(
            "input_audio_buffer.committed", item_id=item.id, previous_item_id=previous
        )
        self._session.announce(item, previous)
        heard = self._transcribe(audio)
        body["content"] = [{"type": "input_audio", "transcript": heard}]
        self._session.record.commits.append(Commit(at, item.id, audio, heard))
        if self._session.record.config["audio"]["input"]["transcription"] is None:
            return
        shown = None if self._session.options.fail_transcription else heard
        for kind, fields in transcription_events(item.id, shown, len(audio) / per_ms / 1000):
            self._session.emit(kind, delay_ms=self._session.options.transcript_delay_ms, **fields)

    def _transcribe(self, audio: bytes) -> str | None:
        options = self._session.options
        if options.transcribe is not None:
            try:
                return options.transcribe(
                    self._session.record, audio, len(self._session.record.commits)
                )
            except Exception as exc:
                self._session.script_error(f"transcribe: {type(exc).__name__}: {exc}")
                return None
        try:
            return options.transcripts.pop(0)
        except IndexError:
            return ""

    def _on_clear(self, event: Json, at: float) -> None:
        self._buffer.clear()
        self._session.emit("input_audio_buffer.cleared")

    def _on_output_clear(self, event: Json, at: float) -> None:
        raise ClientError(
            "invalid_value", "output_audio_buffer.clear is for WebRTC and SIP only.", "type"
        )
