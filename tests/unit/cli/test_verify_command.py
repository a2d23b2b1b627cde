"""When the live checks refuse to begin, and what a person's answer does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import Result

from server import create_app
from server.caller.line import Webhooks
from server.cli.verify import command, speech, steps
from server.cli.verify.command import CHECKS, Check
from server.cli.verify.phone import Phone
from server.cli.verify.verdicts import Exchange, Grade, Verdict
from server.db.migrate import upgrade
from server.settings import load_settings
from tests.e2e.server_process import free_port


class Health(BaseHTTPRequestHandler):
    """A server that answers ``/healthz`` alone, with the agent named in its class."""

    agent = "openai-realtime"

    def do_GET(self) -> None:
        body = json.dumps({"providers": {"agent": {"name": self.agent, "why": "a test"}}}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def healthy() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def run(tmp_path: Path, *arguments: str, migrated: bool = False, **environment: str) -> Result:
    url = f"sqlite:///{tmp_path / 'maane.db'}"
    if migrated:
        upgrade(url)
    settings = {
        "DATABASE_URL": url,
        "SECRET_KEY": "only for tests",
        "MEDIA_DIR": str(tmp_path / "media"),
        "OPENAI_BASE_URL": f"http://127.0.0.1:{free_port()}/v1",
        **environment,
    }
    app = create_app(load_settings(settings))
    runner = app.test_cli_runner()
    if migrated:
        runner.invoke(args=["demo", "seed"])
    report = str(tmp_path / "report.json")
    result: Result = runner.invoke(args=["verify-live", "--yes", "--out", report, *arguments])
    assert not isinstance(result.exception, Exception), result.exception
    return result


def test_without_a_key_there_is_nothing_to_check(tmp_path: Path) -> None:
    result = run(tmp_path, OPENAI_BASE_URL="https://api.openai.com/v1", OPENAI_API_KEY="")
    assert result.exit_code == 1
    assert "OPENAI_API_KEY is not set" in result.stderr
    off = run(tmp_path, OPENAI_API_KEY="sk-test", AGENTS_ENABLED="0")
    assert "AGENTS_ENABLED is 0" in off.stderr


def test_it_is_told_how_to_start_a_server(tmp_path: Path) -> None:
    result = run(tmp_path, PORT=str(free_port()))
    assert result.exit_code == 1
    assert "make serve" in result.stderr


def test_a_server_without_the_live_agent_is_refused(
    tmp_path: Path, healthy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Health, "agent", "receptionist")
    result = run(tmp_path, "--url", healthy)
    assert result.exit_code == 1
    assert "agent is receptionist (a test)" in result.stderr


def test_the_number_must_be_a_businesss(tmp_path: Path, healthy: str) -> None:
    assert "run: flask --app wsgi db upgrade" in run(tmp_path, "--url", healthy).stderr
    result = run(tmp_path, "--url", healthy, "--to", "+972501111111", migrated=True)
    assert "no business has the number +972501111111" in result.stderr


def test_what_it_will_cost_is_told_before_a_voice_that_fails(tmp_path: Path, healthy: str) -> None:
    result = run(tmp_path, "--url", healthy, "--only", "flow", migrated=True)
    assert result.exit_code == 1
    assert "About 0.6 minutes of Realtime audio will be paid for, 2 of" in result.stdout
    assert "the caller's voice cannot be rendered" in result.stderr


def verdict_of(grade: Grade, phone: Phone, *, interactive: bool) -> Verdict:
    exchange = Exchange("מה השעה?", "מה השעה", "עשר.", "AGENT", 700.0)
    verdict = Verdict("flow", grade, "answered", (exchange,), "Did it?")
    check = Check("flow", (), 1, lambda _: verdict)
    return command._run(check, phone, interactive=interactive)


@pytest.fixture
def phone() -> Phone:
    return Phone(None, "+1555", "", {}, float("inf"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "grade", "by"),
    [
        ("y", Grade.PASS, "person"),
        ("n", Grade.FAIL, "person"),
        ("skip", Grade.JUDGE, "machine"),
    ],
)
def test_a_person_decides_what_the_machine_cannot(
    phone: Phone,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: str,
    grade: Grade,
    by: str,
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(command.click, "prompt", lambda text, **_: asked.append(text) or typed)
    verdict = verdict_of(Grade.JUDGE, phone, interactive=True)
    assert (verdict.grade, verdict.judged_by) == (grade, by)
    assert asked == ["  Did it?"]
    assert "agent [AGENT, 700 ms]: עשר." in capsys.readouterr().out
    assert verdict_of(Grade.PASS, phone, interactive=True).grade is Grade.PASS
    assert len(asked) == 1


def test_nobody_is_asked_where_nobody_is(phone: Phone, capsys: pytest.CaptureFixture[str]) -> None:
    assert verdict_of(Grade.JUDGE, phone, interactive=False).grade is Grade.JUDGE
    assert "to be judged: Did it?" in capsys.readouterr().out


def test_what_cannot_be_done_has_failed() -> None:
    late = Phone(None, "+1555", "", {}, 0.0)  # type: ignore[arg-type]
    assert "not reached in time" in verdict_of(Grade.PASS, late, interactive=False).figure

    def break_off(_: Phone) -> Verdict:
        raise ConnectionError("gone")

    phone = Phone(None, "+1555", "", {}, float("inf"))  # type: ignore[arg-type]
    broken = command._run(Check("flow", (), 1, break_off), phone, interactive=False)
    assert (broken.grade, broken.figure) == (Grade.FAIL, "the connection was lost: gone")
    nobody = Webhooks(f"http://127.0.0.1:{free_port()}")
    unheard = Phone(nobody, "+1555", "", dict.fromkeys([speech.BOOKING, speech.TIME], b""), 1e12)
    refused = command._run(Check("flow", (), 1, steps.check_flow), unheard, interactive=False)
    assert refused.figure.startswith("the call did not come about: no server at")
    mute = Check("flow", (speech.TIME,), 1, break_off)
    assert "does not say: מה השעה?" in command._run(mute, phone, interactive=False).figure


def test_every_check_can_be_chosen(tmp_path: Path) -> None:
    result = run(tmp_path, "--help")
    assert result.exit_code == 0
    for name in CHECKS:
        assert name in result.output
