"""The businesses in RAM: found by number, fresh after commits and by age, safe from outages."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from server.db import Database, engine_options
from server.directory import Directory, dialled_number
from server.models import Base, Business, BusinessFaq, BusinessPhoneNumber

TTL = 120.0
RETRY = 5.0


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("+972541234567", "+972541234567"),
        (" 972541234567", "+972541234567"),  # a plus that was not percent-encoded
        (" 1555", "+1555"),
        ("+1555", "+1555"),
        ("1555", "1555"),
        ("054-123-4567", "+972541234567"),
        ("(054) 123 4567", "+972541234567"),
        (" 0541234567", "+972541234567"),
        ("03-1234567", "+97231234567"),
        ("00972541234567", "+972541234567"),
        ("+972 (0)54-1234567", "+972541234567"),
        ("\u200e+972541234567", "+972541234567"),
        ("+1 (415) 555-0100", "+14155550100"),
        ("*2700", "*2700"),
        ("anonymous", "anonymous"),
        ("Restricted", "Restricted"),
        ("client:dana", "client:dana"),
        ("sip:+972541234567@pbx.example.com", "sip:+972541234567@pbx.example.com"),
        ("+266696687", "+266696687"),
        ("  anonymous ", "anonymous"),
        ("", ""),
        (" ", ""),
    ],
)
def test_numbers_are_read_in_every_spelling(raw: str, number: str) -> None:
    assert dialled_number(raw) == number


@pytest.mark.parametrize("raw", ["client:agent0541234567", "1-800-FLOWERS", " ²²²²"])
def test_what_is_no_number_stays_as_it_is(raw: str) -> None:
    assert dialled_number(raw) == raw.strip()


@given(st.text(max_size=40))
def test_no_text_whatever_breaks_it_and_what_is_read_once_is_read_again(raw: str) -> None:
    number = dialled_number(raw)
    assert isinstance(number, str)
    if number.startswith("+") and number[1:].isascii() and number[1:].isdigit():
        assert dialled_number(number) == number


class Town:
    """A database with businesses, their directory, and its clock."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "maane.db"
        url = f"sqlite:///{self.path}"
        self.database = Database(create_engine(url, **engine_options(url)))
        Base.metadata.create_all(self.database.engine)
        self.now = 1000.0
        self.directory = Directory(self.database, TTL, clock=lambda: self.now)

    def add(self, name: str, number: str) -> int:
        with self.database.write() as session:
            business = Business(name=name, numbers=[BusinessPhoneNumber(e164=number)])
            session.add(business)
            session.flush()
            return business.id

    def faq_behind_its_back(self, business_id: int, key: str, patterns_json: str) -> None:
        """Add a prepared answer as another process does, sane or not."""
        self.behind_its_back(
            "INSERT INTO business_faqs (business_id, intent_key, label, patterns_json, answer_text,"
            " channels, lang, priority, active, created_at, updated_at) VALUES "
            f"({business_id}, '{key}', '', '{patterns_json}', 'x', 'voice', 'he-IL', 0, 1,"
            " '2026-01-01', '2026-01-01')"
        )

    def behind_its_back(self, statement: str) -> None:
        """Change the database as another process does."""
        url = f"sqlite:///{self.path}"
        other = create_engine(url, **engine_options(url))
        with other.begin() as connection:
            connection.execute(text(statement))
        other.dispose()

    def name(self, number: str) -> str | None:
        """Return the name of the business at ``number``, as it is known at this moment."""
        found = self.directory.by_number(number)
        return found.name if found else None

    def known(self, name: str, number: str) -> int:
        """Add a business and have everything read; return its id."""
        business_id = self.add(name, number)
        self.directory.load()
        return business_id

    def refreshed(self) -> None:
        """Wait for the background reading that a look-up may have started."""
        for thread in threading.enumerate():
            if thread.name == "directory":
                thread.join(5)
        assert not self.directory._refreshing.locked()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(tmp_path)
    yield town
    town.refreshed()
    town.database.engine.dispose()


def test_a_business_is_found_by_its_number_and_by_its_id(town: Town) -> None:
    number = town.add("מוסך", "+97231234567")
    found = town.directory.by_number("+97231234567")
    assert found is not None
    assert (found.id, found.name, found.numbers) == (number, "מוסך", ("+97231234567",))
    assert town.directory.by_id(number) == found
    assert town.directory.all() == [found]
    assert town.directory.by_number("+97230000000") is None
    assert town.directory.by_id(99) is None


def test_a_commit_is_visible_as_soon_as_it_is_made(town: Town) -> None:
    number = town.add("מוסך", "+1555")
    assert town.name("+1555") == "מוסך"
    with town.database.write() as session:
        business = session.get_one(Business, number)
        business.name = "מספרה"
        business.faqs.append(
            BusinessFaq(intent_key="price", patterns_json=["מה המחיר"], answer_text="450")
        )
    found = town.directory.by_number("+1555")
    assert found is not None
    assert found.name == "מספרה"
    assert [row.row.intent_key for row in found.faq.rows] == ["price"]


def test_a_rollback_changes_nothing(town: Town) -> None:
    number = town.add("מוסך", "+1555")
    with pytest.raises(ZeroDivisionError), town.database.write() as session:
        session.get_one(Business, number).name = "מספרה"
        session.flush()
        raise ZeroDivisionError
    assert town.name("+1555") == "מוסך"


def test_a_number_that_moved_or_went_rings_where_it_belongs(town: Town) -> None:
    first, second = town.add("מוסך", "+1555"), town.add("מספרה", "+1556")
    with town.database.write() as session:
        old, new = session.get_one(Business, first), session.get_one(Business, second)
        old.numbers.clear()
        session.flush()
        new.numbers.append(BusinessPhoneNumber(e164="+1555"))
    assert town.name("+1555") == "מספרה"
    with town.database.write() as session:
        session.delete(session.get_one(Business, second))
    assert town.name("+1555") is None
    assert [profile.name for profile in town.directory.all()] == ["מוסך"]


def test_another_processs_change_is_seen_once_the_copy_is_old(town: Town) -> None:
    town.known("מוסך", "+1555")
    town.behind_its_back("UPDATE business SET name = 'מספרה'")
    town.now += TTL - 1
    assert town.name("+1555") == "מוסך"
    town.refreshed()
    assert town.name("+1555") == "מוסך"
    town.now += 2
    town.name("+1555")  # starts the reading, and is answered meanwhile
    town.refreshed()
    assert town.name("+1555") == "מספרה"


def test_look_ups_of_an_old_copy_start_one_reading(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.known("מוסך", "+1555")
    entered, leave, readings = threading.Event(), threading.Event(), []
    load = town.directory.load

    def slow_load() -> None:
        readings.append(1)
        entered.set()
        assert leave.wait(5)
        load()

    monkeypatch.setattr(town.directory, "load", slow_load)
    town.now += TTL + 1
    for _ in range(20):
        assert town.name("+1555") == "מוסך"  # nobody waits
    assert entered.wait(5)
    leave.set()
    town.refreshed()
    assert len(readings) == 1


def unreachable(town: Town, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Take the database away; return what grows with every attempt to read it."""
    attempts: list[int] = []

    def gone(*_: object) -> None:
        attempts.append(1)
        raise OperationalError("SELECT", {}, Exception("unable to open database file"))

    monkeypatch.setattr(town.database, "read", gone)
    return attempts


def test_without_the_database_what_is_known_stays(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.known("מוסך", "+1555")
    with monkeypatch.context() as gone:
        attempts = unreachable(town, gone)
        town.now += TTL + 1
        for _ in range(3):
            assert town.name("+1555") == "מוסך"
            town.refreshed()
        assert len(attempts) == 1  # and not at every look-up
        town.now += RETRY + 0.1
        assert town.name("+1555") == "מוסך"
        town.refreshed()
        assert len(attempts) == 2
    town.behind_its_back("UPDATE business SET name = 'מספרה'")
    town.now += RETRY + 0.1
    town.name("+1555")
    town.refreshed()
    assert town.name("+1555") == "מספרה"


def test_a_start_without_the_database_recovers(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.add("מוסך", "+1555")
    town.directory = Directory(town.database, TTL, clock=lambda: town.now)  # a fresh process
    with monkeypatch.context() as gone:
        unreachable(town, gone)
        assert town.name("+1555") is None
        assert town.name("+1555") is None
    town.now += RETRY + 0.1
    assert town.name("+1555") == "מוסך"


def test_a_commit_that_cannot_be_read_back_is_read_at_the_next_look_up(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = town.known("מוסך", "+1555")
    with monkeypatch.context() as gone:
        unreachable(town, gone)
        with town.database.write() as session:
            session.get_one(Business, number).name = "מספרה"
        assert [profile.name for profile in town.directory.all()] == ["מוסך"]
    town.name("+1555")
    town.refreshed()
    assert town.name("+1555") == "מספרה"


def test_a_broken_row_costs_itself(town: Town) -> None:
    number = town.add("מוסך", "+1555")
    town.faq_behind_its_back(number, "bad", "{}")
    town.faq_behind_its_back(number, "odd", '[1, null, "מה המחיר"]')
    town.faq_behind_its_back(number, "broken", '["(("]')
    town.directory.load()
    found = town.directory.by_number("+1555")
    assert found is not None
    assert [row.row.intent_key for row in found.faq.rows] == ["odd", "broken"]
    assert found.faq.rows[0].phrases == ("מה המחיר",)
    assert found.faq.rows[1].warnings


def test_one_hostile_pattern_does_not_take_every_business_down(town: Town) -> None:
    town.add("מספרה", "+1556")
    hostile = town.add("מוסך", "+1555")
    town.faq_behind_its_back(hostile, "hostile", f'["{"(" * 1500 + ")" * 1500}"]')
    town.directory = Directory(town.database, TTL, clock=lambda: town.now)  # a fresh process
    assert town.name("+1556") == "מספרה"
