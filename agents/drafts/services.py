"""Changes: drafts of agents. Each belongs to one person, and nobody else sees it."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from agents.drafts import jobs
from agents.drafts import tasks as drafts_tasks
from agents.drafts.outside import Chosen
from agents.drafts.sentence import LONGEST_SENTENCE, by_rules
from agents.drafts.steps import is_running, model_of, numbered
from agents.models import Agent, AgentDraft
from agents.services import AgentInput, create_agent
from automatos.after_commit import after_commit
from automatos.checking import Problems
from automatos.errors import Conflict
from automatos.llm.registry import default_model
from automatos.rows import hold, locked
from tools.assignments.services import assign_apps
from tools.remote.services import assign_tools
from workspaces.models import User, Workspace

MOST_DRAFTS = 50
KEPT_FOR = timedelta(days=30)


@transaction.atomic
def start_draft(
    *, workspace: Workspace, user: User, values: Mapping[str, Any], work: Mapping[str, Any] | None = None
) -> AgentDraft:
    """A new draft. Those discarded more than 30 days ago go at this moment."""
    own = AgentDraft.objects.filter(workspace=workspace, user=user)
    own.filter(discarded_at__lt=timezone.now() - KEPT_FOR).delete()
    _require_room(workspace, user)
    return AgentDraft.objects.create(workspace=workspace, user=user, values=dict(values), work=dict(work or {}))


def _require_room(workspace: Workspace, user: User) -> None:
    hold(workspace)
    if AgentDraft.objects.filter(workspace=workspace, user=user, agent=None, discarded_at=None).count() >= MOST_DRAFTS:
        raise Conflict(f"You have {MOST_DRAFTS} drafts here. Finish or discard one first.")


@transaction.atomic
def start_from_sentence(*, workspace: Workspace, user: User, values: Mapping[str, Any], sentence: str) -> AgentDraft:
    """A draft filled in from the words of one sentence at once; in the background a model works out a better one."""
    problems = Problems()
    sentence = problems.text("sentence", sentence, longest=LONGEST_SENTENCE, required=True)
    problems.raise_any()
    values = {**values, **by_rules(sentence, jobs.offer(workspace.pk))}
    seconds = round(jobs.proposal_seconds(default_model()))
    job = {**_job(), "sentence": sentence, "began": values, "seconds": seconds}
    draft = start_draft(workspace=workspace, user=user, values=values, work={"proposal": job})
    _send(drafts_tasks.propose_draft, draft, job["token"])
    return draft


@transaction.atomic
def save_draft(*, draft: AgentDraft, values: Mapping[str, Any], step: str, sent: str = "") -> AgentDraft:
    """The draft with these fields as typed, whatever they are; what else it holds stays. step: where that was.

    sent: `page.number`, which of its sendings an open page makes; one that a later one overtook changes nothing.
    """
    draft = _locked(draft)
    page, number = numbered(sent)
    last = draft.work.get("sent", {}).get(step, ["", 0])
    if page and page == last[0] and number < last[1]:
        return draft
    changed = {name: value for name, value in values.items() if draft.values.get(name) != value}
    seen = draft.work.get("seen", [])
    if not changed and step in seen and not page:
        return draft
    draft.values.update(changed)
    draft.work["seen"] = list(dict.fromkeys([*seen, step]))
    draft.work["sent"] = {**draft.work.get("sent", {}), step: [page, number]}
    draft.revision += bool(changed)
    draft.updated_at = timezone.now()
    draft.save(update_fields=["values", "work", "revision", "updated_at"])
    return draft


@transaction.atomic
def create_from_draft(*, draft: AgentDraft, user: User, data: AgentInput, outside: Chosen | None = None) -> Agent:
    """The agent of this draft: a new one, or that which an earlier press of the button made. Its id is the draft's."""
    draft = _locked(draft)
    if draft.agent is not None:
        return draft.agent
    draft.agent = create_agent(workspace=draft.workspace, user=user, data=data, agent_id=draft.pk)
    draft.save(update_fields=["agent"])
    if outside is not None:
        given: Any = {"workspace": draft.workspace, "agent_id": draft.agent.pk, "user": user}
        assign_apps(apps=outside.apps, **given)
        assign_tools(tool_ids=[tool.pk for tool in outside.tools], **given)
    return draft.agent


def discard_draft(*, draft: AgentDraft) -> None:
    """Put the draft away; for 30 days it can be brought back."""
    AgentDraft.objects.filter(pk=draft.pk).update(discarded_at=timezone.now())


@transaction.atomic
def restore_draft(*, draft: AgentDraft) -> None:
    """Bring a discarded draft back."""
    if draft.agent_id is None and draft.discarded_at is not None:
        _require_room(draft.workspace, draft.user)
    AgentDraft.objects.filter(pk=draft.pk).update(discarded_at=None)


@transaction.atomic
def try_model(*, draft: AgentDraft) -> AgentDraft:
    """Let the background ask the draft's model one question, the model as it is now; one at a time."""
    draft = _locked(draft)
    if is_running(draft.work.get("trial")):
        return draft
    draft.work["trial"] = {**_job(), "model": model_of(draft.values)}
    draft.save(update_fields=["work"])
    _send(drafts_tasks.try_draft_model, draft, draft.work["trial"]["token"])
    return draft


@transaction.atomic
def dismiss_proposal(*, draft: AgentDraft) -> AgentDraft:
    """Stop waiting for a proposal, or stop showing where it came from."""
    draft = _locked(draft)
    draft.work.pop("proposal", None)
    draft.save(update_fields=["work"])
    return draft


def _job() -> dict[str, Any]:
    return {"state": "running", "token": secrets.token_hex(8), "asked_at": timezone.now().isoformat()}


def _send(task: Any, draft: AgentDraft, token: str) -> None:
    after_commit(partial(drafts_tasks.queue, task, draft.workspace_id, draft.pk, token))


def _locked(draft: AgentDraft) -> AgentDraft:
    # Its agent is asked for afterwards: joined to a row that was waited for, it would be as it was before the waiting.
    return locked(AgentDraft.objects.select_related("workspace"), pk=draft.pk, discarded_at=None)
