"""Running servers for the end-to-end tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.audio import mulaw
from server.audio.framing import frames_of, wav_to_mulaw
from tests.e2e.server_process import ServerProcess
from tests.fakes.openai_realtime import FakeRealtime, RealtimeOptions

AUDIO_DIR = Path(__file__).resolve().parents[1] / "data" / "audio"

StartServer = Callable[..., ServerProcess]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e" in str(item.path):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def rendered_media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One media directory for all servers, so that each sentence is rendered once."""
    return tmp_path_factory.mktemp("media")


@pytest.fixture
def start_server(tmp_path: Path, rendered_media: Path) -> Iterator[StartServer]:
    """Start servers; they are stopped after the test."""
    running: list[ServerProcess] = []

    def start(
        *, database_url: str = "", gunicorn: tuple[str, ...] = (), **environment: str
    ) -> ServerProcess:
        directory = tmp_path / f"server{len(running)}"
        directory.mkdir()
        url = database_url or f"sqlite:///{directory}/maane.db"
        server = ServerProcess(directory, url, media_dir=rendered_media, **environment)
        server.gunicorn_arguments = [*gunicorn]
        server.prepare()
        running.append(server)
        server.start()
        return server

    yield start
    for server in running:
        server.stop()


@pytest.fixture(scope="module")
def local_server(
    tmp_path_factory: pytest.TempPathFactory, rendered_media: Path
) -> Iterator[ServerProcess]:
    """A server on the local engine, shared by the tests of a module."""
    directory = tmp_path_factory.mktemp("local")
    server = ServerProcess(directory, f"sqlite:///{directory}/maane.db", media_dir=rendered_media)
    server.prepare()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def openai() -> Iterator[FakeRealtime]:
    """A stand-in for OpenAI Realtime."""
    with FakeRealtime(RealtimeOptions()) as fake:
        yield fake


@pytest.fixture(scope="session")
def speech() -> Callable[[str], bytes]:
    """Read a recording of the test data as mu-law, without the silence around it."""

    def read(name: str) -> bytes:
        frames = frames_of(wav_to_mulaw((AUDIO_DIR / name).read_bytes()))
        loud = [at for at, frame in enumerate(frames) if mulaw.rms(frame) > 300]
        return b"".join(frames[loud[0] : loud[-1] + 1])

    return read
