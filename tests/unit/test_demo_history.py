"""The demo's history: believable, always the same, and nobody's telephone rings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import phonenumbers
import pytest
from sqlalchemy import create_engine, select

from server.audio.recording import WavRecording
from server.db import Database, engine_options
from server.demo import seed_demo_business, seed_demo_history
from server.demo.people import PEOPLE, VISITORS
from server.demo.sound import local_voice
from server.faq.learned import Learner
from server.faq.learned_store import load_exchanges
from server.faq.snapshot import build_snapshot
from server.faq.store import load_rows
from server.figures import count_figures
from server.leads.card import MAX_WORDS, MIN_WORDS, count_words
from server.models import (
    AuditEntry,
    Base,
    Business,
    Call,
    CallTurn,
    JobRow,
    Lead,
    PromptVersion,
    Recording,
    Transcript,
)
from server.recordings.storage import DirectoryStorage

NOW = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)


class House:
    """A database with the demo's history in it."""

    def __init__(self, path: Path) -> None:
        url = f"sqlite:///{path / 'demo.db'}"
        self.engine = create_engine(url, **engine_options(url))
        self.database = Database(self.engine)
        Base.metadata.create_all(self.engine)
        self.storage = DirectoryStorage(path / "recordings")

    def seed(self, now: datetime, *, sound: bool = False) -> Business:
        with self.database.write() as session:
            business = seed_demo_business(session)
            assert business is not None
            heard = (self.storage, local_voice()) if sound else ()
            seed_demo_history(session, business, now, *heard)
            return business

    def all(self, model: type[Base]) -> list[Base]:
        with self.database.read() as session:
            return list(session.scalars(select(model)))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.engine.dispose()


def test_the_weeks_are_full_of_life(house: House) -> None:
    house.seed(NOW)
    with house.database.read() as session:
        leads = session.scalars(select(Lead)).all()
        calls = session.scalars(select(Call)).all()
        turns = session.scalars(select(CallTurn)).all()
    assert 50 <= len(leads) == len(calls) <= 75
    assert {lead.status for lead in leads} == {"processing", "processed", "failed"}
    assert {lead.work_status for lead in leads} == {"new", "in_work", "done", "lost"}
    assert any(lead.read_at is None for lead in leads)
    assert any(lead.notes for lead in leads)
    assert any(lead.tags for lead in leads)
    assert any("callback" in lead.fields for lead in leads)
    assert max(Counter(lead.phone for lead in leads).values()) >= 3
    assert {turn.path for turn in turns} == {
        None,
        "GREETING",
        "FAQ_FASTPATH",
        "AGENT",
        "FALLBACK",
        "FILLER",
    }
    assert any(turn.interrupted and turn.heard_ms for turn in turns)
    assert {call.end_reason for call in calls} >= {"caller_hangup", "agent_goodbye", "silence"}
    assert {call.direction for call in calls} == {"inbound", "outbound"}
    assert 2 <= sum(call.is_test for call in calls) <= 5
    assert all(call.started_at < call.ended_at for call in calls if call.ended_at)
    assert max(turn.created_at for turn in turns) < NOW
    assert min(call.started_at for call in calls) < NOW - timedelta(days=14)
    assert len(house.all(PromptVersion)) == 3
    assert len(house.all(AuditEntry)) >= 5


def test_what_failed_says_why_and_can_be_tried_again(house: House) -> None:
    house.seed(NOW)
    with house.database.read() as session:
        dead = session.scalars(select(JobRow).where(JobRow.state == "dead")).one()
        lead = session.get(Lead, dead.lead_id)
    assert lead is not None
    assert (lead.status, lead.error) == ("failed", dead.last_error)
    assert dead.last_error


def test_the_figures_look_like_a_good_line(house: House) -> None:
    business = house.seed(NOW)
    with house.database.read() as session:
        figures = count_figures(session, NOW - timedelta(days=20), [business.id])
    assert figures.hit_rate is not None
    assert 0.2 < figures.hit_rate < 0.8
    total = figures.stage("total_latency_ms")
    assert total is not None
    assert total.p50 < 1200
    assert set(figures.by_path) == {"FAQ_FASTPATH", "AGENT", "FALLBACK"}


def test_callers_ask_what_could_be_prepared(house: House) -> None:
    business = house.seed(NOW)
    with house.database.read() as session:
        learner = Learner(build_snapshot(business.id, load_rows(session, business.id)))
        since = NOW - timedelta(days=30)
        for exchange in load_exchanges(
            session, business.id, business.lang, since, include_tests=False
        ):
            learner.add(exchange)
    questions = [group.question for group in learner.groups(2, ())]
    assert any("פחחות" in question for question in questions)
    assert any("רכב חלופי" in question for question in questions)


def test_cards_have_the_length_of_cards(house: House) -> None:
    house.seed(NOW)
    with house.database.read() as session:
        leads = session.scalars(select(Lead)).all()
    for lead in leads:
        if lead.summary:
            assert MIN_WORDS <= count_words(lead.summary) <= MAX_WORDS, lead.summary
            assert "{" not in lead.summary + lead.next_step + "".join(lead.fields.values())


@pytest.mark.parametrize("person", [*PEOPLE, *VISITORS], ids=lambda person: person.phone)
def test_nobody_has_these_numbers(person: object) -> None:
    number = phonenumbers.parse(person.phone)  # type: ignore[attr-defined]
    assert phonenumbers.is_possible_number(number)
    kept_for_stories = str(number.national_number)[3:].startswith("55501")
    assert kept_for_stories or not phonenumbers.is_valid_number(number)


@pytest.mark.parametrize("days", range(8))
def test_it_can_be_seeded_on_any_day_at_any_hour(tmp_path: Path, days: int) -> None:
    house = House(tmp_path)
    now = NOW + timedelta(days=days, hours=days * 3.4)
    house.seed(now)
    made = house.all(CallTurn)
    assert all(turn.created_at < now for turn in made)  # type: ignore[attr-defined]
    house.engine.dispose()


def test_it_is_the_same_every_time(tmp_path: Path) -> None:
    told = []
    for number in range(2):
        directory = tmp_path / str(number)
        directory.mkdir()
        house = House(directory)
        house.seed(NOW)
        with house.database.read() as session:
            told.append([turn.text for turn in session.scalars(select(CallTurn))])
        house.engine.dispose()
    assert told[0] == told[1]


def test_some_calls_can_be_listened_to(house: House) -> None:
    house.seed(NOW, sound=True)
    with house.database.read() as session:
        recordings = session.scalars(select(Recording)).all()
        transcripts = {one.recording_id: one for one in session.scalars(select(Transcript))}
    assert len(recordings) == 3
    for row in recordings:
        path = house.storage._path(row.storage_key)
        heard = WavRecording(path)
        assert heard.channels == 2
        assert abs(heard.duration_ms / 1000 - (row.duration or 0)) < 2
        for segment in transcripts[row.id].segments:
            channel = 0 if segment["speaker"] == "caller" else 1
            loud = heard.samples(channel, segment["start_ms"], segment["end_ms"]).std()
            assert loud > 300, segment
