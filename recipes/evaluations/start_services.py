"""Changes: an evaluation is begun, and stopped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import product
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from automatos.after_commit import after_commit
from automatos.checking import Problems
from automatos.errors import Conflict, InvalidInput
from automatos.rows import locked
from recipes.editor import body as bodies
from recipes.editor import services as drafts
from recipes.evaluations.expectations import JUDGE
from recipes.evaluations.set_services import check_budget, held
from recipes.evaluations.telling import ADVANCE, send
from recipes.models import (
    Evaluation,
    EvaluationCase,
    EvaluationCell,
    EvaluationVariant,
    Recipe,
    RecipeVersion,
)
from recipes.publish_gate_queries import digest_of
from recipes.runs.model_names import checked_model
from recipes.services import body_if_saved
from workspaces.audit import log as audit
from workspaces.models import Budget, User

DRAFT = "draft"
MOST_VARIANTS, MOST_CELLS, MOST_AT_ONCE = 20, 2_000, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is evaluated. versions: numbers, or "draft"; none: what is published, else the draft. models: in place of
    the agents' own, "" for those. budget: US dollars, by default the set's.
    """

    versions: Sequence[int | str] = ()
    models: Sequence[str] = ("",)
    budget: Decimal | None = None
    at_once: int = 10


@dataclass(frozen=True, slots=True)
class _Version:
    number: int
    digest: str
    body: Mapping[str, Any] | None


@transaction.atomic
def start_evaluation(*, recipe: Recipe, set_id: UUID, user: User | None, wish: Wish) -> Evaluation:
    """Begin: each case once with each version and model, as ordinary runs that workers start.

    Raises InvalidInput by field, Conflict where the set has no cases.
    """
    one = held(recipe, set_id)
    cases = list(EvaluationCase.objects.filter(evaluation_set=one, removed_at=None).order_by("number"))
    if not cases:
        raise Conflict("This set has no cases yet. Add one before it is evaluated.", code="no_cases")
    problems = Problems()
    budget = one.budget if wish.budget is None else check_budget(wish.budget, problems)
    problems.number("at_once", wish.at_once, low=1, high=MOST_AT_ONCE)
    models = _models(recipe, wish.models or ("",), problems)
    versions = _versions(recipe, wish.versions or (recipe.version or DRAFT,), problems)
    if len(versions) * len(models) > MOST_VARIANTS:
        problems.add("versions", f"Versions times models may be {MOST_VARIANTS} at most.")
    elif len(versions) * len(models) * len(cases) > MOST_CELLS:
        problems.add("versions", f"Cases times versions times models may be {MOST_CELLS:,} at most.")
    if not one.judge_model and any(wanted["type"] == JUDGE for case in cases for wanted in case.expectations):
        problems.add("judge_model", "Some cases ask a judge. Choose the set's judge first.")
    problems.raise_any()
    made = Evaluation.objects.create(
        workspace_id=one.workspace_id,
        evaluation_set=one,
        set_version=one.version,
        budget=budget,
        pass_at=one.pass_at,
        judge_model=one.judge_model,
        cases=len(cases),
        at_once=wish.at_once,
        user=user,
    )
    _lay_out(made, cases, versions, models)
    _limit(made)
    key = (made.workspace_id, made.pk)
    after_commit(partial(send, ADVANCE, [key]))
    told = {"set": one.name, "budget": f"{budget:f}", "models": models, "versions": [v.number for v in versions]}
    audit.record_row("evaluation.started", made, one.name, after=told)
    return made


@transaction.atomic
def stop_evaluation(*, recipe: Recipe, evaluation_id: UUID) -> Evaluation:
    """Nothing new is begun, and what cooks is cancelled. Raises Conflict when it is over."""
    found = locked(Evaluation.objects.filter(evaluation_set__recipe=recipe), pk=evaluation_id)
    if found.status != Evaluation.Status.RUNNING:
        raise Conflict("This evaluation is already over.", code="not_live")
    if found.stopped_at is None:
        found.stopped_at = timezone.now()
        found.save(update_fields=["stopped_at"])
        key = (found.workspace_id, found.pk)
        after_commit(partial(send, ADVANCE, [key]))
        audit.record_row("evaluation.stopped", found, after={"stopped_at": found.stopped_at})
    return found


def _models(recipe: Recipe, names: Sequence[str], problems: Problems) -> list[str]:
    found = []
    for place, name in enumerate(dict.fromkeys(names)):
        try:
            found.append(checked_model(recipe.workspace, name, "models"))
        except InvalidInput as error:
            problems.add(f"models.{place}", error.message)
    return found


def _versions(recipe: Recipe, wanted: Sequence[int | str], problems: Problems) -> list[_Version]:
    found = []
    for place, one in enumerate(dict.fromkeys(wanted)):
        if one == DRAFT:
            version = _drafted(recipe, problems)
        else:
            kept = RecipeVersion.objects.filter(recipe=recipe, version=one).first() if isinstance(one, int) else None
            version = _Version(kept.version, digest_of(kept.body), None) if kept else None
            if kept is None:
                problems.add(
                    f"versions.{place}", f"There is no version {str(one)[:40]}. The newest is {recipe.version}."
                )
        found += [version] if version else []
    return found


def _drafted(recipe: Recipe, problems: Problems) -> _Version | None:
    """The draft as it would be published; notes what hinders that."""
    draft = drafts.draft_of(recipe)
    if draft is None:
        problems.add("versions", "There is no draft: nothing was changed since the last version.")
        return None
    body = drafts.body_now(recipe, draft)
    for field, text in bodies.doubles(body):
        problems.add(f"draft.{field}", text)
    try:
        saved = body_if_saved(recipe, drafts.as_input(body))
    except InvalidInput as error:
        for field, texts in error.fields.items():
            problems.fields.setdefault(f"draft.{field}", []).extend(texts)
        return None
    return _Version(0, digest_of(saved), saved)


def _lay_out(
    made: Evaluation, cases: Sequence[EvaluationCase], versions: Sequence[_Version], models: Sequence[str]
) -> None:
    """A row for each variant, and a cell for each case of it; the cells stand case by case."""
    variants = [
        EvaluationVariant(
            workspace_id=made.workspace_id,
            evaluation=made,
            position=position,
            version=version.number,
            digest=version.digest,
            body=version.body,
            model=model,
        )
        for position, (version, model) in enumerate(product(versions, models), 1)
    ]
    EvaluationVariant.objects.bulk_create(variants)
    EvaluationCell.objects.bulk_create(
        EvaluationCell(workspace_id=made.workspace_id, evaluation=made, variant=variant, case=case, position=position)
        for position, (case, variant) in enumerate(product(cases, variants), 1)
    )


def _limit(made: Evaluation) -> None:
    """Open the budget that counts all its runs and judges."""
    Budget.objects.create(
        workspace_id=made.workspace_id,
        scope=Budget.EVALUATION,
        scope_id=made.pk,
        period=Budget.Period.RUN,
        limit=made.budget,
        created_by=made.user,
    )
