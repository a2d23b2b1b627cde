"""The rules that one call goes by, from the server's settings and its business's own."""

from __future__ import annotations

from server.agent.google_transcriber import ANSWER_SECONDS
from server.agent.sentences import SENTENCES
from server.calls.agents import Agents
from server.calls.tuning import tuning
from server.clock import utc_now
from server.directory import BusinessProfile
from server.settings import Settings
from server.turns.policy import CallPolicy, Phrase

_SESSION_WAIT_SECONDS = 0.8
"""For a transcript; then the agent is asked all the same, for it has heard the caller itself."""

_GOOGLE_WAIT_SECONDS = ANSWER_SECONDS + 0.2
"""Where the agent hears nothing, and has to be told."""

_PHRASES = {
    Phrase.NOT_HEARD: "not_heard",
    Phrase.GOODBYE: "goodbye",
    Phrase.LEAVE_MESSAGE: "leave_message",
    Phrase.HOLD_ON: "hold_on",
    Phrase.FILLER: "filler",
    Phrase.SECOND_FILLER: "second_filler",
    Phrase.STILL_THERE: "still_there",
    Phrase.NEARLY_OVER: "nearly_over",
    Phrase.TIME_IS_UP: "goodbye",
    Phrase.TRANSFER: "transfer",
    Phrase.WANTS_PERSON: "wants_person",
}
_SPOKEN_PHRASES = {
    language: {phrase: said[name] for phrase, name in _PHRASES.items()}
    for language, said in SENTENCES.items()
}


def call_policy(
    settings: Settings,
    agents: Agents,
    business: BusinessProfile,
    direction: str,
    greets: str,
    *,
    is_test: bool,
    talks: bool,
    max_seconds: float,
) -> CallPolicy:
    """Return the rules for a call that comes now.

    Args:
        settings: the server's.
        agents: what there is to answer and to listen with.
        business: whose call it is.
        direction: ``inbound`` or ``outbound``.
        greets: the greeting; empty where the agent makes it up.
        is_test: a browser's or a demo's call, which no carrier could record.
        talks: whether it may have a session, which costs money.
        max_seconds: how long it may last, where that is less than any call may.
    """
    own = business.settings
    opens_session = talks and agents.open_sessions
    tuned = tuning(settings, own.ears)
    inbound = direction == "inbound"
    return CallPolicy(
        language=business.lang,
        greeting_text=greets,
        caller_speaks_first=inbound and own.caller_speaks_first,
        barge_in=tuned.barge_in,
        barge_in_frames=tuned.onset_frames,
        barge_in_grace_ms=settings.barge_in_grace_ms,
        refractory_seconds=settings.reply_refractory_ms / 1000,
        recognises=agents.understand,
        hears_without_session=agents.understand,
        agent_hears=talks and agents.generate,
        reconnects=opens_session,
        rotate_after_seconds=settings.realtime_rotate_sec,
        transfers=bool(own.transfer_number) and own.is_open(utc_now(), business.timezone),
        transcript_wait_seconds=(_SESSION_WAIT_SECONDS if opens_session else _GOOGLE_WAIT_SECONDS),
        filler_after_seconds=settings.filler_after_ms / 1000,
        silence_prompt_seconds=settings.silence_prompt_sec,
        silence_hangup_seconds=settings.silence_hangup_sec,
        sensitivity=tuned.sensitivity,
        hangover_ms=tuned.hangover_ms,
        min_utterance_seconds=settings.min_utt_sec,
        max_utterance_seconds=settings.max_utt_sec,
        max_call_seconds=min(settings.max_call_sec, max_seconds),
        takes_messages=not is_test,
        phrases=_SPOKEN_PHRASES,
    )
