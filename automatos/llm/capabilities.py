"""What a model can do and takes, as far as its name tells. The adapters act on the same names (families)."""

import re
from dataclasses import dataclass

from automatos.llm.families import (
    BUNDLED,
    CLAUDE_ALWAYS_THINKING,
    CLAUDE_BUDGETED,
    OPENAI_THINKERS,
    OPENAI_UNTHINKING,
)
from automatos.llm.pricing import rates_of
from automatos.llm.types import Effort

SAMPLING = ("temperature", "top_p", "frequency_penalty", "presence_penalty")
BUNDLED_CONTEXT = 4096
# It knows no more to say long before, and says the same again.
BUNDLED_OUTPUT = 1000
EFFORTS: tuple[Effort, ...] = ("low", "medium", "high")
MORE_EFFORTS: tuple[Effort, ...] = (*EFFORTS, "xhigh", "max")
CLAUDE = re.compile(r"^claude-")
# Anthropic's before 4.5 do not keep to a schema.
CLAUDE_FREE_FORM = re.compile(r"^claude-(\d|instant|(opus|sonnet)-4-(0|\d{8}))")
OPENAI_BLIND = re.compile(r"^(gpt-3|o1-mini|o3-mini|gpt-4($|-0|-turbo-preview))")
OPENAI_FREE_FORM = re.compile(r"^(gpt-3|gpt-4($|-\d|-turbo)|o1-mini)")
OPENAI_MORE_EFFORTS = re.compile(r"^gpt-[6-9]")
# The largest max_tokens, by the vendors' pages on their models.
MAX_OUTPUT = (
    (re.compile(r"^claude-[a-z]+-[5-9]"), 128_000),
    (re.compile(r"^claude-(haiku|sonnet)-4-5"), 64_000),
    (re.compile(r"^gpt-([5-9]|\d\d)"), 128_000),
    (re.compile(r"^o\d"), 100_000),
    (re.compile(r"^gpt-4\.1"), 32_768),
    (re.compile(r"^gpt-4o"), 16_384),
)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """None means that it is not known: the model belongs to a server of its own, which will say what it refuses.

    context_window, max_output: tokens. forced_tools: whether a call can be demanded (tool_choice). efforts: what it
    takes of them. parameters: what it takes of temperature, top_p and the two penalties.
    """

    context_window: int | None
    max_output: int | None
    tools: bool | None
    forced_tools: bool | None
    vision: bool | None
    json_schema: bool | None
    thinking: bool | None
    efforts: tuple[Effort, ...]
    parameters: tuple[str, ...]


def capabilities(provider: str, model: str) -> Capabilities:
    """What is known of a vendor's model; `model` without its provider."""
    if provider == "local":
        return _local(model)
    rates = rates_of(provider, model)
    window = rates.context_window if rates else None
    output = next((tokens for names, tokens in MAX_OUTPUT if names.match(model)), None)
    if provider == "anthropic":
        return _anthropic(model, window, output)
    return _openai(model, window, output)


def _local(model: str) -> Capabilities:
    if model != BUNDLED:
        return Capabilities(None, None, None, None, None, None, None, (), SAMPLING)
    return Capabilities(BUNDLED_CONTEXT, BUNDLED_OUTPUT, True, True, False, True, False, (), SAMPLING)


def _anthropic(model: str, window: int | None, output: int | None) -> Capabilities:
    if not CLAUDE.match(model):
        return Capabilities(window, output, None, None, None, None, None, (), ())
    return Capabilities(
        context_window=window,
        max_output=output,
        tools=True,
        forced_tools=not CLAUDE_ALWAYS_THINKING.match(model),
        vision=True,
        json_schema=not CLAUDE_FREE_FORM.match(model),
        thinking=True,
        efforts=() if CLAUDE_BUDGETED.match(model) else MORE_EFFORTS,
        parameters=(),
    )


def _openai(model: str, window: int | None, output: int | None) -> Capabilities:
    thinks = bool(OPENAI_THINKERS.match(model))
    if not thinks and not OPENAI_UNTHINKING.match(model):
        return Capabilities(window, output, None, None, None, None, None, (), SAMPLING)
    efforts = MORE_EFFORTS if OPENAI_MORE_EFFORTS.match(model) else EFFORTS
    return Capabilities(
        context_window=window,
        max_output=output,
        tools=True,
        forced_tools=True,
        vision=not OPENAI_BLIND.match(model),
        json_schema=not OPENAI_FREE_FORM.match(model),
        thinking=thinks,
        efforts=efforts if thinks else (),
        parameters=() if thinks else SAMPLING,
    )
