"""Changes: suggestions are put away, and follow the draft that takes them up: the editor makes and publishes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from automatos.errors import Conflict, wrong_field
from automatos.rows import locked
from recipes.models import Recipe, RecipeSuggestion
from workspaces.audit import log as audit
from workspaces.models import User

Step = Mapping[str, Any]
SAY_WHAT = "If something you need is missing or does not work, say exactly what, and answer with what you have."
ADDED = {
    "step_failure": SAY_WHAT,
    "failure": SAY_WHAT,
    "slow_step": "Answer as briefly as the task allows.",
    "empty_output": "Always answer with at least one sentence.",
}
Status, Type = RecipeSuggestion.Status, RecipeSuggestion.Type
# What of a step each type changes.
CHANGES = {Type.PROMPT_REWRITE: "prompt_template", Type.MODEL_UPGRADE: "agent_id", Type.TOOL_ADDITION: "agent_id"}


def proposed_prompt(suggestion: RecipeSuggestion, prompt: str) -> str:
    """The prompt as the suggestion would have it; the same where it has said so already."""
    added = ADDED.get(suggestion.because, "")
    return prompt if not added or added in prompt else f"{prompt.rstrip()}\n\n{added}"


@dataclass(frozen=True, slots=True)
class Wish:
    """How a suggestion is taken up. prompt_template: in place of the proposed prompt; agent_id: who does the step."""

    prompt_template: str | None = None
    agent_id: UUID | None = None


AS_PROPOSED = Wish()


def changed_step(suggestion: RecipeSuggestion, step: Step, wish: Wish) -> dict[str, Any]:
    """The step of a draft as the suggestion would have it.

    Raises InvalidInput where an agent has to be named, Conflict where the step is like that already.
    """
    if suggestion.type == Type.PROMPT_REWRITE:
        wanted: Any = wish.prompt_template or proposed_prompt(suggestion, str(step.get("prompt_template") or ""))
    elif wish.agent_id is None:
        text = "Name the agent who does this step from now on: one with a stronger model, or with the tool."
        raise wrong_field("agent_id", text)
    else:
        wanted = str(wish.agent_id)
    changed = {**step, CHANGES[Type(suggestion.type)]: wanted}
    if changed == dict(step):
        raise Conflict("The step is like that already. Dismiss it.", code="nothing_to_change")
    return changed


def open_suggestion(recipe: Recipe, suggestion_id: UUID) -> RecipeSuggestion:
    """The suggestion, ours until the transaction ends; Conflict where it was decided before."""
    found = locked(RecipeSuggestion.objects.filter(recipe=recipe), pk=suggestion_id)
    if found.status == Status.DRAFTED:
        raise Conflict("It stands in the draft already. Publish the draft, or drop it.", code="drafted")
    if found.status != Status.OPEN:
        raise Conflict(f"This suggestion was {found.status} already.", code="decided")
    return found


def note_drafted(suggestion: RecipeSuggestion, user: User | None) -> RecipeSuggestion:
    """It stands in the recipe's draft from now on."""
    return _decide(suggestion, Status.DRAFTED, user)


def dismiss_suggestion(*, recipe: Recipe, suggestion_id: UUID, user: User | None) -> RecipeSuggestion:
    """Put it away for good; Conflict where it was decided before."""
    with transaction.atomic():
        return _decide(open_suggestion(recipe, suggestion_id), Status.DISMISSED, user)


def follow_draft(
    recipe: Recipe, before: Sequence[Step], after: Sequence[Step], *, user: User | None, version: int | None = None
) -> None:
    """What becomes of the suggestions in a draft that changed. before: the published steps; after: those of the draft.

    One whose change is not there any more is open again. version: the one that the draft became, which has the others.
    """
    then, now = ({str(step.get("step_id")): step for step in steps} for steps in (before, after))
    rows = RecipeSuggestion.objects.select_for_update(of=("self",)).filter(recipe=recipe, status=Status.DRAFTED)
    for one in rows.order_by("created_at"):
        name = CHANGES[Type(one.type)]
        old, new = (str(steps.get(one.step_id, {}).get(name) or "") for steps in (then, now))
        if one.step_id not in now or old == new:
            _decide(one, Status.OPEN, None)
        elif version is not None:
            one.accepted_version = version
            _decide(one, Status.ACCEPTED, user)


def _decide(suggestion: RecipeSuggestion, status: str, user: User | None) -> RecipeSuggestion:
    before = {"status": suggestion.status}
    suggestion.status, suggestion.decided_by = status, user
    suggestion.decided_at = None if status == Status.OPEN else timezone.now()
    suggestion.save()
    target = ("suggestion", suggestion.pk, str(suggestion))
    after = {"status": status, "version": suggestion.accepted_version}
    audit.record("suggestion.decided", workspace_id=suggestion.workspace_id, target=target, before=before, after=after)
    return suggestion
