"""What a run of a draft will take, about: from what its steps took before, else from prices."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from agents.models import AgentModelConfig
from automatos.llm.pricing import price, rates_of
from automatos.llm.tokens import estimate_tokens
from automatos.llm.types import Usage
from recipes import sub_recipes
from recipes.editor import body as bodies
from recipes.editor import services as drafts
from recipes.editor.body import Body, output_keys
from recipes.engine import templating
from recipes.engine.sub_runs import DEEPEST
from recipes.models import Mode, Recipe, StepFigures, StepKind
from recipes.validation import with_defaults
from workspaces.models import Workspace

# Runs before: figures; none: prices and lengths; neither: the step is left out of the sum.
RUNS, PRICES, UNKNOWN = "runs", "prices", "unknown"
# Of an answer, where nothing is known: this part of what the agent may write, and so fast.
SHARE, TOKENS_A_SECOND = 0.5, 60
# Characters of a prompt that are reckoned; of a longer one the rest counts as these do.
RECKONED = 100_000
# Of what an agent is told besides the prompt.
SYSTEM_TOKENS = 300


@dataclass(frozen=True, slots=True)
class StepEstimate:
    """Of one step: US dollars, milliseconds, and what they are taken from. tokens: in and out.

    Of a step that cooks another recipe: of all its steps. is_whole: each of these that costs something is in it.
    """

    step_id: str
    cost: Decimal = Decimal(0)
    duration_ms: float = 0
    tokens: int = 0
    basis: str = UNKNOWN
    runs: int = 0
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of a run in which every step is taken once. is_whole: every step that costs something is in it."""

    steps: Sequence[StepEstimate]
    cost: Decimal
    duration_ms: float
    is_whole: bool


def estimate(workspace: Workspace, recipe: Recipe | None, body: Body) -> Estimate:
    """What a run will take, about; branches that are not taken make it less, rounds of a loop more."""
    return _estimate(workspace, recipe, body, DEEPEST)


def _estimate(workspace: Workspace, recipe: Recipe | None, body: Body, deep: int) -> Estimate:
    """deep: how many recipes may stand in one another below it."""
    figures = {}
    if recipe is not None:
        rows = StepFigures.objects.filter(recipe=recipe, runs__gt=0)
        figures = {(row.step_id, str(row.agent_id)): row for row in rows}
    keys = drafts.uuids(str(step.get("agent_id") or "") for step in body["steps"])
    models = {
        str(row.agent_id): row for row in AgentModelConfig.objects.filter(agent__in=keys, agent__workspace=workspace)
    }
    inside: dict[str, StepEstimate] = {}
    steps = [
        _inside(workspace, step, inside, deep) if _is_recipe(step) else _step(step, figures, models)
        for step in body["steps"]
    ]
    needed = [step for step in body["steps"] if _is_agent(step) or _is_recipe(step)]
    known = {found.step_id for found in steps if found.basis != UNKNOWN and found.is_whole}
    return Estimate(
        steps=steps,
        cost=sum((one.cost for one in steps), Decimal(0)),
        duration_ms=_duration(body, steps),
        is_whole=all(step["step_id"] in known for step in needed),
    )


def _is_agent(step: Mapping[str, Any]) -> bool:
    return bool(step.get("kind", StepKind.AGENT) == StepKind.AGENT)


def _is_recipe(step: Mapping[str, Any]) -> bool:
    return bool(step.get("kind") == StepKind.RECIPE)


def _inside(workspace: Workspace, step: Mapping[str, Any], known: dict[str, StepEstimate], deep: int) -> StepEstimate:
    """Of a step that cooks another recipe: what a run of that one takes. known: of versions looked at before."""
    nothing = StepEstimate(step["step_id"], is_whole=False)
    config = step.get("config") or {}
    key = f"{config.get('recipe')} {config.get('version')}"
    if key not in known:
        version = sub_recipes.version_of(workspace, config) if deep and isinstance(config, dict) else None
        if version is None:
            return nothing
        found = _estimate(workspace, version.recipe, bodies.of_saved(version.body), deep - 1)
        counted = [one for one in found.steps if one.basis != UNKNOWN]
        known[key] = StepEstimate(
            step["step_id"],
            found.cost,
            found.duration_ms,
            sum(one.tokens for one in found.steps),
            _basis(counted),
            min((one.runs for one in counted), default=0),
            found.is_whole,
        )
    return replace(known[key], step_id=step["step_id"])


def _basis(counted: Sequence[StepEstimate]) -> str:
    if not counted:
        return UNKNOWN
    return RUNS if all(one.basis == RUNS for one in counted) else PRICES


def _tokens_of(prompt: str) -> int:
    """Tokens of a prompt, about."""
    return round(estimate_tokens(prompt[:RECKONED]) * max(1.0, len(prompt) / RECKONED))


def _step(
    step: Mapping[str, Any], figures: Mapping[tuple[str, str], StepFigures], models: Mapping[str, AgentModelConfig]
) -> StepEstimate:
    key = str(step.get("agent_id") or "")
    if row := figures.get((step["step_id"], key)):
        tokens = (row.input_tokens + row.output_tokens) // row.runs
        return StepEstimate(step["step_id"], row.cost / row.runs, row.duration_ms / row.runs, tokens, RUNS, row.runs)
    config = models.get(key)
    if config is None or not _is_agent(step):
        return StepEstimate(step["step_id"])
    asked = SYSTEM_TOKENS + _tokens_of(str(step.get("prompt_template") or ""))
    answered = math.ceil(config.max_tokens * SHARE)
    usage = Usage(input_tokens=asked, output_tokens=answered)
    if config.provider != "local" and rates_of(config.provider, config.model_id) is None:
        return StepEstimate(step["step_id"], tokens=asked + answered)
    took = answered * 1000 / TOKENS_A_SECOND
    return StepEstimate(step["step_id"], price(config.provider, config.model_id, usage), took, asked + answered, PRICES)


def _duration(body: Body, steps: Sequence[StepEstimate]) -> float:
    """One after another the sum; at once the longest chain of steps that need one another."""
    if with_defaults(body["execution_config"]).get("mode") != Mode.PARALLEL:
        return sum(one.duration_ms for one in steps)
    keys = output_keys(body)
    earlier: list[templating.Output] = []
    ends: list[float] = []
    for order, (step, found) in enumerate(zip(body["steps"], steps, strict=True), 1):
        text = str(step.get("prompt_template") or "")
        needs = templating.dependencies(text, earlier)
        ends.append(found.duration_ms + max((ends[number - 1] for number in needs if number > 0), default=0))
        earlier.append(templating.Output(order=order, key=keys[order - 1]))
    return max(ends, default=0)
