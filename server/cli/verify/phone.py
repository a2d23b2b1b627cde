"""The caller of the live checks on the phone: says a sentence, and waits for what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from websockets.exceptions import WebSocketException

from server.caller.caller import Caller, ring
from server.caller.line import Webhooks
from server.cli.verify.speech import Sentence
from server.cli.verify.verdicts import Exchange
from server.clock import monotonic
from server.errors import MaaneError

ANSWER_PATHS = ("FAQ_FASTPATH", "AGENT", "FALLBACK")
"""What counts as a reply: neither the greeting nor a filler."""

_GREETING_SECONDS = 10.0
_SPEECH_SECONDS = 60.0
_ANSWER_SECONDS = 15.0


class NoCallError(MaaneError):
    """The server did not take the call as these checks need it."""

    code = "no_call"


class Phone:
    """Rings one number again and again.

    Args:
        clips: the caller's sentences, rendered, as mu-law.
        test_secret: the server's secret key: signed as tests, calls tell their transcript.
        ends_at: monotonic second after which nothing is waited for any longer.
    """

    def __init__(
        self,
        webhooks: Webhooks,
        to: str,
        test_secret: str,
        clips: Mapping[Sentence, bytes],
        ends_at: float,
    ) -> None:
        self.calls = 0
        self.clips = clips
        self._webhooks = webhooks
        self._to = to
        self._test_secret = test_secret
        self._ends_at = ends_at

    @property
    def seconds_left(self) -> float:
        """How long there still is for all that follows."""
        return max(0.0, self._ends_at - monotonic())

    def ring(self) -> Conversation:
        """Ring and listen to the greeting, if there is one.

        Raises:
            NoCallError: nobody answers, no stream was offered or it did not open (a proxy that
                does not pass WebSockets on), or the server shows no transcript.
        """
        self.calls += 1
        try:
            call = ring(self._webhooks, to=self._to, test_secret=self._test_secret)
        except (OSError, WebSocketException) as error:
            raise NoCallError(f"the call did not come about: {error}") from error
        if call.caller is None:
            answer = f"HTTP {call.answer.status} {call.answer.body[:200]}"
            raise NoCallError(f"no stream was offered: {answer}")
        conversation = Conversation(call.caller, self)
        conversation.hear_greeting()
        return conversation


class Conversation:
    """One call. Every wait has an end; what did not come is told by its absence.

    A context manager: leaving it hangs up.
    """

    def __init__(self, caller: Caller, phone: Phone) -> None:
        self.caller = caller
        self._phone = phone

    def __enter__(self) -> Conversation:
        return self

    def __exit__(self, *_: object) -> None:
        self.caller.hang_up()

    @property
    def over(self) -> bool:
        """Whether the server has ended the call."""
        return self.caller.over

    def hear_greeting(self) -> None:
        """Wait until the greeting is over.

        Raises:
            NoCallError: sound came, and no word of the transcript.
        """
        starts = self.moment("agent_starts", seconds=_GREETING_SECONDS)
        if starts is None:
            return  # a business may let its callers speak first
        self.moment("agent_stops", after=starts, seconds=_SPEECH_SECONDS)
        if not self.caller.wait_until(lambda: self.caller.turns or None, 2.0):
            self.caller.hang_up()
            raise NoCallError(
                "the server does not show its transcript: does it run with this SECRET_KEY?"
            )

    def newest(self) -> int:
        """Return the index of the newest turn; what comes of a sentence has a higher one."""
        return max(self.caller.turns, default=-1)

    def say(self, sentence: Sentence) -> float | None:
        """Speak to the end; return the call's second at which it was over."""
        begins = self.caller.now - 0.1
        self.caller.say(self._phone.clips[sentence])
        return self.moment("caller_stops", after=begins, seconds=_SPEECH_SECONDS)

    def ask(self, sentence: Sentence) -> Exchange:
        """Speak, and hear the reply to its end."""
        since = self.newest()
        self.say(sentence)
        return self.result(sentence, since)

    def result(self, sentence: Sentence, since: int) -> Exchange:
        """Wait for the reply that is heard out after the turn ``since``; return what was said."""
        self.answer(since, whole=True)
        return self.so_far(sentence, since)

    def so_far(self, sentence: Sentence, since: int) -> Exchange:
        """Return what has been said after the turn ``since``, finished or not."""
        reply = self._reply(since, whole=True) or self._reply(since, whole=False) or {}
        heard = " ".join(
            turn["text"] for turn in self._turns_after(since) if turn["speaker"] == "caller"
        )
        latency_ms = (reply.get("timings_ms") or {}).get("total_latency_ms")
        return Exchange(
            sentence.text,
            heard.strip(),
            reply.get("text", "").strip(),
            reply.get("path") or "",
            latency_ms,
        )

    def answer(self, since: int, *, whole: bool) -> dict[str, Any] | None:
        """Wait for a reply newer than the turn ``since``.

        Args:
            whole: wait until it has been heard to its end; else until it begins.
        """
        begun = self._until(lambda: self._reply(since, whole=False), _ANSWER_SECONDS)
        if begun is None or not whole:
            return begun
        return self._until(lambda: self._reply(since, whole=True), _SPEECH_SECONDS)

    def moment(self, what: str, *, after: float = -1.0, seconds: float) -> float | None:
        """Return when this first happened later than ``after`` (seconds of the call), or None."""
        try:
            timeout = min(seconds, self._phone.seconds_left)
            return self.caller.wait_for(what, after=after, timeout=timeout).at
        except TimeoutError:
            return None

    def _reply(self, since: int, *, whole: bool) -> dict[str, Any] | None:
        """Return the first reply after the turn ``since`` that has not been interrupted."""
        for turn in self._turns_after(since):
            is_reply = turn["path"] in ANSWER_PATHS and not turn["interrupted"]
            if is_reply and (turn["heard_ms"] is not None or not whole):
                return turn
        return None

    def _until(
        self, look: Callable[[], dict[str, Any] | None], seconds: float
    ) -> dict[str, Any] | None:
        return self.caller.wait_until(look, min(seconds, self._phone.seconds_left))

    def _turns_after(self, since: int) -> list[dict[str, Any]]:
        turns = dict(self.caller.turns)
        return [turns[index] for index in sorted(turns) if index > since]
