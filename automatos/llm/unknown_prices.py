"""Calls whose price nobody knows, where money is limited: counted at an assumed price, or not made at all.

A price is unknown when the server tells none, the model stands in no price list, and its server is not known to cost
nothing. Such a call is recorded with the cost 0; without this a limit of money would never stop it.
"""

from decimal import Decimal

from django.conf import settings

from automatos.llm.errors import ModelNotConfigured
from automatos.llm.pricing import MILLION
from automatos.llm.registry import Credentials, price_is_known
from automatos.llm.types import Usage

REFUSE, ASSUME = "refuse", "assume"


def counted(model: str, usage: Usage, cost: Decimal, credentials: Credentials) -> Decimal:
    """US dollars that a call counts for against a limit. cost: what is recorded for it."""
    if cost or price_is_known(model, credentials):
        return cost
    tokens_in, tokens_out = usage.input_tokens, usage.output_tokens
    return (settings.ASSUMED_INPUT_PRICE * tokens_in + settings.ASSUMED_OUTPUT_PRICE * tokens_out) / MILLION


def check(model: str, credentials: Credentials) -> None:
    """Before a call under a limit of money. Raises ModelNotConfigured where unknown prices are refused."""
    if settings.UNKNOWN_PRICES == REFUSE and not price_is_known(model, credentials):
        raise ModelNotConfigured(
            f"The price of {model} is not known, and only so much may be spent here. Choose a model whose price is "
            "listed, take the limit of money away and limit tokens instead, or have whoever runs this installation "
            "set UNKNOWN_PRICES=assume."
        )


def explained(model: str, credentials: Credentials) -> str:
    """A sentence for whoever meets a limit that unknown prices led to; empty where the price is known."""
    if price_is_known(model, credentials):
        return ""
    return (
        f" The price of {model} is not known, so its calls count at an assumed ${settings.ASSUMED_INPUT_PRICE} for a "
        f"million tokens read and ${settings.ASSUMED_OUTPUT_PRICE} for a million written."
    )
