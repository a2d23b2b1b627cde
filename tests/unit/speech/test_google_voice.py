"""Google's voice through the real helper process, from the stand-in; and its credentials."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from server.errors import SettingsError
from server.settings import load_settings
from server.speech import google_tts
from server.speech.base import SynthesiserError, UnspeakableError
from server.speech.google_voice import GoogleVoice, google_credentials
from server.speech.helper import LocalSynthesiser, SpeechHelper
from tests.fakes.google_tts import FakeGoogle, wav
from tests.fakes.openai_realtime.mulaw import speak

HE = "he-IL"
GREETING = "שלום, איך אפשר לעזור?"
ACCOUNT = {
    "type": "service_account",
    "project_id": "demo",
    "client_email": "maane@demo.iam.gserviceaccount.com",
    "private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    "token_uri": "https://oauth2.googleapis.com/token",
}


@pytest.fixture(scope="module")
def helper() -> Iterator[SpeechHelper]:
    helper = SpeechHelper()
    yield helper
    helper.close()


@pytest.fixture
def google() -> Iterator[FakeGoogle]:
    with FakeGoogle() as running:
        yield running


@pytest.fixture
def voice(helper: SpeechHelper, google: FakeGoogle) -> GoogleVoice:
    return GoogleVoice(helper, "{}", 0.95, google.endpoint)


def failing(voice: GoogleVoice, text: str = GREETING) -> SynthesiserError:
    with pytest.raises(SynthesiserError) as failed:
        voice.synthesise(text, HE, "")
    return failed.value


def test_it_speaks_without_a_header(voice: GoogleVoice, google: FakeGoogle) -> None:
    assert voice.synthesise(GREETING, HE, "marin") == speak(GREETING)
    (asked,) = google.requests
    assert (asked.text, asked.language, asked.voice) == (GREETING, "he-IL", "he-IL-Wavenet-A")
    assert asked.rate == pytest.approx(0.95)


def test_the_agents_voices_make_no_difference(voice: GoogleVoice) -> None:
    assert voice.voice_for(HE, "marin") == voice.voice_for(HE, "cedar") == "he-IL-Wavenet-A"
    assert voice.voice_for("en-US", "") == "en-US"


@pytest.mark.parametrize(
    ("language", "asked"),
    [("he", "he-IL"), ("iw-IL", "he-IL"), ("en", "en-US"), ("en-GB", "en-GB"), ("ru", "ru-RU")],
)
def test_google_has_names_of_its_own_for_languages(
    voice: GoogleVoice, google: FakeGoogle, language: str, asked: str
) -> None:
    voice.synthesise("hello", language, "")
    assert google.requests[-1].language == asked


def test_numbers_and_short_forms_go_out_in_words(voice: GoogleVoice, google: FakeGoogle) -> None:
    voice.synthesise('טיפול עולה 450 ש"ח, עד 2 שעות', HE, "")
    assert google.requests[-1].text == "טיפול עולה ארבע מאות וחמישים שקלים, עד שתי שעות"


def test_audio_without_a_container_stays_as_it_is(voice: GoogleVoice, google: FakeGoogle) -> None:
    google.headerless = True
    assert voice.synthesise(GREETING, HE, "") == speak(GREETING)


def test_odd_audio_is_read_whole_and_padding_is_not_heard() -> None:
    assert google_tts.headerless(wav(b"\x01\x02\x03")) == b"\x01\x02\x03"


def test_a_container_of_something_else_is_refused(voice: GoogleVoice, google: FakeGoogle) -> None:
    google.container = b"RIFF\x04\0\0\0WAVE"
    assert failing(voice).code == "google_audio"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (grpc.StatusCode.UNAVAILABLE, "google_unavailable"),
        (grpc.StatusCode.PERMISSION_DENIED, "google_permission_denied"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "google_resource_exhausted"),
        (grpc.StatusCode.INTERNAL, "google_internal"),
    ],
)
def test_a_service_that_fails_may_be_asked_again(
    voice: GoogleVoice, google: FakeGoogle, status: grpc.StatusCode, code: str
) -> None:
    google.fails = status
    error = failing(voice)
    assert error.code == code
    assert not isinstance(error, UnspeakableError)
    assert len(google.requests) == 1
    google.fails = None
    assert voice.synthesise(GREETING, HE, "") == speak(GREETING)


def test_a_text_that_google_does_not_take_is_not_offered_again(
    voice: GoogleVoice, google: FakeGoogle
) -> None:
    google.fails = grpc.StatusCode.INVALID_ARGUMENT
    assert isinstance(failing(voice), UnspeakableError)


@pytest.mark.parametrize(
    ("text", "code"),
    [("שלום [[Sal'om]]", "phonemes"), ("...", "empty_text"), ("מילה " * 700, "text_too_long")],
)
def test_what_cannot_be_said_is_not_even_sent(
    voice: GoogleVoice, google: FakeGoogle, text: str, code: str
) -> None:
    error = failing(voice, text)
    assert isinstance(error, UnspeakableError)
    assert error.code == code
    assert google.requests == []


def test_a_slow_answer_is_not_waited_for(voice: GoogleVoice, google: FakeGoogle) -> None:
    voice.synthesise("שלום", HE, "")
    google.delay_seconds = 30
    began = time.monotonic()
    assert failing(voice).code == "google_deadline_exceeded"
    assert time.monotonic() - began < google_tts.RPC_SECONDS + 1
    google.stop()


def test_a_service_that_is_not_there(helper: SpeechHelper, google: FakeGoogle) -> None:
    google.stop()
    error = failing(GoogleVoice(helper, "{}", 1.0, google.endpoint))
    assert error.code in ("google_unavailable", "google_deadline_exceeded")


def test_credentials_that_make_no_sense(helper: SpeechHelper) -> None:
    assert failing(GoogleVoice(helper, "{}", 1.0)).code == "google_credentials"
    broken = json.dumps(ACCOUNT)
    assert failing(GoogleVoice(helper, broken, 1.0)).code == "google_credentials"


def test_the_local_voice_has_a_process_of_its_own(voice: GoogleVoice, google: FakeGoogle) -> None:
    voice.synthesise("שלום", HE, "")
    local = SpeechHelper()
    LocalSynthesiser(local, 1.0).synthesise("שלום", HE, "")
    assert local._process is not None
    assert voice._helper._process is not None
    assert local._process.pid != voice._helper._process.pid
    local.close()


def test_a_killed_helper_is_replaced(voice: GoogleVoice) -> None:
    voice.synthesise("שלום", HE, "")
    assert voice._helper._process is not None
    os.kill(voice._helper._process.pid, 9)
    voice._helper._process.wait(5)
    assert voice.synthesise(GREETING, HE, "") == speak(GREETING)


def test_the_server_never_loads_grpc() -> None:
    """Only the helper process may: under a green worker it hangs."""
    code = (
        "import sys; import server.wiring; "
        "sys.exit(any(n == 'grpc' or n.startswith('google.cloud.text') for n in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


# Credentials


def credentials(**environment: str) -> str:
    return google_credentials(load_settings({"SECRET_KEY": "x", **environment}))


def test_no_credentials() -> None:
    assert credentials() == ""


@pytest.mark.parametrize("wrap", [str, lambda text: base64.encodebytes(text.encode()).decode()])
def test_the_account_may_be_json_or_base64(wrap: Any) -> None:
    given = wrap(json.dumps(ACCOUNT))
    assert json.loads(credentials(GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON=given)) == ACCOUNT


def test_the_account_may_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "account.json"
    path.write_text(json.dumps(ACCOUNT))
    assert json.loads(credentials(GOOGLE_APPLICATION_CREDENTIALS=str(path))) == ACCOUNT


def test_a_key_whose_line_ends_were_escaped_can_be_loaded() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    mangled = {**ACCOUNT, "private_key": key.decode().replace("\n", "\\n")}
    repaired = credentials(GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON=json.dumps(mangled))
    assert json.loads(repaired)["private_key"] == key.decode()
    google_tts._client(repaired, "")
    google_tts._client(repaired, "eu-texttospeech.googleapis.com")


@pytest.mark.parametrize(
    "environment",
    [
        {"GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON": "{not json"},
        {"GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON": "no base64 either!"},
        {"GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON": "{}"},
        {"GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON": base64.b64encode(b"[1]").decode()},
        {"GOOGLE_APPLICATION_CREDENTIALS": "/nowhere/account.json"},
    ],
)
def test_an_account_that_cannot_be_read_is_named(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as wrong:
        credentials(**environment)
    assert next(iter(environment)) in wrong.value.message
    assert "private" not in wrong.value.message


@pytest.mark.parametrize(
    ("endpoint", "taken"),
    [
        ("", True),
        ("eu-texttospeech.googleapis.com", True),
        ("https://us-texttospeech.googleapis.com/", True),
        ("http://127.0.0.1:9000", True),
        ("http://google.example.com", False),
        ("ftp://127.0.0.1", False),
        ("eu-texttospeech.googleapis.com/v1", False),
    ],
)
def test_without_tls_only_this_machine_is_spoken_to(endpoint: str, taken: bool) -> None:
    environment = {"SECRET_KEY": "x", "GOOGLE_TTS_ENDPOINT": endpoint}
    if taken:
        load_settings(environment)
    else:
        with pytest.raises(SettingsError):
            load_settings(environment)
