"""Replanning, a part of stage 4: the lead's model says how subtasks that failed are to be done another way."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import orjson

from agents.work.answers import unwrapped
from automatos.ids import as_uuid
from recipes.engine.new_steps import NewStep
from recipes.engine.stages import Joined, Question, StageInput, StageResult
from recipes.models import ErrorHandling, StepKind
from recipes.workflows.planning import LONGEST_DESCRIPTION, Subtask, subtask_of
from recipes.workflows.plans import dumped
from recipes.workflows.stages.decomposition import goal_of

REPLANNING = "replanning"
PROMPT = (
    "Subtasks of the goal below failed. Say for each how it can be done another way: with another description, so that "
    "it does not fail for the same reason. Keep what it has to deliver. Answer with JSON: for each its id and the new "
    "description; give_up true where there is no other way."
)


class Replanning:
    """config: failed, the subtasks with their errors."""

    reads = ""

    def ask(self, stage: StageInput) -> Question | None:
        """What failed, and why."""
        failed = stage.config.get("failed") or []
        lines = [f"- {one['id']}: {one['description']}\n  Error: {one['error']}" for one in failed]
        prompt = f"{PROMPT}\n\n## Goal\n\n{goal_of(stage)}\n\n## What failed\n\n" + "\n".join(lines)
        origins = tuple(stage.config.get("origins") or ())
        known = {one["id"] for one in failed}
        return Question(prompt, schema(), partial(problem_with, known=known), origins)

    def work(self, stage: StageInput) -> StageResult:
        """A model is asked in any case."""
        return StageResult(dumped({"subtasks": []}))


def schema() -> dict[str, Any]:
    """The form of the answer."""
    text = {"type": "string"}
    properties = {"id": text, "description": text, "give_up": {"type": "boolean"}}
    row = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return {
        "type": "object",
        "properties": {"subtasks": {"type": "array", "items": row}},
        "required": ["subtasks"],
        "additionalProperties": False,
    }


def problem_with(text: str, known: set[str]) -> str:
    """What is wrong with the answer, for the model; empty where nothing is."""
    try:
        rows = orjson.loads(unwrapped(text))["subtasks"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "Your answer is not the wanted JSON."
    strange = [str(row["id"])[:60] for row in rows if row["id"] not in known]
    if strange:
        return f"{', '.join(strange)} did not fail. These did: {', '.join(sorted(known))}."
    long = [row["id"] for row in rows if len(row["description"]) > LONGEST_DESCRIPTION]
    return (
        f"The description of {', '.join(long)} is too long: at most {LONGEST_DESCRIPTION:,} characters." if long else ""
    )


def replanning_step(stage: StageInput, failed: Sequence[Subtask], steps: Sequence[Joined]) -> NewStep:
    """The lead's step. A failure of its own changes nothing: others are tried then."""
    last = {step.config.get("subtask"): step for step in steps}
    rows = [
        {
            "id": one.id,
            "description": one.description,
            "error": str((last[one.id].error or {}).get("message", ""))[:500],
            "complexity": one.complexity,
            "required_capabilities": list(one.required_capabilities),
            "dependencies": list(one.dependencies),
            "title": one.title,
        }
        for one in failed
    ]
    origins = list(dict.fromkeys(origin for one in failed for origin in last[one.id].origins))
    return NewStep(
        order=0,
        step_id=REPLANNING,
        name="Plan again what failed",
        output_key=f"replanning_{stage.grown + 1}",
        kind=StepKind.STAGE,
        config={"stage": REPLANNING, "failed": rows, "origins": origins, "round": stage.grown + 1},
        agent_id=as_uuid(stage.config.get("lead_id")),
        agent_name=str(stage.config.get("lead_name", "")),
        error_handling=ErrorHandling.SKIP,
        max_iterations=1,
        timeout=float(stage.config.get("subtask_seconds", 300.0)),
    )


def replanned(step: Joined) -> dict[str, Subtask]:
    """The subtasks as the lead wants them, by id; none where it gave up or its step failed."""
    if step.status != "completed":
        return {}
    given = {str(one["id"]): one for one in step.config.get("failed") or ()}
    rows = orjson.loads(unwrapped(step.output))["subtasks"]
    return {
        row["id"]: replace(subtask_of(given[row["id"]]), description=row["description"].strip())
        for row in rows
        if row["id"] in given and not row["give_up"] and row["description"].strip()
    }
