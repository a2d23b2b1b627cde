"""Whose voice the caller hears in a fixed sentence."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.calling import answered_call, hear_greeting
from tests.e2e.conftest import StartServer
from tests.e2e.server_process import ServerProcess
from tests.fakes.google_tts import FakeGoogle
from tests.fakes.openai_realtime import FakeRealtime, Reply, ReplyContext
from tests.fakes.openai_realtime.mulaw import speak

ACCOUNT = json.dumps({"type": "service_account", "private_key": "-----BEGIN", "project_id": "x"})


@pytest.fixture
def google() -> Iterator[FakeGoogle]:
    with FakeGoogle() as running:
        yield running


def wait_for_log(server: ServerProcess, words: str, times: int = 1) -> None:
    deadline = time.monotonic() + 30
    while server.log().count(words) < times:
        assert time.monotonic() < deadline, server.log()[-3000:]
        time.sleep(0.1)


def greeting_of(server: ServerProcess) -> str:
    text: str = server.get("/api/businesses")["items"][0]["greeting_text"]
    return text


def heard_in_a_call(server: ServerProcess) -> bytes:
    caller = answered_call(server)
    hear_greeting(caller)
    caller.hang_up()
    return bytes(caller.ear.heard)


def test_the_greeting_is_in_the_agents_voice(
    start_server: StartServer, openai: FakeRealtime, tmp_path: Path
) -> None:
    openai.configure(audio_pace=0, first_audio_delay_ms=0)
    server = start_server(
        OPENAI_BASE_URL=openai.base_url, OPENAI_API_KEY="sk-test", MEDIA_DIR=str(tmp_path / "media")
    )
    provider = server.get("/healthz")["providers"]["synthesiser"]
    assert provider["name"] == "openai-realtime"
    wait_for_log(server, "[TTS] rendered by=openai-realtime")
    session = openai.renderings[0]
    said = session.responses[0].text
    assert said == greeting_of(server)
    assert openai.calls == []  # nobody has rung yet
    assert speak(said) in heard_in_a_call(server)
    (call,) = openai.calls
    call.wait_closed()
    assert call.responses == []
    assert session.wait_closed(timeout=60) == 1000
    assert session.violations == []
    # A second server on the same media pays for nothing.
    paid = len(openai.renderings)
    again = start_server(
        OPENAI_BASE_URL=openai.base_url, OPENAI_API_KEY="sk-test", MEDIA_DIR=str(tmp_path / "media")
    )
    assert speak(said) in heard_in_a_call(again)
    assert len(openai.renderings) == paid


def test_when_the_agent_says_other_words_the_local_voice_is_heard(
    start_server: StartServer, openai: FakeRealtime, tmp_path: Path
) -> None:
    other = "בשמחה, הנה הטקסט שביקשתם."

    def reply(_: ReplyContext) -> Reply:
        return Reply(other)

    openai.configure(audio_pace=0, first_audio_delay_ms=0, reply=reply)
    server = start_server(
        OPENAI_BASE_URL=openai.base_url, OPENAI_API_KEY="sk-test", MEDIA_DIR=str(tmp_path / "media")
    )
    wait_for_log(server, "cannot say this")
    heard = heard_in_a_call(server)
    assert speak(other) not in heard
    local = [path.read_bytes() for path in (tmp_path / "media").rglob("*.ulaw")]
    assert any(clip in heard for clip in local)
    assert "rendered by=openai-realtime" not in server.log()
    greeting = greeting_of(server)
    tries = [r for r in openai.renderings[0].responses if greeting in r.instructions]
    assert len(tries) == 3


def test_google_speaks_where_its_credentials_are_set(
    start_server: StartServer, google: FakeGoogle, tmp_path: Path
) -> None:
    server = start_server(
        GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON=ACCOUNT,
        GOOGLE_TTS_ENDPOINT=google.endpoint,
        MEDIA_DIR=str(tmp_path / "media"),
    )
    assert server.get("/healthz")["providers"]["synthesiser"]["name"] == "google"
    wait_for_log(server, "[TTS] rendered by=google")
    assert speak(greeting_of(server)) in heard_in_a_call(server)
