"""One Realtime session that reads sentences aloud, outside of any conversation.

Plain blocking code for the renderer's thread. Nothing is awaited without an end: whoever waits
sets a timer that cuts the connection.
"""

from __future__ import annotations

import base64
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from server.audio import mulaw
from server.errors import ProviderError
from server.net.client import connect
from server.speech.base import SynthesiserError

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
SENTENCE_SECONDS = 20.0
USER_AGENT = "Maane (rendering)"
"""Tells these sessions from those of calls."""

VOICE_REFUSED = "voice_refused"

_CLOSE_SECONDS = 1.0
_LONGEST_BYTES = 180 * mulaw.SAMPLE_RATE
_FORMAT = {"type": "audio/pcmu"}


@dataclass(frozen=True, slots=True)
class Take:
    """What the model made of one request.

    Attributes:
        audio: headerless 8 kHz mu-law.
        transcript: what the service says it holds.
        finished: False when it was cut off at a limit.
    """

    audio: bytes
    transcript: str
    finished: bool


class VoiceSession:
    """An open session. One thread uses it; any thread may close it.

    Raises (on opening):
        SynthesiserError: it could not be opened or set up; the code is ``voice_refused`` where
            the service does not know the voice.
    """

    def __init__(self, url: str, api_key: str, voice: str, speed: float) -> None:
        self.voice = voice
        headers = {"Authorization": f"Bearer {api_key}", "User-Agent": USER_AGENT}
        try:
            self._socket = connect(url, headers, CONNECT_SECONDS)
        except ProviderError as error:
            raise SynthesiserError(error.message, code=error.code) from error
        self._messages = self._socket.messages()
        self._sequence = 0
        self._timed_out = False
        try:
            self._set_up(speed)
        except BaseException:
            self.close()
            raise

    def say(self, instructions: str, max_tokens: int) -> Take:
        """Return what the model says when told ``instructions``, which is outside of the talk.

        Raises:
            SynthesiserError: the service failed, refused, or took too long; the session is over.
        """
        with self._at_most(SENTENCE_SECONDS):
            self._send(
                "response.create",
                response={
                    "conversation": "none",
                    "input": [],
                    "instructions": instructions,
                    "output_modalities": ["audio"],
                    "audio": {"output": {"format": _FORMAT, "voice": self.voice}},
                    "max_output_tokens": max_tokens,
                    "metadata": {"clip": str(self._sequence)},
                },
            )
            return self._take()

    def close(self) -> None:
        """End the session: close frame, the peer's answer, then the connection."""
        self._socket.close()
        with self._at_most(_CLOSE_SECONDS):
            for _ in self._messages:
                pass
        self._socket.dispose()

    def hang_up(self) -> None:
        """Send the close frame while another thread waits for a sentence; that then fails."""
        self._socket.close()

    def _set_up(self, speed: float) -> None:
        with self._at_most(CONNECT_SECONDS):
            self._send(
                "session.update",
                session={
                    "type": "realtime",
                    "instructions": "You read texts aloud, word for word.",
                    "output_modalities": ["audio"],
                    "audio": {
                        "input": {"format": _FORMAT, "transcription": None, "turn_detection": None},
                        "output": {"format": _FORMAT, "voice": self.voice, "speed": speed},
                    },
                },
            )
            for event in self._events():
                if event.get("type") == "session.updated":
                    return

    def _take(self) -> Take:
        response_id: str | None = None
        audio = bytearray()
        said: list[str] = []
        for event in self._events():
            kind = event.get("type")
            if kind == "response.created":
                response_id = response_id or event["response"]["id"]
            elif kind == "response.done" and event["response"]["id"] == response_id:
                return _finished(event["response"], bytes(audio), " ".join(said))
            elif event.get("response_id") != response_id:
                continue
            elif kind == "response.output_audio.delta":
                audio += base64.b64decode(event["delta"])
                if len(audio) > _LONGEST_BYTES:
                    raise SynthesiserError("endless audio", code="too_long")
            elif kind == "response.output_audio_transcript.done":
                said.append(str(event["transcript"]))
        raise AssertionError("the events never just end")

    def _events(self) -> Iterator[dict[str, Any]]:
        """Yield the service's events; raises where there will be no more that matter."""
        for message in self._messages:
            event = orjson.loads(message)
            if event.get("type") == "error":
                error = event.get("error") or {}
                refused = "voice" in (error.get("param") or "")
                code = VOICE_REFUSED if refused else error.get("code") or "error"
                raise SynthesiserError(str(error.get("message"))[:200], code=str(code))
            yield event
        code = "timeout" if self._timed_out else "closed"
        raise SynthesiserError(f"the session ended: {code}", code=code)

    def _send(self, kind: str, **fields: Any) -> None:
        self._sequence += 1
        event_id = f"clip_{self._sequence}"
        self._socket.send(orjson.dumps({"type": kind, "event_id": event_id, **fields}))

    @contextmanager
    def _at_most(self, seconds: float) -> Iterator[None]:
        """Cut the connection when the block takes longer; make one error of what breaks in it."""

        def cut() -> None:
            self._timed_out = True
            self._socket.abort()

        timer = threading.Timer(seconds, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except ConnectionError as error:
            code = "timeout" if self._timed_out else "closed"
            raise SynthesiserError(str(error), code=code) from error
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            name = type(error).__name__
            raise SynthesiserError(f"an event made no sense: {name}", code="protocol") from error
        finally:
            timer.cancel()


def _finished(response: dict[str, Any], audio: bytes, said: str) -> Take:
    status = response.get("status")
    if status in ("completed", "incomplete"):
        return Take(audio, said, finished=status == "completed")
    error = (response.get("status_details") or {}).get("error") or {}
    raise SynthesiserError(f"the response ended {status}", code=str(error.get("code") or status))
