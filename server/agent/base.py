"""What a call asks of its agent and of its recogniser, whoever they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from server.turns import events as on


@dataclass(frozen=True, slots=True)
class Signal:
    """Something from an agent or recogniser, on its way to the call's loop."""

    source: object
    """Who sent it; the loop drops what comes from one that has been replaced."""
    payload: on.Event | bytes
    """An event, or a wire message that ``receive`` of the source turns into events."""


Post = Callable[[Signal], None]
"""Puts a signal on the call's inbox; callable from any thread, never blocks."""


class Transcriber(Protocol):
    """Understands the caller's words. Called by the call's loop only; never blocks."""

    name: str

    def hear(self, audio: bytes) -> None:
        """Take mu-law of the caller while an utterance is under way."""
        ...

    def commit(self, utterance_id: str) -> None:
        """The utterance has ended; ``Transcript`` with its id follows."""
        ...

    def drop_heard(self) -> None:
        """Forget what was heard since the last commit."""
        ...

    def set_language(self, language: str) -> None:
        """Expect this language (BCP 47) from now on."""
        ...

    def receive(self, message: bytes) -> list[on.Event]:
        """Return what a wire message of this recogniser means for the call."""
        ...

    def keep_alive(self) -> None:
        """Show the connection that it is wanted, and notice when it is dead."""
        ...

    def close(self) -> None:
        """Understand nothing more; nothing is sent or received afterwards."""
        ...


class Agent(Protocol):
    """Replies to the caller. Called by the call's loop only; never blocks."""

    name: str

    def receive(self, message: bytes) -> list[on.Event]:
        """Return what a wire message of this agent means for the call."""
        ...

    def ask(self, reply_id: str, text: str | None) -> None:
        """Make a reply; ``AgentAudio``, ``AgentText``, ``AgentFinished`` with its id follow.

        Args:
            text: the caller's words where they are known.
        """
        ...

    def carry_on(self, reply_id: str, said: str) -> None:
        """Finish a reply that was stopped for nothing; what follows has this new id.

        Args:
            said: its words so far, which the caller has heard or is about to.
        """
        ...

    def cancel(self, reply_id: str) -> None:
        """Stop making the reply; nothing more of it may follow."""
        ...

    def truncate(self, reply_id: str, heard_ms: int) -> None:
        """Remember no more of the reply than what the caller heard."""
        ...

    def remember_spoken(self, text: str) -> None:
        """Take note of what was said to the caller without the agent."""
        ...

    def remember_typed(self, text: str) -> None:
        """Take note of what the caller typed."""
        ...

    def set_language(self, language: str) -> None:
        """Speak this language (BCP 47) from now on."""
        ...

    def upgrade(self) -> None:
        """Take the full instructions (once, in the background)."""
        ...

    def keep_alive(self) -> None:
        """Show the connection that it is wanted, and notice when it is dead."""
        ...

    def close(self) -> None:
        """End the session; nothing is sent or received afterwards."""
        ...


class AgentSession(Agent, Transcriber, Protocol):
    """Agent and recogniser in one connection."""

    def open(self) -> None:
        """Start connecting in the background."""
        ...
