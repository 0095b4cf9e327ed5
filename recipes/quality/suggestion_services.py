"""Changes: a suggestion becomes the recipe's next version, or is put away."""

from dataclasses import dataclass, replace
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from automatos.errors import Conflict, InvalidInput
from automatos.rows import locked
from recipes.models import Recipe, RecipeSuggestion
from recipes.services import as_input, lock_recipe, update_recipe
from recipes.validation import StepInput
from workspaces.audit import log as audit
from workspaces.models import User

SAY_WHAT = "If something you need is missing or does not work, say exactly what, and answer with what you have."
ADDED = {
    "step_failure": SAY_WHAT,
    "failure": SAY_WHAT,
    "slow_step": "Answer as briefly as the task allows.",
    "empty_output": "Always answer with at least one sentence.",
}


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


def accept_suggestion(
    *, recipe: Recipe, suggestion_id: UUID, user: User | None, wish: Wish = AS_PROPOSED
) -> RecipeSuggestion:
    """Make the recipe's next version of it: the proposed prompt, or the agent that does the step from now on.

    Raises Conflict where it was decided before or its step is gone, InvalidInput where an agent has to be named.
    """
    with transaction.atomic():
        recipe = lock_recipe(recipe)
        suggestion = _open(recipe, suggestion_id)
        data = as_input(recipe)
        place = next((n for n, step in enumerate(data.steps) if step.step_id == suggestion.step_id), None)
        if place is None:
            raise Conflict("The step this is about is not in the recipe any more. Dismiss it.", code="step_gone")
        changed = _changed(suggestion, data.steps[place], wish)
        saved = update_recipe(
            recipe=recipe,
            user=user,
            data=replace(data, steps=[*data.steps[:place], changed, *data.steps[place + 1 :]]),
            changelog=f"{suggestion.get_type_display()}, step {suggestion.step}, as its runs suggested",
        )
        suggestion.accepted_version = saved.version
        return _decide(suggestion, RecipeSuggestion.Status.ACCEPTED, user)


def _changed(suggestion: RecipeSuggestion, step: StepInput, wish: Wish) -> StepInput:
    if suggestion.type == RecipeSuggestion.Type.PROMPT_REWRITE:
        wanted = wish.prompt_template or proposed_prompt(suggestion, step.prompt_template)
        changed = replace(step, prompt_template=wanted)
    elif wish.agent_id is None:
        text = "Name the agent who does this step from now on: one with a stronger model, or with the tool."
        raise InvalidInput(f"agent_id: {text}", fields={"agent_id": [text]})
    else:
        changed = replace(step, agent_id=wish.agent_id)
    if changed == step:
        raise Conflict("The step is like that already. Dismiss it.", code="nothing_to_change")
    return changed


def dismiss_suggestion(*, recipe: Recipe, suggestion_id: UUID, user: User | None) -> RecipeSuggestion:
    """Put it away for good; Conflict where it was decided before."""
    with transaction.atomic():
        return _decide(_open(recipe, suggestion_id), RecipeSuggestion.Status.DISMISSED, user)


def _open(recipe: Recipe, suggestion_id: UUID) -> RecipeSuggestion:
    found = locked(RecipeSuggestion.objects.filter(recipe=recipe), pk=suggestion_id)
    if found.status != RecipeSuggestion.Status.OPEN:
        raise Conflict(f"This suggestion was {found.status} already.", code="decided")
    return found


def _decide(suggestion: RecipeSuggestion, status: str, user: User | None) -> RecipeSuggestion:
    suggestion.status, suggestion.decided_by, suggestion.decided_at = status, user, timezone.now()
    suggestion.save()
    target = ("suggestion", suggestion.pk, str(suggestion))
    after = {"status": status, "version": suggestion.accepted_version}
    audit.record("suggestion.decided", workspace_id=suggestion.workspace_id, target=target, after=after)
    return suggestion
