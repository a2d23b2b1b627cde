"""Alembic's entry: runs the migrations on the engine it is handed."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine

from server.db import engine_options
from server.models import Base


def run() -> None:
    url = context.config.get_main_option("sqlalchemy.url")
    assert url, "server.db.migrate sets the address"
    engine = create_engine(url, **engine_options(url))
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,  # SQLite changes a table by copying it
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
