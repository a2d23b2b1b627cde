"""Vectors of prepared answers: made when a row is saved, read with the rows, made anew when old."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import create_engine, select

from server.db import Database, engine_options
from server.directory import Directory
from server.faq.embedder import OpenAiEmbedder
from server.faq.keeper import EmbeddingKeeper
from server.faq.vectors import FaqVectors
from server.models import Base, Business, BusinessFaq, FaqEmbedding
from tests.fakes.openai_http import FakeOpenAIHttp
from tests.fakes.openai_http.vectors import text_vector

SMALL, LARGE = "text-embedding-3-small", "text-embedding-3-large"


class Town:
    """A database, a directory and a keeper on a stand-in of the service."""

    def __init__(self, directory: Path, openai: FakeOpenAIHttp, model: str = SMALL) -> None:
        url = f"sqlite:///{directory / 'maane.db'}"
        self.openai = openai
        self.enabled = True
        self.pauses: list[float] = []
        self.database = Database(create_engine(url, **engine_options(url)))
        Base.metadata.create_all(self.database.engine)
        self.directory = Directory(self.database, 120, embedding_model=model)
        self.keeper = EmbeddingKeeper(
            self.database,
            OpenAiEmbedder(openai.base_url, "sk", model),
            lambda: self.enabled,
            self.pauses.append,
        )

    def add(self, *patterns: str) -> int:
        with self.database.write() as session:
            row = BusinessFaq(intent_key="price", patterns_json=list(patterns), answer_text="x")
            session.add(Business(name="מוסך", faqs=[row]))
            session.flush()
            return row.id

    def change(self, faq_id: int, *patterns: str) -> None:
        with self.database.write() as session:
            session.get_one(BusinessFaq, faq_id).patterns_json = list(patterns)

    def vectors(self) -> FaqVectors | None:
        """Return what calls have of the first business once everything has been done."""
        assert self.keeper.wait_until_idle(5)
        profile = self.directory.by_id(1)
        assert profile is not None
        return profile.faq_vectors.get("he-IL")

    def asked(self) -> list[list[str]]:
        """Return the texts of each request."""
        return [json.loads(r.body)["input"] for r in self.openai.requests_to("/embeddings")]


@pytest.fixture
def openai() -> Iterator[FakeOpenAIHttp]:
    with FakeOpenAIHttp() as fake:
        yield fake


@pytest.fixture
def town(tmp_path: Path, openai: FakeOpenAIHttp) -> Iterator[Town]:
    town = Town(tmp_path, openai)
    yield town
    town.keeper.wait_until_idle(5)
    town.database.engine.dispose()


def test_a_saved_row_gets_vectors_and_calls_have_them(town: Town) -> None:
    faq_id = town.add("מה המחיר?", "^כמה (זה )?עולה$", "מחירון")
    vectors = town.vectors()
    assert vectors is not None
    assert vectors.row_ids == (faq_id, faq_id)  # the expression says nothing
    assert town.asked() == [["מה המחיר?", "מחירון"]]

    sentence = np.asarray(text_vector("מחירון", 512), dtype=np.float32)
    assert vectors.vectors.dtype == np.float32
    assert vectors.similar(sentence)[faq_id] == pytest.approx(1.0, abs=1e-5)


def test_changed_words_are_embedded_anew_and_nothing_else_is(town: Town) -> None:
    faq_id = town.add("מה המחיר")
    town.vectors()
    town.change(faq_id, "מה המחיר", "כמה עולה")
    vectors = town.vectors()
    assert vectors is not None
    assert len(vectors.row_ids) == 2
    with town.database.write() as session:
        session.get_one(BusinessFaq, faq_id).answer_text = "אחר"
    town.keeper.look_at_all()
    assert town.vectors() is not None
    assert town.asked() == [["מה המחיר"], ["מה המחיר", "כמה עולה"]]


def test_old_vectors_are_not_used_for_new_words(town: Town) -> None:
    faq_id = town.add("מה המחיר")
    town.vectors()
    town.enabled = False
    town.change(faq_id, "איפה אתם")
    assert town.vectors() is None


def test_another_model_embeds_everything_anew(town: Town, tmp_path: Path) -> None:
    town.add("מה המחיר")
    town.vectors()
    other = Town(tmp_path, town.openai, LARGE)
    assert other.vectors() is None  # of the other model there are none yet
    other.keeper.look_at_all()
    assert other.vectors() is not None
    with other.database.read() as session:
        assert session.scalars(select(FaqEmbedding.model)).all() == [LARGE]
    other.database.engine.dispose()


def test_deleting_a_row_deletes_its_vectors(town: Town) -> None:
    faq_id = town.add("מה המחיר")
    town.vectors()
    with town.database.write() as session:
        session.delete(session.get_one(BusinessFaq, faq_id))
    assert town.vectors() is None
    with town.database.read() as session:
        assert session.scalars(select(FaqEmbedding)).all() == []


def test_a_service_that_is_down_for_a_moment_is_asked_again(
    town: Town, openai: FakeOpenAIHttp
) -> None:
    openai.configure(refuse=503)

    def recover(seconds: float) -> None:
        town.pauses.append(seconds)
        if len(town.pauses) == 2:
            openai.configure(refuse=None)

    town.keeper._pause = recover
    town.add("מה המחיר")
    assert town.vectors() is not None
    assert town.pauses == [1.0, 5.0]


@pytest.mark.parametrize(("status", "tries"), [(503, 4), (401, 1)])
def test_a_service_that_stays_down_is_let_be_until_the_next_round(
    town: Town, openai: FakeOpenAIHttp, status: int, tries: int
) -> None:
    openai.configure(refuse=status)
    town.add("מה המחיר")
    assert town.vectors() is None
    assert len(openai.requests) == tries
    openai.configure(refuse=None)
    town.keeper.look_at_all()
    assert town.vectors() is not None


def test_switched_off_nobody_is_asked(town: Town, openai: FakeOpenAIHttp) -> None:
    town.enabled = False
    town.add("מה המחיר")
    town.keeper.look_at_all()
    assert town.vectors() is None
    assert openai.requests == []
    town.enabled = True
    town.keeper.look_at_all()
    assert town.vectors() is not None


def test_many_phrases_go_in_several_requests(town: Town) -> None:
    with town.database.write() as session:
        rows = [
            BusinessFaq(
                intent_key=f"k{number}",
                patterns_json=[f"שאלה {number} {part}" for part in range(50)],
                answer_text="x",
            )
            for number in range(7)
        ]
        session.add(Business(name="מוסך", faqs=rows))
    vectors = town.vectors()
    assert vectors is not None
    assert len(vectors.row_ids) == 350
    assert [len(texts) for texts in town.asked()] == [250, 100]
