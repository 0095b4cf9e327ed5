"""Prices agree with the price list's own calculation, and cost next to no time."""

import time
from decimal import Decimal

import pytest
from genai_prices import Usage as PricedUsage
from genai_prices import calc_price

from automatos.llm.pricing import price
from automatos.llm.registry import OFFERED
from automatos.llm.types import Usage

USAGES = [
    Usage(1000, 200),
    Usage(1000, 200, 600, 100, 50),
    Usage(150_000, 1, 149_999),
    Usage(199_999, 7),
    Usage(200_001, 7),
    Usage(272_000, 5),
    Usage(272_001, 5, 100_000, 50_000),
    Usage(900_000, 9000),
    Usage(),
]
NAMES = [(provider, model) for provider, models in OFFERED.items() for model in models]
NAMES += [("openai", "gpt-5.5"), ("openai", "gpt-4o-2024-08-06"), ("anthropic", "claude-sonnet-4-5")]


@pytest.mark.parametrize(("provider", "model"), NAMES)
@pytest.mark.parametrize("usage", USAGES, ids=str)
def test_a_price_is_what_the_price_list_makes_of_it(provider: str, model: str, usage: Usage) -> None:
    theirs = calc_price(
        PricedUsage(
            input_tokens=usage.input_tokens,
            cache_read_tokens=usage.cached_tokens,
            cache_write_tokens=usage.cache_write_tokens,
            output_tokens=usage.output_tokens,
        ),
        model,
        provider_id=provider,
    )
    assert price(provider, model, usage) == theirs.total_price


def test_local_and_unknown_models_cost_nothing() -> None:
    assert price("local", "gpt-4o", Usage(1000, 1000)) == Decimal(0)
    assert price("openai", "my-own-model", Usage(1000, 1000)) == Decimal(0)


def test_a_price_takes_microseconds() -> None:
    usage = Usage(1000, 200, 600)
    price("openai", "gpt-6.1-sol", usage)
    began = time.process_time()
    for _ in range(2000):
        price("openai", "gpt-6.1-sol", usage)
    assert (time.process_time() - began) / 2000 < 50e-6
