"""The migrations make what the models describe, and take it away again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from server.db import engine_options
from server.db.migrate import downgrade, upgrade
from server.models import Base, Lead, Recording
from server.settings import load_settings

VERSIONS = "alembic_version"
NOON = "2025-01-01 12:00:00+00:00"


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


def test_a_migration_that_fails_changes_nothing(database_url: str, engine: Engine) -> None:
    upgrade(database_url, "0001")
    before = set(inspect(engine).get_table_names())
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE transcripts (id INTEGER)"))  # in the way
    engine.dispose()
    with pytest.raises(DBAPIError):
        upgrade(database_url)
    assert set(inspect(engine).get_table_names()) == {*before, "transcripts"}
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE transcripts"))
    engine.dispose()
    upgrade(database_url)
    assert differences(engine) == []


def test_what_the_release_before_writes_still_fits(database_url: str, engine: Engine) -> None:
    """It may serve on while the tables are new already, and its rows were there before."""
    upgrade(database_url, "0001")
    business = {
        "name": "עסק", "lang": "he-IL", "timezone": "Asia/Jerusalem", "ai_prompt": "",
        "outbound_ai_prompt": "", "greeting_text": "", "phrase_hints": "[]", "voice": "",
        "settings": "{}", "created_at": NOON, "updated_at": NOON,
    }  # fmt: skip
    lead = {
        "business_id": 1, "phone": "+972541234567", "name": "", "status": "new",
        "work_status": "new", "transcript": "שלום", "summary": "", "fields": "{}",
        "created_at": NOON, "updated_at": NOON,
    }  # fmt: skip
    call = {
        "business_id": 1, "lead_id": 1, "direction": "inbound", "from_number": "",
        "to_number": "", "status": "completed", "is_test": False, "agent": "",
        "prompt_hash": "", "stages_ms": "{}", "started_at": NOON,
    }  # fmt: skip
    recording = {
        "call_sid": "CA1", "recording_sid": "", "url": "", "status": "completed",
        "received_at": NOON,
    }  # fmt: skip

    def write(connection: Connection, table: str, row: dict[str, object]) -> None:
        columns = ", ".join(row)
        values = ", ".join(f":{name}" for name in row)
        connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), row)

    def write_call(connection: Connection, sid: str) -> None:
        write(connection, "leads", lead | {"call_sid": sid})
        write(connection, "calls", call | {"call_sid": sid})
        write(connection, "recordings", recording | {"key": sid})

    with engine.begin() as connection:
        write(connection, "business", business)
        write_call(connection, "CA1")
    upgrade(database_url)
    with engine.begin() as connection:
        write_call(connection, "CA2")
    with Session(engine) as session:
        leads = session.scalars(select(Lead).order_by(Lead.id)).all()
        recordings = session.scalars(select(Recording).order_by(Recording.id)).all()
        assert [(row.transcript, row.tags, row.headline) for row in leads] == [("שלום", [], "")] * 2
        assert [(row.state, row.source) for row in recordings] == [("announced", "")] * 2

    downgrade(database_url, "0001")
    with engine.connect() as connection:
        for table in ("leads", "calls", "recordings"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 2
        kept = connection.scalar(text("SELECT count(*) FROM calls WHERE lead_id IS NOT NULL"))
        assert kept == 2
