"""Who has a job: the first to claim it, until it is done or the lease ends."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

from server.db import Database
from server.jobs import leases, retry
from server.jobs.leases import Claim, complete, due_lanes, fail, renew
from server.jobs.queue import counts
from tests.unit.jobs.conftest import Desk


def claimed(claim: Claim | None) -> Claim:
    assert claim is not None
    return claim


def test_the_longest_due_goes_first(desk: Desk) -> None:
    desk.ask("second", after=-1)
    desk.ask("third")
    desk.ask("first", after=-2)
    desk.ask("later", after=1)
    assert [claimed(desk.claim()).job.key for _ in range(3)] == ["first", "second", "third"]
    assert desk.claim() is None
    desk.passes(1)
    assert claimed(desk.claim()).job.key == "later"


def test_the_handler_sees_what_was_asked_for(desk: Desk) -> None:
    desk.ask("one")
    job = claimed(desk.claim()).job
    assert (job.kind, job.key, job.payload, job.attempt) == ("work", "one", {"key": "one"}, 1)
    assert (job.business_id, job.lead_id) == (None, None)


def test_lanes_and_kinds_keep_to_themselves(desk: Desk) -> None:
    desk.ask("one", lane="download")
    desk.ask("two", kind="new in the next release")
    assert desk.claim() is None
    assert claimed(desk.claim(lane="download")).job.key == "one"
    assert desk.row("two").state == "queued"


def test_which_lanes_have_work(desk: Desk) -> None:
    def due(*kinds: str, abandoned: bool = True) -> frozenset[str]:
        lanes = ["download", "summary", "webhook"]
        with desk.database.read() as session:
            return due_lanes(session, lanes, kinds, desk.now, abandoned=abandoned)

    desk.ask("one")
    desk.ask("two", lane="download", after=1)
    desk.ask("three", lane="webhook", kind="else")
    assert due("work") == {"summary"}
    assert due("work", "else") == {"summary", "webhook"}
    assert due() == frozenset()
    desk.claim()
    assert due("work") == frozenset()
    desk.passes(60)
    assert due("work") == {"summary", "download"}
    assert due("work", abandoned=False) == {"download"}


def test_a_job_that_is_done_stays_done(desk: Desk) -> None:
    desk.ask("one")
    claim = claimed(desk.claim())
    with desk.database.write() as session:
        assert complete(session, claim)
    desk.passes(1000)
    assert desk.claim() is None
    row = desk.row("one")
    assert (row.state, row.attempts, row.lease_owner, row.lease_until) == ("done", 1, "", None)


def test_a_failed_try_is_repeated_when_it_says_so(desk: Desk) -> None:
    desk.ask("one")
    claim = claimed(desk.claim())
    with desk.database.write() as session:
        assert fail(session, claim, "busy", retry_at=desk.now + timedelta(seconds=2))
    assert desk.row("one").last_error == "busy"
    assert desk.claim() is None
    desk.passes(2)
    assert claimed(desk.claim()).job.attempt == 2


def test_a_try_that_does_not_count_leaves_the_number_of_tries(desk: Desk) -> None:
    desk.ask("one")
    for _ in range(5):
        claim = claimed(desk.claim())
        assert claim.job.attempt == 1
        with desk.database.write() as session:
            assert fail(session, claim, "database", retry_at=desk.now, counts=False)


def test_a_dead_job_is_seen_and_can_be_tried_again(desk: Desk) -> None:
    desk.ask("one")
    claim = claimed(desk.claim())
    with desk.database.write() as session:
        assert not retry(session, claim.job.id)  # it is running
        assert fail(session, claim, "nobody there" * 100, retry_at=None)
    row = desk.row("one")
    assert (row.state, row.attempts, len(row.last_error)) == ("dead", 1, 500)
    assert desk.claim() is None
    with desk.database.write() as session:
        assert retry(session, row.id)
        assert not retry(session, row.id)
        assert not retry(session, row.id + 1)
    desk.now = desk.row("one").run_at
    assert claimed(desk.claim()).job.attempt == 1


def test_a_lease_that_ends_frees_the_job(desk: Desk) -> None:
    desk.ask("one")
    dead = claimed(desk.claim())
    desk.passes(59)
    assert desk.claim() is None
    desk.passes(1)
    alive = claimed(desk.claim())
    assert (alive.job.id, alive.job.attempt) == (dead.job.id, 2)
    assert alive.owner != dead.owner
    # The first one was only slow. What it says is not heard any more.
    with desk.database.write() as session:
        assert not complete(session, dead)
        assert not fail(session, dead, "late", retry_at=None)
        assert renew(session, [dead.owner], now=desk.now, lease_seconds=60) == frozenset()
    assert desk.row("one").state == "running"
    with desk.database.write() as session:
        assert complete(session, alive)


def test_a_renewed_lease_goes_on(desk: Desk) -> None:
    desk.ask("one")
    desk.ask("two")
    first, second = claimed(desk.claim()), claimed(desk.claim())
    desk.passes(40)
    with desk.database.write() as session:
        owners = [first.owner, "unknown"]
        assert renew(session, owners, now=desk.now, lease_seconds=60) == {first.owner}
    desk.passes(59)
    assert claimed(desk.claim()).job.id == second.job.id
    assert desk.claim() is None


def test_abandoned_jobs_can_be_left_alone(desk: Desk) -> None:
    desk.ask("one")
    job = claimed(desk.claim()).job
    desk.passes(60)
    with desk.database.write() as session:
        args = {"owner": "x", "now": desk.now, "lease_seconds": 60.0}
        assert leases.claim(session, "summary", ["work"], abandoned=False, **args) is None
        assert leases.claim(session, "summary", ["work"], without=[job.id], **args) is None


def test_jobs_are_counted_by_lane_and_state(desk: Desk) -> None:
    desk.ask("one")
    desk.ask("two")
    desk.ask("three", lane="webhook")
    dead = claimed(desk.claim(lane="webhook"))
    done = claimed(desk.claim())
    desk.claim()
    desk.ask("four")
    with desk.database.write() as session:
        fail(session, dead, "no", retry_at=None)
        complete(session, done)
    with desk.database.read() as session:
        found = counts(session)
    none = {"queued": 0, "running": 0, "dead": 0}
    assert found == {
        "download": none,
        "transcription": none,
        "summary": {"queued": 1, "running": 1, "dead": 0},
        "webhook": {"queued": 0, "running": 0, "dead": 1},
        "upkeep": none,
        "mail": none,
    }


def test_of_many_claimers_each_job_has_one(desk: Desk, database: Database) -> None:
    """Threads that claim, fail and complete at once: no job is held by two, none is lost."""
    jobs, together = 40, threading.Barrier(6)
    for number in range(jobs):
        desk.ask(str(number))
    held: set[int] = set()
    begun: Counter[int] = Counter()
    trouble: list[str] = []
    guard = threading.Lock()

    def work(seed: int) -> None:
        together.wait(10)
        while (claim := desk.claim()) is not None:
            job = claim.job
            with guard:
                if job.id in held:
                    trouble.append(f"{job.id} is held twice")
                held.add(job.id)
                begun[job.id] += 1
            again = job.attempt == 1 and (job.id + seed) % 3 == 0
            with guard:
                held.discard(job.id)  # before saying so: from then on others may have it
            with database.write() as session:
                if again:
                    ok = fail(session, claim, "again", retry_at=desk.now)
                else:
                    ok = complete(session, claim)
            if not ok:
                trouble.append(f"{job.id} lost its lease")

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert trouble == []
    rows = [desk.row(str(number)) for number in range(jobs)]
    assert {row.state for row in rows} == {"done"}
    assert all(row.attempts == begun[row.id] for row in rows)
