"""Changes: evaluation sets."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from automatos.checking import Problems
from automatos.errors import InvalidInput
from automatos.local_time import zone_problem
from automatos.rows import hold, locked
from recipes.models import EvaluationSet, Recipe
from recipes.runs.model_names import problems_of_model
from recipes.triggers import cron
from workspaces.audit import log as audit
from workspaces.models import User

MOST = 20
LEAST_BUDGET, MOST_BUDGET = Decimal("0.000001"), Decimal(1_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetInput:
    """What a person decides about a set. budget: US dollars an evaluation may take; pass_at: a share, 0 to 1.

    cron: five fields, by which it is evaluated by itself, or empty; time_zone: an IANA name.
    """

    name: str
    description: str = ""
    budget: Decimal = Decimal(5)
    judge_model: str = ""
    pass_at: float = 0.9
    is_required: bool = False
    cron: str = ""
    time_zone: str = "UTC"


def as_input(one: EvaluationSet) -> SetInput:
    """The set as it is, ready for `dataclasses.replace` and change_set."""
    return SetInput(
        name=one.name,
        description=one.description,
        budget=one.budget,
        judge_model=one.judge_model,
        pass_at=one.pass_at,
        is_required=one.is_required,
        cron=one.cron,
        time_zone=one.time_zone,
    )


@transaction.atomic
def create_set(*, recipe: Recipe, user: User | None, data: SetInput) -> EvaluationSet:
    """A new set without cases. Raises InvalidInput by field."""
    columns = _checked(recipe, data)
    _require_room(recipe)
    made = EvaluationSet(workspace_id=recipe.workspace_id, recipe=recipe, created_by=user, owner=user, **columns)
    _plan(made)
    made.save(force_insert=True)
    audit.record_row("evaluation_set.created", made, after=_told(made))
    return made


@transaction.atomic
def change_set(*, recipe: Recipe, set_id: UUID, user: User | None, data: SetInput) -> EvaluationSet:
    """The set with everything as in `data`; whoever sets its times anew, or lets a suspended one go on, is its owner.

    Raises InvalidInput by field, NotFound.
    """
    columns = _checked(recipe, data)
    one = held(recipe, set_id)
    before = _told(one)
    is_replanned = bool(one.suspended) or any(getattr(one, name) != columns[name] for name in ("cron", "time_zone"))
    for name, value in columns.items():
        setattr(one, name, value)
    if is_replanned:
        one.owner, one.suspended = user, ""
        _plan(one)
    one.updated_at = timezone.now()
    one.save(update_fields=[*columns, "updated_at", "owner", "suspended", "next_due_at"])
    after = _told(one)
    audit.record_row("evaluation_set.changed", one, **audit.changes(before, after, after))
    return one


@transaction.atomic
def remove_set(*, recipe: Recipe, set_id: UUID) -> EvaluationSet:
    """The set out of sight, and required no more; what is under way goes on, and it can be brought back."""
    one = held(recipe, set_id)
    one.deleted_at, one.next_due_at = timezone.now(), None
    one.save(update_fields=["deleted_at", "next_due_at"])
    audit.record_row("evaluation_set.removed", one, before=_told(one))
    return one


@transaction.atomic
def restore_set(*, recipe: Recipe, set_id: UUID) -> EvaluationSet:
    """Back as it was."""
    _require_room(recipe)
    one = held(recipe, set_id, gone=True)
    one.deleted_at = None
    if not one.suspended:
        _plan(one)
    one.save(update_fields=["deleted_at", "next_due_at"])
    audit.record_row("evaluation_set.restored", one, after=_told(one))
    return one


def held(recipe: Recipe, set_id: UUID, *, gone: bool = False) -> EvaluationSet:
    """The recipe's set, ours until the transaction ends; NotFound when there is none. gone: a removed one."""
    return locked(EvaluationSet.objects.filter(recipe=recipe, deleted_at__isnull=not gone), pk=set_id)


def next_time(expression: str, zone: str, after: datetime) -> datetime | None:
    """When it is due next; None where it never is."""
    found = cron.next_times(expression, zone, after, 1) if expression else []
    return found[0] if found else None


def _plan(one: EvaluationSet) -> None:
    """When it is due next, from now on."""
    one.next_due_at = next_time(one.cron, one.time_zone, timezone.now())


def _require_room(recipe: Recipe) -> None:
    hold(recipe)
    if EvaluationSet.objects.filter(recipe=recipe, deleted_at=None).count() >= MOST:
        text = f"This recipe has {MOST} evaluation sets, the most there may be. Remove one first."
        raise InvalidInput(text, fields={"name": [text]})


def _checked(recipe: Recipe, data: SetInput) -> dict[str, Any]:
    problems = Problems()
    name = problems.text("name", data.name, longest=120, required=True)
    description = problems.text("description", data.description, longest=2_000)
    budget = check_budget(data.budget, problems)
    problems.number("pass_at", data.pass_at, low=0, high=1)
    if data.judge_model:
        problems_of_model(recipe.workspace, data.judge_model, "judge_model", problems)
    expression = problems.text("cron", " ".join(data.cron.split()), longest=120)
    if expression and "cron" not in problems and (problem := cron.cron_problem(expression)):
        problems.add("cron", problem)
    if problem := zone_problem(data.time_zone):
        problems.add("time_zone", problem)
    problems.raise_any()
    return {
        "cron": expression,
        "time_zone": data.time_zone,
        "name": name,
        "description": description,
        "budget": budget,
        "judge_model": data.judge_model,
        "pass_at": data.pass_at,
        "is_required": data.is_required,
    }


def check_budget(amount: Decimal, problems: Problems) -> Decimal:
    """The amount with the digits that are kept; notes one that is out of bounds."""
    if not amount.is_finite() or not LEAST_BUDGET <= amount <= MOST_BUDGET:
        problems.add("budget", f"Use an amount from {LEAST_BUDGET} to {MOST_BUDGET:,} US dollars.")
        return Decimal(0)
    return amount.quantize(LEAST_BUDGET)


def _told(one: EvaluationSet) -> dict[str, Any]:
    return {
        "recipe_id": one.recipe_id,
        "name": one.name,
        "budget": f"{one.budget:f}",
        "judge_model": one.judge_model,
        "pass_at": one.pass_at,
        "is_required": one.is_required,
        "cron": one.cron,
        "time_zone": one.time_zone,
    }
