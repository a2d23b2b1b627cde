"""The password process, the real one: it hashes, checks, is replaced, and never piles up work."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pytest

from server.errors import InvalidInputError, UnavailableError
from server.passwords.desk import PasswordDesk
from server.passwords.hashing import password_matches


@pytest.fixture(scope="module")
def desk() -> Iterator[PasswordDesk]:
    desk = PasswordDesk()
    yield desk
    desk.close()


def process_id(desk: PasswordDesk) -> int:
    process = desk._helper._process
    assert process is not None
    return process.pid


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_password_fits_its_own_hash_only(desk: PasswordDesk) -> None:
    stored = desk.hash("סוסה נכונה וסוללה")
    assert stored.startswith("$argon2id$")
    assert password_matches(stored, "סוסה נכונה וסוללה")
    assert desk.matches(stored, "סוסה נכונה וסוללה")
    assert not desk.matches(stored, "סוסה נכונה וסוללה ")
    assert desk.hash("סוסה נכונה וסוללה") != stored


@pytest.mark.parametrize("stored", ["", None, "no hash", "$argon2id$v=19$m=1,t=1,p=1$$"])
def test_nothing_fits_what_is_no_hash(desk: PasswordDesk, stored: str | None) -> None:
    assert not desk.matches(stored, "correct horse")


@pytest.mark.parametrize(
    ("password", "code"), [("123456789", "password_short"), ("a" * 1025, "password_long")]
)
def test_a_bad_password_is_refused_by_name(desk: PasswordDesk, password: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        desk.hash(password, "new")
    assert (refused.value.field, refused.value.code) == ("new", code)


@pytest.mark.parametrize("password", ["\ud800 half a pair", "\0" * 12, "x" * 100_000])
def test_odd_passwords_are_only_wrong(desk: PasswordDesk, password: str) -> None:
    stored = desk.hash("correct horse")
    assert not desk.matches(stored, password)


def test_somebody_unknown_takes_as_long_as_a_wrong_password(desk: PasswordDesk) -> None:
    stored = desk.hash("correct horse")

    def work(password_hash: str | None) -> float:
        """Return the seconds of CPU that ten checks take: a busy machine does not lengthen them."""
        before = cpu_seconds(process_id(desk))
        for _ in range(10):
            assert not desk.matches(password_hash, "wrong horse")
        return cpu_seconds(process_id(desk)) - before

    wrong, unknown = work(stored), work(None)
    assert wrong > 0.05
    assert 0.5 < unknown / wrong < 2


def test_a_killed_process_is_replaced(desk: PasswordDesk) -> None:
    stored = desk.hash("correct horse")
    process = desk._helper._process
    assert process is not None
    process.kill()
    process.wait(10)
    assert desk.matches(stored, "correct horse")
    assert desk._helper._process is not process


def test_a_process_that_hangs_costs_one_request_and_says_so(desk: PasswordDesk) -> None:
    stored = desk.hash("correct horse")
    sock = desk._helper._socket
    assert sock is not None
    sock.settimeout(0.1)
    os.kill(process_id(desk), signal.SIGSTOP)
    with pytest.raises(UnavailableError) as failed:
        desk.matches(stored, "correct horse")
    assert failed.value.code == "passwords_unavailable"
    assert desk.matches(stored, "correct horse")


def test_who_comes_when_too_many_wait_is_told_at_once() -> None:
    desk = PasswordDesk(max_waiting=2)
    try:
        stored = desk.hash("correct horse")
        stopped = process_id(desk)
        os.kill(stopped, signal.SIGSTOP)
        outcomes: list[bool] = []
        threads = [
            threading.Thread(target=lambda: outcomes.append(desk.matches(stored, "correct horse")))
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        while desk._places._value:
            threading.Event().wait(0.005)
        began = perf_counter()
        with pytest.raises(UnavailableError) as refused:
            desk.matches(stored, "correct horse")
        assert refused.value.code == "passwords_busy"
        assert perf_counter() - began < 1
        os.kill(stopped, signal.SIGCONT)
        for thread in threads:
            thread.join(10)
        assert outcomes == [True, True]
        assert desk.matches(stored, "correct horse")
    finally:
        desk.close()
