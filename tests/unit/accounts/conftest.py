"""Accounts on both kinds of database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from server.accounts.people import add_user
from server.db import Database, engine_options
from server.models import Base, Business, Membership, User
from server.settings import load_settings

NewUser = Callable[..., User]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with all tables, and a garage (1) and a bakery (2)."""
    url = f"sqlite:///{tmp_path / 'maane.db'}"
    if request.param == "postgresql":
        given = request.getfixturevalue("postgres_url")
        url = load_settings({"DATABASE_URL": given, "SECRET_KEY": "x"}).database_url
    engine = create_engine(url, **engine_options(url))
    database = Database(engine)
    Base.metadata.create_all(engine)
    with database.write() as session:
        session.add(Business(name="מוסך"))
        session.flush()
        session.add(Business(name="מאפייה"))
    yield database
    engine.dispose()


@pytest.fixture
def person(database: Database) -> NewUser:
    """Makes users: ``person("dana", admin=[1])``, ``person("ruth", owner=True)``."""

    def make(
        name: str,
        *,
        owner: bool = False,
        admin: list[int] | None = None,
        operator: list[int] | None = None,
    ) -> User:
        with database.write() as session:
            user = add_user(session, f"{name}@example.com", "no hash", name=name, is_owner=owner)
            for role, places in (("admin", admin), ("operator", operator)):
                for business_id in places or []:
                    session.add(Membership(user_id=user.id, business_id=business_id, role=role))
        return user

    return make
