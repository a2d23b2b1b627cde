"""What becomes of a job after a try."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from server.errors import DatabaseBusyError
from server.jobs import GiveUp, Job, RetryLater
from server.jobs.outcome import Outcome, attempt, tell_of_death

JOB = Job(7, "work", "one", {"phone": "+972541234567"}, None, None, 1)


def after(error: Exception | None, tries: int = 1) -> Outcome:
    """Return the outcome of a handler that raises ``error``."""

    def handle(_: Job) -> None:
        if error is not None:
            raise error

    return attempt(handle, replace(JOB, attempt=tries))


@pytest.mark.parametrize(
    ("error", "outcomes"),
    [
        (None, [Outcome("done")] * 3),
        (GiveUp("no such call"), [Outcome("dead", "no such call")] * 3),
        (
            RetryLater("not yet"),
            [
                Outcome("retry", "not yet", 2),
                Outcome("retry", "not yet", 10),
                Outcome("dead", "not yet"),
            ],
        ),
        (
            RetryLater("not yet", 30),
            [
                Outcome("retry", "not yet", 30),
                Outcome("retry", "not yet", 30),
                Outcome("dead", "not yet"),
            ],
        ),
        (
            KeyError("lead"),
            [
                Outcome("retry", "KeyError: 'lead'", 2),
                Outcome("retry", "KeyError: 'lead'", 10),
                Outcome("dead", "KeyError: 'lead'"),
            ],
        ),
        (
            DatabaseBusyError("locked"),
            [Outcome("postponed", "database: DatabaseBusyError", 2)] * 3,
        ),
    ],
)
def test_three_tries(error: Exception | None, outcomes: list[Outcome]) -> None:
    assert [after(error, tries) for tries in (1, 2, 3)] == outcomes


def test_what_kills_its_process_is_not_tried_for_ever() -> None:
    outcome = after(AssertionError("is not asked again"), tries=4)
    assert (outcome.name, "died" in outcome.reason) == ("dead", True)


def test_a_mistake_is_logged_without_the_payload(caplog: pytest.LogCaptureFixture) -> None:
    after(KeyError("lead"))
    assert "[JOB] id=7 kind=work raised" in caplog.text
    assert "972541234567" not in caplog.text


class Mourner:
    """A handler that wants to know; the database is away at first."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.told: list[tuple[int, str]] = []

    def __call__(self, _: Job) -> None:
        raise GiveUp("no")

    def on_dead(self, job: Job, reason: str) -> None:
        if self.errors:
            raise self.errors.pop()
        self.told.append((job.id, reason))


def test_who_wants_to_know_of_a_death_is_told_when_the_database_is_back() -> None:
    mourner = Mourner(DatabaseBusyError("locked"))
    tell_of_death(mourner, JOB, "no")
    assert mourner.told == [(7, "no")]
    tell_of_death(lambda _: None, JOB, "no")  # does not want to know


def test_a_mistake_at_a_death_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    tell_of_death(Mourner(KeyError("lead")), JOB, "no")
    assert "on_dead raised" in caplog.text
