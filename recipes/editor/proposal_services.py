"""Changes: a draft from a person's words, by rules at once and by a model in the background."""

import json
import logging
import secrets
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from agents.drafts.jobs import called, proposal_seconds, proposed
from agents.drafts.steps import is_running, was_lost
from agents.models import AgentStatus
from agents.queries import agents_of
from automatos.after_commit import after_commit
from automatos.celery import app
from automatos.errors import wrong_field
from automatos.llm.registry import default_model
from automatos.llm.types import ModelRequest
from recipes.editor import proposing
from recipes.editor import services as drafts
from recipes.editor.describing import LONGEST, Cook, described
from recipes.editor.services import Writing
from recipes.models import Recipe, RecipeDraft
from workspaces.budgets.gate import Kind
from workspaces.credentials import provider_keys
from workspaces.models import User, Workspace
from workspaces.scope.tenancy import workspace_scope

logger = logging.getLogger(__name__)

PROPOSAL = "proposal"
TASK = "recipes.tasks.propose_recipe"
EMBEDDED = "local:"
TOO_SMALL = "The embedded model is too small to plan work."
WHAT = "let a model write the draft"


def cooks_of(workspace: Workspace) -> list[Cook]:
    """The workspace's agents that can work."""
    working = agents_of(workspace).filter(status=AgentStatus.ACTIVE)
    return [Cook(str(one.pk), one.slug, f"{one.name} {one.description}") for one in working]


@transaction.atomic
def start_from_words(*, workspace: Workspace, user: User, words: str) -> Recipe:
    """An unpublished recipe, laid out by rules from the words at once; a model works out a better draft meanwhile.

    Where only the embedded model is there, the rules are all there is, and the draft says so. Raises InvalidInput with
    the field `words`.
    """
    if not words.strip() or len(words) > LONGEST:
        raise wrong_field("words", f"Say in up to {LONGEST:,} characters what the recipe should do.")
    recipe = drafts.create_unpublished(workspace=workspace, user=user, body=described(words, cooks_of(workspace)))
    model = default_model()
    job: dict[str, Any] = {"words": words, "model": model, "token": secrets.token_hex(8)}
    if model.startswith(EMBEDDED):
        job |= {"state": "rules", "why": TOO_SMALL}
    else:
        job |= {"state": "running", "asked_at": timezone.now().isoformat(), "seconds": round(proposal_seconds(model))}
        after_commit(partial(_queue, workspace.pk, recipe.pk, str(job["token"])))
    RecipeDraft.objects.filter(recipe=recipe).update(work={PROPOSAL: job})
    return recipe


def _queue(workspace_id: UUID, recipe_id: UUID, token: str) -> None:
    """Without Redis it is not done, and the page says so once it is overdue."""
    try:
        app.send_task(TASK, (str(workspace_id), str(recipe_id), token), retry=False, expires=120)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("The proposal of recipe %s could not be queued: %s", recipe_id, error)


def propose(workspace_id: UUID, recipe_id: UUID, token: str) -> None:
    """Ask the default model, and keep what it proposes: as the draft where nobody wrote in it yet, else beside it."""
    with workspace_scope(workspace_id):
        draft = RecipeDraft.objects.filter(recipe=recipe_id, workspace=workspace_id).first()
        workspace = Workspace.objects.get(pk=workspace_id)
        keys, cooks = provider_keys.keys_of(workspace_id), cooks_of(workspace)
    job = (draft.work if draft else {}).get(PROPOSAL, {})
    if job.get("token") != token or job.get("state") != "running":
        return
    words, model = str(job["words"]), str(job["model"])
    request = ModelRequest(
        model,
        proposing.messages(words, cooks),
        max_tokens=4000,
        temperature=0.3,
        response_schema=proposing.schema(cooks),
        timeout=proposal_seconds(model),
    )
    found = called(workspace_id, Kind.PROPOSAL, keys, request)
    body = proposed(found, lambda text: proposing.from_reply(text, words, cooks))
    if body is not None:
        found["body"] = json.dumps(body)
    with workspace_scope(workspace_id):
        _keep(recipe_id, token, found)


def _keep(recipe_id: UUID, token: str, found: dict[str, Any]) -> None:
    recipe = Recipe.objects.filter(pk=recipe_id, deleted_at=None).first()
    if recipe is None:
        return
    draft = _opened(recipe, None)
    job = draft.work.get(PROPOSAL, {}) if draft else {}
    if draft is None or job.get("token") != token or job.get("state") != "running":
        logger.info("The proposal for recipe %s came too late", recipe_id)
        return
    draft.work[PROPOSAL] = {**job, **found}
    draft.save(update_fields=["work"])
    if found["state"] == "done" and draft.revision == 1:
        use(recipe=recipe, user=None)


@transaction.atomic
def use(*, recipe: Recipe, user: User | None) -> None:
    """The proposal as the draft; undo gives back what stood there."""
    draft = _opened(recipe, user)
    job = draft.work.get(PROPOSAL, {}) if draft else {}
    if draft is None or "body" not in job:
        return
    drafts.replace_body(recipe=recipe, body=json.loads(job["body"]), writing=Writing(user=user, what=WHAT))
    kept = {name: value for name, value in job.items() if name != "body"}
    RecipeDraft.objects.filter(recipe=recipe).update(work={**draft.work, PROPOSAL: {**kept, "used": True}})


@transaction.atomic
def dismiss(*, recipe: Recipe, user: User | None) -> None:
    """Wait for it no longer, or show no more where the draft came from."""
    if draft := _opened(recipe, user):
        draft.work.pop(PROPOSAL, None)
        draft.save(update_fields=["work"])


def _opened(recipe: Recipe, user: User | None) -> RecipeDraft | None:
    """The draft, ours until the transaction ends. None where it was discarded or published: no empty one is made."""
    return drafts.opened(recipe, user) if drafts.draft_of(recipe) else None


def shown(draft: RecipeDraft | None) -> dict[str, Any]:
    """What the page says of it; nothing where there is none. runs, lost: whether it is still worked out."""
    job = dict((draft.work if draft else {}).get(PROPOSAL) or {})
    return {**job, "runs": is_running(job), "lost": was_lost(job)} if job else {}
