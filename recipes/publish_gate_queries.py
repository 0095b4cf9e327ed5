"""Reads: whether a recipe may be published as it would read then: its required evaluation sets have to have passed."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from automatos.errors import Conflict
from recipes.models import EvaluationSet, EvaluationVariant, Recipe

# What of a version's body cooks; its name, description and tags do not.
COOKS = ("inputs", "outputs", "steps", "execution_config")


def digest_of(body: Mapping[str, Any]) -> str:
    """The same for bodies that cook the same, be they from the database or not saved yet."""
    kept = {name: body.get(name) or {} for name in COOKS}
    text = json.dumps(_plain(json.loads(json.dumps(kept))), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """300.0 as 300, since the database tells them apart no better than people do."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def has_passed(one: EvaluationSet, digest: str) -> bool:
    """Whether the set, with the cases it has now, passed for what cooks like this, with its own models."""
    found = EvaluationVariant.objects.filter(
        evaluation__evaluation_set=one,
        evaluation__set_version=one.version,
        evaluation__status="completed",
        digest=digest,
        model="",
        passed__isnull=False,
    )
    rows = found.values_list("passed", "evaluation__cases")
    return any((passed or 0) >= needed(one.pass_at, cases) for passed, cases in rows)


def needed(pass_at: float, cases: int) -> int:
    """How many of the cases have to pass: the least number that is no smaller a share; at least one."""
    return max(1, next(count for count in range(cases + 1) if count + 1e-9 >= pass_at * cases))


def missing(recipe: Recipe, digest: str) -> list[EvaluationSet]:
    """The required sets that did not pass for what cooks like this."""
    rows = EvaluationSet.objects.filter(recipe=recipe, is_required=True, deleted_at=None).order_by("created_at", "pk")
    return [one for one in rows if not has_passed(one, digest)]


def require_passed(recipe: Recipe, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Raise Conflict where a required set did not pass for `after`; what cooks as it did before needs no proof."""
    digest = digest_of(after)
    if recipe.version and digest == digest_of(before):
        return
    if found := missing(recipe, digest):
        names = " and ".join(one.name for one in found)
        raise Conflict(
            f"{recipe.name} is published only after its evaluation passed: {names}. Keep the change as a draft, "
            "evaluate the draft with the agents' own models, then publish it. Or let the set be required no more.",
            code="evaluation_required",
            fields={"publish": [f"{one.name} did not pass for this draft with the cases it has now." for one in found]},
        )
