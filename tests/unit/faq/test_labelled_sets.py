"""The labelled sentences: what is answered is right, and nothing that is to be done is answered."""

from __future__ import annotations

import pytest

from tests.bench import faq
from tests.bench.faq import Tally, tally

LEAST_PRECISION, LEAST_RECALL = 0.97, 0.82
MATCH_MS = 2.0


@pytest.fixture(scope="module", params=faq.SETS)
def counted(request: pytest.FixtureRequest) -> Tally:
    return tally(request.param)


def errors(counted: Tally, *outcomes: str) -> list[str]:
    return [f"{said.business}: {said.text}" for what, said, _ in counted.errors if what in outcomes]


def test_no_action_is_answered(counted: Tally) -> None:
    assert counted.actions > 0
    assert counted.actions_answered == 0, errors(counted, "leak")


def test_what_is_answered_is_right(counted: Tally) -> None:
    assert counted.precision >= LEAST_PRECISION, errors(counted, "leak", "wrong")


def test_most_common_questions_are_answered(counted: Tally) -> None:
    assert counted.recall >= LEAST_RECALL, errors(counted, "miss")


def test_the_sets_are_large_and_half_of_them_is_not_to_be_answered() -> None:
    said = [one for name in faq.SETS for one in faq.utterances(name)]
    assert len(said) >= 1000
    assert sum(one.intent is None for one in said) >= len(said) * 0.4
    assert len({one.id for one in said}) == len(said)


def test_a_large_business_is_matched_in_time() -> None:
    large = faq.large_business()
    texts = [one.text for one in faq.utterances("own")]
    assert sum(len(row.row.patterns) for row in large.rows) == 200 * 6
    assert faq.percentile(faq.match_times_ms(large, texts), 50) < MATCH_MS


def test_the_figures_are_printed_by_kind_of_sentence() -> None:
    described = faq.describe("own", tally("own"), errors=True)
    assert "precision" in described
    assert "action_tricky" in described
