"""A good run becomes a recipe: its subtasks as steps, with their agents and prompts; words of the goal as inputs."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from automatos.errors import Conflict
from recipes.models import ErrorHandling, Execution, Mode, Recipe
from recipes.services import RecipeInput, create_recipe
from recipes.validation import StepInput
from recipes.workflows.reading import Reading, SubtaskRow, reading_of
from recipes.workflows.stages.execution import escaped, key_of
from workspaces.models import User, Workspace

# Names and figures of a goal that may differ from run to run: words with a capital inside a sentence, and numbers.
NAME = re.compile(r"(?<![.!?] )(?<!^)\b[A-Z][\w'-]+(?: [A-Z][\w'-]+)*|“[^”]{2,60}”|\"[^\"]{2,60}\"|\b\d[\d.,]*\b")
MOST_WORDS = 8
FINAL_KEY = "report"


def words_of_goal(goal: str) -> list[str]:
    """Words that could become inputs, each once."""
    found = (match[0].strip('“”" ,.') for match in NAME.finditer(goal))
    return list(dict.fromkeys(word for word in found if len(word) > 1))[:MOST_WORDS]


def save_as_recipe(
    *, workspace: Workspace, user: User | None, execution: Execution, name: str, words: Sequence[str] = ()
) -> Recipe:
    """The recipe of a run that completed. words: of the goal, which become inputs asked at each cook.

    Raises Conflict where the run has no results to repeat, InvalidInput as any new recipe does.
    """
    reading = reading_of(execution)
    rows = [row for row in reading.subtasks if row.status == "completed"]
    if not rows:
        raise Conflict("No subtask of this run was done, so there is nothing to save.", code="nothing_done")
    inputs = {_input_name(word, number): word for number, word in enumerate(dict.fromkeys(words), 1)}
    done = {row.id for row in rows}
    titles = {row.id: row.title for row in rows}
    steps = [_step(row, inputs, done, titles) for row in rows]
    if len(rows) > 1:
        steps.append(_final(reading, rows, inputs))
    data = RecipeInput(
        name=name or execution.recipe_name,
        description=f"Saved from run {execution.label} of a workflow. Its goal was: {_goal(execution)}"[:10_000],
        tags=("workflow",),
        inputs={key: {"type": "string", "required": True, "default": word} for key, word in inputs.items()},
        execution_config={"mode": str(Mode.PARALLEL), "total_timeout": _seconds(execution)},
        steps=steps,
    )
    return create_recipe(workspace=workspace, user=user, data=data)


def _goal(execution: Execution) -> str:
    return str(execution.input_data.get("goal", ""))


def _seconds(execution: Execution) -> float:
    given = (execution.deadline_at - execution.created_at).total_seconds()
    return max(600.0, min(86_400.0, round(given)))


def _input_name(word: str, number: int) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", word.lower()).strip("_")[:40]
    return name if name and name[0].isalpha() else f"word_{number}"


def filled_in(text: str, inputs: Mapping[str, str]) -> str:
    """A text whose words became inputs; every other brace stands for itself."""
    template = escaped(text)
    for key, word in sorted(inputs.items(), key=lambda pair: -len(pair[1])):
        template = re.sub(rf"(?<![\w{{.]){re.escape(word)}(?![\w}}])", f"{{input.{key}}}", template)
    return template


def _step(row: SubtaskRow, inputs: Mapping[str, str], done: set[str], titles: Mapping[str, str]) -> StepInput:
    """The subtask as a step: what its agent was asked, with references to the results it needs."""
    assert row.step is not None
    needs = [need for need in row.dependencies if need in done]
    results = "\n\n".join(f"## Result of “{escaped(titles[need])}”\n\n{{{key_of(need)}}}" for need in needs)
    task = filled_in(_task(row), inputs)
    return StepInput(
        step_id=row.id,
        agent_id=row.step.agent_id,
        name=row.title,
        prompt_template="\n\n".join(filter(None, (results, task))),
        output_key=key_of(row.id),
        error_handling=ErrorHandling.RETRY,
        max_retries=1,
    )


def _task(row: SubtaskRow) -> str:
    """What the agent was asked at last: another way, where the first one failed."""
    replaced: dict[str, Any] = (row.step.config or {}) if row.step else {}
    return str(replaced.get("task") or row.description)


def _final(reading: Reading, rows: Sequence[SubtaskRow], inputs: Mapping[str, str]) -> StepInput:
    """The last step, which answers the goal from all results."""
    needed = {need for row in rows for need in row.dependencies}
    ends = [row for row in rows if row.id not in needed]
    lead = next((one.step for one in reversed(reading.stages) if one.step and one.step.agent_id), None)
    agent_id = lead.agent_id if lead else ends[-1].step.agent_id if ends[-1].step else None
    results = "\n\n".join(f"## {escaped(row.title)}\n\n{{{key_of(row.id)}}}" for row in ends)
    goal = filled_in(_goal(reading.execution), inputs)
    return StepInput(
        step_id="answer",
        agent_id=agent_id,
        name="Answer the goal",
        prompt_template=f"{results}\n\n## Goal\n\n{goal}\n\nAnswer the goal from the results above, and add nothing.",
        output_key=FINAL_KEY,
        error_handling=ErrorHandling.RETRY,
        max_retries=1,
    )
