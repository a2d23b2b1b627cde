"""One response: it asks the script, then plays the reply against the clock until done or cut."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from .mulaw import BYTES_PER_MS, SILENCE, speak
from .options import Json, RealtimeOptions, Reply, ReplyContext, ToolCall
from .output_items import Emitter, OutputCall, OutputItem, OutputMessage
from .records import ResponseRecord
from .replies import default_reply


class Host(Emitter, Protocol):
    """The part of a session that a response needs."""

    options: RealtimeOptions
    lock: threading.RLock

    def response_ended(self, run: "ResponseRun") -> None:
        """Forget the response; called just before ``response.done`` is queued."""

    def script_error(self, message: str) -> None:
        """Record a mistake of the test's script."""

    def drop(self) -> None:
        """Cut the TCP connection."""


@dataclass(frozen=True)
class Ending:
    """Status and ``status_details`` of a response that is over."""

    status: str
    details: Json | None = None


COMPLETED = Ending("completed")
CANCELLED = Ending("cancelled", {"type": "cancelled", "reason": "client_cancelled"})


def failed(code: str, message: str) -> Ending:
    """The ending of a response that failed in the service."""
    kind = "rate_limit_error" if code == "rate_limit_exceeded" else "server_error"
    error = {"type": kind, "code": code, "message": message}
    return Ending("failed", {"type": "failed", "error": error})


class ResponseRun:
    """A response in progress, on a thread of its own.

    ``output_format`` and ``modality`` ("audio" or "text") are the effective ones.
    """

    def __init__(
        self,
        host: Host,
        record: ResponseRecord,
        context: ReplyContext,
        *,
        modality: str,
        output_format: Json,
    ) -> None:
        self.record = record
        self.modality = modality
        self.output_format = output_format
        self.outputs: list[OutputItem] = []
        self.cancelled = False
        self._host = host
        self._context = context
        self._abandoned = False
        self._unsaid = b""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"realtime-{record.id}", daemon=True)

    def start(self) -> None:
        """Begin; ``response.created`` must have been queued before."""
        self._thread.start()

    def cancel(self) -> None:
        """Stop at once (session lock held): no more deltas, ``response.done`` cancelled."""
        self.cancelled = True
        self.record.cancelled_at = time.monotonic()
        self._stop.set()

    def abandon(self) -> None:
        """The socket is gone: stop without another event, and wait for the thread."""
        self._abandoned = True
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def wire(self, usage: Json | None = None) -> Json:
        """The response object of ``response.created`` and ``response.done``."""
        record = self.record
        return {
            "object": "realtime.response",
            "id": record.id,
            "status": record.status,
            "status_details": record.status_details,
            "output": [output.item.wire() for output in self.outputs],
            "conversation_id": None if record.out_of_band else "conv_default",
            "output_modalities": [self.modality],
            "max_output_tokens": record.request.get("max_output_tokens", "inf"),
            "audio": {"output": {"format": self.output_format}},
            "usage": usage,
            "metadata": record.metadata or None,
        }

    def _run(self) -> None:
        ending = self._play()
        with self._host.lock:
            if self._abandoned:
                return
            if self.cancelled:
                ending = CANCELLED
                self._finish_cut_item()
            self.record.status, self.record.status_details = ending.status, ending.details
            self.record.done_at = time.monotonic()
            self._host.response_ended(self)
            self._host.emit("response.done", response=self.wire(self._usage()))

    def _play(self) -> Ending:
        options = self._host.options
        first_at = self.record.created_at + options.first_audio_delay_ms / 1000
        if options.rate_limit_responses:
            return failed("rate_limit_exceeded", "Rate limit reached for this model.")
        if options.stall_after_create:
            self._stop.wait()
            return CANCELLED
        try:
            reply = (options.reply or default_reply)(self._context)
            self._check_tools(reply)
        except Exception as exc:
            self._host.script_error(f"{type(exc).__name__}: {exc}")
            return failed("server_error", f"The test's reply script failed: {exc}")
        if self._pause_until(first_at):
            whole = reply.status == "completed"
            if reply.text or reply.audio:
                self._message(reply, "completed" if whole else "incomplete")
            for call in reply.tool_calls:
                self._tool_call(call, "completed" if whole else "incomplete")
        if reply.status == "failed":
            return failed(reply.error_code, reply.error_message)
        if reply.status == "incomplete":
            return Ending("incomplete", {"type": "incomplete", "reason": reply.reason})
        return COMPLETED

    def _check_tools(self, reply: Reply) -> None:
        offered = {tool.get("name") for tool in self._context.tools}
        for call in reply.tool_calls:
            if call.name not in offered:
                raise LookupError(f"the reply calls {call.name!r}, which the client did not offer")

    def _message(self, reply: Reply, status: str) -> None:
        spoken = self.modality == "audio"
        message = OutputMessage(
            self._host,
            self.record,
            len(self.outputs),
            spoken=spoken,
            audio_format=self.output_format,
        )
        if not self._begin(message):
            return
        complete = self._speak(message, reply) if spoken else self._write(message, reply.text)
        if complete:
            self._step(lambda: message.close(status))

    def _write(self, message: OutputMessage, text: str) -> bool:
        words = text.split(" ")
        pieces = [word + " " for word in words[:-1]] + words[-1:]
        return all(self._step(partial(message.say, piece, time.monotonic())) for piece in pieces)

    def _speak(self, message: OutputMessage, reply: Reply) -> bool:
        """Send audio and transcript in step; False when cut short."""
        options = self._host.options
        audio = speak(reply.text) if reply.audio is None else reply.audio
        words = reply.text.split()
        size = options.delta_ms * BYTES_PER_MS
        limit = options.drop_mid_answer_after_ms
        if limit is not None:
            size = max(1, min(size, limit * BYTES_PER_MS))
        said, next_at = 0, time.monotonic()
        for start in range(0, len(audio), size):
            self._unsaid = audio[start:]
            if not self._pause_until(next_at):
                return False
            chunk = audio[start : start + size]
            due = -(-len(words) * (start + len(chunk)) // len(audio))
            text = "".join((" " if index else "") + words[index] for index in range(said, due))
            said = due
            if not self._step(partial(message.utter, text, chunk, time.monotonic())):
                return False
            self._unsaid = audio[start + size :]
            if limit is not None and self.record.audio_ms >= limit:
                self._host.drop()
                self._stop.wait()
                return False
            if options.audio_pace > 0:
                next_at += len(chunk) / (BYTES_PER_MS * 1000) / options.audio_pace
        return True

    def _tool_call(self, call: ToolCall, status: str) -> None:
        arguments = call.arguments
        if not isinstance(arguments, str):
            arguments = json.dumps(arguments, ensure_ascii=False)
        output = OutputCall(self._host, self.record, len(self.outputs), call)
        if not self._begin(output):
            return
        half = (len(arguments) + 1) // 2
        for piece in filter(None, (arguments[:half], arguments[half:])):
            if not self._step(partial(output.write, piece)):
                return
            if not self._pause_until(
                time.monotonic() + self._host.options.tool_argument_delay_ms / 1000
            ):
                return
        self._step(lambda: output.close(status))

    def _begin(self, output: OutputItem) -> bool:
        def begin() -> None:
            self.outputs.append(output)
            output.open()

        return self._step(begin)

    def _step(self, action: Callable[[], None]) -> bool:
        """Run ``action`` under the session's lock unless the response has been stopped."""
        with self._host.lock:
            if self._stop.is_set():
                return False
            action()
            return True

    def _pause_until(self, moment: float) -> bool:
        """Wait for a time of the monotonic clock; False when stopped first."""
        return not self._stop.wait(max(0.0, moment - time.monotonic()))

    def _finish_cut_item(self) -> None:
        """Close the item that a cancel left open, after the late deltas a test asked for."""
        if not self.outputs or self.outputs[-1].item.body["status"] != "in_progress":
            return
        output = self.outputs[-1]
        if isinstance(output, OutputMessage) and self.modality == "audio":
            size = self._host.options.delta_ms * BYTES_PER_MS
            for _ in range(self._host.options.late_deltas_after_cancel):
                chunk, self._unsaid = self._unsaid[:size], self._unsaid[size:]
                output.sound(chunk or SILENCE * size, time.monotonic())
        output.close("incomplete")

    def _usage(self) -> Json:
        """Token counts by the service's rule of thumb: 1 per 50 ms of speech, 1 per 4 letters."""
        heard = sum(len(item.audio) for item in self._host.conversation if not item.is_assistant)
        audio_in = heard // (100 * BYTES_PER_MS)
        text_in = len(self._context.instructions) // 4 + sum(
            len(item.text) // 4 for item in self._context.items
        )
        audio_out = int(self.record.audio_ms) // 50
        text_out = len(self.record.text) // 4
        details: dict[str, Any] = {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0}
        return {
            "total_tokens": audio_in + text_in + audio_out + text_out,
            "input_tokens": audio_in + text_in,
            "output_tokens": audio_out + text_out,
            "input_token_details": {
                "text_tokens": text_in,
                "audio_tokens": audio_in,
                "image_tokens": 0,
                "cached_tokens": 0,
                "cached_tokens_details": details,
            },
            "output_token_details": {"text_tokens": text_out, "audio_tokens": audio_out},
        }
