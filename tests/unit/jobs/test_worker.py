"""The worker: it does what is asked for, soon, once, and whatever the database goes through."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, event, select, update

import server.db
from server.clock import utc_now
from server.db import Database, engine_options
from server.jobs import GiveUp, Handler, Job, JobWorker, RetryLater, enqueue
from server.jobs.upkeep import KEEP_DAYS, PURGE_JOBS, purge_jobs
from server.models import JobRow
from tests.postgres import database_away
from tests.unit.db.test_units_of_work import locked
from tests.unit.jobs.conftest import Desk

Start = Callable[..., JobWorker]


def eventually(ready: Callable[[], Any], seconds: float = 15.0) -> None:
    """Wait until ``ready`` holds."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def start(database: Database) -> Iterator[Start]:
    """Start workers; they are stopped after the test."""
    workers: list[JobWorker] = []

    def begin(handlers: dict[str, Handler], of: Database = database, **options: Any) -> JobWorker:
        worker = JobWorker(of, handlers, **options)
        worker.start()
        workers.append(worker)
        return worker

    yield begin
    for worker in workers:
        assert worker.stop(10)


class Steps:
    """A handler that goes through prepared answers, one per try."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.attempts: list[int] = []
        self.dead: list[str] = []

    def __call__(self, job: Job) -> None:
        self.attempts.append(job.attempt)
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer

    def on_dead(self, job: Job, reason: str) -> None:
        self.dead.append(f"{job.key}: {reason}")


def test_a_job_is_tried_three_times(desk: Desk) -> None:
    handler = Steps(RetryLater("a"), RetryLater("b"), RetryLater("c"))
    worker = JobWorker(desk.database, {"work": handler}, now=lambda: desk.now)
    desk.ask("one")
    waits = []
    for _ in range(2):
        assert worker.run_one("summary")
        waits.append((desk.row("one").run_at - desk.now).total_seconds())
        assert not worker.run_one("summary")
        desk.passes(waits[-1])
    assert handler.dead == []
    assert worker.run_one("summary")
    desk.passes(1000)
    assert not worker.run_one("summary")
    assert waits == [2, 10]
    assert handler.attempts == [1, 2, 3]
    assert handler.dead == ["one: c"]
    row = desk.row("one")
    assert (row.state, row.attempts, row.last_error) == ("dead", 3, "c")


def test_what_can_never_be_done_is_dead_at_once(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "server.jobs")
    handler = Steps(GiveUp("no lead of 054-1234567"), None)
    worker = JobWorker(desk.database, {"work": handler}, now=lambda: desk.now)
    desk.ask("one")
    desk.ask("two")
    assert worker.run_one("summary")
    assert worker.run_one("summary")
    assert (desk.row("one").state, desk.row("two").state) == ("dead", "done")
    assert handler.dead == ["one: no lead of 054-1234567"]
    first, second = [message for message in caplog.messages if message.startswith("[JOB]")]
    assert "kind=work lane=summary attempt=1 outcome=dead ms=" in first
    assert "1234567" not in first
    assert "outcome=done" in second


def test_a_commit_wakes_its_lane(desk: Desk, start: Start) -> None:
    done = threading.Event()
    start({"work": lambda _: done.set()}, poll_seconds=60.0, lease_seconds=600.0)
    with desk.database.write() as session:
        enqueue(session, "work", "one", {}, lane="summary")
        assert not done.wait(0.05)
    assert done.wait(10)
    eventually(lambda: desk.row("one").state == "done")


def test_what_another_process_asks_for_is_found_by_looking(
    desk: Desk, start: Start, database_url: str
) -> None:
    done = threading.Event()
    start({"work": lambda _: done.set()}, poll_seconds=0.05)
    other = Database(create_engine(database_url, **engine_options(database_url)))
    with other.write() as session:
        enqueue(session, "work", "one", {}, lane="summary", run_at=utc_now() + timedelta(seconds=1))
    other.engine.dispose()
    assert not done.wait(0.2)
    assert done.wait(10)


def test_a_full_lane_holds_up_no_other(desk: Desk, start: Start) -> None:
    go_on, transcribing = threading.Event(), threading.Semaphore(0)

    def transcribe(_: Job) -> None:
        transcribing.release()
        assert go_on.wait(30)

    done = threading.Event()
    worker = start(
        {"transcribe": transcribe, "work": lambda _: done.set()},
        lanes={"transcription": 2, "summary": 1},
    )
    with desk.database.write() as session:
        for number in range(3):
            enqueue(session, "transcribe", f"t:{number}", {}, lane="transcription")
    assert transcribing.acquire(timeout=10)
    assert transcribing.acquire(timeout=10)
    with desk.database.write() as session:
        enqueue(session, "work", "one", {}, lane="summary")
    assert done.wait(10)
    assert not transcribing.acquire(blocking=False)  # the third waits for a thread
    found = worker.counts()["transcription"]
    assert (found["queued"], found["running"]) == (1, 2)
    go_on.set()
    eventually(lambda: {desk.row(f"t:{n}").state for n in range(3)} == {"done"})


def test_a_long_job_keeps_its_lease(desk: Desk, start: Start, database_url: str) -> None:
    """Two workers, as of two processes: the second waits for a lease to end, and none does."""
    began, go_on, doubled = threading.Event(), threading.Event(), threading.Event()

    def handle(_: Job) -> None:
        if began.is_set():
            doubled.set()
        began.set()
        assert go_on.wait(30)

    start({"work": handle}, lease_seconds=0.6)
    with desk.database.write() as session:
        enqueue(session, "work", "one", {}, lane="summary")
    assert began.wait(10)
    first = desk.row("one").lease_until
    engine = create_engine(database_url, **engine_options(database_url))
    start({"work": handle}, of=Database(engine), lease_seconds=0.6)
    assert first is not None
    for _ in range(4):
        until = desk.row("one").lease_until
        eventually(lambda until=until: desk.row("one").lease_until > until)
    assert not doubled.is_set()
    go_on.set()
    eventually(lambda: desk.row("one").state == "done")
    assert desk.row("one").attempts == 1


def test_what_a_dead_process_has_begun_is_begun_anew(desk: Desk, start: Start) -> None:
    handler = Steps()
    desk.now = utc_now() - timedelta(seconds=61)
    desk.ask("one")
    assert desk.claim() is not None
    start({"work": handler}, lease_seconds=0.6)
    eventually(lambda: desk.row("one").state == "done")
    assert handler.attempts == [2]


def test_what_has_killed_three_processes_is_dead(desk: Desk, start: Start) -> None:
    handler = Steps()
    desk.now = utc_now() - timedelta(seconds=200)
    desk.ask("one")
    for _ in range(3):
        assert desk.claim() is not None
        desk.passes(60)
    start({"work": handler}, lease_seconds=0.6)
    eventually(lambda: desk.row("one").state == "dead")
    assert handler.attempts == []
    assert len(handler.dead) == 1


def test_two_workers_do_each_job_once(desk: Desk, start: Start, database_url: str) -> None:
    effects: list[str] = []
    jobs = 60

    def handle(job: Job) -> None:
        effects.append(job.key)

    engine = create_engine(database_url, **engine_options(database_url))
    for of in (desk.database, Database(engine)):
        start({"work": handle}, of=of, lanes={"summary": 3}, poll_seconds=0.05)
    for number in range(jobs):
        with desk.database.write() as session:
            enqueue(session, "work", str(number), {}, lane="summary")
    eventually(lambda: len(effects) >= jobs, 60)
    eventually(lambda: desk.row(str(jobs - 1)).state == "done")
    assert sorted(effects, key=int) == [str(number) for number in range(jobs)]


def test_stopping_lets_a_job_finish_and_begins_no_other(desk: Desk, start: Start) -> None:
    began, go_on = threading.Event(), threading.Event()

    def handle(_: Job) -> None:
        began.set()
        assert go_on.wait(30)

    worker = start({"work": handle}, lanes={"summary": 1})
    for key in ("one", "two"):
        with desk.database.write() as session:
            enqueue(session, "work", key, {}, lane="summary")
    assert began.wait(10)
    assert not worker.stop(0.1)
    go_on.set()
    assert worker.stop(10)
    assert (desk.row("one").state, desk.row("two").state) == ("done", "queued")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_locked_database_costs_time_only(
    desk: Desk, start: Start, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.db, "LOCK_WAIT_SECONDS", 0.05)
    began, go_on = threading.Event(), threading.Event()

    def handle(_: Job) -> None:
        began.set()
        assert go_on.wait(30)

    start({"work": handle}, lanes={"summary": 1}, lease_seconds=0.6)
    for key in ("one", "two"):
        with database.write() as session:
            enqueue(session, "work", key, {}, lane="summary")
    assert began.wait(10)
    with locked(database):
        go_on.set()
        lease = desk.row("one").lease_until
        assert lease is not None
        eventually(lambda: utc_now() > lease)
        assert desk.row("one").state == "running"
    eventually(lambda: desk.row("two").state == "done")
    assert (desk.row("one").state, desk.row("one").attempts) == ("done", 1)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_goes_away_costs_time_only(
    desk: Desk, start: Start, database_url: str, postgres_server: str
) -> None:
    began, go_on, tries = threading.Event(), threading.Event(), []

    def handle(job: Job) -> None:
        tries.append(job.key)
        began.set()
        assert go_on.wait(30)
        with desk.database.read() as session:  # away at the first try
            session.execute(select(JobRow.id))

    engine = create_engine(database_url, **engine_options(database_url))
    for of in (desk.database, Database(engine)):
        start({"work": handle}, of=of, lease_seconds=1.5, poll_seconds=0.05)
    with desk.database.write() as session:
        enqueue(session, "work", "one", {}, lane="summary")
    assert began.wait(10)
    lease_ends = utc_now() + timedelta(seconds=2)
    with database_away(postgres_server, database_url):
        go_on.set()
        eventually(lambda: utc_now() > lease_ends)
    eventually(lambda: desk.row("one").state == "done", 30)
    assert tries == ["one", "one"]
    assert desk.row("one").attempts == 1  # the first one was not the job's fault


def test_no_session_is_held_while_a_handler_runs(desk: Desk, start: Start) -> None:
    out = 0
    lock = threading.Lock()
    seen: list[int] = []

    def count(by: int) -> None:
        nonlocal out
        with lock:
            out += by

    event.listen(desk.database.engine, "checkout", lambda *_: count(1))
    event.listen(desk.database.engine, "checkin", lambda *_: count(-1))
    worker = JobWorker(desk.database, {"work": lambda _: seen.append(out)}, now=lambda: desk.now)
    desk.ask("one")
    assert worker.run_one("summary")
    assert seen == [0]


def test_jobs_of_the_next_release_are_left_for_it(desk: Desk) -> None:
    worker = JobWorker(desk.database, {"work": lambda _: None}, now=lambda: desk.now)
    desk.ask("one", kind="else")
    assert not worker.run_one("summary")
    worker.handlers["else"] = lambda _: None
    assert worker.run_one("summary")


def test_nightly_work_is_asked_for_and_old_jobs_are_forgotten(desk: Desk, start: Start) -> None:
    for key in ("old", "young", "dead"):
        desk.ask(key)
    with desk.database.write() as session:
        for key, days, state in (("old", 8, "done"), ("young", 6, "done"), ("dead", 8, "dead")):
            session.execute(
                update(JobRow)
                .where(JobRow.key == key)
                .values(state=state, updated_at=utc_now() - timedelta(days=days))
            )
    assert KEEP_DAYS == 7
    worker = start({PURGE_JOBS: purge_jobs(desk.database)}, daily=[PURGE_JOBS], poll_seconds=0.05)

    def keys() -> set[str]:
        with desk.database.read() as session:
            return set(session.scalars(select(JobRow.key)))

    eventually(lambda: len(keys()) == 4)
    (nightly,) = keys() - {"old", "young", "dead"}
    assert nightly.startswith("purge_jobs:20")
    assert desk.row(nightly).run_at > utc_now()
    with desk.database.write() as session:
        session.execute(update(JobRow).where(JobRow.key == nightly).values(run_at=utc_now()))
    eventually(lambda: desk.row(nightly).state == "done")
    assert keys() == {"young", "dead", nightly}
    assert worker.counts()["upkeep"]["dead"] == 0
