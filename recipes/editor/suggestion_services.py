"""Changes: a suggestion is taken up in the recipe's draft, which people look at before they publish it."""

import json
from uuid import UUID

from django.db import transaction

from automatos.errors import Conflict, InvalidInput, wrong_field
from recipes.editor import body as bodies
from recipes.editor import services as drafts
from recipes.models import Recipe, RecipeSuggestion
from recipes.quality.suggestion_services import (
    AS_PROPOSED,
    Wish,
    changed_step,
    note_drafted,
    open_suggestion,
)
from recipes.validation import NO_SUCH_AGENT
from workspaces.models import User


@transaction.atomic
def accept_suggestion(
    *, recipe: Recipe, suggestion_id: UUID, user: User | None, wish: Wish = AS_PROPOSED
) -> RecipeSuggestion:
    """Write it into the recipe's draft: the proposed prompt, or the agent that does the step from now on.

    Runs and schedules go on with what is published. Raises Conflict where it was decided before or its step is gone,
    InvalidInput where an agent has to be named.
    """
    draft = drafts.opened(recipe, user)
    suggestion = open_suggestion(recipe, suggestion_id)
    body = json.loads(draft.body)
    step = bodies.step_at(body, suggestion.step_id)
    if not suggestion.step_id:
        raise Conflict("It is about the whole run. Change its steps in the editor, or dismiss it.", code="no_step")
    if step is None:
        raise Conflict("The step this is about is not in the recipe any more. Dismiss it.", code="step_gone")
    changed = bodies.with_part(body, f"step:{suggestion.step_id}", changed_step(suggestion, step, wish))
    what = f"took up a suggestion for step {bodies.place_of(body, suggestion.step_id) + 1}"
    try:
        drafts.replace_body(recipe=recipe, body=changed, writing=drafts.Writing(user=user, what=what))
    except InvalidInput as error:
        raise (wrong_field("agent_id", NO_SUCH_AGENT) if NO_SUCH_AGENT in error.message else error) from None
    return note_drafted(suggestion, user)
