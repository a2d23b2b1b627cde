"""`make bench`: run the real server beside its stand-ins and print what was measured."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench import cards, ears, faq, faq_calls, life, pages
from tests.bench.figures import table
from tests.bench.line import measure_interruptions, measure_line, measure_load
from tests.e2e.server_process import ServerProcess
from tests.fakes.openai_http import FakeOpenAIHttp
from tests.fakes.openai_realtime import FakeRealtime, RealtimeOptions


def main() -> None:
    """Measure what was asked for, or everything but the long call; end by itself."""
    wanted = set(sys.argv[1:]) or {"ears", "faq", "faqcalls", "line", "life", "cards", "pages"}
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    if "ears" in wanted:
        print(ears.report())
    if "faq" in wanted:
        print(faq.report())
    if "faqcalls" in wanted:
        with _house() as house:
            server = house.start()
            figures = faq_calls.measure_hits(server, house.openai)
            busy, what = faq_calls.measure_load(server, house.openai)
            print(table([*figures, *busy]))
            print(what)
    if "line" in wanted:
        with _house() as house:
            server = house.start()
            figures = measure_line(server, house.openai)
            figures += measure_interruptions(server, house.openai)
            busy, cpu = measure_load(server)
            print(table([*figures, *busy]))
            print(cpu)
    if "life" in wanted:
        with _house() as house:
            server = house.start()
            figures = life.measure_turns(server, house.openai)
            figures += life.measure_faults(server, house.openai, house.requests)
            figures += life.measure_ends(house.start, house.openai)
            print(table(figures))
    if "cards" in wanted:
        print(cards.report())
    if "pages" in wanted:
        print(pages.report())
    if "long" in wanted:
        with _house() as house:
            print(life.long_call(house.start(REALTIME_ROTATE_SEC="300"), house.openai))


class _House:
    """Servers beside one stand-in of OpenAI."""

    def __init__(self, directory: Path, openai: FakeRealtime, requests: FakeOpenAIHttp) -> None:
        self.openai = openai
        self.requests = requests
        self._directory = directory
        self._servers: list[ServerProcess] = []

    def start(self, **environment: str) -> ServerProcess:
        """Start a server of its own; it is stopped at the end."""
        directory = self._directory / f"server{len(self._servers)}"
        directory.mkdir()
        server = ServerProcess(
            directory,
            f"sqlite:///{directory}/maane.db",
            media_dir=self._directory / "media",
            OPENAI_BASE_URL=self.openai.base_url,
            OPENAI_API_KEY="sk-bench",
            **environment,
        )
        server.prepare()
        self._servers.append(server)
        server.start()
        return server

    def stop(self) -> None:
        for server in self._servers:
            server.stop()


@contextlib.contextmanager
def _house() -> Iterator[_House]:
    with (
        tempfile.TemporaryDirectory() as name,
        FakeOpenAIHttp() as requests,
        FakeRealtime(RealtimeOptions(), http=requests) as openai,
    ):
        house = _House(Path(name), openai, requests)
        try:
            yield house
        finally:
            house.stop()


if __name__ == "__main__":
    main()
