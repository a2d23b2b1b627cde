"""What a response costs, by what OpenAI reports."""

from __future__ import annotations

from typing import Any

import pytest

from server.prices import Prices, prices_of
from server.settings import load_settings

USAGE = {
    "total_tokens": 1600,
    "input_tokens": 1400,
    "output_tokens": 200,
    "input_token_details": {
        "text_tokens": 1000,
        "audio_tokens": 400,
        "cached_tokens": 900,
        "cached_tokens_details": {"text_tokens": 800, "audio_tokens": 100},
    },
    "output_token_details": {"text_tokens": 50, "audio_tokens": 150},
}
PRICES = Prices(text_in=4, text_cached=1, text_out=16, audio_in=32, audio_cached=2, audio_out=64)


def test_each_kind_of_token_has_its_price() -> None:
    expected = 200 * 4 + 800 * 1 + 300 * 32 + 100 * 2 + 50 * 16 + 150 * 64
    assert PRICES.of_response(USAGE) == pytest.approx(expected / 1e6)


def test_cached_tokens_of_no_kind_are_text() -> None:
    details = {"text_tokens": 100, "audio_tokens": 10, "cached_tokens": 60}
    usage = {"input_token_details": details, "output_token_details": {}}
    assert PRICES.of_response(usage) == pytest.approx((40 * 4 + 60 * 1 + 10 * 32) / 1e6)


def test_tokens_of_no_kind_cost_what_costs_most() -> None:
    assert PRICES.of_response({"input_tokens": 10, "output_tokens": 5}) == pytest.approx(
        (10 * 32 + 5 * 64) / 1e6
    )


@pytest.mark.parametrize(
    "usage",
    [
        None,
        "x",
        [],
        {},
        {"input_tokens": "many"},
        {"input_tokens": True},
        {"output_tokens": -5},
        {"input_token_details": 3, "output_token_details": {"audio_tokens": None}},
    ],
)
def test_what_cannot_be_read_costs_nothing(usage: Any) -> None:
    assert PRICES.of_response(usage) == 0
    assert PRICES.of_transcript(usage) == 0


def test_a_transcript_is_paid_by_seconds_or_by_tokens() -> None:
    assert Prices().of_transcript({"type": "duration", "seconds": 30}) == pytest.approx(0.003)
    tokens = {"type": "tokens", "input_tokens": 100, "output_tokens": 10}
    assert Prices().of_transcript(tokens) == pytest.approx((100 * 6 + 10 * 10) / 1e6)
    assert Prices().of_heard(60) == pytest.approx(0.006)


def test_a_model_has_the_prices_of_the_longest_name_that_fits() -> None:
    assert prices_of("gpt-realtime-2.1") == Prices()
    assert prices_of("gpt-realtime-mini-2026").audio_in == 10
    assert prices_of("something-else") == Prices()


def test_the_owner_s_own_prices_replace_the_list_s() -> None:
    prices = prices_of("gpt-realtime", " audio_in=1.5, text_out = 2 ,")
    assert (prices.audio_in, prices.text_out, prices.audio_out) == (1.5, 2, 64)


@pytest.mark.parametrize(
    "changes", ["gold=1", "audio_in=free", "audio_in", "audio_in=-1", "audio_in=nan"]
)
def test_a_wrong_price_names_the_variable(changes: str) -> None:
    with pytest.raises(Exception, match="OPENAI_PRICES"):
        load_settings({"SECRET_KEY": "x", "OPENAI_PRICES": changes})
