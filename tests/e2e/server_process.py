"""The real server, as its users run it: Gunicorn with the eventlet worker on loopback."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SECRET = "test-secret"
START_SECONDS = 60.0

_KEPT: list[Any] = []
"""A database as the commands have made it, and the token in it."""


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


class ServerProcess:
    """One running server with a database and media directory of its own."""

    def __init__(
        self, directory: Path, database_url: str, *, media_dir: Path, **environment: str
    ) -> None:
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.log_path = directory / "server.log"
        self.probe_path = directory / "probe.sock"
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if name in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")
        } | {
            "DATABASE_URL": database_url,
            "MEDIA_DIR": str(media_dir),
            "SECRET_KEY": SECRET,
            "PORT": str(self.port),
            "DRAIN_TIMEOUT_SEC": "5",
            "PROBE_SOCKET": str(self.probe_path),
            **environment,
        }
        self.token = ""
        self.gunicorn_arguments: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None

    def flask(self, *arguments: str, stdin: str = "", check: bool = True) -> str:
        """Run a command of the product; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
            cwd=ROOT,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if check:
            assert done.returncode == 0, done.stderr
        return done.stdout

    def prepare(self) -> None:
        """Migrate, seed the demo business, and make an owner's token.

        Each of the three commands takes seconds to start: what they make of a new SQLite is kept,
        and copied for the servers that follow.
        """
        url = self.environment["DATABASE_URL"]
        path = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
        if path is None or path.exists():
            self._make_ready()
        elif _KEPT:
            shutil.copyfile(_KEPT[0].name, path)
            self.token = _KEPT[1]
        else:
            self._make_ready()
            kept = tempfile.NamedTemporaryFile(suffix=".db")  # noqa: SIM115 - until the tests end
            with (
                contextlib.closing(sqlite3.connect(path)) as made,
                contextlib.closing(sqlite3.connect(kept.name)) as copy,
            ):
                made.backup(copy)
            _KEPT.extend((kept, self.token))

    def _make_ready(self) -> None:
        self.flask("db", "upgrade")
        self.flask("demo", "seed", "--no-history")
        self.token = self.flask("token", "create", "--name", "tests", "--role", "owner").strip()

    def start(self) -> None:
        """Start serving and wait until it answers."""
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "gunicorn",
                    "-c",
                    str(Path(__file__).with_name("gunicorn_probe.py")),
                    *self.gunicorn_arguments,
                    "wsgi:app",
                ],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.get("/version")
                return
            except OSError:
                assert self._process.poll() is None, self.log()
                assert time.monotonic() < deadline, self.log()
                time.sleep(0.1)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the server; return its exit code."""
        if self._process is None:
            return 0
        self._process.send_signal(how)
        try:
            code = self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        self._process = None
        return code

    def kill(self) -> None:
        """Kill the server and everything of it at once, so that nobody can say goodbye."""
        processes = self.process_ids()
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        for pid in reversed(processes):
            os.kill(pid, signal.SIGKILL)
        assert self.stop(signal.SIGKILL) == -signal.SIGKILL

    def process_ids(self) -> list[int]:
        """Return the ids of the master, its worker and the worker's helpers."""
        assert self._process is not None
        found, waiting = [], [self._process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
            waiting.extend(int(child) for child in children.split())
        return found

    def log(self) -> str:
        """Return everything that the server has logged."""
        return self.log_path.read_text(errors="replace")

    def probe(self) -> dict[str, int]:
        """Return what lives inside the worker (see gunicorn_probe)."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(10)
            sock.connect(str(self.probe_path))
            data = b""
            while chunk := sock.recv(4096):
                data += chunk
        counts: dict[str, int] = json.loads(data)
        return counts

    def get(self, path: str) -> Any:
        """Return the JSON at ``path``, asked for with the owner's token."""
        request = urllib.request.Request(self.base_url + path)
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.loads(response.read())

    def send(self, method: str, path: str, body: object) -> Any:
        """Send JSON to ``path`` with the owner's token; return the answer's JSON."""
        request = urllib.request.Request(
            self.base_url + path, json.dumps(body).encode(), method=method
        )
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.loads(response.read() or b"null")

    def eventually(self, path: str, ready: Any, seconds: float = 10.0) -> Any:
        """Return the JSON at ``path`` once ``ready`` holds for it."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                found = self.get(path)
            except urllib.error.HTTPError as error:
                found = {"status": error.code}
            if ready(found):
                return found
            assert time.monotonic() < deadline, f"{path} stays {found}\n{self.log()[-3000:]}"
            time.sleep(0.05)
