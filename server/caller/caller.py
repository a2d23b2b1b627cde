"""The caller: talks and listens on one line in real time, and keeps a log of what happened when."""

from __future__ import annotations

import base64
import contextlib
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from server.audio import mulaw
from server.audio.framing import FRAME_MS, frames_of
from server.caller.ear import Ear
from server.caller.line import Answer, MediaLine, Webhooks, stream_offer
from server.clock import monotonic
from server.errors import ProtocolError
from server.telephony.stream_token import test_call_token
from server.telephony.urls import WEBHOOK_PREFIX

_Found = TypeVar("_Found")

_QUIET_FRAMES = 40
"""Silence (0.8 s) after which a reply counts as over, if no mark says so."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened, in seconds since the stream started."""

    at: float
    what: str
    """``agent_starts agent_stops clear mark caller_starts caller_stops typed turn stop closed``."""
    detail: Any = None


@dataclass
class Call:
    """What came of ringing: a refusal, other TwiML, or a stream that is up."""

    answer: Answer
    webhook_seconds: float
    caller: Caller | None = None
    moments: list[Moment] = field(default_factory=list)


class Caller:
    """A call in progress, from the caller's side. Its own thread keeps the 20 ms rhythm."""

    def __init__(self, line: MediaLine, webhooks: Webhooks, after_url: str | None) -> None:
        self.line = line
        self.ear = Ear()
        self.moments: list[Moment] = []
        self.turns: dict[int, dict[str, Any]] = {}
        """The transcript as the server tells it to its own test calls, by index."""
        self.arrivals: deque[float] = deque(maxlen=10_000)
        """When audio came, in seconds since the stream started."""
        self._webhooks = webhooks
        self._after_url = after_url
        self.started_at = monotonic()
        """By the process's monotonic clock."""
        self._outgoing: deque[bytes | Callable[[], None]] = deque()
        self._sounding = False
        self._quiet = 0
        self._speaking = False
        self._changed = threading.Condition()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep_rhythm, name="caller", daemon=True)
        self._thread.start()

    # What a test or a script does

    def say(self, audio: bytes, words: str | None = None) -> float:
        """Speak ``audio`` now; return at once, with the moment at which it will be over.

        Args:
            words: what it says, typed beside it (before its end, as a recogniser would know).
        """
        frames = frames_of(audio)
        at_end = max(0, len(frames) - 2)
        self._outgoing.append(lambda: self._note("caller_starts"))
        self._outgoing.extend(frames[:at_end])
        if words:
            self._outgoing.append(lambda: self._type(words))
        self._outgoing.extend(frames[at_end:])
        self._outgoing.append(lambda: self._note("caller_stops"))
        return self.now + len(frames) * FRAME_MS / 1000

    def type_words(self, words: str) -> None:
        """Type words without a sound."""
        self._outgoing.append(lambda: self._type(words))

    def wait_for(self, what: str, *, after: float = -1.0, timeout: float = 10.0) -> Moment:
        """Return the first moment of this kind later than ``after`` (stream seconds).

        Raises:
            TimeoutError: it did not come in time; the message tells what did.
        """

        def look() -> Moment | None:
            return next((m for m in self.moments if m.what == what and m.at > after), None)

        moment = self.wait_until(look, timeout)
        if moment is None:
            raise TimeoutError(f"no {what} after {after:.2f}: {self.moments[-12:]}")
        return moment

    def wait_until(self, look: Callable[[], _Found | None], timeout: float) -> _Found | None:
        """Return what ``look`` finds; None where it found nothing in time, or the line closed.

        Args:
            look: is asked again after everything that happens on the line.
        """
        found: list[_Found] = []

        def seen() -> bool:
            found[:] = [thing for thing in (look(),) if thing is not None]
            return bool(found)

        with self._changed:
            self._changed.wait_for(lambda: seen() or self._ended.is_set(), timeout)
        return found[0] if found or seen() else None

    def stop_stream(self) -> None:
        """Send Twilio's ``stop`` and leave the closing to the server (then hang up as ever)."""
        self._outgoing.append(lambda: self._note("stop"))
        self._outgoing.append(self.line.stop)

    def hang_up(self) -> None:
        """Hang up as a caller does: stop, close, final status. Fine on a line that is closed."""
        self._ended.set()
        self._thread.join(1)
        with contextlib.suppress(ConnectionError):
            self.line.hang_up()
        self._webhooks.post(
            f"{WEBHOOK_PREFIX}/call_status",
            {"CallSid": self.line.call_sid, "CallStatus": "completed"},
        )

    def after_stream(self, fields: dict[str, str]) -> Answer | None:
        """Go on with the TwiML after the stream, as Twilio does once the server has closed it."""
        if self._after_url is None:
            return None
        return self._webhooks.post(self._after_url, {"CallSid": self.line.call_sid, **fields})

    @property
    def now(self) -> float:
        """Seconds since the stream started."""
        return monotonic() - self.started_at

    @property
    def over(self) -> bool:
        """Whether the line is closed."""
        return self._ended.is_set()

    def seconds_of(self, what: str) -> list[float]:
        """Return when each moment of this kind was."""
        return [moment.at for moment in self.moments if moment.what == what]

    # The rhythm

    def _keep_rhythm(self) -> None:
        frame_number = 0
        silence = mulaw.silence(FRAME_MS)
        try:
            while not self._ended.is_set():
                self._take_messages()
                self._listen()
                while self._outgoing and not isinstance(self._outgoing[0], bytes):
                    step = self._outgoing.popleft()
                    if callable(step):
                        step()
                frame = self._outgoing.popleft() if self._outgoing else silence
                if isinstance(frame, bytes):
                    self.line.media(frame)
                frame_number += 1
                wait = self.started_at + frame_number * FRAME_MS / 1000 - monotonic()
                if wait > 0:
                    time.sleep(wait)
        except ConnectionError:
            with contextlib.suppress(ConnectionError):
                self._take_messages()  # what came before the end
        finally:
            self._note("closed", self.line.close_code)
            self._ended.set()
            with self._changed:
                self._changed.notify_all()

    def _listen(self) -> None:
        audible, marks = self.ear.play()
        self._quiet = 0 if audible else self._quiet + 1
        if audible and not self._sounding:
            self._sounding = True
            self._note("agent_starts")
        for name in marks:
            self._echo(name)
        if self._sounding and (marks or self._quiet >= _QUIET_FRAMES):
            self._sounding = False
            self._note("agent_stops")

    def _take_messages(self) -> None:
        while not self.line.inbox.empty():
            arrival = self.line.inbox.get_nowait()
            if arrival is None:
                raise ConnectionError("the server has closed the stream")
            self._take(*arrival)

    def _take(self, at: float, message: dict[str, Any]) -> None:
        event = message.get("event")
        if message.get("streamSid") != self.line.stream_sid:
            raise ProtocolError(f"{event} for another stream", code="wrong_stream")
        if event == "media":
            self.arrivals.append(at - self.started_at)
            self.ear.media(base64.b64decode(message["media"]["payload"], validate=True))
        elif event == "mark":
            for name in self.ear.mark(message["mark"]["name"]):
                self._echo(name)
        elif event == "clear":
            self._note("clear", at - self.started_at)
            if self._sounding:
                self._sounding = False
                self._note("agent_stops")
            for name in self.ear.clear():
                self.line.mark(name)
        elif event == "turn":
            turn = message["turn"]
            self.turns[turn["index"]] = turn
            self._note("turn", turn)
        else:
            raise ProtocolError(f"unknown event {event}", code="unknown_event")

    def _echo(self, name: str) -> None:
        self._note("mark", name)
        self.line.mark(name)

    def _type(self, words: str) -> None:
        self._note("typed", words)
        self.line.type_words(words)

    def _note(self, what: str, detail: Any = None) -> None:
        with self._changed:
            self.moments.append(Moment(round(self.now, 3), what, detail))
            self._changed.notify_all()


def new_call_sid() -> str:
    """Return a fresh CallSid of Twilio's form."""
    return "CA" + secrets.token_hex(16)


def ring(
    webhooks: Webhooks,
    *,
    to: str,
    from_number: str = "+972541234567",
    call_sid: str | None = None,
    test_secret: str = "",
    extra: dict[str, str] | None = None,
) -> Call:
    """Ring a number at the server and open the stream that it offers.

    Args:
        test_secret: the server's secret key; with it the call is a signed test call, whose typed
            words are heeded.

    Raises:
        ConnectionError: nobody answers.
    """
    call_sid = call_sid or new_call_sid()
    fields = {
        "CallSid": call_sid,
        "AccountSid": "AC" + "0" * 32,
        "From": from_number,
        "To": to,
        "CallStatus": "ringing",
        "Direction": "inbound",
        "ApiVersion": "2010-04-01",
        **(extra or {}),
    }
    if test_secret:
        fields["TestCall"] = test_call_token(test_secret, call_sid)
    rung_at = monotonic()
    answer = webhooks.post(f"{WEBHOOK_PREFIX}/voice", fields)
    call = Call(answer, monotonic() - rung_at)
    offer = stream_offer(answer.body) if answer.status == 200 else None
    if offer is not None:
        line = MediaLine(offer, call_sid, webhooks.socket_headers(offer.url))
        call.caller = Caller(line, webhooks, offer.after_url)
    return call
