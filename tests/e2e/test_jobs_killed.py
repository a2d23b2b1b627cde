"""Background jobs outlive the death of their process: none is lost, none has its effect twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select

from server.db import Database, engine_options
from server.jobs import enqueue
from server.models import AuditEntry, JobRow
from server.settings import load_settings
from tests.e2e.conftest import StartServer
from tests.e2e.server_process import ServerProcess

JOBS = 24
LANE_THREADS = 4
CONFIGURATION = str(Path(__file__).with_name("gunicorn_jobs.py"))


class Work:
    """Test jobs, and what has become of them."""

    def __init__(self, directory: Path, database_url: str) -> None:
        self.begun_path = directory / "begun"
        self.gate_path = directory / "gate"
        self.database_url = database_url
        url = load_settings({"DATABASE_URL": database_url, "SECRET_KEY": "x"}).database_url
        self.database = Database(create_engine(url, **engine_options(url)))

    @property
    def environment(self) -> dict[str, str]:
        return {"JOBS_BEGUN": str(self.begun_path), "JOBS_GATE": str(self.gate_path)}

    def ask(self) -> None:
        """Enqueue the jobs, each in a transaction of its own."""
        for number in range(JOBS):
            waits = ("before", "after")[number % 2]
            with self.database.write() as session:
                enqueue(session, "test", f"job:{number}", {"waits": waits}, lane="summary")

    def begun(self) -> list[str]:
        """Return the key of every beginning."""
        return self.begun_path.read_text().split() if self.begun_path.exists() else []

    def effects(self) -> dict[str, int]:
        """Return how often each job has had its effect."""
        counted = select(AuditEntry.target, func.count()).where(AuditEntry.action == "test")
        with self.database.read() as session:
            rows = session.execute(counted.group_by(AuditEntry.target))
            return {key: times for key, times in rows}  # noqa: C416 - rows are not pairs

    def states(self) -> Counter[str]:
        """Return how many of the jobs are in each state."""
        with self.database.read() as session:
            return Counter(session.scalars(select(JobRow.state).where(JobRow.kind == "test")))


@pytest.fixture(params=["sqlite", "postgresql"])
def work(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Work]:
    """Test jobs on each kind of database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'maane.db'}"
    else:
        url = request.getfixturevalue("postgres_url")
    work = Work(tmp_path, url)
    yield work
    work.database.engine.dispose()


def running(server: ServerProcess, number: int) -> None:
    server.eventually("/healthz", lambda body: body["jobs"]["summary"]["running"] == number)


def all_done(server: ServerProcess, work: Work) -> None:
    """Wait until nothing is left; each job has had its effect once by then."""
    nothing = {"queued": 0, "running": 0, "dead": 0}
    server.eventually("/healthz", lambda body: body["jobs"]["summary"] == nothing, 30)
    assert work.states() == {"done": JOBS}
    assert work.effects() == {f"job:{number}": 1 for number in range(JOBS)}


def test_a_killed_process_loses_no_job(start_server: StartServer, work: Work) -> None:
    server = start_server(
        database_url=work.database_url,
        gunicorn=("-c", CONFIGURATION),
        JOB_LEASE_SEC="2",
        **work.environment,
    )
    work.ask()
    running(server, LANE_THREADS)
    server.eventually("/healthz", lambda _: len(work.effects()) == LANE_THREADS / 2)
    server.kill()
    assert work.states() == {"running": LANE_THREADS, "queued": JOBS - LANE_THREADS}
    assert len(work.begun()) == LANE_THREADS

    work.gate_path.touch()
    server.start()
    all_done(server, work)
    # Those that were running, and no others, were begun a second time.
    twice = {key for key, times in Counter(work.begun()).items() if times == 2}
    assert twice == set(work.begun()[:LANE_THREADS])
    assert len(work.begun()) == JOBS + LANE_THREADS
    assert "[JOB] id=" in server.log()


@pytest.mark.parametrize("work", ["postgresql"], indirect=True)
def test_another_process_takes_over(start_server: StartServer, work: Work) -> None:
    def start() -> ServerProcess:
        return start_server(
            database_url=work.database_url,
            gunicorn=("-c", CONFIGURATION),
            JOB_LEASE_SEC="2",
            **work.environment,
        )

    first, second = start(), start()
    work.ask()
    running(second, 2 * LANE_THREADS)
    assert sorted(Counter(work.begun()).values()) == [1] * 2 * LANE_THREADS
    first.kill()
    work.gate_path.touch()
    all_done(second, work)
    assert len(work.begun()) == JOBS + LANE_THREADS
