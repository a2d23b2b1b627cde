"""Which voices are chosen, in which order, and why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from server.providers import google_account, recognisers_of, voices_of
from server.settings import load_settings
from server.speech.helper import SpeechHelper

ACCOUNT = json.dumps({"type": "service_account", "private_key": "x"})


@pytest.mark.parametrize(
    ("environment", "chain"),
    [
        ({}, ["espeak"]),
        ({"GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON": ACCOUNT}, ["google", "espeak"]),
        ({"OPENAI_API_KEY": "sk"}, ["openai-realtime", "espeak"]),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}, ["openai-realtime", "espeak"]),
        ({"OPENAI_API_KEY": "sk", "AGENTS_ENABLED": "0"}, ["espeak"]),
        (
            {"OPENAI_API_KEY": "sk", "GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON": ACCOUNT},
            ["openai-realtime", "google", "espeak"],
        ),
    ],
)
def test_everyone_whose_credentials_are_there_speaks_the_best_first(
    environment: dict[str, str], chain: list[str]
) -> None:
    settings = load_settings({"SECRET_KEY": "x", **environment})
    voices = voices_of(settings, SpeechHelper(), google_account(settings))
    assert [maker.name for maker in voices.chain] == chain
    assert voices.best.name == chain[0]
    for close in voices.closing:
        close()


def test_credentials_that_cannot_be_read_cost_google_and_not_the_phone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    environment = {"SECRET_KEY": "x", "GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON": "{"}
    settings = load_settings(environment)
    voices = voices_of(settings, SpeechHelper(), google_account(settings))
    assert [maker.name for maker in voices.chain] == ["espeak"]
    assert "GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON" in voices.best.why
    assert "GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON" in caplog.text


@pytest.mark.parametrize(
    ("environment", "chain"),
    [
        ({}, []),
        ({"WHISPER_MODEL": "small"}, ["whisper"]),
        ({"OPENAI_API_KEY": "sk"}, ["openai"]),
        (
            {
                "OPENAI_API_KEY": "sk",
                "GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON": ACCOUNT,
                "WHISPER_MODEL": "small",
            },
            ["google", "whisper", "openai"],
        ),
    ],
)
def test_everyone_who_is_set_up_understands_recordings_the_best_first(
    environment: dict[str, str], chain: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "faster_whisper.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    settings = load_settings({"SECRET_KEY": "x", **environment})
    assert [one.name for one in recognisers_of(settings, google_account(settings))] == chain


def test_a_model_without_its_package_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    settings = load_settings({"SECRET_KEY": "x", "WHISPER_MODEL": "small"})
    assert recognisers_of(settings, google_account(settings)) == ()
    assert "WHISPER_MODEL" in caplog.text
