"""Alembic's entry: runs the migrations, all of them or none, on the database it is told of."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import Connection, Engine, create_engine, event

from server.db import engine_options
from server.models import Base

SQLITE_WAIT_SECONDS = 30
"""How long to wait for a server that is writing; this process has no calls to hold up."""


def make_engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, **engine_options(url))
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": SQLITE_WAIT_SECONDS})

    def leave_begin_to_us(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver would commit before each change of a table

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine, "connect", leave_begin_to_us)
    event.listen(engine, "begin", begin)
    return engine


def run() -> None:
    url = context.config.get_main_option("sqlalchemy.url")
    assert url, "server.db.migrate sets the address"
    engine = make_engine(url)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,  # SQLite changes a table by copying it
            compare_type=True,
            transactional_ddl=True,  # Alembic does not expect it of SQLite
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
