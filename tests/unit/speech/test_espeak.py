"""The local test voice from text to mu-law."""

import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.audio import mulaw
from server.speech.espeak import MAX_CHARACTERS, EspeakSynthesiser, SynthesisError
from server.speech.espeak_waveform import TARGET_RMS, voiced_rms
from server.speech.hebrew.demo import DEMO_PRONUNCIATIONS
from server.speech.hebrew.mnemonics import syllables
from server.speech.pronunciation import pronounce

VOICE = EspeakSynthesiser()
AUDIBLE = 32768 * 10 ** (-48 / 20)
PEAK = 32768 * 10 ** (-3 / 20)


@pytest.fixture(params=DEMO_PRONUNCIATIONS, ids=range(len(DEMO_PRONUNCIATIONS)))
def sentence(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_demo_sentence_is_spoken_at_a_human_pace(sentence: str) -> None:
    seconds = len(VOICE.synthesise(sentence)) / mulaw.SAMPLE_RATE
    assert 3.0 < syllables(DEMO_PRONUNCIATIONS[sentence]) / seconds < 7.5


def test_level_peak_and_edges_suit_the_line(sentence: str) -> None:
    pcm = mulaw.decode(VOICE.synthesise(sentence)).astype(np.float32)
    loud = np.flatnonzero(np.abs(pcm) > AUDIBLE)
    assert 20 * np.log10(voiced_rms(pcm) / TARGET_RMS) == pytest.approx(0, abs=1.0)
    assert np.abs(pcm).max() <= PEAK
    assert loud[0] <= 20 * mulaw.BYTES_PER_MS
    assert len(pcm) - loud[-1] <= 60 * mulaw.BYTES_PER_MS
    assert abs(pcm[0]) < 100 and abs(pcm[-1]) < 100


def test_there_is_no_gap_longer_than_a_breath(sentence: str) -> None:
    pcm = np.abs(mulaw.decode(VOICE.synthesise(sentence)).astype(np.float32))
    loud = np.flatnonzero(pcm > AUDIBLE)
    assert np.diff(loud).max() < 500 * mulaw.BYTES_PER_MS


def test_equal_input_gives_equal_bytes_whatever_was_said_between(sentence: str) -> None:
    first = VOICE.synthesise(sentence)
    VOICE.synthesise("Something else, in another voice.", "en-US", rate=1.3)
    assert EspeakSynthesiser().synthesise(sentence) == first


def test_threads_do_not_mix_their_voices() -> None:
    texts = list(DEMO_PRONUNCIATIONS)[:6]
    alone = [VOICE.synthesise(text) for text in texts]
    together: dict[str, bytes] = {}
    threads = [
        threading.Thread(target=lambda text=text: together.update({text: VOICE.synthesise(text)}))
        for text in texts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[text] for text in texts] == alone


def test_rate_changes_the_length() -> None:
    slow, fast = (VOICE.synthesise("תודה שהתקשרתם", rate=rate) for rate in (0.7, 1.3))
    assert len(slow) > 1.3 * len(fast)


def test_a_pronunciation_changes_the_sound() -> None:
    own = (("גפן", "[[gaf'an]]"),)
    assert VOICE.synthesise(pronounce("גפן", own)) != VOICE.synthesise("גפן")


def test_it_is_quick() -> None:
    text = "טיפול שוטף לוקח בערך שלוש שעות."
    VOICE.synthesise(text)
    took = []
    for _ in range(5):
        start = time.perf_counter()
        VOICE.synthesise(text)
        took.append(time.perf_counter() - start)
    assert min(took) < 0.06


@pytest.mark.parametrize(
    "language", ["he-IL", "he", "en-US", "ar-IL", "ru-RU", "fr-FR", "es", "am"]
)
def test_languages(language: str) -> None:
    assert len(VOICE.synthesise("שלום. Hello. Bonjour. Привет. مرحبا. ሰላም", language)) > 4000


@pytest.mark.parametrize(
    ("text", "language", "rate", "code"),
    [
        ("", "he-IL", 1.0, "empty_text"),
        ("😀 ...", "he-IL", 1.0, "empty_text"),
        ("...", "en-US", 1.0, "empty_text"),
        ("שלום", "xx-XX", 1.0, "unsupported_language"),
        ("שלום", "../he", 1.0, "unsupported_language"),
        ("שלום", "", 1.0, "unsupported_language"),
        ("א" * (MAX_CHARACTERS + 1), "he-IL", 1.0, "text_too_long"),
        ("שלום", "he-IL", 0.1, "invalid_rate"),
        ("שלום", "he-IL", float("nan"), "invalid_rate"),
    ],
)
def test_errors_carry_a_stable_code(text: str, language: str, rate: float, code: str) -> None:
    with pytest.raises(SynthesisError) as caught:
        VOICE.synthesise(text, language, rate=rate)
    assert caught.value.code == code


@pytest.mark.parametrize("language", ["he-IL", "en-US"])
@pytest.mark.parametrize("piece", ["א", "a", "9", "צ'", "[[", "_^_EN ", "שָׁ", "a ", ". "])
def test_the_longest_texts_do_not_break_the_engine(piece: str, language: str) -> None:
    text = (piece * MAX_CHARACTERS)[:MAX_CHARACTERS]
    try:
        assert len(VOICE.synthesise(text, language, rate=2.0)) > 800
    except SynthesisError as error:
        assert error.code == "empty_text"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.sampled_from(["he-IL", "en-US", "ar", "ru"]))
def test_any_text_is_spoken_or_refused_for_having_no_words(text: str, language: str) -> None:
    try:
        assert VOICE.synthesise(text, language)
    except SynthesisError as error:
        assert error.code == "empty_text"
