"""What the background does for a draft: try its model with a tiny call, and let a model propose an agent."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Q

from agents.drafts import sentence
from agents.models import AgentDraft, Persona, Skill
from automatos.llm.errors import ModelError
from automatos.llm.registry import default_model
from automatos.llm.types import Message, ModelReply, ModelRequest
from automatos.words import duration
from workspaces.budgets.gate import Kind, call_model
from workspaces.budgets.reserving import BudgetReached
from workspaces.credentials import provider_keys
from workspaces.credentials.sealing import Unreadable
from workspaces.scope.tenancy import workspace_scope

logger = logging.getLogger(__name__)

Proposal = TypeVar("Proposal")

TRIAL_SECONDS = 60.0
PROPOSAL_SECONDS = 90.0
# The embedded model has it soon or loses the thread and writes on for minutes.
EMBEDDED_PROPOSAL_SECONDS = 20.0
QUESTION = "Say in one short sentence that you are ready."
MOST_SKILLS_OFFERED = 60


def run_trial(workspace_id: UUID, draft_id: UUID, token: str) -> None:
    """Ask the draft's model one question; its answer or its error goes into the draft. Only the newest trial counts."""
    with workspace_scope(workspace_id):
        draft = _open(workspace_id, draft_id)
        keys = provider_keys.keys_of(workspace_id)
    if draft is None or draft.work.get("trial", {}).get("token") != token:
        return
    model = str(draft.work["trial"]["model"])
    request = ModelRequest(model, (Message("user", QUESTION),), max_tokens=200, timeout=TRIAL_SECONDS)
    found = called(workspace_id, Kind.TRIAL, keys, request)
    if "reply" in found:
        reply: ModelReply = found.pop("reply")
        found |= {"state": "done", "text": reply.text.strip()[:400], "cost": str(reply.cost)}
        found["tokens"] = reply.usage.input_tokens + reply.usage.output_tokens
    _keep(draft, "trial", token, found)


def run_proposal(workspace_id: UUID, draft_id: UUID, token: str) -> None:
    """Let the default model propose better than the rules that filled the draft in at once; say which it was."""
    with workspace_scope(workspace_id):
        draft = _open(workspace_id, draft_id)
        keys, offered = provider_keys.keys_of(workspace_id), offer(workspace_id)
    if draft is None or draft.work.get("proposal", {}).get("token") != token:
        return
    job = draft.work["proposal"]
    wish, model = str(job["sentence"]), default_model()
    request = ModelRequest(
        model,
        sentence.messages(wish, offered),
        max_tokens=1500,
        temperature=0.4,
        response_schema=sentence.schema(offered),
        timeout=proposal_seconds(model),
    )
    found = called(workspace_id, Kind.PROPOSAL, keys, request)
    values = proposed(found, lambda text: sentence.from_reply(text, wish, offered))
    _keep(draft, "proposal", token, {"model": model, **found}, values)


def proposed(found: dict[str, Any], read: Callable[[str], Proposal | None]) -> Proposal | None:
    """What a model proposes, from what `called` found, which gets the state: done, or rules and why.

    read: makes the proposal of the model's words; None where they cannot be used.
    """
    reply: ModelReply | None = found.pop("reply", None)
    proposal = read(reply.text) if reply else None
    if reply:
        found["cost"] = str(reply.cost)
    if proposal is None:
        found |= {"state": "rules", "why": found.pop("text", "Its answer was not usable.")}
    else:
        found["state"] = "done"
    return proposal


def proposal_seconds(model: str) -> float:
    """How long this model may take for a proposal."""
    return EMBEDDED_PROPOSAL_SECONDS if model.startswith("local:") else PROPOSAL_SECONDS


def _open(workspace_id: UUID, draft_id: UUID) -> AgentDraft | None:
    """The draft, unless it is finished or discarded."""
    drafts = AgentDraft.objects.filter(workspace_id=workspace_id, agent=None, discarded_at=None)
    return drafts.filter(pk=draft_id).first()


def offer(workspace_id: UUID) -> sentence.Offer:
    """What a proposal may choose from in this workspace; only inside its scope."""
    personas = Persona.objects.filter(Q(workspace=None) | Q(workspace=workspace_id))
    skills = Skill.objects.filter(workspace=workspace_id, is_enabled=True, deleted_at=None).order_by("name")
    return sentence.Offer(
        personas={slug: str(pk) for slug, pk in personas.values_list("slug", "pk")},
        skills=[
            (str(pk), slug, text)
            for pk, slug, text in skills.values_list("pk", "slug", "description")[:MOST_SKILLS_OFFERED]
        ],
    )


def called(workspace_id: UUID, kind: Kind, keys: provider_keys.OwnKeys, request: ModelRequest) -> dict[str, Any]:
    """One call outside of runs: the reply and the time it took; or `state` failed and, as `text`, why."""
    start = time.monotonic()
    provider = request.model.partition(":")[0]
    try:
        keys.require(request.model)
        if provider in keys.keys:
            provider_keys.note_uses([keys.keys[provider]])
        reply = call_model(request, workspace_id=workspace_id, kind=kind, credentials=keys.credentials)
    except (ModelError, Unreadable, BudgetReached) as error:
        return {"state": "failed", "text": error.message, "took": _took(start)}
    return {"reply": reply, "took": _took(start)}


def _took(start: float) -> str:
    return duration((time.monotonic() - start) * 1000)


def _keep(
    draft: AgentDraft, name: str, token: str, result: Mapping[str, Any], values: Mapping[str, Any] | None = None
) -> None:
    """Note a job's result. values: proposed fields; those that a person changed meanwhile stay."""
    with workspace_scope(draft.workspace_id):
        fresh = AgentDraft.objects.select_for_update().filter(pk=draft.pk).first()
        job = fresh.work.get(name, {}) if fresh else {}
        if fresh is None or job.get("token") != token or job.get("state") != "running":
            logger.info("The result of %s for draft %s came too late", name, draft.pk)
            return
        began = job.get("began", {})
        for field, value in (values or {}).items():
            if fresh.values.get(field) == began.get(field):
                fresh.values[field] = value
        fresh.work[name] = {**job, **result}
        fresh.save(update_fields=["values", "work"])
