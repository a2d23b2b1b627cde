"""What can happen in a call, as the core is told it. Small, immutable, without behaviour."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamStarted:
    """The media stream is up; audio may flow both ways."""


@dataclass(frozen=True, slots=True)
class CallerAudio:
    """Audio of the caller, mu-law, of any length."""

    audio: bytes


@dataclass(frozen=True, slots=True)
class CallerTyped:
    """Words of the caller that came as text (test calls only)."""

    text: str


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A key of the caller's telephone."""

    digit: str


@dataclass(frozen=True, slots=True)
class MarkEchoed:
    """Twilio has played everything up to the mark, or has cleared it away."""

    name: str


@dataclass(frozen=True, slots=True)
class EndRequested:
    """The call is over or has to be: stream stopped, terminal status, shut-down."""

    reason: str
    """One of the ``end_reason`` values (see ``server.calls.endings``)."""
    politely: bool = False
    """The caller is to hear a goodbye first."""


@dataclass(frozen=True, slots=True)
class PartialTranscript:
    """The recogniser has understood some of an utterance; it may think again."""

    utterance_id: str
    """Empty while the caller still speaks."""
    text: str = ""
    """All that it has understood of it so far."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What the caller said in one utterance."""

    utterance_id: str
    text: str | None
    """Empty: no words in it. None: recognition failed."""


@dataclass(frozen=True, slots=True)
class FaqHit:
    """A prepared answer fits the utterance."""

    utterance_id: str
    intent_key: str
    answer_text: str
    score: float
    match_ms: float
    lang: str = ""
    """That the answer is in (BCP 47); empty: its letters tell."""


@dataclass(frozen=True, slots=True)
class FaqMissed:
    """No prepared answer; the agent's turn."""

    utterance_id: str
    reason: str
    match_ms: float | None
    """None when nothing was looked up."""
    clarify: str = ""
    """What to ask back when two answers would fit; empty: nothing."""
    lang: str = ""
    """That ``clarify`` is in (BCP 47)."""


@dataclass(frozen=True, slots=True)
class ClipReady:
    """Rendered speech that was asked for by ``FetchClip``."""

    reply_id: str
    audio: bytes


@dataclass(frozen=True, slots=True)
class ClipFailed:
    """Rendered speech that could not be had."""

    reply_id: str


@dataclass(frozen=True, slots=True)
class AgentAudio:
    """Speech of the agent's reply, mu-law, faster than real time."""

    reply_id: str
    audio: bytes


@dataclass(frozen=True, slots=True)
class AgentText:
    """The words of the agent's reply, piece by piece, ahead of their sound."""

    reply_id: str
    delta: str


@dataclass(frozen=True, slots=True)
class AgentFinished:
    """No more audio will come for this reply."""

    reply_id: str
    completed: bool
    """False: it failed or was cut off by a limit."""
    hang_up: bool = False
    """The agent has taken leave: end the call when this has been heard."""


@dataclass(frozen=True, slots=True)
class PromptUpgraded:
    """The agent has its full instructions."""


@dataclass(frozen=True, slots=True)
class AgentReady:
    """The agent's session is set up."""


@dataclass(frozen=True, slots=True)
class AgentLost:
    """The agent's session, ears included, cannot be reached any more."""

    reason: str


@dataclass(frozen=True, slots=True)
class SuccessorLost:
    """The session that was to follow the ageing one could not be opened."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A deadline of the core has come."""


Event = (
    StreamStarted
    | CallerAudio
    | CallerTyped
    | KeyPressed
    | MarkEchoed
    | EndRequested
    | PartialTranscript
    | Transcript
    | FaqHit
    | FaqMissed
    | ClipReady
    | ClipFailed
    | AgentAudio
    | AgentText
    | AgentFinished
    | PromptUpgraded
    | AgentReady
    | AgentLost
    | SuccessorLost
    | Tick
)
