"""`make bench`: run the real server beside its stand-in and print what was measured."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from pathlib import Path

from tests.bench import ears, faq
from tests.bench.figures import table
from tests.bench.line import measure_interruptions, measure_line, measure_load
from tests.e2e.server_process import ServerProcess
from tests.fakes.openai_realtime import FakeRealtime, RealtimeOptions


def main() -> None:
    """Measure what was asked for, or everything; end by itself."""
    wanted = set(sys.argv[1:]) or {"ears", "faq", "line"}
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    if "ears" in wanted:
        print(ears.report())
    if "faq" in wanted:
        print(faq.report())
    if "line" in wanted:
        _measure_the_line()


def _measure_the_line() -> None:
    with tempfile.TemporaryDirectory() as name, FakeRealtime(RealtimeOptions()) as openai:
        directory = Path(name)
        server = ServerProcess(
            directory,
            f"sqlite:///{directory}/maane.db",
            media_dir=directory / "media",
            OPENAI_BASE_URL=openai.base_url,
            OPENAI_API_KEY="sk-bench",
        )
        server.prepare()
        server.start()
        try:
            figures = measure_line(server, openai) + measure_interruptions(server, openai)
            busy, cpu = measure_load(server)
            print(table([*figures, *busy]))
            print(cpu)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
