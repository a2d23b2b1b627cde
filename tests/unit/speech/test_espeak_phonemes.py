"""What the engine really says, compared to what was meant: its own phoneme events, not our ears."""

import pytest

from server.speech.espeak import segments_of
from server.speech.espeak_library import library
from server.speech.hebrew.demo import DEMO_PRONUNCIATIONS
from server.speech.hebrew.lexicon import LEXICON
from server.speech.hebrew.mnemonics import STRESS, tokenise

_VOICE_REPLACES = {"O": "o", "X": "x"}
"""The voice's own choice for two mnemonics; see ``espeak_library``."""


def heard(text: str) -> list[str]:
    """The phonemes the engine made of ``text``, without stress and pauses."""
    said = (phoneme.lstrip("',%") for phoneme in library().speak(text, "he", 173).phonemes)
    return [_VOICE_REPLACES.get(phoneme, phoneme) for phoneme in said if phoneme.strip("_:;")]


def stresses_heard(text: str) -> int:
    return sum(phoneme.startswith(STRESS) for phoneme in library().speak(text, "he", 173).phonemes)


def meant(text: str) -> list[str]:
    """The mnemonics inside the brackets of ``text``; the engine takes ts apart."""
    words = text.replace("[[", " ").replace("]]", " ").strip().split()
    tokens = [tokenise(word.rstrip(".,!?")) for word in words if word.rstrip(".,!?")]
    assert None not in tokens
    return [token for word in tokens for token in word or [] if token not in (STRESS, "_")]


@pytest.mark.parametrize("sentence", DEMO_PRONUNCIATIONS, ids=range(len(DEMO_PRONUNCIATIONS)))
def test_every_phoneme_of_the_demo_is_said(sentence: str) -> None:
    for segment in segments_of(sentence, "he-IL"):
        assert heard(segment.text) == meant(segment.text)


def test_every_word_of_the_lexicon_is_said() -> None:
    for word, phonemes in LEXICON.items():
        said = f"[[{phonemes}]]."
        assert heard(said) == meant(said), word
        assert stresses_heard(said) == 1 or STRESS not in phonemes, word


def test_words_side_by_side_keep_their_phonemes() -> None:
    said = "[[an'i ?oz'eret tSnij'a dZ'ip Z'aket ts'ev?a Sna?'a ?axr'ej hak'av]]."
    assert heard(said) == meant(said)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en-US", "Hello, how can I help?"),
        ("ar", "مرحبا"),
        ("ru", "Здравствуйте"),
        ("fr", "Bonjour"),
    ],
)
def test_other_languages_are_said_by_their_own_voice(language: str, text: str) -> None:
    said = library().speak(text, language, 173)
    assert len([phoneme for phoneme in said.phonemes if phoneme.strip("_:")]) >= 5
    assert not any(phoneme.startswith("(") for phoneme in said.phonemes)
