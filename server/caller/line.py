"""The wire of a synthetic call: the signed webhook, its TwiML, and the media socket."""

from __future__ import annotations

import base64
import queue
import threading
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from server.clock import monotonic
from server.errors import ProtocolError
from server.telephony.signature import sign

_HTTP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered to a webhook."""

    status: int
    body: str


@dataclass(frozen=True, slots=True)
class StreamOffer:
    """The ``<Connect><Stream>`` of a TwiML document, and where to go on after it."""

    url: str
    parameters: Mapping[str, str]
    after_url: str | None


class Webhooks:
    """Twilio's side of HTTP.

    Args:
        base_url: of the server, as it knows itself (the signature is computed over it).
        auth_token: signs the requests; empty for none.
    """

    def __init__(self, base_url: str, auth_token: str = "") -> None:
        self.base_url = base_url.rstrip("/")
        self._auth_token = auth_token

    def post(self, path_or_url: str, fields: Mapping[str, str]) -> Answer:
        """Post a form as Twilio does; a refusal is an answer too.

        Raises:
            ConnectionError: nobody answers there.
        """
        url = path_or_url if "://" in path_or_url else self.base_url + path_or_url
        request = urllib.request.Request(  # noqa: S310 - the server under test
            url, urllib.parse.urlencode(fields).encode(), method="POST"
        )
        if self._auth_token:
            request.add_header("X-Twilio-Signature", sign(self._auth_token, url, dict(fields)))
        try:
            with urllib.request.urlopen(request, timeout=_HTTP_SECONDS) as response:  # noqa: S310
                return Answer(response.status, response.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read().decode(errors="replace"))
        except urllib.error.URLError as error:
            raise ConnectionError(f"no server at {url}: {error.reason}") from error

    def socket_headers(self, url: str) -> dict[str, str]:
        """Return the headers of Twilio's WebSocket upgrade to ``url``."""
        if not self._auth_token:
            return {}
        return {"X-Twilio-Signature": sign(self._auth_token, url, {})}


def stream_offer(twiml: str) -> StreamOffer | None:
    """Return the stream that ``twiml`` asks for, or None.

    Raises:
        ProtocolError: it is no XML document.
    """
    try:
        root = ET.fromstring(twiml)  # noqa: S314 - our own server's
    except ET.ParseError as error:
        raise ProtocolError(f"not TwiML: {error}", code="twiml") from None
    stream = root.find("./Connect/Stream")
    if stream is None:
        return None
    parameters = {p.get("name", ""): p.get("value", "") for p in stream.findall("Parameter")}
    redirect = root.find("Redirect")
    after = redirect.text.strip() if redirect is not None and redirect.text else None
    return StreamOffer(stream.get("url", ""), parameters, after)


class MediaLine:
    """Twilio's end of a media stream. Messages from the server wait in ``inbox``."""

    def __init__(self, offer: StreamOffer, call_sid: str, headers: Mapping[str, str]) -> None:
        self.call_sid = call_sid
        self.stream_sid = "MZ" + call_sid[2:]
        self.inbox: queue.SimpleQueue[tuple[float, dict[str, Any]] | None] = queue.SimpleQueue()
        """When each message came, and what it says; None once the server has closed."""
        self._socket: ClientConnection = connect(
            offer.url, additional_headers=dict(headers), compression=None, proxy=None, legacy=True
        )
        self._sequence = 0
        self._chunk = 0
        self._send({"event": "connected", "protocol": "Call", "version": "1.0.0"})
        self._start(offer.parameters)
        threading.Thread(target=self._read, name="media-line", daemon=True).start()

    def _start(self, parameters: Mapping[str, str]) -> None:
        start = {
            "accountSid": "AC" + "0" * 32,
            "streamSid": self.stream_sid,
            "callSid": self.call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": dict(parameters),
        }
        self._send_numbered("start", start=start)

    def media(self, frame: bytes) -> None:
        """Send one frame of the caller's audio."""
        self._chunk += 1
        media = {
            "track": "inbound",
            "chunk": str(self._chunk),
            "timestamp": str(self._chunk * 20),
            "payload": base64.b64encode(frame).decode(),
        }
        self._send_numbered("media", media=media)

    def mark(self, name: str) -> None:
        """Echo a mark."""
        self._send_numbered("mark", mark={"name": name})

    def press(self, digit: str) -> None:
        """Press a key."""
        self._send_numbered("dtmf", dtmf={"track": "inbound_track", "digit": digit})

    def type_words(self, text: str) -> None:
        """Send the caller's words as text; heeded on signed test calls only."""
        self._send({"event": "typed", "streamSid": self.stream_sid, "typed": {"text": text}})

    def raw(self, message: str | bytes) -> None:
        """Send anything at all."""
        self._socket.send(message)

    def stop(self) -> None:
        """Tell that the caller has hung up; whether the server then closes is up to it."""
        stop = {"accountSid": "AC" + "0" * 32, "callSid": self.call_sid}
        self._send_numbered("stop", stop=stop)

    def hang_up(self) -> None:
        """Tell that the caller has hung up, and close."""
        self.stop()
        self.close()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    @property
    def close_code(self) -> int | None:
        """The WebSocket close code, or None while it is open."""
        return self._socket.close_code

    def _send_numbered(self, event: str, **fields: Any) -> None:
        self._sequence += 1
        sequence = str(self._sequence)
        self._send(
            {"event": event, "sequenceNumber": sequence, "streamSid": self.stream_sid, **fields}
        )

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._socket.send(orjson.dumps(message).decode())
        except ConnectionClosed as error:
            raise ConnectionError("the server has closed the stream") from error

    def _read(self) -> None:
        try:
            for message in self._socket:
                self.inbox.put((monotonic(), orjson.loads(message)))
        except ConnectionClosed:
            pass
        finally:
            self.inbox.put(None)
