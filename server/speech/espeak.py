"""The local test voice: espeak-ng, for calls without any account.

It reads undotted Hebrew by a guess at its vowels (``server/speech/hebrew``). The README and the
System page call it a test voice, and so should everything that offers it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import numpy as np

from server.audio import mulaw
from server.speech.espeak_library import SynthesisError, library
from server.speech.espeak_waveform import LINE_RATE, Samples, fade, level, resample, trim
from server.speech.hebrew.prepare import Segment, prepare

__all__ = ["MAX_CHARACTERS", "EspeakSynthesiser", "SynthesisError"]

MAX_CHARACTERS: Final = 1000
"""The longest text; longer ones are an error, as no answer on the phone should be so long."""

_WORDS_PER_MINUTE: Final = 182
"""Of rate 1.0, for the engine: about five and a half Hebrew syllables a second."""

_RATES: Final = (0.5, 2.0)
_SENTENCE_PAUSE_MS: Final = 260
_VOICE_CHANGE_PAUSE_MS: Final = 60
_LONGEST_CHUNK: Final = 300

_LONG_WORD = re.compile(r"(\S{40})(?=\S)")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")


class EspeakSynthesiser:
    """Makes telephone speech of text. Holds nothing; safe to share between threads."""

    name = "espeak"

    def synthesise(
        self,
        text: str,
        language: str = "he-IL",
        *,
        rate: float = 0.95,
    ) -> bytes:
        """Return ``text`` as headerless mu-law, 8 kHz, mono; equal input gives equal bytes.

        Args:
            text: what to say, at most 1,000 characters. In Hebrew ``[[phonemes]]`` may stand in it.
            language: BCP 47 tag; ``he-IL``, ``en-US``, or any other that espeak-ng knows.
            rate: speed, 0.5 to 2.0; 1.0 is a brisk speaker.

        Raises:
            SynthesisError: with one of its codes.
        """
        if len(text) > MAX_CHARACTERS:
            message = f"the text has {len(text)} characters, the limit is {MAX_CHARACTERS}"
            raise SynthesisError(message, code="text_too_long")
        if not _RATES[0] <= rate <= _RATES[1]:
            raise SynthesisError(f"rate {rate} is not within {_RATES}", code="invalid_rate")
        segments = segments_of(text, language)
        words_per_minute = round(_WORDS_PER_MINUTE * rate)
        pieces: list[Samples] = []
        for segment in segments:
            spoken = library().speak(segment.text, segment.language, words_per_minute)
            sound = trim(resample(spoken.pcm, spoken.sample_rate), lead_ms=10, tail_ms=30)
            if len(sound):
                ends = segment.text[-1] in ".!?"
                pause = _SENTENCE_PAUSE_MS if ends else _VOICE_CHANGE_PAUSE_MS
                silence = np.zeros(pause * LINE_RATE // 1000, dtype=np.float32)
                pieces += [fade(sound), silence]
        if not pieces:
            raise SynthesisError("nothing in the text can be spoken", code="empty_text")
        samples = fade(trim(level(np.concatenate(pieces[:-1]))))
        return mulaw.encode(np.rint(samples).astype(np.int16))


def segments_of(text: str, language: str) -> list[Segment]:
    """Return what the engine is to say, in order; see ``prepare`` for Hebrew."""
    if language.partition("-")[0].lower() in ("he", "iw"):
        return prepare(text)
    library().voice_definition(language)
    return [Segment(language, chunk) for chunk in _plain_chunks(text)]


def _plain_chunks(text: str) -> list[str]:
    """Cut text of other languages at sentences, bounded in words and length.

    Brackets and angles go: the engine takes what is in them for phonemes and markup.
    """
    text = unicodedata.normalize("NFC", text)
    kept = "".join(
        " " if char in "[]<>\\" or unicodedata.category(char)[0] in "CZ" else char for char in text
    )
    sentences = _SENTENCE_END.split(" ".join(_LONG_WORD.sub(r"\1 ", kept).split()))
    chunks = [chunk for sentence in sentences for chunk in _bounded(sentence)]
    return [
        chunk if chunk[-1] in ".!?," else chunk + "."
        for chunk in chunks
        if any(char.isalnum() for char in chunk)
    ]


def _bounded(sentence: str) -> list[str]:
    """Cut a sentence at spaces into pieces the engine's clause buffer holds."""
    pieces: list[str] = []
    while len(sentence) > _LONGEST_CHUNK:
        cut = sentence.rfind(" ", 1, _LONGEST_CHUNK)
        pieces.append(sentence[:cut] + ",")
        sentence = sentence[cut:].strip()
    return [*pieces, sentence]
