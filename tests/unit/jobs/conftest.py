"""The queue on both kinds of database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from server.db import Database, engine_options
from server.models import Base
from server.settings import load_settings


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'maane.db'}"
    given = request.getfixturevalue("postgres_url")
    return load_settings({"DATABASE_URL": given, "SECRET_KEY": "x"}).database_url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with all tables."""
    engine = create_engine(database_url, **engine_options(database_url))
    database = Database(engine)
    Base.metadata.create_all(engine)
    yield database
    engine.dispose()
