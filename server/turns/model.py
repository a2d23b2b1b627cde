"""The core's own notes: the caller's open turn, and the reply being prepared or spoken."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from server.turns.policy import Phrase


class State(StrEnum):
    """Where a call stands."""

    CONNECTING = "connecting"
    GREETING = "greeting"
    LISTENING = "listening"
    THINKING = "thinking"
    SPEAKING = "speaking"
    ENDED = "ended"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.CONNECTING: frozenset({State.GREETING, State.ENDED}),
    State.GREETING: frozenset({State.LISTENING, State.THINKING, State.ENDED}),
    # To SPEAKING: an interruption that was none, and the reply goes on.
    State.LISTENING: frozenset({State.THINKING, State.SPEAKING, State.ENDED}),
    State.THINKING: frozenset({State.LISTENING, State.SPEAKING, State.ENDED}),
    State.SPEAKING: frozenset({State.LISTENING, State.THINKING, State.ENDED}),
    State.ENDED: frozenset(),
}
"""The only changes of state that a call may make."""

GREETING_PATH, FAQ_PATH, AGENT_PATH, FALLBACK_PATH, FILLER_PATH = (
    "GREETING",
    "FAQ_FASTPATH",
    "AGENT",
    "FALLBACK",
    "FILLER",
)


@dataclass(slots=True)
class CallerTurn:
    """What the caller says until a reply sounds; one row and one reply, however many pauses."""

    utterances: list[str] = field(default_factory=list)
    """Ids of its utterances, in order."""
    texts: dict[str, str | None] = field(default_factory=dict)
    """What is known of each; None where recognition failed."""
    voiced_ms: int = 0
    speech_ms: int = 0
    """How much of it the voice activity model calls speech."""
    began_at: float | None = None
    """When the caller was first heard."""
    ended_at: float = 0.0
    """When the caller was last heard; the reply's latency counts from here."""
    committed_at: float = 0.0
    first_partial_at: float | None = None
    final_at: float | None = None
    match_ms: float | None = None
    cut: bool = False
    """It was too long and has been committed in parts: not for the FAQ."""
    settled: bool = False
    """Whether its words have been decided on; opened again when the caller goes on."""
    answered_words: str | None = None
    """The words that the reply at hand was made for."""
    index: int | None = None
    """Its row, once it has one."""

    def follows(self, earlier: CallerTurn) -> None:
        """Make this turn the continuation of ``earlier``, in its row."""
        self.utterances = earlier.utterances + self.utterances
        self.texts = earlier.texts | self.texts
        self.voiced_ms += earlier.voiced_ms
        self.speech_ms += earlier.speech_ms
        self.index = earlier.index
        self.began_at = earlier.began_at

    @property
    def length_ms(self) -> int | None:
        """From its first sound to its last one so far; None before the first pause."""
        if self.began_at is None or self.ended_at < self.began_at:
            return None
        return round((self.ended_at - self.began_at) * 1000)

    @property
    def words(self) -> str:
        """All that was understood, in order."""
        return " ".join(text for u in self.utterances if (text := self.texts.get(u)))

    @property
    def waiting(self) -> bool:
        """Whether a transcript is still to come."""
        return any(u not in self.texts for u in self.utterances)

    @property
    def failed(self) -> bool:
        """Whether some of it could not be, or has not been, recognised."""
        return any(self.texts.get(u) is None for u in self.utterances)


@dataclass(slots=True)
class Reply:
    """One reply, from being asked for to the echo of its mark."""

    id: str
    path: str
    from_agent: bool
    request_id: str = ""
    """Under which its audio comes; changes when the rest of it has to be asked for again."""
    text: str = ""
    intent_key: str | None = None
    waited_since: float = 0.0
    """Since when the caller has been waiting for it."""
    asked_words: str | None = None
    """The caller's words that the agent was asked with."""
    phrase: Phrase | None = None
    """Which fixed sentence it is, if it is one."""
    continued: bool = False
    """The rest of it has been asked for once already."""
    continued_at: float = 0.0
    """When that was."""
    ready_at: float | None = None
    """When its first audio was at hand."""
    first_sent_at: float | None = None
    """When its first audio went to the caller; None: not a sound yet."""
    finished: bool = False
    """Whether all of its audio is at hand."""
    unfinished: bool = False
    """The agent was stopped before it had made all of it."""
    mark_sent: bool = False
    hang_up: bool = False
    end_reason: str = "agent_goodbye"
    """Why the call ends after it, if it does."""
    index: int | None = None
    timings_ms: dict[str, float | None] = field(default_factory=dict)

    holds: int = 0
    """How often it was interrupted."""

    @property
    def mark(self) -> str:
        """Name of the mark after its last frame; another one after each resume."""
        return f"{self.id}:{self.holds}"


def words_heard(text: str, heard_ms: int, length_ms: int) -> str:
    """Return the words of ``text`` that fit into the heard share of its audio, rounded down."""
    if length_ms <= 0 or heard_ms >= length_ms:
        return text
    words = text.split()
    return " ".join(words[: int(len(words) * heard_ms / length_ms)])
