"""Vectors of prepared answers on each kind of database."""

from __future__ import annotations

from server.directory import Directory
from server.faq.embedder import OpenAiEmbedder
from server.faq.keeper import EmbeddingKeeper
from server.wiring import Services
from tests.fakes.openai_http import FakeOpenAIHttp
from tests.web.conftest import Api, House

MODEL = "text-embedding-3-small"


def test_saving_through_the_api_gives_calls_vectors(
    admin: Api, parts: Services, garage: House
) -> None:
    with FakeOpenAIHttp() as openai:
        directory = Directory(parts.database, 120, embedding_model=MODEL)
        embedder = OpenAiEmbedder(openai.base_url, "sk", MODEL)
        keeper = EmbeddingKeeper(parts.database, embedder, lambda: True)
        faqs = f"/api/businesses/{garage.id}/faqs"
        new = {"intent_key": "hours", "patterns": ["מתי פתוחים"], "answer_text": "תמיד."}
        made = admin.post(faqs, new).json
        assert made is not None
        assert keeper.wait_until_idle(10)
        profile = directory.by_id(garage.id)
        assert profile is not None
        assert profile.faq_vectors["he-IL"].row_ids == (garage.faq_id, made["id"])
        assert admin.delete(f"{faqs}/{made['id']}").status_code == 204
        assert keeper.wait_until_idle(10)
        profile = directory.by_id(garage.id)
        assert profile is not None
        assert profile.faq_vectors["he-IL"].row_ids == (garage.faq_id,)
        assert openai.violations == []
