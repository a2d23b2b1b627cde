"""The FAQ engine: what is looked up, what goes wrong, and what embeddings may change."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from server.directory import BusinessProfile
from server.faq import matcher, sentences
from server.faq.embedder import OpenAiEmbedder
from server.faq.results import Hit, Miss
from server.faq.service import FaqEngine, Found
from server.faq.snapshot import FaqRow, build_snapshot
from server.faq.vectors import DIMENSIONS, FaqVectors, embedded_phrases, unit_vectors
from server.settings import load_settings
from tests.fakes.openai_http import FakeOpenAIHttp

HE, EN = "he-IL", "en-US"
MODEL = "text-embedding-3-small"
PRICE, HOURS, ENGLISH = "מאה שקלים.", "פתוחים עד חמש.", "A hundred shekels."
GREY = "כמה עולה טיפול קוסמי"
"""One word more than the rules can explain."""

ROWS = (
    FaqRow(1, "price", "מחיר", ("מה המחיר", "כמה עולה טיפול"), PRICE, HE, 0),
    FaqRow(2, "hours", "שעות", ("מתי פתוחים",), HOURS, HE, 0),
    FaqRow(3, "price", "Price", ("how much is a service",), ENGLISH, EN, 0),
)


def axis(number: int) -> list[float]:
    """Return a direction of its own for each number."""
    return [float(place == number) for place in range(DIMENSIONS)]


def vectors_of(rows: tuple[FaqRow, ...]) -> dict[str, FaqVectors]:
    """Return vectors of which each row has its own direction."""
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(row.lang, []).extend([row.id] * len(embedded_phrases(row.patterns)))
    return {
        lang: FaqVectors(tuple(ids), unit_vectors([axis(row_id) for row_id in ids]))
        for lang, ids in found.items()
    }


class House:
    """An engine over one business, its switches, and its clock."""

    def __init__(self, openai: FakeOpenAIHttp | None = None, **environment: str) -> None:
        self.settings = load_settings({"SECRET_KEY": "x", **environment})
        self.now = 100.0
        self.profile = BusinessProfile(
            id=1,
            name="מוסך",
            lang=HE,
            timezone="Asia/Jerusalem",
            ai_prompt="",
            outbound_ai_prompt="",
            greeting_text="",
            phrase_hints=(),
            voice="",
            numbers=(),
            faq=build_snapshot(1, ROWS),
            faq_vectors=vectors_of(ROWS),
        )
        embedder = OpenAiEmbedder(openai.base_url, "sk", MODEL) if openai else None
        self.engine = FaqEngine(
            lambda business_id: self.profile if business_id == 1 else None,
            lambda: self.settings,
            embedder,
            clock=lambda: self.now,
        )

    def reason(self, text: str, language: str = "") -> str:
        return self.engine.find_now(1, text, language).result.reason

    def change(self, **settings: Any) -> None:
        self.settings = self.settings.model_copy(update=settings)


@pytest.fixture
def openai() -> Iterator[FakeOpenAIHttp]:
    with FakeOpenAIHttp() as fake:
        fake.configure(embed=lambda text, size: axis(1))
        yield fake


def never(found: Found) -> None:
    raise AssertionError("this needs RAM only")


def test_the_answer_is_a_dictionary_with_the_names_of_the_spec() -> None:
    answer = House().engine.match_faq(1, "מה המחיר?")
    assert answer == {"answer_text": PRICE, "intent_key": "price", "score": 1.0, "ms": 0.0}


@pytest.mark.parametrize(
    ("business_id", "text", "channel"),
    [(1, "יש פנוי מחר ב-10?", "voice"), (2, "מה המחיר?", "voice"), (1, "מה המחיר?", "sms")],
)
def test_without_an_answer_there_is_none(business_id: int, text: str, channel: str) -> None:
    assert House().engine.match_faq(business_id, text, channel) is None


def test_the_callers_words_choose_the_language() -> None:
    house = House()
    found = house.engine.find(1, "How much is a service?", never)
    assert found is not None
    assert isinstance(found.result, Hit)
    assert (found.result.row.answer_text, found.language) == (ENGLISH, EN)
    assert house.reason("How much is a service?", HE) == "no_match"
    assert house.reason("Сколько это стоит?") == "no_match"


def test_the_region_of_a_language_does_not_matter() -> None:
    found = House().engine.find(1, "how much is a service", never, "en-GB")
    assert found is not None
    assert found.language == EN


def test_the_bar_and_the_switch_are_those_of_this_moment() -> None:
    house = House()
    bars: list[float] = []

    def match(*_: Any, min_score: float, **__: Any) -> Miss:
        bars.append(min_score)
        return Miss("no_match")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matcher, "match", match)
        house.reason("מה המחיר?")
        house.change(faq_min_score=0.85)
        house.reason("מה המחיר?")
    assert bars == [0.78, 0.85]
    house.change(faq_fastpath_enabled=False)
    assert house.engine.find(1, "מה המחיר?", never) == Found(Miss("disabled"))
    assert house.engine.explain(1, "מה המחיר?") == (Found(Miss("disabled")), None)
    house.change(faq_fastpath_enabled=True)
    assert house.reason("מה המחיר?") == "exact"


# What goes wrong


def broken(*_: Any, **__: Any) -> Miss:
    raise KeyError("סוד של הלקוח")


def test_a_defect_costs_its_match_and_names_no_word(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    house = House()
    with monkeypatch.context() as patch:
        patch.setattr(matcher, "match", broken)
        assert house.engine.match_faq(1, "מה המחיר?") is None
        assert house.reason("מה המחיר?") == "failed"
        assert house.engine.explain(1, "מה המחיר?")[1] is None
    assert "KeyError@broken" in caplog.text
    assert "סוד" not in caplog.text
    assert "מחיר" not in caplog.text


def test_after_three_failures_a_business_is_left_alone_for_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = House()
    with monkeypatch.context() as patch:
        patch.setattr(matcher, "match", broken)
        reasons = [house.reason("מה המחיר?") for _ in range(4)]
        assert reasons == ["failed", "failed", "failed", "tripped"]
        house.now += 60
        assert house.reason("מה המחיר?") == "failed"  # the one trial
        assert house.reason("מה המחיר?") == "tripped"
        house.now += 59
        assert house.reason("מה המחיר?") == "tripped"
    house.now += 2
    assert house.reason("מה המחיר?") == "exact"
    assert house.reason("מתי פתוחים?") == "exact"


def test_a_match_in_between_that_works_forgives(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    for _ in range(3):
        for _ in range(2):
            with monkeypatch.context() as patch:
                patch.setattr(matcher, "match", broken)
                assert house.reason("מה המחיר?") == "failed"
        assert house.reason("מה המחיר?") == "exact"


def test_a_slow_match_counts_as_failed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    house = House()
    real = matcher.match

    def slow(*args: Any, **options: Any) -> Hit | Miss:
        house.now += 0.051
        return real(*args, **options)

    monkeypatch.setattr(matcher, "match", slow)
    reasons = [house.reason("מה המחיר?") for _ in range(4)]
    assert reasons == ["slow", "slow", "slow", "tripped"]
    assert "slow_ms=51" in caplog.text
    assert "מחיר" not in caplog.text


# Embeddings


def test_near_the_bar_the_service_is_asked_and_its_row_answers(
    openai: FakeOpenAIHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentences, "LIMIT_SECONDS", 5.0)  # of a machine that has much to do
    house = House(openai)
    later: queue.Queue[Found] = queue.Queue()
    assert house.engine.find(1, GREY, later.put) is None
    found = later.get(timeout=10)
    assert isinstance(found.result, Hit)
    assert (found.result.row.answer_text, found.result.reason) == (PRICE, "similar")
    assert found.similar == pytest.approx({1: 1.0, 2: 0.0})
    (request,) = openai.requests_to("/embeddings")
    assert b'"dimensions":512' in request.body
    assert openai.violations == []
    explained, rows = house.engine.explain(1, GREY)
    assert isinstance(explained.result, Hit)
    assert rows is not None
    assert rows.result == explained.result


@pytest.mark.parametrize(
    "text", ["מה המחיר?", "יש פנוי מחר ב-10?", "מה דעתך על שירה צרפתית עתיקה", ""]
)
def test_elsewhere_nobody_is_asked(openai: FakeOpenAIHttp, text: str) -> None:
    assert House(openai).engine.find(1, text, never) is not None
    assert openai.requests == []


def test_a_guardrail_stands_whatever_is_similar(openai: FakeOpenAIHttp) -> None:
    house = House(openai)
    assert house.reason("תקבע לי תור לטיפול קוסמי") == "action"
    assert openai.requests == []


@pytest.mark.parametrize("switch", ["off", "no_vectors", "no_service"])
def test_without_embeddings_a_grey_sentence_is_a_miss_at_once(
    openai: FakeOpenAIHttp, switch: str
) -> None:
    house = House(None if switch == "no_service" else openai)
    if switch == "off":
        house.change(faq_embeddings_enabled=False)
    elif switch == "no_vectors":
        house.profile = replace(house.profile, faq_vectors={})
    found = house.engine.find(1, GREY, never)
    assert found is not None
    assert found.result.reason == "uncovered"
    assert openai.requests == []


def misses(house: House, count: int) -> list[str]:
    return [house.reason(GREY) for _ in range(count)]


@pytest.mark.parametrize(
    "fault",
    [
        {"refuse": 500},
        {"refuse": 429},
        {"drop_connection": True},
        {"malformed_body": True},
        {"delay_seconds": 0.6},
        {"embed": lambda text, size: [0.0] * size},
        {"embed": lambda text, size: [1.0] * (size - 1)},
    ],
)
def test_a_failing_service_costs_its_time_and_then_nothing(
    openai: FakeOpenAIHttp, fault: Mapping[str, Any]
) -> None:
    house = House(openai)
    openai.configure(**fault)
    assert misses(house, 3) == ["uncovered"] * 3
    asked = len(openai.requests)
    assert asked == 3
    found = house.engine.find(1, GREY, never)  # nobody waits any more
    assert found is not None
    assert len(openai.requests) == asked
    openai.configure(
        refuse=None,
        drop_connection=False,
        malformed_body=False,
        delay_seconds=0,
        embed=lambda text, size: axis(1),
    )
    house.now += 61
    assert house.reason(GREY) == "similar"


def test_nobody_waits_longer_than_the_limit(openai: FakeOpenAIHttp) -> None:
    openai.configure(drip_seconds=0.05)  # every step of the request is quick
    house, began = House(openai), time.monotonic()
    assert house.reason(GREY) == "uncovered"
    assert 0.25 <= time.monotonic() - began <= 0.6
