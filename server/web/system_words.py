"""What the back-end says of itself in codes and in English, in the words of the pages."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.calls.door import Answer

_PARTS = {
    "agent": _l("The voice agent"),
    "transcriber": _l("Understanding callers"),
    "synthesiser": _l("Speaking prepared sentences"),
    "recording": _l("Recording calls"),
    "recordings_recogniser": _l("Transcripts of recordings"),
    "summary": _l("Summaries"),
    "voice_activity": _l("Telling speech from noise"),
    "embeddings": _l("Matching questions"),
    "telephony": _l("Telephone line"),
    "webhooks": _l("Updates to other systems"),
    "jobs": _l("Background work"),
    "database": _l("Database"),
    "pages": _l("Pages and programming interface"),
}
_NAMES = {
    "openai-realtime": _l("OpenAI, in conversation"),
    "receptionist": _l("The receptionist: prepared answers and messages"),
    "typed-words": _l("Nobody; only typed test calls are understood"),
    "openai": _l("OpenAI"),
    "google": _l("Google"),
    "whisper": _l("Whisper, on this machine"),
    "espeak": _l("The local test voice"),
    "extractive": _l("Sentences taken from the call itself"),
    "bridge": _l("This server, from the call's own stream"),
    "twilio": _l("Twilio"),
    "silero": _l("Silero, on this machine"),
    "energy": _l("Loudness alone"),
    "none": _l("Nobody"),
}
_WHYS: tuple[tuple[re.Pattern[str], Any], ...] = (
    (re.compile(r"OPENAI_API_KEY is empty"), _l("no key of OpenAI is set")),
    (re.compile(r"AGENTS_ENABLED=0"), _l("the agent is switched off")),
    (re.compile(r"Google's credentials are set"), _l("Google's credentials are set")),
    (re.compile(r"the local test voice"), _l("no other voice is set up")),
    (re.compile(r"its model has loaded"), _l("its model has loaded")),
    (re.compile(r"cannot load"), _l("the model could not be loaded")),
    (re.compile(r"VAD_ENGINE=energy"), _l("chosen in the settings of the server")),
    (re.compile(r"no credentials and no model"), _l("nothing is set up for it")),
    (re.compile(r"the only one there is"), _l("the only one that is set up")),
    (re.compile(r"RECORDING_SOURCE"), _l("chosen in the settings of the server")),
    (re.compile(r"model "), _l("its key is set")),
    (re.compile(r"^then "), _l("the best that is set up")),
)
_LANES = {
    "download": _l("Fetching recordings"),
    "transcription": _l("Transcripts"),
    "summary": _l("Summaries"),
    "webhook": _l("Updates to other systems"),
    "upkeep": _l("Tidying up"),
    "mail": _l("E-mails and SMS"),
}
_OTHER_WORK = _l("Work in the background")
_ANSWERS = {
    Answer.CONNECT: _l("The call is taken, and the agent or its prepared answers reply."),
    Answer.FULL: _l("There is no room for more calls: a message is taken."),
    Answer.BLOCKED: _l("The number is blocked: the call is refused at once."),
    Answer.HIDDEN: _l("The number is hidden: the caller is asked to show it."),
    Answer.UNKNOWN_NUMBER: _l("The number belongs to no business here: a sentence and a hang-up."),
    Answer.NOT_READY: _l("No business could be read yet: a message is taken."),
}
_STEPS = {
    "configured": _l("A public address is set, and begins with https"),
    "reached": _l("The address leads to this server"),
    "signed": _l("Calls signed by Twilio are let in"),
    "guarded": _l("Strangers are kept out"),
    "socket": _l("The sound of calls gets through"),
}
_CODES = {
    "missing": _l("Set PUBLIC_BASE_URL to the address by which the internet reaches this server."),
    "not_https": _l("The address does not begin with https; Twilio sends sound to no other."),
    "timeout": _l("No answer within five seconds. Is the tunnel or the proxy running?"),
    "unreachable": _l("Nobody answers there. Is the name right, and the tunnel or proxy running?"),
    "certificate": _l("Its certificate is not trusted. Twilio takes only a valid public one."),
    "broken": _l("The connection broke off."),
    "another_process": _l("Another server, or another process of this one, answers there."),
    "another_server": _l("Another server answers there."),
    "no_token": _l("Set TWILIO_AUTH_TOKEN; without it only calls of this machine are taken."),
    "signature_refused": _l("The signature did not fit: the address or the token is wrong."),
    "open_to_all": _l("An unsigned request was let in."),
    "refused": _l(
        "The way to the server lets no live connections (WebSocket) through; look at the proxy."
    ),
    "handshake": _l("The live connection (WebSocket) broke off; look at the proxy."),
    "address": _l("The address cannot be read."),
}


def part(name: str) -> Any:
    """Return what a part of the server is called."""
    return _PARTS.get(name) or _("Other")


def provider(name: str) -> Any:
    """Return what serves a part; its technical name where there is no other."""
    return _NAMES.get(name, name)


def why(reason: str) -> Any:
    """Return why that one serves; the reason itself stands beside, for support."""
    return next((words for sign, words in _WHYS if sign.search(reason)), _("chosen by the server"))


def lane(name: str) -> Any:
    """Return what a lane of the queue does."""
    return _LANES.get(name, _OTHER_WORK)


def answer(name: str) -> Any:
    """Return what a caller gets."""
    return _ANSWERS[Answer(name)]


def step(name: str) -> Any:
    """Return what was looked at."""
    return _STEPS[name]


def code(name: str) -> Any:
    """Return what is wrong, and what to do."""
    if name.startswith("status_"):
        return _("It answers with %(status)s instead.", status=name.removeprefix("status_"))
    return _CODES.get(name) or _("It did not work.")


def gigabytes(size: int) -> float:
    """Return bytes as gigabytes, to one place."""
    return round(size / 1e9, 1)
