"""What the caller of the live checks says, and the second voice that says it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from server.agent.voice import AgentVoice
from server.audio import mulaw
from server.audio.framing import frames_of
from server.faq.normalize import normalize
from server.speech.shelf import Shelf

_AUDIBLE_RMS = 150.0
"""A frame louder than this is speech, in 16-bit units: the rendered voice has no noise."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One thing that the caller says: short, and without commas, at which a voice would pause."""

    text: str
    language: str = "he-IL"


TELL_ALL = Sentence("ספרו לי בבקשה על כל מה שאתם עושים")
TELL_MORE = Sentence("תפרטו עוד בבקשה על כל דבר ודבר")
INTERRUPTION = Sentence("סליחה רגע יש לי שאלה אחרת לגמרי")
BOOKING = Sentence("אני רוצה לקבוע תור בבקשה")
TIME = Sentence("מה השעה?")
ENGLISH = Sentence("Hello I need some help in English please", "en-US")
HEBREW_AGAIN = Sentence("תודה עכשיו נמשיך בעברית בבקשה")
DEMO_PRICE = Sentence("כמה עולה להחליף את המצבר?")
"""The demo garage's prompt names one price and forbids to name any other."""

FOREIGN_PRICE = Sentence("כמה עולה אצלכם כרטיס טיסה ללונדון?")
"""For any other business: hardly one holds this price."""

STREETS = (
    "ז'בוטינסקי", "אבן גבירול", "דיזנגוף", "ביאליק", "רוטשילד", "ארלוזורוב", "סוקולוב", "הרצל",
    "אלנבי", "בן יהודה", "קפלן", "אחד העם", "נורדאו", "טשרניחובסקי", "שאול המלך", "יהודה הלוי",
    "ויצמן", "חנקין", "מוהליבר", "כצנלסון", "הנביאים", "קרליבך", "המכבים", "שינקין", "בלפור",
    "לינקולן", "דרך השלום", "יצחק שדה", "המלך ג'ורג'", "נחלת בנימין",
)  # fmt: skip
"""Names of streets that many Israeli towns have, the hard ones to recognise among them."""

_STREET_WORDS = ("רחוב ", "שדרות ", "סמטת ")


def streets_to_say(hints: Iterable[str], count: int) -> list[str]:
    """Return ``count`` names (or as many as there are): the business's own first.

    Args:
        hints: the business's phrase hints; those that begin with the word for a street hold one.
    """
    own = [hint.strip() for hint in hints]
    named = [h.removeprefix(w).strip() for h in own for w in _STREET_WORDS if h.startswith(w)]
    unique: dict[str, str] = {}
    for name in (*named, *STREETS):
        unique.setdefault(normalize(name), name)
    return list(unique.values())[:count]


def at_street(name: str) -> Sentence:
    """Return the sentence in which a caller names the street."""
    return Sentence(f"אני גר ברחוב {name}")


class CallerVoice:
    """Speaks the caller's sentences; each is paid for once and kept with the media.

    Args:
        maker: reads the sentences.
        media_dir: where renderings are kept.
        voice: OpenAI's name of the voice; not the agent's, so that one can tell them apart.
    """

    def __init__(self, maker: AgentVoice, media_dir: Path, voice: str) -> None:
        self._maker = maker
        self._shelf = Shelf(media_dir)
        self._voice = voice

    def has(self, sentence: Sentence) -> bool:
        """Tell whether the sentence has been rendered before."""
        return self._shelf.has(self._key(sentence))

    def speak(self, sentence: Sentence) -> bytes:
        """Return the sentence as 8 kHz mu-law, from its first sound to its last.

        Raises:
            UnspeakableError: the voice would not say these words.
            SynthesiserError: the service is down, refused, or took too long.
        """
        key = self._key(sentence)
        audio = self._shelf.load(key)
        if audio is None:
            audio = self._maker.synthesise(sentence.text, sentence.language, self._voice)
            self._shelf.keep(key, audio)
        return without_silence(audio)

    def close(self) -> None:
        """End the voice's session."""
        self._maker.close()

    def _key(self, sentence: Sentence) -> str:
        voice = self._maker.voice_for(sentence.language, self._voice)
        parts = ("caller", voice, sentence.language, sentence.text)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def without_silence(audio: bytes) -> bytes:
    """Return ``audio`` (mu-law) without the silence around it; empty where it is all silence."""
    frames = frames_of(audio)
    loud = [at for at, frame in enumerate(frames) if mulaw.rms(frame) >= _AUDIBLE_RMS]
    return b"".join(frames[loud[0] : loud[-1] + 1]) if loud else b""
