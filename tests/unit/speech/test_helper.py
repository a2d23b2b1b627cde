"""The helper process, the real one: it starts, answers, is replaced, and ends with its server."""

from __future__ import annotations

import os
import signal
import socket
import struct
import threading
from collections.abc import Iterator

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.audio import mulaw
from server.errors import ProtocolError, ProviderError
from server.helpers.wire import MAX_BYTES, receive_message, send_message
from server.speech.base import SynthesiserError
from server.speech.helper import LocalSynthesiser, SpeechHelper

GREETING = "שלום, איך אפשר לעזור?"


@pytest.fixture(scope="module")
def helper() -> Iterator[SpeechHelper]:
    helper = SpeechHelper()
    yield helper
    helper.close()


@pytest.fixture
def voice(helper: SpeechHelper) -> LocalSynthesiser:
    return LocalSynthesiser(helper, 1.0)


def process_id(helper: SpeechHelper) -> int:
    assert helper._process is not None
    return helper._process.pid


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_nothing_is_started_before_it_is_needed() -> None:
    helper = SpeechHelper()
    assert helper._process is None
    helper.close()


def test_it_speaks(voice: LocalSynthesiser) -> None:
    said = voice.synthesise(GREETING, "he-IL", "")
    assert mulaw.duration_ms(said) > 500
    assert mulaw.rms(said) > 300


def test_one_process_answers_many_requests(helper: SpeechHelper, voice: LocalSynthesiser) -> None:
    first = voice.synthesise(GREETING, "he-IL", "")
    pid = process_id(helper)
    assert voice.synthesise(GREETING, "he-IL", "") == first
    assert voice.synthesise("Hello", "en-US", "") != first
    assert process_id(helper) == pid


def test_requests_of_several_threads_do_not_mix(voice: LocalSynthesiser) -> None:
    texts = ["אחת", "שתיים ושלוש", "ארבע וחמש ושש", "one", "two and three"]
    alone = [voice.synthesise(text, "he-IL", "") for text in texts]
    together: dict[str, bytes] = {}

    def speak(text: str) -> None:
        together[text] = voice.synthesise(text, "he-IL", "")

    threads = [threading.Thread(target=speak, args=(text,), daemon=True) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [together[text] for text in texts] == alone


def test_a_killed_helper_is_replaced(helper: SpeechHelper, voice: LocalSynthesiser) -> None:
    voice.synthesise("אחת", "he-IL", "")
    pid = process_id(helper)
    assert helper._process is not None
    helper._process.kill()
    helper._process.wait(10)
    assert voice.synthesise("אחת", "he-IL", "")
    assert process_id(helper) != pid


def test_a_helper_that_dies_while_it_works_costs_that_request_only(
    helper: SpeechHelper, voice: LocalSynthesiser
) -> None:
    voice.synthesise("אחת", "he-IL", "")
    pid = process_id(helper)
    os.kill(pid, signal.SIGSTOP)  # it hangs, then is killed
    failed: list[str] = []

    def ask() -> None:
        try:
            voice.synthesise("שתיים", "he-IL", "")
        except SynthesiserError as error:
            failed.append(error.code)

    asker = threading.Thread(target=ask, daemon=True)
    asker.start()
    asker.join(0.2)
    os.kill(pid, signal.SIGKILL)
    asker.join(20)
    assert failed in (["helper_ended"], ["helper_failed"])
    assert voice.synthesise("שתיים", "he-IL", "")


def test_a_helper_that_is_too_slow_is_killed_and_replaced(
    helper: SpeechHelper, voice: LocalSynthesiser
) -> None:
    voice.synthesise("אחת", "he-IL", "")
    pid = process_id(helper)
    assert helper._socket is not None
    helper._socket.settimeout(0.1)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(SynthesiserError) as failed:
        voice.synthesise("שתיים", "he-IL", "")
    assert failed.value.code == "helper_failed"
    assert not is_running(pid)
    assert voice.synthesise("שתיים", "he-IL", "")


def test_closing_ends_the_process_and_the_next_request_starts_another() -> None:
    helper = SpeechHelper()
    voice = LocalSynthesiser(helper, 1.0)
    voice.synthesise("אחת", "he-IL", "")
    pid = process_id(helper)
    helper.close()
    helper.close()
    assert not is_running(pid)
    assert voice.synthesise("אחת", "he-IL", "")
    helper.close()


def test_it_ends_when_the_server_goes_without_a_word() -> None:
    helper = SpeechHelper()
    LocalSynthesiser(helper, 1.0).synthesise("אחת", "he-IL", "")
    process = helper._process
    assert process is not None
    assert helper._socket is not None
    helper._socket.close()
    assert process.wait(10) == 0
    helper.close()


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"do": "fly"}, "helper"),
        ({}, "helper"),
        ({"do": "synthesise"}, "helper"),
        ({"do": ["synthesise"]}, "helper"),
        ({"do": "synthesise", "text": 7, "language": "he-IL", "rate": 1.0}, "helper"),
        ({"do": "synthesise", "text": "x", "language": None, "rate": "fast"}, "helper"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_and_harms_nothing(
    helper: SpeechHelper, request_: dict[str, object], code: str
) -> None:
    helper.ask({"do": "synthesise", "text": "אחת", "language": "he-IL", "rate": 1.0})
    pid = process_id(helper)
    with pytest.raises(ProviderError) as refused:
        helper.ask(request_, b"payload")
    assert refused.value.code == code
    assert process_id(helper) == pid


def test_a_text_that_is_too_long_is_refused_with_its_own_code(voice: LocalSynthesiser) -> None:
    with pytest.raises(SynthesiserError) as refused:
        voice.synthesise("מילה " * 20_000, "he-IL", "")
    assert refused.value.code not in ("helper", "helper_failed", "helper_ended")


def test_a_language_that_nobody_speaks_is_refused_or_spoken_and_harms_nothing(
    voice: LocalSynthesiser,
) -> None:
    try:
        voice.synthesise("hello", "tlh-QO", "")
    except SynthesiserError as refused:
        assert refused.code not in ("helper_failed", "helper_ended")
    assert voice.synthesise("אחת", "he-IL", "")


HOSTILE = [
    "[[ _::_ ]]",
    "[[" * 50,
    "<speak><break time='100s'/></speak>",
    "\0\x1b[31m",
    "'; DROP TABLE leads; --",
    "%s%n{}",
    "🎉" * 20,
    "\u202e\u200f\u05b0\u0301",
    "0" * 300,
    ".,;:!?" * 20,
    " \n\t ",
    "",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_spoken_or_refused_and_harms_nothing(
    helper: SpeechHelper, voice: LocalSynthesiser, text: str
) -> None:
    voice.synthesise("אחת", "he-IL", "")
    pid = process_id(helper)
    try:
        assert isinstance(voice.synthesise(text, "he-IL", ""), bytes)
    except SynthesiserError as refused:
        assert refused.code not in ("helper_failed", "helper_ended")
    assert process_id(helper) == pid


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40))
def test_no_text_whatever_ends_the_helper(
    helper: SpeechHelper, voice: LocalSynthesiser, text: str
) -> None:
    try:
        voice.synthesise(text, "he-IL", "")
    except SynthesiserError as refused:
        assert refused.code not in ("helper_failed", "helper_ended")


def test_text_that_cannot_be_encoded_is_a_failure_like_any_other(voice: LocalSynthesiser) -> None:
    with pytest.raises(SynthesiserError):
        voice.synthesise("\ud800", "he-IL", "")


# The framing


@given(
    st.dictionaries(st.text(max_size=8), st.text(max_size=20) | st.integers(-9, 9), max_size=4),
    st.binary(max_size=5000),
)
def test_a_message_arrives_as_it_was_sent(header: dict[str, object], payload: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        send_message(ours, header, payload)
        send_message(ours, {"second": 2})
        assert receive_message(theirs) == (header, payload)
        assert receive_message(theirs) == ({"second": 2}, b"")
        ours.close()
        assert receive_message(theirs) is None


HEAD = orjson.dumps({"ok": True})


@pytest.mark.parametrize(
    "stream",
    [
        b"\0",
        struct.pack(">II", len(HEAD), 0)[:5],
        struct.pack(">II", len(HEAD), 0) + HEAD[:3],
        struct.pack(">II", len(HEAD), 4) + HEAD + b"abc",
        struct.pack(">II", MAX_BYTES + 1, 0),
        struct.pack(">II", 2, MAX_BYTES + 1),
        struct.pack(">II", len(HEAD), 0),
        struct.pack(">II", len(HEAD), 4) + HEAD,
        struct.pack(">II", 3, 0) + b"{x}",
    ],
)
def test_a_stream_that_ends_or_makes_no_sense_in_a_message_is_an_error(stream: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(stream)
        ours.close()
        with pytest.raises(ProtocolError):
            receive_message(theirs)
