"""Changes: agents, their models and where they are in their life."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from agents.equipment import services as equipment_services
from agents.model_choice.choice import ModelInput, checked_model
from agents.models import (
    TYPE_OF_CATEGORY,
    Agent,
    AgentModelConfig,
    AgentStatus,
    AgentType,
    Category,
)
from agents.personas.queries import personas_for
from agents.queries import agents_of
from agents.versions import log as versions
from automatos.checking import Problems
from automatos.errors import Conflict, InvalidInput, NotFound
from automatos.rows import added, locked
from automatos.slugs import insert_with_slug
from workspaces.audit import log as audit
from workspaces.credentials.provider_keys import server_names
from workspaces.limits import plans
from workspaces.models import User, Workspace

# What an agent may become next. Retired is final.
ALLOWED_MOVES: dict[AgentStatus, tuple[AgentStatus, ...]] = {
    AgentStatus.DRAFT: (AgentStatus.INACTIVE, AgentStatus.ERROR),
    AgentStatus.INACTIVE: (AgentStatus.ACTIVE, AgentStatus.RETIRED, AgentStatus.ERROR),
    AgentStatus.ACTIVE: (AgentStatus.PAUSED, AgentStatus.MAINTENANCE, AgentStatus.ERROR),
    AgentStatus.PAUSED: (AgentStatus.ACTIVE, AgentStatus.MAINTENANCE, AgentStatus.ERROR),
    AgentStatus.MAINTENANCE: (AgentStatus.ACTIVE, AgentStatus.INACTIVE, AgentStatus.ERROR),
    AgentStatus.ERROR: (AgentStatus.INACTIVE,),
    AgentStatus.RETIRED: (),
}
# Statuses that people give; into draft and error only the platform puts an agent.
GIVEN = (AgentStatus.ACTIVE, AgentStatus.PAUSED, AgentStatus.MAINTENANCE, AgentStatus.INACTIVE, AgentStatus.RETIRED)
# How many agents get a status at once.
MOST_AT_ONCE = 100
FIRST_STATUSES = (AgentStatus.DRAFT, AgentStatus.INACTIVE, AgentStatus.ACTIVE)
LONGEST_PROMPT = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentInput:
    """Everything a person decides about an agent. agent_type None: what the category implies.

    tool_ids, skill_ids, plugin_ids None: those it has.
    """

    name: str
    description: str = ""
    category: str = Category.GENERAL
    agent_type: str | None = None
    tags: Sequence[str] = ()
    persona_id: UUID | None = None
    custom_prompt: str = ""
    agent_model_config: ModelInput = field(default_factory=ModelInput)
    tool_ids: Sequence[str] | None = None
    skill_ids: Sequence[UUID] | None = None
    plugin_ids: Sequence[UUID] | None = None


def as_input(agent: Agent) -> AgentInput:
    """The agent as it is, ready for `dataclasses.replace` and update_agent."""
    return AgentInput(
        name=agent.name,
        description=agent.description,
        category=agent.category,
        agent_type=agent.agent_type,
        tags=agent.tags,
        persona_id=agent.persona_id,
        custom_prompt=agent.custom_prompt,
        agent_model_config=ModelInput.of(agent.agent_model_config),
        tool_ids=agent.tool_ids,
        skill_ids=equipment_services.skill_ids_of(agent),
    )


def check_agent(*, workspace: Workspace, data: AgentInput) -> None:
    """Pass, or raise what create_agent would say about the input. Nothing is made."""
    _checked(workspace, data, Problems())


@transaction.atomic
def create_agent(
    *,
    workspace: Workspace,
    user: User | None,
    data: AgentInput,
    status: str = AgentStatus.ACTIVE,
    note: str = "Created.",
    agent_id: UUID | None = None,
) -> Agent:
    """A new agent with its model, or InvalidInput naming each wrong field. status: draft, inactive or active.

    agent_id: the id it gets, for one that people know already by the face drawn from it.
    """
    problems = Problems()
    problems.choice("status", status, FIRST_STATUSES)
    columns, model = _checked(workspace, data, problems)
    plans.require_room(workspace, "agents", agents_of(workspace).count)
    agent = insert_with_slug(
        lambda slug: added(
            Agent(id=agent_id or uuid4(), workspace=workspace, slug=slug, status=status, edited_by=user, **columns)
        ),
        name=data.name,
        longest=80,
        otherwise="agent",
    )
    model.agent = agent
    model.save(force_insert=True)
    equipment_services.give_skills(agent, list(dict.fromkeys(data.skill_ids or ())))
    equipment_services.give_plugins(agent, data.plugin_ids or ())
    versions.keep(agent, user, note)
    audit.record_row("agent.created", agent, after={**_decided(agent), "status": status})
    return agent


@transaction.atomic
def update_agent(
    *, agent: Agent, user: User | None, data: AgentInput, expected_version: int | None = None, note: str = ""
) -> Agent:
    """The agent with everything as in `data`, as its next version. A retired agent is refused.

    expected_version: the version the change was made from; Conflict when someone else saved meanwhile.
    note: what changed, in a line, for its history.
    """
    agent = lock_agent(agent)
    if agent.status == AgentStatus.RETIRED:
        raise Conflict(f"{agent.name} is retired and cannot be changed. Create a new agent instead.")
    if expected_version is not None and agent.version != expected_version:
        raise Conflict(f"{agent.name} was saved by someone else meanwhile. Load it again, then make your change.")
    columns, model = _checked(agent.workspace, data, Problems())
    before = _decided(agent)
    versions.begin(agent)
    for name, value in columns.items():
        setattr(agent, name, value)
    agent.version += 1
    agent.edited_at, agent.edited_by = timezone.now(), user
    agent.save()
    model.agent = agent
    model.save()
    if data.skill_ids is not None:
        equipment_services.give_skills(agent, list(dict.fromkeys(data.skill_ids)))
    if data.plugin_ids is not None:
        equipment_services.give_plugins(agent, data.plugin_ids)
    versions.keep(agent, user, note)
    after = _decided(agent)
    audit.record_row("agent.updated", agent, **audit.changes(before, after, after))
    return agent


@transaction.atomic
def equip_agent(
    *,
    agent: Agent,
    user: User | None,
    tool_ids: Sequence[str] | None = None,
    skill_ids: Sequence[UUID] | None = None,
    plugin_ids: Sequence[UUID] | None = None,
) -> Agent:
    """The agent with these tools, skills and plugins, each in its order; None leaves them. Else as update_agent."""
    agent = lock_agent(agent)
    data = as_input(agent)
    if tool_ids is not None:
        data = replace(data, tool_ids=tool_ids)
    if skill_ids is not None:
        data = replace(data, skill_ids=skill_ids)
    data = replace(data, plugin_ids=plugin_ids)
    return update_agent(agent=agent, user=user, data=data)


def delete_agent(*, agent: Agent, user: User | None) -> None:
    """Take the agent out of sight. Past runs keep it; recipes that name it say so until it is replaced."""
    with transaction.atomic():
        agent = lock_agent(agent)
        agent.deleted_at = timezone.now()
        agent.save(update_fields=["deleted_at", "updated_at"])
        audit.record_row("agent.deleted", agent, before={"deleted_at": None}, after={"deleted_at": agent.deleted_at})


def restore_agent(*, agent: Agent, user: User | None) -> Agent:
    """A deleted agent back in sight, under its address or, when that was taken meanwhile, a new one."""
    with transaction.atomic():
        gone = Agent.objects.select_for_update(of=("self",)).filter(pk=agent.pk).first()
        if gone is None:
            raise NotFound()
        if gone.deleted_at is None:
            return gone
        plans.require_room(gone.workspace, "agents", agents_of(gone.workspace).count)
        before = {"slug": gone.slug, "deleted_at": gone.deleted_at}
        live = agents_of(gone.workspace)
        agent = insert_with_slug(
            partial(_bring_back, gone), name=gone.slug, longest=80, otherwise="agent",
            taken=lambda slug: live.filter(slug=slug).exists(),
        )  # fmt: skip
        audit.record_row("agent.restored", agent, before=before, after={"slug": agent.slug, "deleted_at": None})
    return agent


def _bring_back(agent: Agent, slug: str) -> Agent:
    agent.slug, agent.deleted_at = slug, None
    agent.save(update_fields=["slug", "deleted_at", "updated_at"])
    return agent


def change_status(*, agent: Agent, user: User | None, status: str, later: bool = False) -> Agent:
    """The agent in its new status; Conflict, with the moves there are, when the table does not allow it.

    later: only note the status; carry_out_pending makes it so. A change that was noted before is forgotten.
    """
    check_move(agent, status)
    with transaction.atomic():
        agent = lock_agent(agent)
        check_move(agent, status)
        before = {"status": agent.status, "pending_status": agent.pending_status}
        agent.pending_status = status if later and status != agent.status else ""
        agent.status = agent.status if later else status
        after = {"status": str(agent.status), "pending_status": str(agent.pending_status)}
        if after != before:
            agent.save(update_fields=["status", "pending_status", "updated_at"])
            audit.record_row("agent.status_changed", agent, **audit.changes(before, after, after))
    return agent


def check_move(agent: Agent, status: str) -> None:
    """Pass when the agent has this status or may get it; InvalidInput for an unknown one, Conflict naming the moves."""
    problems = Problems()
    problems.choice("status", status, AgentStatus.values)
    problems.raise_any()
    wished, now = AgentStatus(status), AgentStatus(agent.status)
    if wished != now and wished not in ALLOWED_MOVES[now]:
        ways = ", ".join(ALLOWED_MOVES[now])
        cure = f"From {now} it can become: {ways}." if ways else f"{AgentStatus(now).label} is final."
        raise Conflict(f"{agent.name} cannot go from {now} to {wished}. {cure}", code="move_not_allowed")


def hold_several(workspace: Workspace, ids: Iterable[UUID]) -> list[Agent]:
    """Those of the workspace's agents as they are now, by name; nobody else changes them until the transaction ends."""
    return list(agents_of(workspace).filter(pk__in=ids).select_for_update(of=("self",), no_key=True))


def sort_by_move(agents: Iterable[Agent], status: str) -> tuple[list[Agent], list[tuple[Agent, str]]]:
    """Those that may get the status, and those that stay as they are, each with the reason."""
    moving, staying = [], []
    for agent in agents:
        try:
            check_move(agent, status)
        except (Conflict, InvalidInput) as error:
            staying.append((agent, error.message))
            continue
        if agent.status == status:
            staying.append((agent, f"It is {agent.get_status_display().lower()} already."))
        else:
            moving.append(agent)
    return moving, staying


def carry_out_pending(agent_id: UUID) -> None:
    """Give the agent the status that was noted for later, if there still is one."""
    agent = Agent.objects.visible().exclude(pending_status="").filter(pk=agent_id).first()
    if agent is not None:
        change_status(agent=agent, user=None, status=agent.pending_status)


def _decided(agent: Agent) -> dict[str, Any]:
    """What a person decides about the agent, as the audit log compares it."""
    data = as_input(agent)
    return {"slug": agent.slug, **{field.name: getattr(data, field.name) for field in fields(data)}}


def lock_agent(agent: Agent) -> Agent:
    """The row as it is now, ours until the transaction ends; NotFound when it was deleted meanwhile."""
    # Its model is asked for afterwards: joined to a row that was waited for, it would be as it was before the waiting.
    return locked(Agent.objects.visible().select_related("workspace"), pk=agent.pk)


def _implied_type(category: str) -> AgentType:
    known = category in Category.values
    return TYPE_OF_CATEGORY.get(Category(category), AgentType.CUSTOM) if known else AgentType.CUSTOM


def _checked(workspace: Workspace, data: AgentInput, problems: Problems) -> tuple[dict[str, object], AgentModelConfig]:
    """The agent's columns and its model row, not saved. Raises InvalidInput with every problem found."""
    problems.choice("category", data.category, Category.values)
    if data.agent_type is not None:
        problems.choice("agent_type", data.agent_type, AgentType.values)
    if data.persona_id is not None and not personas_for(workspace).filter(pk=data.persona_id).exists():
        problems.add("persona_id", "There is no such persona. GET /api/personas lists those you can use.")
    columns: dict[str, object] = {
        "name": problems.text("name", data.name, longest=120, required=True),
        "description": problems.text("description", data.description, longest=10_000),
        "category": data.category,
        "agent_type": data.agent_type or _implied_type(data.category),
        "tags": problems.tags("tags", data.tags),
        "persona_id": data.persona_id,
        "custom_prompt": problems.text("custom_prompt", data.custom_prompt, longest=LONGEST_PROMPT),
    }
    # A deleted server's agents can still be changed; they say themselves that it is gone.
    model = checked_model(data.agent_model_config, problems, server_names(workspace.pk, deleted=True))
    equipment = equipment_services.checked(workspace, data.tool_ids, data.skill_ids, data.plugin_ids, problems)
    if equipment.tool_ids is not None:
        columns["tool_ids"] = equipment.tool_ids
    problems.raise_any()
    return columns, model
