"""The settings: their contract, their checks, and the secret that is made once."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from server import settings as module
from server.cli.env_example import env_example
from server.errors import SettingsError
from server.settings import RESERVED, Settings, load_settings

ROOT = Path(__file__).resolve().parents[2]

# The names are a contract with whoever runs this; each is here once more so that none gets lost.
CONTRACT = [
    "DATABASE_URL",
    "SECRET_KEY",
    "PUBLIC_BASE_URL",
    "PORT",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_REALTIME_MODEL",
    "OPENAI_TRANSCRIBE_MODEL",
    "OPENAI_SUMMARY_MODEL",
    "OPENAI_EMBEDDING_MODEL",
    "GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_STT_LANGUAGE",
    "GOOGLE_STT_MODEL",
    "GOOGLE_STT_LOCATION",
    "WHISPER_MODEL",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "REDIS_URL",
    "MEDIA_DIR",
    "FAQ_FASTPATH_ENABLED",
    "FAQ_MIN_SCORE",
    "FAQ_CACHE_TTL_SEC",
    "FAQ_EMBEDDINGS_ENABLED",
    "AGENTS_ENABLED",
    "AGENT_MAX_OUTPUT_TOKENS",
    "AI_FIRST_REPLY_WORDS",
    "BARGE_IN",
    "BARGE_IN_VOICE_FRAMES",
    "BARGE_IN_GRACE_MS",
    "MIN_UTT_SEC",
    "MAX_UTT_SEC",
    "REPLY_REFRACTORY_MS",
    "VAD_HANGOVER_MS",
    "TTS_SPEAKING_RATE",
    "MAX_CALL_SEC",
    "MAX_CONCURRENT_CALLS",
    "SILENCE_PROMPT_SEC",
    "SILENCE_HANGUP_SEC",
    "FILLER_AFTER_MS",
    "WS_KEEPALIVE_SEC",
    "DRAIN_TIMEOUT_SEC",
]

DEFAULTS = {
    "PORT": 5000,
    "FAQ_FASTPATH_ENABLED": True,
    "FAQ_MIN_SCORE": 0.78,
    "FAQ_CACHE_TTL_SEC": 120,
    "FAQ_EMBEDDINGS_ENABLED": True,
    "AGENTS_ENABLED": True,
    "AGENT_MAX_OUTPUT_TOKENS": 160,
    "AI_FIRST_REPLY_WORDS": 24,
    "BARGE_IN": True,
    "BARGE_IN_VOICE_FRAMES": 10,
    "BARGE_IN_GRACE_MS": 0,
    "MIN_UTT_SEC": 1.0,
    "MAX_UTT_SEC": 4.5,
    "REPLY_REFRACTORY_MS": 1000,
    "VAD_HANGOVER_MS": 200,
    "TTS_SPEAKING_RATE": 0.95,
    "MAX_CALL_SEC": 1800,
    "SILENCE_PROMPT_SEC": 10,
    "SILENCE_HANGUP_SEC": 10,
    "FILLER_AFTER_MS": 1500,
    "WS_KEEPALIVE_SEC": 18,
}


def load(**environ: str) -> Settings:
    return load_settings({"SECRET_KEY": "only for tests", **environ})


def refusal(**environ: str) -> str:
    with pytest.raises(SettingsError) as refused:
        load(**environ)
    return refused.value.message


@pytest.mark.parametrize("name", CONTRACT)
def test_every_name_of_the_contract_is_a_setting(name: str) -> None:
    assert name.lower() in Settings.model_fields


@pytest.mark.parametrize(("name", "value"), DEFAULTS.items())
def test_the_defaults_are_the_contracts(name: str, value: object) -> None:
    assert getattr(load(), name.lower()) == value


def test_the_example_is_written_from_the_settings() -> None:
    assert (ROOT / ".env.example").read_text() == env_example()


def test_the_example_explains_every_setting_once() -> None:
    lines = env_example().splitlines()
    names = [line.partition("=")[0] for line in lines if line and not line.startswith("#")]
    assert names == [name.upper() for name in Settings.model_fields]
    for number, line in enumerate(lines):
        if line and not line.startswith("#"):
            assert len(lines[number - 1]) > 10
            assert lines[number - 1].startswith("# ")


def example_environment() -> dict[str, str]:
    lines = (line for line in env_example().splitlines() if line and not line.startswith("#"))
    pairs = (line.partition("=") for line in lines)
    return {name: value for name, _, value in pairs} | {"SECRET_KEY": "only for tests"}


def test_a_copied_example_changes_nothing() -> None:
    assert load_settings(example_environment()) == load()


def test_a_copied_example_warns_of_nothing() -> None:
    assert load_settings(example_environment()).reserved_in_use() == []


def test_every_reserved_name_is_a_setting() -> None:
    assert set(RESERVED) <= set(Settings.model_fields)
    assert load(REDIS_URL="redis://h", PORT="5001").reserved_in_use() == ["REDIS_URL"]


def sources() -> str:
    server = ROOT / "server"
    files = [path for path in server.rglob("*.py") if path.name != "settings.py"]
    return "\n".join(path.read_text() for path in [*files, ROOT / "gunicorn.conf.py"])


def test_a_setting_is_acted_on_or_named_as_reserved() -> None:
    text = sources()
    idle = {
        name
        for name in Settings.model_fields
        if name not in RESERVED and f"settings.{name}" not in text and f"{name.upper()}" not in text
    }
    assert idle == set()


def test_an_empty_value_means_the_default() -> None:
    empty = {name.upper(): "" for name in Settings.model_fields if name != "secret_key"}
    assert load(**empty) == load()


def test_names_that_are_none_of_ours_are_passed_over() -> None:
    assert load(PATH="/bin", NO_SUCH_SETTING="1") == load()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("PORT", "5e3"),
        ("LOG_LEVEL", "info"),
        ("LOG_LEVEL", "LOUD"),
        ("BARGE_IN", "perhaps"),
        ("BARGE_IN", " "),
        ("BARGE_IN_VOICE_FRAMES", "2.5"),
        ("BARGE_IN_GRACE_MS", "251"),
        ("FAQ_MIN_SCORE", "0.5"),
        ("FAQ_MIN_SCORE", "nan"),
        ("MAX_CALL_SEC", "inf"),
        ("MAX_CALL_SEC", "-1"),
        ("WS_KEEPALIVE_SEC", "NaN"),
        ("TTS_SPEAKING_RATE", "2"),
        ("PUBLIC_BASE_URL", "phone.example.com"),
        ("PUBLIC_BASE_URL", "ftp://phone.example.com"),
        ("PUBLIC_BASE_URL", "https://"),
        ("PUBLIC_BASE_URL", "https://phone.example.com/maane"),
        ("OPENAI_BASE_URL", "api.openai.com/v1"),
        ("OPENAI_BASE_URL", "wss://api.openai.com/v1"),
        ("DATABASE_URL", "mysql://localhost/maane"),
        ("DATABASE_URL", "maane.db"),
        ("GOOGLE_STT_LOCATION", "eu/recognizers"),
        ("GOOGLE_STT_ENDPOINT", "http://speech.example.com"),
        ("GOOGLE_STT_ENDPOINT", "eu-speech.googleapis.com/v2"),
    ],
)
def test_a_bad_value_is_refused_under_its_name(name: str, value: str) -> None:
    message = refusal(**{name: value})
    assert message.startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_BASE_URL", "https://phone.example.com?a=1"),
        ("PUBLIC_BASE_URL", "https://phone.example.com#a"),
        ("PUBLIC_BASE_URL", "https://user:secret@phone.example.com"),
        ("PUBLIC_BASE_URL", "https://phone.example.com:port"),
        ("OPENAI_BASE_URL", "https://"),
        ("OPENAI_BASE_URL", "https://api.openai.com/v1?a=1"),
    ],
)
def test_an_address_that_cannot_work_is_refused_under_its_name(name: str, value: str) -> None:
    assert refusal(**{name: value}).startswith(f"{name}: ")


def test_all_that_is_wrong_is_named_at_once() -> None:
    message = refusal(PORT="x", BARGE_IN="x")
    assert "PORT: " in message
    assert "BARGE_IN: " in message


def test_a_refusal_does_not_repeat_a_secret() -> None:
    message = refusal(DATABASE_URL="mysql://user:hunter2@localhost/maane")
    assert "hunter2" not in message


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@h/db", "postgresql+psycopg2://u:p@h/db"),
        ("postgresql://u:p@h/db", "postgresql+psycopg2://u:p@h/db"),
        ("postgresql+psycopg2://h/db", "postgresql+psycopg2://h/db"),
        ("sqlite:////tmp/maane.db", "sqlite:////tmp/maane.db"),
    ],
)
def test_the_database_is_reached_by_a_driver_that_can_be_green(given: str, used: str) -> None:
    assert load(DATABASE_URL=given).database_url == used


def test_a_trailing_slash_is_no_difference() -> None:
    loaded = load(PUBLIC_BASE_URL="https://h.example.com/", OPENAI_BASE_URL="http://h:1/v1/")
    assert loaded.public_base_url == "https://h.example.com"
    assert loaded.openai_base_url == "http://h:1/v1"


@pytest.mark.parametrize(
    ("value", "meant"), [("1", True), ("true", True), ("0", False), ("off", False), ("no", False)]
)
def test_switches_are_read_as_people_write_them(value: str, meant: bool) -> None:
    assert load(BARGE_IN=value).barge_in is meant


def test_settings_do_not_change_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().port = 1


# The secret


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "new" / "instance"
    monkeypatch.setattr(module, "INSTANCE_DIR", directory)
    return directory


def test_a_secret_is_made_once_kept_and_seen_by_nobody_else(instance: Path) -> None:
    old = os.umask(0)
    try:
        secret = load_settings({}).secret_key
    finally:
        os.umask(old)
    assert len(secret) >= 43
    assert load_settings({}).secret_key == secret
    file = instance / "secret_key"
    assert file.read_text() == secret
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(instance.iterdir()) == [file]


def test_processes_that_start_together_get_the_same_secret(instance: Path) -> None:
    start, secrets = threading.Barrier(8), []

    def begin() -> None:
        start.wait(5)
        secrets.append(load_settings({}).secret_key)

    threads = [threading.Thread(target=begin, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(secrets) == 8
    assert set(secrets) == {(instance / "secret_key").read_text()}
    assert [file.name for file in instance.iterdir()] == ["secret_key"]


def test_a_secret_of_ones_own_is_used_and_nothing_is_written(instance: Path) -> None:
    assert load_settings({"SECRET_KEY": "mine"}).secret_key == "mine"
    assert not instance.exists()


@pytest.mark.parametrize("content", ["", "\n"])
def test_an_empty_file_is_no_secret(instance: Path, content: str) -> None:
    instance.mkdir(parents=True)
    (instance / "secret_key").write_text(content)
    try:
        assert len(load_settings({}).secret_key) >= 43
    except SettingsError as refused:
        assert "SECRET_KEY" in refused.message


def test_a_place_that_cannot_be_written_is_a_settings_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(module, "INSTANCE_DIR", tmp_path / "file" / "instance")
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        load_settings({})
