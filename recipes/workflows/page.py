"""What the pages of workflows show: the plan, the nine stages of a run with the graph, the answer with its sources."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from automatos import words
from automatos.events import iso
from automatos.markdown import render
from recipes.models import Execution, ExecutionStep, Workflow
from recipes.workflows.drawing import Column, columns_of
from recipes.workflows.leaving import left_by
from recipes.workflows.reading import Reading, StageRow, SubtaskRow, reading_of
from recipes.workflows.recipe_services import words_of_goal
from recipes.workflows.sources import Source

# Status: (class, icon, word).
LOOKS = {
    "pending": ("wait", "", "pending"),
    "running": ("hot", "flame", "running"),
    "completed": ("done", "check", "completed"),
    "skipped": ("skip", "skip-forward", "skipped"),
    "failed": ("bad", "x", "failed"),
}
# The number of a source in HTML; a tag, or code, is passed over whole.
MARK = re.compile(r"<code\b[^>]*>.*?</code>|<(?:[^<>\"]|\"[^\"]*\")*>|\[(\d{1,3})\]", re.DOTALL)
KINDS = {
    "document": "Knowledge",
    "memory": "Memory",
    "lesson": "Lesson",
    "outside": "Read by an agent",
}


@dataclass(frozen=True, slots=True)
class Node:
    """A subtask in the graph. note: who does it, or why it stands as it does; side: its time."""

    id: str
    number: int
    title: str
    look: str
    icon: str
    word: str
    note: str
    side: str
    agent_id: Any = None
    order: int | None = None
    selected: bool = False
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """Columns with their nodes; an empty row is None."""

    columns: Sequence[Column]
    nodes: Mapping[str, Node]

    @property
    def rows(self) -> list[tuple[Column, list[Node | None]]]:
        """Each column with what stands in it."""
        return [(one, [self.nodes[key] if key else None for key in one.rows]) for one in self.columns]


@dataclass(frozen=True, slots=True)
class StagePlace:
    """A stage in the bar. time: in words; left: what it left, in figures."""

    row: StageRow
    look: str
    icon: str
    word: str
    time: str
    order: int
    selected: bool
    since: str | None
    left: str


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """What the kitchen of a workflow's run shows besides what every kitchen has."""

    reading: Reading
    workflow: Workflow | None
    bar: Sequence[StagePlace]
    graph: Graph
    answer: SafeString | str
    sources: Sequence[dict[str, Any]]
    changes: Sequence[str]
    words: Sequence[str]
    done: int

    @property
    def is_dry(self) -> bool:
        """Whether only the plan was made."""
        return bool(self.reading.execution.input_data.get("dry_run"))


def chosen_step(execution: Execution, steps: Sequence[ExecutionStep]) -> int | None:
    """The step that matters most: a subtask that works, else what failed the run, else the answer."""
    running = [one for one in steps if one.status == "running" and one.owner is not None]
    if running:
        return max(running, key=lambda one: one.started_at or one.execution.created_at).order
    if (execution.error or {}).get("step"):
        return int((execution.error or {})["step"])
    over = [one for one in steps if one.path is None and one.status == "completed"]
    return over[-1].order if over else None


def workflow_run(execution: Execution, selected: int) -> WorkflowRun:
    """The run's stages and subtasks, with one step on the stage."""
    reading = reading_of(execution)
    return WorkflowRun(
        reading=reading,
        workflow=execution.workflow,
        bar=[_stage(row, selected, left_by(row, reading)) for row in reading.stages],
        graph=graph_of_run(reading, selected),
        answer=answer_of(reading),
        sources=[_source(one) for one in reading.sources],
        changes=_changes(reading.subtasks),
        words=words_of_goal(str(execution.input_data.get("goal", ""))),
        done=sum(row.status == "completed" for row in reading.subtasks),
    )


def _stage(row: StageRow, selected: int, left: str) -> StagePlace:
    look, icon, word = LOOKS[row.status]
    step = row.step
    running = row.status == "running" and step is not None
    return StagePlace(
        row, look, icon, word, words.duration(row.duration_ms), step.order if step else 0,
        bool(step and step.order == selected), iso(step.started_at) if running and step else None,
        left,
    )  # fmt: skip


def graph_of_run(reading: Reading, selected: int) -> Graph:
    """The subtasks as they stand; one that was planned again has the step that failed before it."""
    status = {row.id: row.status for row in reading.subtasks}
    nodes: dict[str, Node] = {}
    depends: dict[str, tuple[str, ...]] = {}
    looks: dict[tuple[str, str], str] = {}
    for number, row in enumerate(reading.subtasks, 1):
        needs = row.dependencies
        for failed in failed_before(row):
            key = f"{row.id}@{failed.order}"
            nodes[key], depends[key] = _failed_node(number, row, failed, selected), needs
            looks |= {(need, key): _look(status.get(need)) for need in needs}
            needs = (key,)
        nodes[row.id], depends[row.id] = _node(number, row, selected, status), needs
        looks |= {(need, row.id): "replaced" if need not in status else _look(status[need]) for need in needs}
    return Graph(columns_of(depends, looks), nodes)


def _look(status: str | None) -> str:
    return {"completed": "given", "failed": "broken"}.get(status or "", "waits")


def failed_before(row: SubtaskRow) -> list[ExecutionStep]:
    """The steps of a subtask that failed by themselves and were followed by another one."""
    return [one for one in row.steps[:-1] if one.error and one.error.get("code") != "dependency_failed"]


def _failed_node(number: int, row: SubtaskRow, step: ExecutionStep, selected: int) -> Node:
    return Node(
        id=row.id,
        number=number,
        title=row.title,
        look="bad",
        icon="x",
        word="failed, planned again",
        note=f"{step.agent_name} failed",
        side=words.duration(step.duration_ms),
        agent_id=step.agent_id,
        order=step.order,
        selected=step.order == selected,
    )


def _node(number: int, row: SubtaskRow, selected: int, status: Mapping[str, str]) -> Node:
    look, icon, word = LOOKS[row.status]
    step = row.step
    note = step.agent_name if step else str(row.match.get("agent_name") or "Nobody fits")
    missing = [need for need in row.dependencies if status.get(need) != "completed"]
    if row.status == "pending" and missing:
        note = f"{note}, waits"
    if failed_before(row):
        note = f"{note}, planned again"
    return Node(
        id=row.id,
        number=number,
        title=row.title,
        look="unfit" if step is None and not row.match.get("agent_id") else look,
        icon=icon,
        word=word,
        note=note,
        side=words.duration(step.duration_ms) if step else "",
        agent_id=step.agent_id if step else row.match.get("agent_id"),
        order=step.order if step else None,
        selected=step is not None and step.order == selected,
        since=iso(step.started_at) if step and row.status == "running" else None,
    )


def _changes(rows: Sequence[SubtaskRow]) -> list[str]:
    """What was planned again, in sentences."""
    found = []
    for row in rows:
        failed = failed_before(row)
        if not failed:
            continue
        first, last = failed[0], row.steps[-1]
        why = str((first.error or {}).get("message", "")).rstrip(".")
        then = {"completed": "did it", "running": "is at it"}.get(last.status, "did not manage either")
        found.append(f"“{row.title}” failed with {first.agent_name}: {why}. Planned again, {last.agent_name} {then}.")
    return found


def answer_of(reading: Reading) -> SafeString | str:
    """The answer as HTML, its source numbers as links to the sources."""
    text = reading.result
    if not text:
        return ""
    known = {one.number: one for one in reading.sources}

    def linked(match: re.Match[str]) -> str:
        number = int(match[1] or -1)
        if number not in known:
            return match[0]
        title = escape(known[number].title)
        link = f'<a class="source-mark" href="#source-{number}" title="{title}">'
        return f'{link}<span class="sr">Source </span>{number}</a>'

    return mark_safe(MARK.sub(linked, str(render(text))))  # noqa: S308 (rendered and escaped above)


def _source(one: Source) -> dict[str, Any]:
    note = KINDS.get(one.kind, one.kind)
    return {"source": one, "note": f"{note}, from outside: not trusted" if one.is_outside else note}


def plan_graph(plan: Mapping[str, Any], selected: str) -> Graph:
    """The graph of a plan that was not begun."""
    nodes: dict[str, Node] = {}
    looks: dict[tuple[str, str], str] = {}
    unfit = set(plan.get("unfit") or ())
    for number, one in enumerate(plan["subtasks"], 1):
        fits = bool(one.get("agent_id"))
        note = f"{one['agent_name']} · {one['match_score']:.2f}" if fits else "Nobody fits"
        seconds = float((one.get("estimate") or {}).get("seconds", 0))
        nodes[one["id"]] = Node(
            one["id"], number, one["title"], "" if fits else "unfit", "", "", note,
            words.duration(seconds * 1000) if fits else "", one.get("agent_id"), None, one["id"] == selected,
        )  # fmt: skip
        looks |= {(need, one["id"]): "broken" if one["id"] in unfit else "waits" for need in one["dependencies"]}
    depends = {one["id"]: one["dependencies"] for one in plan["subtasks"]}
    return Graph(columns_of(depends, looks), nodes)


def plan_rows(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The subtasks of a plan with what the list says of each."""
    numbers = {one["id"]: number for number, one in enumerate(plan["subtasks"], 1)}
    rows = []
    for one in plan["subtasks"]:
        after = [str(numbers[need]) for need in one["dependencies"]]
        closest = (one.get("candidates") or [None])[0]
        rows.append(
            {
                **one,
                "number": numbers[one["id"]],
                "after": f"after {' and '.join([', '.join(after[:-1]), after[-1]] if len(after) > 1 else after)}"
                if after
                else "can start at once",
                "percent": round(100 * float(one.get("match_score") or 0)),
                "closest": closest,
                "able": [name.replace("_", " ") for name in one["required_capabilities"]],
                "ms": 1000 * float((one.get("estimate") or {}).get("seconds", 0)),
                "candidates": [_candidate(row) for row in one.get("candidates") or ()],
            }
        )
    return rows


def _candidate(row: Mapping[str, Any]) -> dict[str, Any]:
    shares = {f"{name}_percent": round(100 * float(row[name])) for name in ("capability", "past_success", "load")}
    return {**row, **shares}
