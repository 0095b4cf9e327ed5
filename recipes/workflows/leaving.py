"""What each stage of a run left, in a few words: the figures that people look for in an output that programs read."""

from collections.abc import Callable, Mapping
from typing import Any

from recipes.workflows.names import (
    AGGREGATION,
    CONTEXT,
    DECOMPOSITION,
    EXECUTION,
    LEARNING,
    MEMORY,
    QUALITY,
    RESPONSE,
    SELECTION,
)
from recipes.workflows.planning import plan_from
from recipes.workflows.plans import loaded
from recipes.workflows.reading import Reading, StageRow


def left_by(row: StageRow, reading: Reading) -> str:
    """The figures of a stage that completed; empty for any other, and where it left none."""
    if row.step is None or row.status != "completed":
        return ""
    return ", ".join(filter(None, SAY[row.stage.key](row.step.output, reading)))


def counted(number: int, noun: str) -> str:
    """As in 1 result, 3 results."""
    if number != 1:
        noun = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun}"


def _planned(text: str, _: Reading) -> list[str]:
    plan = plan_from(text)
    return [counted(len(plan.subtasks), "subtask"), plan.strategy]


def _selected(text: str, _: Reading) -> list[str]:
    rows: Mapping[str, Any] = loaded(text).get("selection") or {}
    picked = [row for row in rows.values() if row.get("agent_id")]
    names = {row["agent_id"] for row in picked}
    lowest = min((float(row["match_score"]) for row in picked), default=None)
    unfit = len(rows) - len(picked)
    return [
        counted(len(names), "agent"),
        f"lowest match {lowest:.2f}" if lowest is not None else "",
        f"nobody for {counted(unfit, 'subtask')}" if unfit else "",
    ]


def _gathered(text: str, _: Reading) -> list[str]:
    found = loaded(text)
    kinds = [str(one.get("kind")) for one in found.get("sources") or ()]
    told = [counted(kinds.count(kind), kind) for kind in ("document", "memory", "lesson") if kind in kinds]
    quality = found.get("context_quality")
    return [*(told or ["nothing found"]), f"context quality {quality:.2f}" if quality is not None else ""]


def _executed(text: str, reading: Reading) -> list[str]:
    rows = list((loaded(text).get("subtasks") or {}).values())
    done = sum(row.get("status") == "completed" for row in rows)
    tries = sum(max(0, step.attempt - 1) for row in reading.subtasks for step in row.steps)
    return [
        counted(done, "result"),
        f"{len(rows) - done} not done" if len(rows) > done else "",
        "1 retry" if tries == 1 else f"{tries} retries" if tries else "",
        f"planned again {counted(reading.replans, 'time')}" if reading.replans else "",
    ]


def _learned(text: str, _: Reading) -> list[str]:
    found = loaded(text)
    return [counted(len(found.get(f"{noun}s") or ()), noun) for noun in ("pattern", "lesson")]


def _assessed(text: str, _: Reading) -> list[str]:
    found = loaded(text)
    return [f"quality {float(found['quality_score']):.2f}", f"grade {found['grade']}"] if "grade" in found else []


def _remembered(text: str, _: Reading) -> list[str]:
    kinds = [str(one.get("kind")) for one in loaded(text).get("memories") or ()]
    told = [counted(kinds.count(kind), kind) for kind in ("experience", "lesson") if kind in kinds]
    return told or ["nothing kept"]


def _written(text: str, _: Reading) -> list[str]:
    return [counted(len(text.split()), "word")]


SAY: Mapping[str, Callable[[str, Reading], list[str]]] = {
    DECOMPOSITION: _planned,
    SELECTION: _selected,
    CONTEXT: _gathered,
    EXECUTION: _executed,
    AGGREGATION: _written,
    LEARNING: _learned,
    QUALITY: _assessed,
    MEMORY: _remembered,
    RESPONSE: _written,
}
