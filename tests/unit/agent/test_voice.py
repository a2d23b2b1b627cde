"""The agent's own voice: sentences read aloud by the stand-in, kept when they are right."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from server.agent import voice as module
from server.agent import voice_session
from server.agent.voice import AgentVoice
from server.speech.base import SynthesiserError, UnspeakableError
from tests.fakes.openai_realtime import FakeRealtime, RealtimeOptions, Reply, ReplyContext
from tests.fakes.openai_realtime.mulaw import speak

MODEL = "gpt-realtime-2.1"
GREETING = "שלום, הגעתם למוסך הגפן. איך אפשר לעזור?"
HE = "he-IL"


@pytest.fixture
def fake() -> Iterator[FakeRealtime]:
    options = RealtimeOptions(first_audio_delay_ms=0, audio_pace=0)
    with FakeRealtime(options) as running:
        yield running


@pytest.fixture
def voice(fake: FakeRealtime) -> Iterator[AgentVoice]:
    voice = AgentVoice(fake.base_url, "sk-test", MODEL, 0.95)
    yield voice
    voice.close()


def saying(*texts: str | Reply) -> Callable[[ReplyContext], Reply]:
    """Return a script that says ``texts`` one after the other, the last one for ever."""
    waiting = list(texts)

    def reply(_: ReplyContext) -> Reply:
        said = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return said if isinstance(said, Reply) else Reply(said)

    return reply


def test_it_says_the_text_in_a_response_of_its_own(fake: FakeRealtime, voice: AgentVoice) -> None:
    assert voice.synthesise(GREETING, HE, "cedar") == speak(GREETING)
    (session,) = fake.sessions
    assert session.rendering
    assert fake.calls == []
    assert session.model == MODEL
    assert session.config["audio"]["output"] == {
        "format": {"type": "audio/pcmu"},
        "voice": "cedar",
        "speed": 0.95,
    }
    assert session.config["audio"]["input"]["turn_detection"] is None
    assert session.config["audio"]["input"]["transcription"] is None
    (response,) = session.responses
    assert response.out_of_band
    assert response.request["input"] == []
    assert f"«{GREETING}»" in response.instructions
    assert "Hebrew" in response.instructions
    assert session.items == ()
    assert session.violations == []


def test_numbers_are_asked_for_in_words(fake: FakeRealtime, voice: AgentVoice) -> None:
    voice.synthesise('טיפול עולה 450 ש"ח', HE, "")
    assert fake.sessions[0].responses[0].text == "טיפול עולה ארבע מאות וחמישים שקלים"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('טיפול עולה 450 ש"ח', "טיפול עולה 450 שקלים."),
        ("שלום לכם", "שָׁלוֹם, לָכֶם!"),
        ("פתוחים 8:00-17:00 כל יום", "פתוחים שמונה עד חמש כל יום"),
        ("יש לנו 2 מקומות", "יש לנו שני מקומות."),
        ('נא להביא דו"ח בדיקה', "נא להביא דו״ח בדיקה"),
        ("Hello, how can I help?", "hello how can I help"),
    ],
)
def test_another_spelling_of_the_same_words_is_kept(
    fake: FakeRealtime, voice: AgentVoice, text: str, said: str
) -> None:
    fake.configure(reply=saying(said))
    assert voice.synthesise(text, HE, "") == speak(said)


@pytest.mark.parametrize(
    "said",
    [
        "שלום, הגעתם למוסך הגפן. במה אפשר לעזור?",
        GREETING + " אני כאן.",
        "בטח! " + GREETING,
        "שלום, הגעתם למוסך הגפן.",
    ],
)
def test_other_words_are_thrown_away_and_it_is_asked_three_times(
    fake: FakeRealtime, voice: AgentVoice, said: str
) -> None:
    fake.configure(reply=saying(said))
    with pytest.raises(UnspeakableError) as refused:
        voice.synthesise(GREETING, HE, "")
    assert refused.value.code == "wrong_words"
    assert len(fake.sessions[0].responses) == 3
    assert len(fake.sessions) == 1


def test_the_first_good_take_is_kept(fake: FakeRealtime, voice: AgentVoice) -> None:
    fake.configure(reply=saying("אני לא יכולה להקריא", GREETING))
    assert voice.synthesise(GREETING, HE, "") == speak(GREETING)
    assert len(fake.sessions[0].responses) == 2


@pytest.mark.parametrize(
    "flawed",
    [
        Reply(GREETING, audio=speak("שלום")),
        Reply(GREETING, audio=speak(GREETING) + b"\xff" * 8000 * 30),
        Reply(GREETING, audio=b"\xff" * len(speak(GREETING))),
        Reply(GREETING, status="incomplete"),
    ],
    ids=["too short", "too long", "silent", "cut off"],
)
def test_the_right_transcript_of_the_wrong_sound_is_thrown_away(
    fake: FakeRealtime, voice: AgentVoice, flawed: Reply
) -> None:
    fake.configure(reply=saying(flawed, GREETING))
    assert voice.synthesise(GREETING, HE, "") == speak(GREETING)
    assert len(fake.sessions[0].responses) == 2


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("שלום [[Sal'om]]", "phonemes"),
        ("...", "empty_text"),
        ("", "empty_text"),
        ("מילה " * 200, "text_too_long"),
    ],
)
def test_what_cannot_be_read_out_is_not_even_asked_for(
    fake: FakeRealtime, voice: AgentVoice, text: str, code: str
) -> None:
    with pytest.raises(UnspeakableError) as refused:
        voice.synthesise(text, HE, "")
    assert refused.value.code == code
    assert fake.handshakes == []


def test_a_respelt_word_may_be_transcribed_as_it_is_usually_written(
    fake: FakeRealtime, voice: AgentVoice
) -> None:
    fake.configure(reply=saying("יש לנו BMW"))
    audio = voice.synthesise("יש לנו בי אם דאבליו", HE, "", "יש לנו BMW")
    assert audio == speak("יש לנו BMW")
    assert "בי אם דאבליו" in fake.sessions[0].responses[0].instructions


def test_quotes_in_the_text_do_not_end_it(fake: FakeRealtime, voice: AgentVoice) -> None:
    voice.synthesise("אמרו «שלום» ותודה", HE, "")
    assert fake.sessions[0].responses[0].instructions.endswith('«אמרו "שלום" ותודה»')


# The session


def test_one_session_reads_several_sentences_and_is_closed_when_idle(
    fake: FakeRealtime, voice: AgentVoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.3)
    for text in ("אחת ושתיים", "שלוש וארבע"):
        voice.synthesise(text, HE, "")
    (session,) = fake.sessions
    assert session.open
    assert session.wait_closed() == 1000
    assert voice.synthesise("חמש ושש", HE, "")
    assert len(fake.sessions) == 2
    assert session.violations == []


def test_each_voice_has_a_session_and_the_default_one_has_a_name(
    fake: FakeRealtime, voice: AgentVoice
) -> None:
    for wanted in ("", "marin", "cedar"):
        voice.synthesise("שלום", HE, wanted)
    used = [session.config["audio"]["output"]["voice"] for session in fake.sessions]
    assert used == ["marin", "cedar"]
    assert fake.sessions[0].wait_closed() == 1000
    assert voice.voice_for(HE, "") == voice.voice_for(HE, "marin") != voice.voice_for(HE, "cedar")


def test_a_voice_that_the_service_does_not_know_is_replaced_as_in_calls(
    fake: FakeRealtime, voice: AgentVoice
) -> None:
    fake.configure(reject_voice="nobody")
    for _ in range(2):
        assert voice.synthesise(GREETING, HE, "nobody") == speak(GREETING)
    assert len(fake.sessions) == 2
    assert fake.sessions[1].config["audio"]["output"]["voice"] == "marin"
    fake.configure(reject_voice="marin")
    with pytest.raises(SynthesiserError):
        AgentVoice(fake.base_url, "sk-test", MODEL, 1.0).synthesise(GREETING, HE, "")


def test_sentences_of_several_threads_do_not_mix(fake: FakeRealtime, voice: AgentVoice) -> None:
    texts = ["אחת", "שתיים ושלוש", "ארבע וחמש ושש"]
    made: dict[str, bytes] = {}

    def say(text: str) -> None:
        made[text] = voice.synthesise(text, HE, "")

    threads = [threading.Thread(target=say, args=(text,), daemon=True) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert made == {text: speak(text) for text in texts}


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        ({"refuse": 401}, "refused"),
        ({"refuse": 503}, "refused"),
        ({"close_code_on_connect": 1011}, "closed"),
        ({"rate_limit_responses": True}, "rate_limit_exceeded"),
        ({"drop_mid_answer_after_ms": 200, "delta_ms": 100}, "closed"),
        ({"reply": saying(Reply(GREETING, status="failed"))}, "server_error"),
    ],
)
def test_a_service_that_fails_is_asked_once_and_again_later(
    fake: FakeRealtime, voice: AgentVoice, faults: dict[str, object], code: str
) -> None:
    healthy = {name: getattr(fake.options, name) for name in faults}
    fake.configure(**faults)
    with pytest.raises(SynthesiserError) as failed:
        voice.synthesise(GREETING, HE, "")
    assert failed.value.code == code
    assert not isinstance(failed.value, UnspeakableError)
    assert len(fake.handshakes) == 1
    fake.wait_all_closed()
    fake.configure(**healthy)
    assert voice.synthesise(GREETING, HE, "") == speak(GREETING)


def test_a_service_that_is_not_there(voice: AgentVoice, fake: FakeRealtime) -> None:
    fake.stop()
    with pytest.raises(SynthesiserError) as failed:
        voice.synthesise(GREETING, HE, "")
    assert failed.value.code in ("unreachable", "handshake")


@pytest.mark.parametrize("faults", [{"accept_then_silent": True}, {"stall_after_create": True}])
def test_nothing_is_waited_for_for_ever(
    fake: FakeRealtime,
    voice: AgentVoice,
    monkeypatch: pytest.MonkeyPatch,
    faults: dict[str, bool],
) -> None:
    monkeypatch.setattr(voice_session, "CONNECT_SECONDS", 0.4)
    monkeypatch.setattr(voice_session, "SENTENCE_SECONDS", 0.4)
    fake.configure(**faults)
    began = time.monotonic()
    with pytest.raises(SynthesiserError) as failed:
        voice.synthesise(GREETING, HE, "")
    assert failed.value.code == "timeout"
    assert time.monotonic() - began < 2.5
    fake.wait_all_closed()


def test_a_handshake_that_takes_too_long(
    fake: FakeRealtime, voice: AgentVoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice_session, "CONNECT_SECONDS", 0.3)
    fake.configure(handshake_delay_ms=2000)
    with pytest.raises(SynthesiserError) as failed:
        voice.synthesise(GREETING, HE, "")
    assert failed.value.code == "handshake"


def test_an_unknown_event_changes_nothing(fake: FakeRealtime, voice: AgentVoice) -> None:
    fake.configure(unknown_events=True)
    assert voice.synthesise(GREETING, HE, "") == speak(GREETING)


def test_closing_ends_a_sentence_that_is_being_read_and_opens_no_other(
    fake: FakeRealtime, voice: AgentVoice
) -> None:
    fake.configure(stall_after_create=True)
    failed: list[str] = []

    def say() -> None:
        try:
            voice.synthesise(GREETING, HE, "")
        except SynthesiserError as error:
            failed.append(error.code)

    reader = threading.Thread(target=say, daemon=True)
    reader.start()
    session = fake.wait_for_session(1)
    session.wait_for_response()
    voice.close()
    reader.join(5)
    assert failed == ["closed"]
    assert session.wait_closed() == 1000
    with pytest.raises(SynthesiserError):
        voice.synthesise(GREETING, HE, "")
    assert len(fake.sessions) == 1
