"""Google's synthesiser: the server's end, which asks a helper process (``google_tts``).

gRPC hangs under a green worker (docs/decisions/runtime.md), so Google has a helper process of its
own: a call to it that gets stuck holds up nothing but Google.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

import orjson

from server.errors import ProviderError, SettingsError
from server.settings import Settings
from server.speech.base import SynthesiserError, UnspeakableError
from server.speech.google_tts import REFUSED
from server.speech.hebrew.words import has_hebrew, in_words
from server.speech.helper import SpeechHelper

MAX_BYTES = 5000
"""Of one request's text, in UTF-8 (Google's limit)."""

_VOICES = {"he": ("he-IL", "he-IL-Wavenet-A")}
"""By language: Google's own code and the voice. Hebrew's other names are Standard-A to D,
Wavenet-A to D (A and C are women) and Chirp3-HD."""

_REGIONS = {"ar": "ar-XA", "en": "en-US", "fr": "fr-FR", "ru": "ru-RU"}
_OLD_CODES = {"iw": "he"}


class GoogleVoice:
    """Google Text-to-Speech through the helper process (see :mod:`server.speech.base`).

    Args:
        helper: a process for this alone.
        credentials: of a service account, as JSON.
        rate: speed; 1.0 is natural.
        endpoint: another address of the service; empty for Google's own.
    """

    name = "google"
    quick = True

    def __init__(
        self, helper: SpeechHelper, credentials: str, rate: float, endpoint: str = ""
    ) -> None:
        self._helper = helper
        self._credentials = credentials
        self._rate = rate
        self._endpoint = endpoint

    def voice_for(self, language: str, voice: str) -> str:
        """See :class:`server.speech.base.Synthesiser`."""
        code, name = _voice_of(language)
        return name or code

    def synthesise(self, text: str, language: str, voice: str, written: str = "") -> bytes:
        """See :class:`server.speech.base.Synthesiser`."""
        if "[[" in text:
            raise UnspeakableError("phonemes are for the local voice", code="phonemes")
        words = in_words(text) if has_hebrew(text) else text
        if not any(char.isalnum() for char in words):
            raise UnspeakableError("nothing in the text can be spoken", code="empty_text")
        if len(words.encode(errors="replace")) > MAX_BYTES:
            raise UnspeakableError("the text is longer than Google takes", code="text_too_long")
        code, name = _voice_of(language)
        request = {
            "do": "google_synthesise",
            "text": words,
            "language": code,
            "voice": name,
            "rate": self._rate,
            "credentials": self._credentials,
            "endpoint": self._endpoint,
        }
        try:
            return self._helper.ask(request)
        except ProviderError as error:
            kind = UnspeakableError if error.code == REFUSED else SynthesiserError
            raise kind(error.message, code=error.code) from error


def google_credentials(settings: Settings) -> str:
    """Return the service account of ``settings`` as JSON, ``""`` when there is none.

    ``GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON`` may be the JSON or its base64, and goes before the file
    of ``GOOGLE_APPLICATION_CREDENTIALS``.

    Raises:
        SettingsError: what is set cannot be read, or is no service account.
    """
    given = settings.google_cloud_service_account_json.strip()
    variable = "GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON"
    try:
        if given:
            raw = given.encode()
            if not given.startswith("{"):
                raw = base64.b64decode("".join(given.split()), validate=True)
        elif settings.google_application_credentials:
            variable = "GOOGLE_APPLICATION_CREDENTIALS"
            raw = Path(settings.google_application_credentials).read_bytes()
        else:
            return ""
        account = orjson.loads(raw)
    except (OSError, binascii.Error, ValueError) as error:
        raise SettingsError(f"{variable}: cannot be read ({type(error).__name__})") from None
    if not isinstance(account, dict) or not account.get("private_key"):
        raise SettingsError(f"{variable}: this is no service account")
    # Some tools turn the key's line ends into a backslash and an n, which no library can load.
    account["private_key"] = str(account["private_key"]).replace("\\n", "\n")
    return orjson.dumps(account).decode()


def _voice_of(language: str) -> tuple[str, str]:
    """Return Google's code and voice for a BCP 47 tag; no voice: Google's choice."""
    base, _, region = language.partition("-")
    base = _OLD_CODES.get(base.lower(), base.lower())
    if base in _VOICES:
        return _VOICES[base]
    return (f"{base}-{region}" if region else _REGIONS.get(base, base)), ""
