"""The migrations make what the models describe, and take it away again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect

from server.db import engine_options
from server.db.migrate import downgrade, upgrade
from server.models import Base
from server.settings import load_settings

VERSIONS = "alembic_version"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'maane.db'}"
        return
    # As typed by people, and as the settings make it known to SQLAlchemy.
    given = request.getfixturevalue("postgres_url")
    yield load_settings({"DATABASE_URL": given, "SECRET_KEY": "x"}).database_url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = create_engine(database_url, **engine_options(database_url))
    yield engine
    engine.dispose()


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def test_up_gives_the_models_tables_and_down_leaves_none(database_url: str, engine: Engine) -> None:
    upgrade(database_url)
    assert set(inspect(engine).get_table_names()) == {*Base.metadata.tables, VERSIONS}
    assert differences(engine) == []
    engine.dispose()

    downgrade(database_url)
    assert inspect(engine).get_table_names() == [VERSIONS]


def test_up_can_be_repeated_and_done_again_after_down(database_url: str, engine: Engine) -> None:
    upgrade(database_url)
    upgrade(database_url)
    downgrade(database_url)
    upgrade(database_url)
    assert differences(engine) == []


def test_foreign_keys_keep_their_actions(database_url: str, engine: Engine) -> None:
    """Autogenerate does not compare them on every database."""
    upgrade(database_url)
    inspector = inspect(engine)
    for name, table in Base.metadata.tables.items():
        modelled = {
            (key.parent.name, key.column.table.name, key.ondelete) for key in table.foreign_keys
        }
        stored = {
            (key["constrained_columns"][0], key["referred_table"], key["options"].get("ondelete"))
            for key in inspector.get_foreign_keys(name)
        }
        assert stored == modelled, name
