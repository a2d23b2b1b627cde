"""What the core wants done. The session carries these out in the order given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SendAudio:
    """Mu-law for the caller's ear."""

    audio: bytes


@dataclass(frozen=True, slots=True)
class SendMark:
    """A label that Twilio echoes when everything before it has been played."""

    name: str


@dataclass(frozen=True, slots=True)
class SendClear:
    """Empty Twilio's buffer: the caller hears silence at once."""


@dataclass(frozen=True, slots=True)
class HearAudio:
    """Audio of the caller for agent and recogniser."""

    audio: bytes


@dataclass(frozen=True, slots=True)
class CommitUtterance:
    """The caller has stopped: transcribe what was heard."""

    utterance_id: str


@dataclass(frozen=True, slots=True)
class DropHeard:
    """What was heard since the last commit was no speech: forget it."""


@dataclass(frozen=True, slots=True)
class MatchFaq:
    """Look for a prepared answer; ``FaqHit`` or ``FaqMissed`` follows."""

    utterance_id: str
    text: str
    language: str
    """That the words are in (BCP 47)."""


@dataclass(frozen=True, slots=True)
class FetchClip:
    """Get rendered speech; ``ClipReady`` or ``ClipFailed`` follows."""

    reply_id: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class AskAgent:
    """Have the agent reply; ``AgentAudio``… with the same ``reply_id`` follow."""

    reply_id: str
    text: str | None
    """The caller's words where they are known; the agent has heard the audio too."""


@dataclass(frozen=True, slots=True)
class ContinueAgent:
    """Have the agent finish a reply that it was stopped in, where nothing had been said."""

    reply_id: str
    said: str
    """What the caller has heard, or will have heard when this comes."""


@dataclass(frozen=True, slots=True)
class CancelAgent:
    """Stop the reply upstream; its late audio is no longer wanted."""

    reply_id: str


@dataclass(frozen=True, slots=True)
class TruncateAgent:
    """Make the agent remember only what the caller heard of its reply."""

    reply_id: str
    heard_ms: int


@dataclass(frozen=True, slots=True)
class RememberSpoken:
    """Tell the agent what was said to the caller without it."""

    text: str


@dataclass(frozen=True, slots=True)
class RememberTyped:
    """Tell the agent what the caller typed instead of saying it."""

    text: str


@dataclass(frozen=True, slots=True)
class UpgradePrompt:
    """Give the agent its full instructions; happens once."""


History = tuple[tuple[str, str], ...]
"""What was said and heard so far: ("caller" or "agent", words), in order."""


@dataclass(frozen=True, slots=True)
class ReopenAgent:
    """Open the lost session anew, with the conversation so far.

    ``AgentReady`` or ``AgentLost`` follows; what is asked meanwhile waits for it.
    """

    history: History
    upgraded: bool
    """Whether it is to have its full instructions from the start."""


@dataclass(frozen=True, slots=True)
class OpenSuccessor:
    """Open a second session beside the ageing one; ``AgentReady`` follows."""

    history: History


@dataclass(frozen=True, slots=True)
class TakeSuccessor:
    """Let the second session take the first one's place."""

    missed: History
    """What was said since it was opened."""


@dataclass(frozen=True, slots=True)
class UseReceptionist:
    """Replace the agent by the local receptionist."""

    reason: str
    keeps_ears: bool
    """The session still transcribes; it only fails to answer."""


@dataclass(frozen=True, slots=True)
class SwitchLanguage:
    """The agent speaks another language now: recogniser and fixed sentences follow."""

    language: str


@dataclass(frozen=True, slots=True)
class SaveTurn:
    """Store one turn. Sent again with the same index when more of it is known."""

    index: int
    speaker: str
    text: str
    path: str | None = None
    intent_key: str | None = None
    heard_ms: int | None = None
    interrupted: bool = False
    start_ms: int | None = None
    """When its first sound was, counted from the start of the stream."""
    length_ms: int | None = None
    """How long it is when all of it is said; None while that is not known."""
    timings_ms: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """A line for the log: a tag of the spec with its fields."""

    tag: str
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close both sockets; nothing follows."""

    reason: str


Action = (
    SendAudio
    | SendMark
    | SendClear
    | HearAudio
    | CommitUtterance
    | DropHeard
    | MatchFaq
    | FetchClip
    | AskAgent
    | ContinueAgent
    | CancelAgent
    | TruncateAgent
    | RememberSpoken
    | RememberTyped
    | UpgradePrompt
    | ReopenAgent
    | OpenSuccessor
    | TakeSuccessor
    | UseReceptionist
    | SwitchLanguage
    | SaveTurn
    | Note
    | HangUp
)
