"""Stage 1, Task Decomposition: the lead's model plans; rules do where it cannot; a given plan is taken as it is."""

from collections.abc import Collection
from functools import partial

import orjson

from agents.work.answers import unwrapped
from recipes.engine.stages import Question, StageFailed, StageInput, StageResult
from recipes.workflows.names import DECOMPOSITION
from recipes.workflows.planning import (
    Plan,
    plan_by_rules,
    plan_from,
    problem_with_plan,
    prompt_for,
    schema,
)
from recipes.workflows.plans import dumped

MODEL, RULES, GIVEN = "model", "rules", "given"


class Decomposition:
    """The goal becomes subtasks. config: planner, known (capabilities), given (a plan)."""

    reads = ""

    def ask(self, stage: StageInput) -> Question | None:
        """The goal, and the form of a plan."""
        if stage.config.get("planner") != MODEL:
            return None
        known = set(stage.config.get("known") or ())
        prompt = prompt_for(goal_of(stage), known, stage.prompt)
        return Question(prompt, schema(), partial(checked, known=known))

    def work(self, stage: StageInput) -> StageResult:
        """The given plan, or one by rules."""
        given = stage.config.get("given")
        return StageResult(dumped(given or plan_by_rules(goal_of(stage)).as_json()))


def checked(text: str, known: Collection[str]) -> str:
    """What is wrong with a plan, for the model. Raises StageFailed where it says that the goal cannot be reached."""
    try:
        body = orjson.loads(unwrapped(text))
    except orjson.JSONDecodeError:
        body = {}
    why = body.get("impossible") if isinstance(body, dict) else ""
    if isinstance(why, str) and why.strip() and not body.get("subtasks"):
        raise StageFailed(f"This goal cannot be reached: {why.strip()[:500]}", code="goal_impossible")
    return problem_with_plan(text, known)


def goal_of(stage: StageInput) -> str:
    """The goal of the run."""
    return str(stage.inputs.get("goal", ""))


def plan_of(stage: StageInput) -> Plan:
    """The plan that stage 1 left; by rules where it left none, since it was skipped."""
    text = stage.text(DECOMPOSITION)
    return plan_from(text) if text else plan_by_rules(goal_of(stage))
