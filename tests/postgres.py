"""A PostgreSQL for the tests: the one of TEST_POSTGRES_URL, or a temporary one of our own."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

ABSENT = "no PostgreSQL here: neither TEST_POSTGRES_URL nor its server programs (apt: postgresql)"


def _programs() -> Path | None:
    """Return the directory of PostgreSQL's server programs, the newest there is."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


@contextlib.contextmanager
def running_server() -> Iterator[str]:
    """Give the address of a server on which databases may be made.

    Skips the test where there is none; on a build machine (CI) it fails instead.
    """
    if given := os.environ.get("TEST_POSTGRES_URL"):
        yield given
        return
    programs = _programs()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail(ABSENT)
        pytest.skip(ABSENT)
    with tempfile.TemporaryDirectory(prefix="maane-pg-") as name:
        directory = Path(name)
        as_user: list[str] = []
        if os.geteuid() == 0:  # the server refuses to run as root
            directory.chmod(0o755)
            shutil.chown(directory, "postgres")
            as_user = ["runuser", "-u", "postgres", "--"]
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            port = sock.getsockname()[1]
        data = directory / "data"

        def run(program: str, *arguments: str) -> None:
            subprocess.run(
                [*as_user, str(programs / program), *arguments],
                cwd=directory,
                check=True,
                timeout=120,
                stdout=subprocess.DEVNULL,
            )

        run("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-h 127.0.0.1 -p {port} -c unix_socket_directories={directory} -c fsync=off"
        run("pg_ctl", "-D", str(data), "-w", "-l", str(directory / "log"), "-o", options, "start")
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")


@contextlib.contextmanager
def fresh_database(server_url: str, template: str = "template1") -> Iterator[str]:
    """Give the address of a new database on the server.

    It is dropped afterwards on a server that lives on; dropping waits for a checkpoint.
    """
    name = f"maane_test_{secrets.token_hex(6)}"
    with _admin(server_url) as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield server_url.rsplit("/", 1)[0] + f"/{name}"
    finally:
        if os.environ.get("TEST_POSTGRES_URL"):
            with _admin(server_url) as cursor:
                cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def database_away(server_url: str, url: str) -> Iterator[None]:
    """Let nobody reach the database at ``url`` meanwhile; whoever is connected is thrown out."""
    name = url.rpartition("/")[2]
    with _admin(server_url) as cursor:
        cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
    try:
        yield
    finally:
        with _admin(server_url) as cursor:
            cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


@contextlib.contextmanager
def _admin(server_url: str) -> Iterator[psycopg2.extensions.cursor]:
    connection = psycopg2.connect(server_url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()
