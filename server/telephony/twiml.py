"""The TwiML documents that Maane answers with. Source: Twilio, "TwiML for Programmable Voice"."""

from __future__ import annotations

from collections.abc import Mapping

from twilio.twiml.voice_response import VoiceResponse

HEBREW_VOICE = "Google.he-IL-Wavenet-A"
"""There is no Amazon Polly voice for Hebrew; Twilio offers Google's."""

MESSAGE_SECONDS = 120
RING_SECONDS = 25
"""How long a person who is called in may take to answer."""

# (voice, language) of the sentences that Twilio itself has to say.
_VOICES = {"he": (HEBREW_VOICE, "he-IL"), "en": ("Google.en-US-Wavenet-F", "en-US")}

_SENTENCES = {
    "he": {
        "unknown": "המספר שאליו התקשרתם אינו פעיל במערכת. תודה ולהתראות.",
        "message": "כרגע אין לנו אפשרות לענות. אפשר להשאיר הודעה אחרי הצליל, ונחזור אליכם בהקדם.",
        "hidden": "לא ניתן לענות לשיחות ממספר חסוי. אפשר להתקשר שוב ממספר גלוי. להתראות.",
        "thanks": "תודה, קיבלנו את ההודעה. להתראות.",
    },
    "en": {
        "unknown": "The number you have called is not in service here. Goodbye.",
        "message": "We cannot answer right now. Please leave a message after the tone.",
        "hidden": "We cannot take calls from hidden numbers. Please call again and show yours.",
        "thanks": "Thank you, we have your message. Goodbye.",
    },
}


def _say(response: VoiceResponse, what: str, language: str) -> None:
    spoken = language[:2] if language[:2] in _VOICES else "he"
    voice, tag = _VOICES[spoken]
    response.say(_SENTENCES[spoken][what], voice=voice, language=tag)


def connect_stream(
    stream_url: str, status_url: str, after_url: str, parameters: Mapping[str, str]
) -> str:
    """Return the document that opens the media stream, and says where to go on after it."""
    response = VoiceResponse()
    stream = response.connect().stream(url=stream_url, status_callback=status_url)
    for name, value in parameters.items():
        stream.parameter(name=name, value=value)
    response.redirect(after_url, method="POST")
    return str(response)


def hang_up() -> str:
    """Return the document that ends the call."""
    response = VoiceResponse()
    response.hangup()
    return str(response)


def dial_person(number: str, caller_id: str, action_url: str) -> str:
    """Return the document that calls a person in.

    Args:
        number: of the person.
        caller_id: shown to them; has to be a number of the account.
        action_url: requested when that is over, or nobody has answered.
    """
    response = VoiceResponse()
    dial = response.dial(
        action=action_url, method="POST", timeout=RING_SECONDS, caller_id=caller_id or None
    )
    dial.number(number)
    return str(response)


def unknown_number(language: str = "he-IL") -> str:
    """Return the document for a number that belongs to no business."""
    response = VoiceResponse()
    _say(response, "unknown", language)
    response.hangup()
    return str(response)


def reject() -> str:
    """Return the document that does not take the call at all; nobody pays for it."""
    response = VoiceResponse()
    response.reject()
    return str(response)


def hidden_number(language: str) -> str:
    """Return the document that asks a caller to show their number."""
    response = VoiceResponse()
    _say(response, "hidden", language)
    response.hangup()
    return str(response)


def take_message(action_url: str, recording_url: str, language: str) -> str:
    """Return the document that records a message.

    Args:
        action_url: requested after the recording; without one Twilio would loop.
        recording_url: told when the recording can be fetched.
    """
    response = VoiceResponse()
    _say(response, "message", language)
    response.record(
        action=action_url,
        method="POST",
        max_length=MESSAGE_SECONDS,
        play_beep=True,
        recording_status_callback=recording_url,
    )
    return str(response)


def thanks(language: str) -> str:
    """Return the document that thanks for a message and ends the call."""
    response = VoiceResponse()
    _say(response, "thanks", language)
    response.hangup()
    return str(response)
