"""The rules of one call as numbers and sentences, decided before it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Phrase(StrEnum):
    """A fixed sentence that the call itself may say, without agent or FAQ."""

    NOT_HEARD = "not_heard"
    GOODBYE = "goodbye"
    LEAVE_MESSAGE = "leave_message"


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """How one call behaves. Times are seconds unless the name says otherwise."""

    language: str = "he-IL"
    greeting_text: str = ""
    """Spoken first; where it is empty the agent makes one."""
    caller_speaks_first: bool = False
    """No greeting at all: the caller is waited for."""
    faq_enabled: bool = True
    barge_in: bool = True
    barge_in_frames: int = 10
    """Voiced frames of 20 ms that make an onset, at the latest."""
    barge_in_grace_ms: int = 0
    """For this long after a reply's first sound nothing interrupts it."""
    hangover_ms: int = 200
    """Silence after which an utterance is committed."""
    reply_after_silence_ms: int = 400
    """No reply sounds before this much silence: the 350 ms of the spec (call, 2), and the time
    that it takes to hear that the caller goes on after them."""
    merge_heard_ms: int = 400
    """Who interrupts a reply of which so little was heard was not done: it is one turn."""
    refractory_seconds: float = 1.0
    """Least time between one reply's mark and the next one's first sound; not after an
    interruption."""
    reply_after_cut_ms: int = 200
    """The same after a monologue that was cut."""
    recognises: bool = True
    """Whether there is a recogniser; without one, sound that the model calls speech is words."""
    takes_messages: bool = False
    """Where nobody can understand the caller: let the carrier record a message."""
    wordless_speech_ms: int = 300
    """So much speech interrupts where there is no recogniser."""
    min_utterance_seconds: float = 1.0
    """A shorter sound without words is no turn and gets no answer."""
    max_utterance_seconds: float = 4.5
    """A longer utterance is cut at a quiet moment and its reply prepared meanwhile."""
    transcript_wait_seconds: float = 0.8
    """After this the agent is asked without the transcript; it has the audio."""
    clip_wait_seconds: float = 2.0
    """After this without rendered speech, it is done without."""
    answer_wait_seconds: float = 6.0
    """After this without a sound from the agent, the receptionist takes over."""
    max_call_seconds: float = 1800.0
    lead_ms: int = 400
    """Audio that may wait at Twilio; the rest waits here, where it can be taken back."""
    tail_ms: int = 200
    """Silence after each reply, so that its last syllable is not cut."""
    mark_grace_seconds: float = 1.0
    """How long after its play-out a mark may be missing before a timer stands in for it."""
    phrases: Mapping[Phrase, str] = field(default_factory=dict)
