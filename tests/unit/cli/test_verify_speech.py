"""The voice of the caller in the live checks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.agent.voice import AgentVoice
from server.cli.verify.speech import STREETS, TIME, CallerVoice, streets_to_say, without_silence
from server.speech.base import UnspeakableError
from tests.fakes.openai_realtime import FakeRealtime, RealtimeOptions, Reply, ReplyContext

SILENCE, SOUND = b"\xff" * 160, b"\x00\x80" * 80


@pytest.fixture
def openai() -> Iterator[FakeRealtime]:
    with FakeRealtime(RealtimeOptions(first_audio_delay_ms=0, audio_pace=0)) as fake:
        yield fake


def voice_of(openai: FakeRealtime, media: Path) -> CallerVoice:
    maker = AgentVoice(openai.base_url, "sk-test", "gpt-realtime", 1.0)
    return CallerVoice(maker, media, "cedar")


def test_a_sentence_is_paid_for_once(openai: FakeRealtime, tmp_path: Path) -> None:
    voice = voice_of(openai, tmp_path)
    assert not voice.has(TIME)
    spoken = voice.speak(TIME)
    assert spoken
    assert voice.has(TIME)
    voice.close()
    (session,) = openai.renderings
    assert session.responses[0].request["audio"]["output"]["voice"] == "cedar"
    later = voice_of(openai, tmp_path)
    assert later.speak(TIME) == spoken
    assert len(openai.renderings) == 1


def test_other_words_are_not_taken_for_the_sentence(openai: FakeRealtime, tmp_path: Path) -> None:
    def reply(_: ReplyContext) -> Reply:
        return Reply("עשר בבוקר")

    openai.configure(reply=reply)
    voice = voice_of(openai, tmp_path)
    with pytest.raises(UnspeakableError):
        voice.speak(TIME)
    assert not voice.has(TIME)
    voice.close()


def test_the_businesss_own_streets_come_first() -> None:
    hints = ("רחוב הגפן", "ביט", "שדרות הרצל", "רחוב ")
    assert streets_to_say(hints, 3) == ["הגפן", "הרצל", STREETS[0]]
    assert len(streets_to_say(hints, 99)) == len(STREETS) + 1


def test_the_silence_around_a_sentence_is_cut() -> None:
    audio = SILENCE * 3 + SOUND + SILENCE + SOUND + SILENCE
    assert without_silence(audio) == SOUND + SILENCE + SOUND
    assert without_silence(SILENCE * 2) == b""
