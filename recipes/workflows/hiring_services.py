"""A fitting agent for a subtask that nobody fits: installed from the marketplace where one fits, else made."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from agents.drafts.jobs import offer
from agents.drafts.sentence import by_rules
from agents.services import AgentInput, create_agent
from automatos.errors import Conflict, InvalidInput
from marketplace.browse.queries import search
from marketplace.listings import queries as listings
from marketplace.listings.services import install
from marketplace.models import Entry
from recipes.models import Workflow
from recipes.workflows.plan_services import change_plan, changed, plan_of
from recipes.workflows.planning import Subtask, subtask_of
from recipes.workflows.profiles import vectors_of
from recipes.workflows.selection import Crowd, Profile, text_of, texts_of
from recipes.workflows.services import lock_workflow
from workspaces.audit import log as audit
from workspaces.models import User, Workspace

# Listings that are matched with a subtask, of those that the marketplace's search finds.
MOST_MATCHED = 6


@dataclass(frozen=True, slots=True)
class Offered:
    """An agent of the marketplace that fits a subtask. score: as its match would be here, 0 to 1."""

    slug: str
    name: str
    publisher: str
    score: float
    reasoning: str


@dataclass(frozen=True, slots=True)
class Hired:
    """Who was hired. said: what it has to work without."""

    name: str
    agent_id: UUID
    said: Sequence[str] = ()

    def told(self) -> dict[str, Any]:
        """As JSON, for the page that says so."""
        return {"name": self.name, "said": list(self.said)}


def offered_for(workspace: Workspace, bodies: Sequence[Mapping[str, Any]]) -> list[Offered | None]:
    """For each of these subtasks of a plan the agent of the marketplace that fits it best.

    None where none fits; what is here already is not offered.
    """
    here = set(listings.installed_in(workspace).values_list("listing_id", flat=True)) if bodies else set()
    return [_offered(workspace, subtask_of(body), here) for body in bodies]


def _offered(workspace: Workspace, subtask: Subtask, here: Collection[UUID]) -> Offered | None:
    rows = search(Entry.Kind.AGENT, text_of(subtask)[:300], workspace=workspace)[: MOST_MATCHED * 2]
    entries = {row.object_id: row for row in rows if row.object_id not in here}
    profiles = [_profile(row) for row in list(entries.values())[:MOST_MATCHED]]
    if not profiles:
        return None
    vectors = vectors_of([*texts_of(profiles), text_of(subtask)])
    best = Crowd(profiles, vectors).matches(subtask, vectors[text_of(subtask)], past=False)[0]
    if not best.fits:
        return None
    row = entries[best.agent_id]
    reason = best.reasoning.removesuffix(" It has not worked yet.")
    return Offered(row.slug, row.name, row.publisher.name, best.score, reason)


def _profile(row: Entry) -> Profile:
    whole = ". ".join(filter(None, (row.name, row.description, ", ".join(row.tags))))
    return Profile(row.object_id, row.name, tuple(filter(None, dict.fromkeys((row.description[:600], whole[:600])))))


@transaction.atomic
def install_for(*, workflow: Workflow, user: User, subtask: str, slug: str) -> Hired:
    """Install an agent of the marketplace and let it do the subtask.

    Raises NotFound for a listing that is not on offer, InvalidInput, Conflict or PlanLimit.
    """
    workflow = lock_workflow(workflow)
    _subtask(workflow, subtask)
    listing = listings.listing(workspace=workflow.workspace, slug=slug)
    if listing.kind != Entry.Kind.AGENT:
        raise InvalidInput(f"{listing.name} is no agent, so it can do no subtask.")
    _, made = install(workspace=workflow.workspace, user=user, listing=listing)
    hired = Hired(listing.name, made.object_id, made.said)
    _pick(workflow, subtask, hired)
    return hired


@transaction.atomic
def make_for(*, workflow: Workflow, user: User, subtask: str) -> Hired:
    """Make an agent from the subtask's words, by rules, and let it do the subtask. Raises InvalidInput, PlanLimit."""
    workflow = lock_workflow(workflow)
    wanted = _subtask(workflow, subtask)
    values = by_rules(wanted.description[:1000], offer(workflow.workspace_id))
    data = AgentInput(
        name=values["name"],
        description=values["description"],
        category=values["category"],
        tags=[one.replace("_", " ") for one in wanted.required_capabilities],
        persona_id=UUID(values["persona_id"]) if values["persona_id"] else None,
        custom_prompt=values["custom_prompt"] or values["instructions"],
        tool_ids=values["tools"],
    )
    agent = create_agent(
        workspace=workflow.workspace, user=user, data=data, note=f"Made for a subtask of {workflow.name}."
    )
    hired = Hired(agent.name, agent.pk)
    _pick(workflow, subtask, hired)
    return hired


def _subtask(workflow: Workflow, subtask: str) -> Subtask:
    found = next((one for one in plan_of(workflow)["subtasks"] if one["id"] == subtask), None)
    if found is None:
        raise Conflict("The plan was changed by someone else meanwhile. Load it again, then make your change.")
    return subtask_of(found)


def _pick(workflow: Workflow, subtask: str, hired: Hired) -> None:
    """The subtask is the new agent's, who joins the team where the workflow has one."""
    if workflow.agent_ids:
        before = {"agent_ids": list(workflow.agent_ids)}
        workflow.agent_ids = [*workflow.agent_ids, hired.agent_id]
        workflow.version += 1
        workflow.save(update_fields=["agent_ids", "version", "updated_at"])
        audit.record_row("workflow.updated", workflow, before=before, after={"agent_ids": workflow.agent_ids})
    body = changed(plan_of(workflow), subtask, {"agent_id": str(hired.agent_id)})
    change_plan(workflow=workflow, body=body)
