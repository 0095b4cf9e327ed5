"""How long a plan will take and what it will cost, about: from what its agents' steps took lately, else from prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from automatos.llm.pricing import price
from automatos.llm.types import Usage
from recipes.workflows.planning import Subtask, longest_chain
from recipes.workflows.profiles import Usual

# Tokens read and written, and seconds, of a subtask by an agent that never worked, by complexity.
ASSUMED: Mapping[str, tuple[int, int, float]] = {
    "low": (1_200, 350, 8.0),
    "medium": (2_500, 800, 20.0),
    "high": (6_000, 1_600, 40.0),
}
# What the lead's own stages take beside: aggregating and answering.
LEAD_TOKENS = (4_000, 1_200)
LEAD_SECONDS = 12.0
# The embedded model writes slowly and briefly.
LOCAL_SECONDS = {"low": 6.0, "medium": 8.0, "high": 12.0}
# How far it may be off, as shares of the time.
LEAST, MOST = 0.7, 1.8


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of one subtask: seconds and US dollars."""

    seconds: float
    cost: float


def of_subtask(subtask: Subtask, model: str, usual: Usual | None) -> Estimate:
    """About what a subtask takes with an agent of this model and this past."""
    read, written, seconds = ASSUMED[subtask.complexity]
    if model.startswith("local:"):
        seconds = LOCAL_SECONDS[subtask.complexity]
    if usual is not None and usual.seconds is not None:
        seconds = usual.seconds
    cost = usual.cost if usual is not None and usual.cost else float(_price(model, read, written))
    return Estimate(round(seconds, 1), round(cost, 6))


def of_plan(subtasks: Sequence[Subtask], each: Mapping[str, Estimate], lead_model: str) -> dict[str, Any]:
    """Of the whole: the longest chain and its seconds, the range, and the cost of everything with the lead's stages."""
    chain, seconds = longest_chain(subtasks, {key: one.seconds for key, one in each.items()})
    by_rules = not lead_model or lead_model.startswith("local:")
    seconds += 0.0 if by_rules else LEAD_SECONDS
    lead = Decimal(0) if by_rules else _price(lead_model, *LEAD_TOKENS)
    return {
        "chain": chain,
        "seconds": round(seconds, 1),
        "seconds_low": round(seconds * LEAST, 1),
        "seconds_high": round(seconds * MOST, 1),
        "cost": round(sum(one.cost for one in each.values()) + float(lead), 6),
    }


def _price(model: str, read: int, written: int) -> Decimal:
    provider, _, name = model.partition(":")
    return price(provider, name, Usage(read, written)) if name else Decimal(0)
