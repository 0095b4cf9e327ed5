"""Stages 5 and 9, Result Aggregation and Response Generation: one report of all results, then the answer to the goal.

The lead's model writes both; where it cannot, since it is the embedded one, rules put the results together.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from recipes.engine.stages import Joined, Question, StageInput, StageResult
from recipes.workflows.names import AGGREGATION, CONTEXT, EXECUTION
from recipes.workflows.plans import loaded
from recipes.workflows.sources import Source, of_subtask, sources_of
from recipes.workflows.stages.decomposition import goal_of, plan_of
from recipes.workflows.stages.execution import every, last_of
from tools.untrusted import fenced

# Characters of all results together that a model is told, and at least of each.
LONGEST_RESULTS, SHORTEST_RESULT = 120_000, 1_500
REPORT_PROMPT = (
    "Put the results of the subtasks together into one report on the goal, in Markdown. Leave out repetitions, say "
    "where results contradict each other, and keep each number as it is. After each statement name its sources as "
    "[1], [2], by the numbers below; a statement without a source has none. Add nothing of your own."
)
ANSWER_PROMPT = (
    "Answer the goal below from the report, to the person who stated it: first the answer, then what supports it. "
    "Keep the source numbers such as [1]. Say plainly what could not be done. Answer in the language of the goal."
)


class Aggregating:
    """One report."""

    reads = EXECUTION

    def ask(self, stage: StageInput) -> Question | None:
        """The results with their sources; a single one needs no model."""
        steps = last_of(stage.joined)
        done = [step for step in steps.values() if step.status == "completed"]
        if stage.config.get("by_rules") or len(done) < 2:
            return None
        sources = sources_of(loaded(stage.text(CONTEXT)), stage.joined)
        parts = [
            stage.prompt.strip() or REPORT_PROMPT,
            f"## Goal\n\n{goal_of(stage)}",
            *_results(stage, steps, sources),
        ]
        origins = tuple(dict.fromkeys(origin for step in done for origin in step.origins))
        return Question("\n\n".join([*parts, *_listed(sources)]), origins=origins)

    def work(self, stage: StageInput) -> StageResult:
        """The results under their titles."""
        steps = every(stage)
        sources, last = sources_of(loaded(stage.text(CONTEXT)), steps), last_of(steps)
        done = [(one, last[one.id]) for one in plan_of(stage).subtasks if one.id in last]
        kept = [(one, step) for one, step in done if step.status == "completed"]
        parts = [
            (f"## {one.title}\n\n" if len(kept) > 1 else "") + step.output.strip() + _marks(of_subtask(sources, one.id))
            for one, step in kept
        ]
        origins = tuple(dict.fromkeys(origin for _, step in kept for origin in step.origins))
        return StageResult("\n\n".join(parts), origins)


class Answering:
    """The answer, with what could not be done."""

    reads = ""

    def ask(self, stage: StageInput) -> Question | None:
        """The report and the goal; without a report there is nothing to ask."""
        report = stage.text(AGGREGATION)
        if stage.config.get("by_rules") or not report:
            return None
        found = stage.outputs[AGGREGATION]
        told = fenced(report, ", ".join(found.origins)) if found.origins else report
        parts = [stage.prompt.strip() or ANSWER_PROMPT, f"## Goal\n\n{goal_of(stage)}", f"## Report\n\n{told}"]
        if undone := undone_of(loaded(stage.text(EXECUTION))):
            parts.append(f"## What could not be done\n\n{undone}")
        return Question("\n\n".join(parts), origins=found.origins)

    def work(self, stage: StageInput) -> StageResult:
        """The report as it is, and what could not be done."""
        undone = undone_of(loaded(stage.text(EXECUTION)))
        parts = [stage.text(AGGREGATION), f"**Not done**\n\n{undone}" if undone else ""]
        found = stage.outputs.get(AGGREGATION)
        return StageResult("\n\n".join(filter(None, parts)), found.origins if found else ())


def undone_of(executed: Mapping[str, Any]) -> str:
    """The subtasks without a result and why, as a list; empty where all were done."""
    rows = [row for row in (executed.get("subtasks") or {}).values() if row["status"] != "completed"]
    return "\n".join(
        f"- {row['title']}: {row['why'] or 'it was not begun, since what it needs is missing.'}" for row in rows
    )


def _results(stage: StageInput, steps: Mapping[str, Joined], sources: Sequence[Source]) -> list[str]:
    """Each result under its title, cut where all together would be too long; what is from outside between marks."""
    done = [(one, steps[one.id]) for one in plan_of(stage).subtasks if one.id in steps]
    kept = [(one, step) for one, step in done if step.status == "completed"]
    most = max(SHORTEST_RESULT, LONGEST_RESULTS // max(1, len(kept)))
    parts = []
    for one, step in kept:
        text = step.output if len(step.output) <= most else f"{step.output[:most]} …"
        told = fenced(text, ", ".join(step.origins)) if step.origins else text
        parts.append(f"## Result of “{one.title}”{_marks(of_subtask(sources, one.id))}\n\n{told}")
    return parts


def _marks(numbers: Sequence[int]) -> str:
    return f" {''.join(f'[{number}]' for number in numbers)}" if numbers else ""


def _listed(sources: Sequence[Source]) -> list[str]:
    return ["## Sources\n\n" + "\n".join(f"[{one.number}] {one.title}" for one in sources)] if sources else []
