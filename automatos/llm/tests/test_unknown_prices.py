"""What counts against a limit of money where nobody knows the price."""

from decimal import Decimal
from typing import Any

import pytest

from automatos.llm import unknown_prices
from automatos.llm.errors import ModelNotConfigured
from automatos.llm.registry import COMPATIBLE, Credential
from automatos.llm.types import Usage

USED = Usage(input_tokens=1_000_000, output_tokens=100_000)
OWN = {"theirs": Credential("key", "http://127.0.0.1:1/v1"), "free": Credential("key", preset="ollama")}


@pytest.mark.parametrize(
    ("model", "counts"),
    [
        ("openai:nobody-knows-it", "7.5"),
        ("theirs:m", "7.5"),
        ("free:m", "0"),
        ("local:smollm2-135m-instruct", "0"),
        ("openai:gpt-4o", "0"),
        (f"{COMPATIBLE}:m", "7.5"),
    ],
)
def test_only_unknown_prices_are_assumed(model: str, counts: str) -> None:
    assert unknown_prices.counted(model, USED, Decimal(0), OWN) == Decimal(counts)
    assert unknown_prices.counted(model, USED, Decimal("0.25"), OWN) == Decimal("0.25")


def test_refusing_names_the_cures(settings: Any) -> None:
    unknown_prices.check("theirs:m", OWN)
    settings.UNKNOWN_PRICES = "refuse"
    with pytest.raises(ModelNotConfigured, match=r"price of theirs:m is not known.*UNKNOWN_PRICES=assume"):
        unknown_prices.check("theirs:m", OWN)
    unknown_prices.check("free:m", OWN)
    unknown_prices.check("openai:gpt-4o", OWN)
