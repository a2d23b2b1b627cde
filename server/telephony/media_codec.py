"""The Media Streams protocol: JSON and base64 in, the core's events out, and back.

Source: Twilio, "Media Streams - WebSocket Messages". This module alone knows the format.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from server.errors import ProtocolError
from server.turns import events as on

MAX_MESSAGE_BYTES = 64 << 10
"""Twilio's messages are a few hundred bytes; a longer one is nobody's audio."""

MAX_TYPED_CHARS = 500


@dataclass(frozen=True, slots=True)
class StreamStart:
    """Twilio's ``start`` message."""

    stream_sid: str
    call_sid: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StreamStop:
    """Twilio's ``stop`` message: the caller or Twilio has ended the call."""


Message = StreamStart | StreamStop | on.CallerAudio | on.KeyPressed | on.MarkEchoed | on.CallerTyped


def decode(message: bytes, stream_sid: str | None) -> Message | None:
    """Return what ``message`` says, or None for what needs no answer (``connected``, unknown).

    Args:
        stream_sid: of the stream that has started; None before. Messages of another are refused.

    Raises:
        ProtocolError: too long, no JSON, of another stream, or lacking what it must hold.
    """
    if len(message) > MAX_MESSAGE_BYTES:
        raise ProtocolError(f"{len(message)} bytes", code="message_too_long")
    try:
        data = orjson.loads(message)
        event = data["event"]
        if event == "media":
            return _media(data, stream_sid)
        if event == "start":
            return _start(data)
        if event not in ("stop", "mark", "dtmf", "typed"):
            return None
        _check_stream(data, stream_sid)
        if event == "mark":
            return on.MarkEchoed(_text(data["mark"]["name"]))
        if event == "dtmf":
            return on.KeyPressed(_text(data["dtmf"]["digit"])[:1])
        if event == "typed":
            return on.CallerTyped(_text(data["typed"]["text"])[:MAX_TYPED_CHARS])
        return StreamStop()
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ProtocolError(type(error).__name__, code="malformed_message") from None


def _media(data: dict[str, object], stream_sid: str | None) -> on.CallerAudio | None:
    _check_stream(data, stream_sid)
    media = data["media"]
    if not isinstance(media, dict) or media.get("track", "inbound") != "inbound":
        return None
    try:
        return on.CallerAudio(base64.b64decode(media["payload"], validate=True))
    except (binascii.Error, ValueError):
        raise ProtocolError("payload is not base64", code="malformed_message") from None


def _start(data: dict[str, object]) -> StreamStart:
    start = data["start"]
    if not isinstance(start, dict):
        raise TypeError
    given = start.get("customParameters") or {}
    parameters = {str(name): str(value) for name, value in given.items()}
    return StreamStart(_text(start["streamSid"]), _text(start["callSid"]), parameters)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def _check_stream(data: dict[str, object], stream_sid: str | None) -> None:
    if stream_sid is None or data.get("streamSid") != stream_sid:
        raise ProtocolError("not this stream", code="wrong_stream")


class Encoder:
    """Messages to Twilio for one stream."""

    def __init__(self, stream_sid: str) -> None:
        quoted = orjson.dumps(stream_sid)
        self._media = b'{"event":"media","streamSid":' + quoted + b',"media":{"payload":"'
        self._mark = b'{"event":"mark","streamSid":' + quoted + b',"mark":{"name":'
        self.clear = b'{"event":"clear","streamSid":' + quoted + b"}"
        """Empties Twilio's buffer."""

    def media(self, audio: bytes) -> bytes:
        """Return the message that plays ``audio``, headerless mu-law."""
        return self._media + base64.b64encode(audio) + b'"}}'

    def mark(self, name: str) -> bytes:
        """Return the message that has ``name`` echoed once all before it has been played."""
        return self._mark + orjson.dumps(name) + b"}}"
