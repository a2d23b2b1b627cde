"""The rules of one call as numbers and sentences, decided before it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from server.audio.voice import NORMAL, Sensitivity


class Phrase(StrEnum):
    """A fixed sentence that the call itself may say, without agent or FAQ."""

    NOT_HEARD = "not_heard"
    GOODBYE = "goodbye"
    LEAVE_MESSAGE = "leave_message"
    HOLD_ON = "hold_on"
    """The first words of a call whose greeting is late."""
    FILLER = "filler"
    SECOND_FILLER = "second_filler"
    STILL_THERE = "still_there"
    NEARLY_OVER = "nearly_over"
    TIME_IS_UP = "time_is_up"
    TRANSFER = "transfer"
    WANTS_PERSON = "wants_person"
    """What the caller means who presses 0; told to the agent, not spoken."""


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """How one call behaves. Times are seconds unless the name says otherwise."""

    language: str = "he-IL"
    greeting_text: str = ""
    """Spoken first; where it is empty the agent makes one."""
    caller_speaks_first: bool = False
    """The caller is waited for; who says nothing hears the greeting after all."""
    first_word_wait_seconds: float = 4.0
    """For so long."""
    faq_enabled: bool = True
    """Whether prepared answers are looked up at all; whether they are used is decided there."""
    barge_in: bool = True
    barge_in_frames: int = 10
    """Voiced frames of 20 ms that make an onset, at the latest."""
    barge_in_grace_ms: int = 0
    """For this long after a reply's first sound nothing interrupts it."""
    sensitivity: Sensitivity = NORMAL
    """How easily sound is taken for speech."""
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
    agent_hears: bool = True
    """Whether the agent has the caller's sound, and may understand what the recogniser does not."""
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
    late_transcript_wait_seconds: float = 3.0
    """The same once the session is lost and a slower recogniser has taken its place."""
    answer_wait_seconds: float = 6.0
    """After this without a sound from the agent, the receptionist takes over."""
    stall_seconds: float = 0.85
    """Silence in the middle of a reply after which the rest of it is asked for again."""
    filler_after_seconds: float = 1.5
    """Silence after the caller's last sound that is filled by a word of our own."""
    filler_gap_seconds: float = 1.8
    """Silence after the first filler that is filled by the second."""
    silence_prompt_seconds: float = 10.0
    """Nobody speaks for so long: the caller is asked whether anybody is there."""
    silence_hangup_seconds: float = 10.0
    """And for so long after that: the call ends."""
    max_call_seconds: float = 1800.0
    call_notice_seconds: float = 30.0
    """So long before its cap the call's end is announced, at the next pause."""
    call_goodbye_seconds: float = 6.0
    """So long before its cap the call takes leave."""
    reconnects: bool = False
    """Whether a lost session is opened anew."""
    reconnect_seconds: float = 2.0
    """For so long that is tried before the receptionist takes over."""
    rotate_after_seconds: float = 55 * 60.0
    """Age at which a session is replaced, at a pause, before the service ends it."""
    hears_without_session: bool = False
    """Whether another recogniser takes over where the session is lost."""
    transfers: bool = False
    """Whether there is a person who can be called in now."""
    lead_ms: int = 400
    """Audio that may wait at Twilio; the rest waits here, where it can be taken back."""
    tail_ms: int = 200
    """Silence after each reply, so that its last syllable is not cut."""
    mark_grace_seconds: float = 1.0
    """How long after its play-out a mark may be missing before a timer stands in for it."""
    phrases: Mapping[str, Mapping[Phrase, str]] = field(default_factory=dict)
    """The fixed sentences by language (two letters)."""

    def phrase(self, phrase: Phrase, language: str) -> str:
        """Return a fixed sentence in ``language``, else in the call's first one; empty if none."""
        for known in (language[:2], self.language[:2]):
            if found := self.phrases.get(known, {}).get(phrase):
                return found
        return ""
