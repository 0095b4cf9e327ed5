"""Reads: the lessons that stand in a step's prompt, with where they came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automatos.ids import as_uuid
from recipes.engine.lessons_told import lessons_of
from recipes.models import Execution, ExecutionStep, Lesson


@dataclass(frozen=True, slots=True)
class Told:
    """A lesson as the step was told it. source: the run that taught it, where there is one still.

    vouched_by: who answered for it when the step was told it.
    """

    text: str
    origins: Sequence[str]
    source: Execution | None = None
    by_person: bool = False
    is_forgotten: bool = False
    vouched_by: str = ""


def told_in(step: ExecutionStep) -> list[Told]:
    """The lessons of a step, in the order of its prompt; of one that is no more, the source is not known."""
    kept = lessons_of(step.config)
    keys = [key for one in kept if (key := as_uuid(str(one.get("id", ""))))]
    if not keys:
        return []
    rows = Lesson.objects.filter(workspace=step.workspace_id, pk__in=keys).select_related("execution")
    known = {str(row.pk): row for row in rows.defer("embedding", "execution__output_data", "execution__input_data")}
    return [_told(one, known.get(one["id"])) for one in kept]


def _told(one: Mapping[str, Any], row: Lesson | None) -> Told:
    text, origins, voucher = one["text"], one.get("origins") or (), one.get("vouched_by") or ""
    if row is None:
        return Told(text, origins, vouched_by=voucher)
    source = row.execution if row.execution and row.execution.deleted_at is None else None
    return Told(text, origins, source, row.source == Lesson.Source.PERSON, row.forgotten_at is not None, voucher)
