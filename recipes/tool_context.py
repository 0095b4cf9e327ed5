"""What the tools of a step may use: the run's files, credentials, memory, other agents."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from agents.runtime import AgentSpec, find_spec
from automatos.llm.registry import Models
from automatos.llm.types import OnText
from recipes.cooking import Cook, Keep
from recipes.sql import statements
from recipes.steps import Job
from tools.contract import ToolContext, ToolProblem
from tools.files import StoredRunFiles
from workspaces.tenancy import Purpose

Decide = Callable[..., Awaitable[Any]]


def cook_for(job: Job, models: Models, keep: Keep, on_text: OnText, decide: Decide) -> Cook:
    """The cook of a job. decide: runs a synchronous function in the worker's threads."""
    return Cook(job, models, keep, on_text=on_text, context=of(job), find_agent=finder(job.workspace_id, decide))


def of(job: Job) -> ToolContext:
    """The context of a job's tool calls."""
    return ToolContext(
        workspace_id=job.workspace_id,
        execution_id=job.execution_id,
        files=StoredRunFiles(job.workspace_id, job.execution_id),
    )


def finder(workspace_id: UUID, decide: Decide) -> Callable[[str], Awaitable[AgentSpec]]:
    """Finds another agent of the workspace."""

    async def find(name: str) -> AgentSpec:
        found: AgentSpec | None = await decide(_found, workspace_id, name)
        if found is None:
            raise ToolProblem(f"There is no agent {name[:80]!r} in this workspace. Answer yourself.")
        if found.unusable:
            raise ToolProblem(found.unusable)
        return found

    return find


def _found(workspace_id: UUID, name: str) -> AgentSpec | None:
    with statements(Purpose.ENGINE) as sql:
        return find_spec(workspace_id, name, sql.rows)
