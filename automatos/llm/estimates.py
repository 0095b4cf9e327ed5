"""What a call may cost at most, before it is sent: for holding money back, never for bills."""

from decimal import Decimal

from automatos.llm.pricing import price
from automatos.llm.registry import Credentials, price_list
from automatos.llm.tokens import estimate_request
from automatos.llm.types import ModelRequest, Usage
from automatos.llm.unknown_prices import counted

# Prompts are counted without the vendor's tokenizer, up to 30 % too low.
MARGIN = 1.3


def most_cost(request: ModelRequest, credentials: Credentials) -> Decimal:
    """US dollars for the prompt and all the tokens the answer may have; at an assumed price where none is known."""
    tokens = round(MARGIN * estimate_request(request.messages, request.tools))
    return cost_of(request.model, Usage(tokens, request.max_tokens), credentials)


def cost_of(model: str, usage: Usage, credentials: Credentials) -> Decimal:
    """US dollars that so many tokens of `provider:model` count for; at an assumed price where none is known."""
    listed = price(*price_list(model, credentials), usage)
    return counted(model, usage, listed, credentials)
