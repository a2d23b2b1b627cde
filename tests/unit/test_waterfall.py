"""Waits cut into stages: nothing lost, nothing counted twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.web.waterfall import WIDTH, scale_of, waterfall

FULL = {"hangover_ms": 300, "final_ms": 500, "tts_ready_ms": 900, "total_latency_ms": 950}


def test_each_stage_begins_where_the_last_one_ended() -> None:
    found = waterfall(FULL, 1500)
    assert found is not None
    assert [(stage.name, stage.ms) for stage in found.stages] == [
        ("hangover", 300), ("recognition", 200), ("model", 400), ("audio", 50),
    ]  # fmt: skip
    assert not found.slow
    assert found.slow_x == pytest.approx(800)


def test_what_was_not_measured_belongs_to_the_next_stage() -> None:
    found = waterfall(FULL | {"final_ms": None}, 1500)
    assert found is not None
    assert [(stage.name, stage.ms) for stage in found.stages] == [
        ("hangover", 300), ("model", 600), ("audio", 50),
    ]  # fmt: skip


def test_the_look_up_is_told_beside_the_stages() -> None:
    for timings, known in (({}, None), ({"faq_ms": None}, None), ({"faq_ms": 0.7}, 0.7)):
        found = waterfall(FULL | timings, 1500)
        assert found is not None
        assert found.match_ms == known
        assert len(found.stages) == 4


def test_without_a_total_there_is_no_bar() -> None:
    for timings in ({}, {"total_latency_ms": None}, {"total_latency_ms": "soon"}):
        assert waterfall(timings, 1500) is None


def test_more_than_a_good_second_is_slow() -> None:
    slow, quick = waterfall({"total_latency_ms": 1201}, 1500), waterfall(FULL, 1500)
    assert slow is not None
    assert quick is not None
    assert (slow.slow, quick.slow) == (True, False)


numbers = st.none() | st.floats(0, 20_000) | st.just("broken")


@given(st.fixed_dictionaries(dict.fromkeys(FULL, numbers)))
def test_the_stages_of_any_wait_fill_its_bar(timings: dict[str, object]) -> None:
    scale_ms = scale_of([timings])
    found = waterfall(timings, scale_ms)
    if found is None:
        return
    assert sum(stage.ms for stage in found.stages) == pytest.approx(found.total_ms)
    assert all(stage.ms > 0 for stage in found.stages)
    if found.stages:
        assert found.stages[-1].x + found.stages[-1].width <= WIDTH + 1e-6
