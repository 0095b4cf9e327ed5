"""Changes: the cases of a set, by hand, from past runs, from CSV."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from automatos.checking import Problems
from automatos.errors import InvalidInput
from automatos.rows import locked
from recipes.editor import body as bodies
from recipes.editor import services as drafts
from recipes.evaluations import csv_cases, expectations
from recipes.evaluations.set_services import held
from recipes.filling import FILE, fill_inputs
from recipes.models import EvaluationCase, EvaluationSet, Execution, Recipe
from workspaces.audit import log as audit

MOST = 200
# A new case from a run expects at least so near a meaning to what the run said.
NEAR = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseInput:
    """What a person decides about a case. name: by default what is put in."""

    name: str = ""
    input_data: Mapping[str, Any] = field(default_factory=dict)
    expectations: Sequence[Mapping[str, Any]] = ()


@transaction.atomic
def add_case(*, recipe: Recipe, set_id: UUID, data: CaseInput) -> EvaluationCase:
    """A new case at the end. Raises InvalidInput by field, NotFound."""
    one = held(recipe, set_id)
    problems = Problems()
    columns = _checked(recipe, data, problems)
    problems.raise_any()
    return _added(one, [columns])[0]


@transaction.atomic
def change_case(*, recipe: Recipe, set_id: UUID, number: int, data: CaseInput) -> EvaluationCase:
    """The case with everything as in `data`; what was tried with it before keeps the old one.

    An input that somebody outside wrote stays marked so as long as it reads the same.
    """
    one = held(recipe, set_id)
    case = _case(one, number)
    problems = Problems()
    columns = _checked(recipe, data, problems)
    problems.raise_any()
    before = _told(case)
    case.removed_at = timezone.now()
    case.save(update_fields=["removed_at"])
    made = EvaluationCase.objects.create(
        workspace_id=one.workspace_id,
        evaluation_set=one,
        number=number,
        source_id=case.source_id,
        untrusted_inputs=_still_untrusted(case, columns["input_data"]),
        **columns,
    )
    _raise_version(one)
    after = _told(made)
    audit.record_row("evaluation_case.changed", made, **audit.changes(before, after, after))
    return made


@transaction.atomic
def remove_case(*, recipe: Recipe, set_id: UUID, number: int) -> EvaluationCase:
    """The case out of the set; its results stay, and it can be brought back."""
    one = held(recipe, set_id)
    case = _case(one, number)
    case.removed_at = timezone.now()
    case.save(update_fields=["removed_at"])
    _raise_version(one)
    audit.record_row("evaluation_case.removed", case, before=_told(case))
    return case


@transaction.atomic
def restore_case(*, recipe: Recipe, set_id: UUID, number: int) -> EvaluationCase:
    """A removed case back as it was last. Raises NotFound where there is none, or where it is there."""
    one = held(recipe, set_id)
    rows = EvaluationCase.objects.filter(evaluation_set=one, number=number)
    if rows.filter(removed_at=None).exists():
        return rows.get(removed_at=None)
    newest = rows.order_by("-removed_at").values_list("pk", flat=True).first()
    case = locked(rows, pk=newest)
    _require_room(one, 1)
    case.removed_at = None
    case.save(update_fields=["removed_at"])
    _raise_version(one)
    audit.record_row("evaluation_case.restored", case, after=_told(case))
    return case


@transaction.atomic
def add_from_runs(*, recipe: Recipe, set_id: UUID, execution_ids: Sequence[UUID]) -> list[EvaluationCase]:
    """Cases with the inputs of runs, which expect something similar in meaning to what they said.

    Raises InvalidInput naming each run that is none of this recipe, or left no output.
    """
    one = held(recipe, set_id)
    problems = Problems()
    if not execution_ids:
        problems.add("execution_ids", "Name at least one run.")
    runs = Execution.objects.filter(recipe=recipe, deleted_at=None).in_bulk(list(execution_ids))
    found = []
    for place, key in enumerate(execution_ids):
        run, where = runs.get(key), f"execution_ids.{place}"
        text = str(((run.output_data if run else None) or {}).get("final_output") or "").strip()
        if run is None:
            problems.add(where, "This recipe has no such run.")
        elif not text:
            problems.add(where, f"Run {run.label} left no output.")
        else:
            wanted = {"type": expectations.SIMILAR, "text": text[: expectations.LONGEST_TEXT], "at_least": NEAR}
            data = CaseInput(input_data=run.input_data, expectations=[wanted])
            mine = Problems()
            columns = _checked(recipe, data, mine)
            for texts in mine.fields.values():
                problems.add(where, f"Run {run.label}: {texts[0]}")
            found.append({**columns, "source": run, "untrusted_inputs": run.untrusted_inputs})
    problems.raise_any()
    return _added(one, found)


@transaction.atomic
def add_from_csv(*, recipe: Recipe, set_id: UUID, text: str) -> list[EvaluationCase]:
    """A case for each row. Raises InvalidInput with each problem's row and column, and adds nothing then."""
    one = held(recipe, set_id)
    problems = Problems()
    names = {name for schema in schemas_of(recipe) for name in schema}
    found = []
    for row in csv_cases.read(text, names, problems):
        mine = Problems()
        data = CaseInput(name=row.name, input_data=row.input_data, expectations=row.expectations)
        found.append(_checked(recipe, data, mine))
        csv_cases.tell(row, mine, problems)
    problems.raise_any()
    return _added(one, found)


def schemas_of(recipe: Recipe) -> list[Mapping[str, Any]]:
    """The inputs that the recipe takes: what is published, then the draft's where they differ."""
    draft = drafts.draft_of(recipe)
    found: list[Mapping[str, Any]] = [recipe.ordered_inputs] if recipe.version else []
    if draft is not None:
        drafted = bodies.to_saved(drafts.body_now(recipe, draft))["inputs"]
        found += [drafted] if drafted not in found else []
    return found or [{}]


def _checked(recipe: Recipe, data: CaseInput, problems: Problems) -> dict[str, Any]:
    wanted = expectations.checked(list(data.expectations), problems)
    inputs = _fitting(recipe, data.input_data, problems)
    usual = " · ".join(str(value) for value in data.input_data.values() if value not in ("", None))
    name = problems.text("name", data.name or " ".join(usual.split())[:80] or "No input", longest=160)
    return {"name": name, "input_data": inputs, "expectations": wanted}


def _fitting(recipe: Recipe, given: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """The inputs as they were given, where the recipe takes them as it is published or as it is drafted."""
    first: InvalidInput | None = None
    for schema in schemas_of(recipe):
        files = [name for name, entry in schema.items() if entry.get("type") == FILE and given.get(name)]
        if files:
            problems.add(f"input_data.{files[0]}", "A case holds no files. Leave it out.")
            return {}
        try:
            fill_inputs(schema, given)
        except InvalidInput as error:
            first = first or error
        else:
            return dict(given)
    for place, texts in (first.fields if first else {}).items():
        for one in texts:
            problems.add(place, one)
    return {}


def _still_untrusted(case: EvaluationCase, given: Mapping[str, Any]) -> dict[str, Any] | None:
    before: Mapping[str, Any] = case.untrusted_inputs or {}
    return {name: by for name, by in before.items() if given.get(name) == case.input_data.get(name)} or None


def _case(one: EvaluationSet, number: int) -> EvaluationCase:
    return locked(EvaluationCase.objects.filter(evaluation_set=one, removed_at=None), number=number)


def _require_room(one: EvaluationSet, more: int) -> None:
    there = EvaluationCase.objects.filter(evaluation_set=one, removed_at=None).count()
    if there + more > MOST:
        text = f"A set has at most {MOST} cases; this one has {there}."
        raise InvalidInput(text, fields={"cases": [text]})


def _added(one: EvaluationSet, columns: Sequence[Mapping[str, Any]]) -> list[EvaluationCase]:
    _require_room(one, len(columns))
    last = EvaluationCase.objects.filter(evaluation_set=one).aggregate(last=Max("number"))["last"] or 0
    rows = [
        EvaluationCase(workspace_id=one.workspace_id, evaluation_set=one, number=number, **row)
        for number, row in enumerate(columns, last + 1)
    ]
    EvaluationCase.objects.bulk_create(rows)
    _raise_version(one)
    told = {"cases": [f"{row.number} {row.name}" for row in rows], "version": one.version}
    audit.record_row("evaluation_set.cases_added", one, after=told)
    return rows


def _raise_version(one: EvaluationSet) -> None:
    EvaluationSet.objects.filter(pk=one.pk).update(version=F("version") + 1, updated_at=timezone.now())
    one.version += 1


def _told(case: EvaluationCase) -> dict[str, Any]:
    return {
        "number": case.number,
        "name": case.name,
        "input_data": case.input_data,
        "expectations": case.expectations,
    }
