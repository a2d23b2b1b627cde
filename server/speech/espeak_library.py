"""The espeak-ng shared library of the ``espeakng-loader`` package, through ctypes.

The C library keeps one engine in global variables, so one lock guards it and each call sets all it
depends on: the voice, the speed and the seed of its noise. That, and a voice without flutter (the
one effect whose state cannot be reset), makes equal input give equal samples.

The voice is described here and not taken from the package's list: it is the package's own
description of the language plus our tone (a woman, no flutter, no echo, consonants raised because
a telephone line cuts most of a fricative). For Hebrew the sounds are those of the French phoneme
table: the package's Hebrew table has an English r that is silent before a consonant, while the
French one is uvular like the Israeli one. Replacements keep o open at a word's end, where French
closes it towards u, and give ח its uvular friction.
"""

from __future__ import annotations

import ctypes
import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

from server.speech.base import SynthesiserError

_SYNCHRONOUS = 2
_PHONEME_EVENTS = 0x0001
_DO_NOT_EXIT = 0x8000
_CHARS_UTF8 = 1
_PHONEMES_IN_BRACKETS = 0x100
_POSITION_CHARACTER = 1
_RATE = 1
_VOLUME = 2
_EVENT_END = 0
_EVENT_PHONEME = 7
_SEED = 1
_HEADROOM_VOLUME = 60

_TONE = """
gender female
pitch 148 212
flutter 0
roughness 0
echo 0 0
formant 1 104 100 100
formant 2 105 100 100
formant 3 105 100 100
consonants 320 125
"""

_HEBREW = """
name Hebrew
language he
phonemes fr
replace 0 o O
replace 0 x X
"""

_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}")


class SynthesisError(SynthesiserError):
    """The local engine cannot speak this. The codes:

    ``engine_missing``         the library or its data cannot be loaded
    ``unsupported_language``   the engine has no voice for the language
    ``empty_text``             nothing in the text can be spoken
    ``text_too_long``          the text exceeds the limit
    ``invalid_rate``           the rate is not within the limits
    ``engine_failed``          the engine refused or returned no sound
    """

    code = "engine_failed"


@dataclass(frozen=True, slots=True)
class Utterance:
    """What the engine made of one piece of text.

    Attributes:
        pcm: 16-bit samples at ``sample_rate``.
        phonemes: the mnemonics it really said, in order, stress marks in front of vowels.
        sample_rate: samples a second.
    """

    pcm: NDArray[np.int16]
    phonemes: tuple[str, ...]
    sample_rate: int


class _EventId(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))


class EspeakLibrary:
    """The one engine of this process; get it with ``library()``."""

    def __init__(self) -> None:
        """Load the library and its data.

        Raises:
            SynthesisError: ``engine_missing``.
        """
        self._lock = threading.Lock()
        self._pcm: list[bytes] = []
        self._phonemes: list[str] = []
        # The engine keeps a pointer to the callback: it must live as long as the library.
        self._callback = _Callback(self._collect)
        try:
            data_path = espeakng_loader.get_data_path()
            self._engine = ctypes.CDLL(espeakng_loader.get_library_path())
        except (OSError, RuntimeError) as error:
            message = f"espeak-ng cannot be loaded: {error}"
            raise SynthesisError(message, code="engine_missing") from error
        self._engine.espeak_ng_SetRandSeed.argtypes = [ctypes.c_long]
        self._engine.espeak_Synth.argtypes = [
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.c_uint,
            ctypes.c_int,
            ctypes.c_uint,
            ctypes.c_uint,
            ctypes.c_void_p,
            ctypes.c_void_p,
        ]
        self._data = Path(data_path)
        self.sample_rate = self._engine.espeak_Initialize(
            _SYNCHRONOUS, 0, os.fsencode(data_path), _PHONEME_EVENTS | _DO_NOT_EXIT
        )
        if self.sample_rate <= 0:
            message = f"espeak-ng found no usable data in {data_path}"
            raise SynthesisError(message, code="engine_missing")
        self._engine.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, language: str, words_per_minute: int) -> Utterance:
        """Say ``text``, where ``[[...]]`` holds phonemes, with the voice of ``language``.

        The text goes to C code: the caller has taken out control characters and bounded it.

        Raises:
            SynthesisError: ``unsupported_language`` or ``engine_failed``.
        """
        definition = self.voice_definition(language)
        encoded = text.encode("utf-8", "ignore").replace(b"\0", b" ")
        with self._lock:
            self._set_voice(definition)
            self._engine.espeak_SetParameter(_RATE, words_per_minute, 0)
            # At the default of 100 loud vowels clip; the level is set after resampling.
            self._engine.espeak_SetParameter(_VOLUME, _HEADROOM_VOLUME, 0)
            self._engine.espeak_ng_SetRandSeed(_SEED)
            self._pcm.clear()
            self._phonemes.clear()
            status = self._engine.espeak_Synth(
                encoded,
                len(encoded) + 1,
                0,
                _POSITION_CHARACTER,
                0,
                _CHARS_UTF8 | _PHONEMES_IN_BRACKETS,
                None,
                None,
            )
            pcm = np.frombuffer(b"".join(self._pcm), dtype=np.int16)
            phonemes = tuple(self._phonemes)
        if status != 0:
            raise SynthesisError(f"espeak-ng answered status {status}", code="engine_failed")
        return Utterance(pcm, phonemes, self.sample_rate)

    @cache  # noqa: B019 - there is one library for the life of the process
    def voice_definition(self, language: str) -> str:
        """Return the voice file for a language tag: exact (``en-US``), else its language (``ar``).

        Raises:
            SynthesisError: ``unsupported_language``.
        """
        if _LANGUAGE_TAG.fullmatch(language):
            wanted = language.lower()
            primary = wanted.partition("-")[0]
            if primary in ("he", "iw"):
                return _HEBREW + _TONE
            files = {path.name.lower(): path for path in self._data.glob("lang/**/*")}
            path = files.get(wanted) or files.get(primary)
            if path is not None and path.is_file():
                return path.read_text("utf-8") + _TONE
        message = f"espeak-ng has no voice for {language[:40]!r}"
        raise SynthesisError(message, code="unsupported_language")

    def _set_voice(self, definition: str) -> None:
        with _voice_file(definition) as path:
            status = self._engine.espeak_ng_SetVoiceByFile(os.fsencode(path))
        if status != 0:
            raise SynthesisError(f"espeak-ng refused the voice: {status}", code="engine_failed")

    def _collect(self, samples: int | None, count: int, events: ctypes.Array[_Event]) -> int:
        if samples and count > 0:
            self._pcm.append(ctypes.string_at(samples, count * 2))
        index = 0
        while (event := events[index]).type != _EVENT_END:
            if event.type == _EVENT_PHONEME:
                self._phonemes.append(event.id.string.decode("utf-8", "replace"))
            index += 1
        return 0


@contextmanager
def _voice_file(definition: str) -> Iterator[str]:
    """Hold ``definition`` in a file for the engine, which takes short lower-case paths only."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("voice")
        try:
            os.write(descriptor, definition.encode())
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
    else:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir="/tmp") as file:
            file.write(definition)
            file.flush()
            yield file.name


@cache
def library() -> EspeakLibrary:
    """Return the engine, loaded at the first call.

    Raises:
        SynthesisError: ``engine_missing``; the next call tries again.
    """
    return EspeakLibrary()
