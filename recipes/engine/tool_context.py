"""What the tools of a step may use: the run's files, credentials, memory, other agents."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from agents.skills import tools as skill_tools
from agents.work.lookups import StoredKnowledge, StoredMemory
from agents.work.spec import AgentSpec, find_spec
from automatos.errors import PlanLimit
from automatos.llm.registry import Models
from recipes.engine.asking import Viewers
from recipes.engine.cooking import Cook, Writing
from recipes.engine.notebook import Keep
from recipes.engine.pins import asked
from recipes.engine.sql import statements
from recipes.engine.steps import Job
from tools.contract import Decide, Made, ToolContext, ToolProblem, ToolResult
from tools.files import StoredRunFiles
from tools.logs.entries import entry_of, write, write_once
from tools.sources import Place, doors
from workspaces.credentials import reading as opened
from workspaces.limits import plans
from workspaces.models import Workspace
from workspaces.scope.acting import Actor, acting_as
from workspaces.scope.tenancy import Purpose, workspace_scope


@dataclass(frozen=True, slots=True)
class Doors:
    """What a worker lends to the cook of a step. guard: raises GivenUp where the step may be somebody else's by now.

    errand: runs a synchronous function for a tool, in threads that the engine's own work does not need.
    """

    models: Models
    keep: Keep
    guard: Callable[[], Awaitable[None]]
    errand: Decide


def cook_for(job: Job, doors: Doors, stream: Writing) -> Cook:
    """The cook of a job."""
    return Cook(
        job,
        doors.models,
        doors.keep,
        stream=stream,
        context=Contexts(job, doors.errand).of,
        find_agent=finder(job, doors.errand),
        before_sending=doors.guard,
        errand=doors.errand,
    )


class Contexts:
    """The contexts of a job's tool calls: one for the step's agent, one for each that is asked.

    What a call may do, and whose it is in the log, goes by the agent that makes it. Files and viewers are the run's.
    """

    def __init__(self, job: Job, decide: Decide) -> None:
        async def count(more: int) -> None:
            await decide(_counted, job.workspace_id, more)

        self.job, self.decide = job, decide
        self.files = StoredRunFiles(job.workspace_id, job.execution_id, count=count, above=job.above)
        self.onlookers = Viewers(job, decide)
        self.made: dict[UUID, ToolContext] = {}

    def of(self, agent: AgentSpec) -> ToolContext:
        """What an agent's calls may use."""
        if agent.id not in self.made:
            self.made[agent.id] = self._make(agent)
        return self.made[agent.id]

    def _make(self, agent: AgentSpec) -> ToolContext:
        job, decide = self.job, self.decide

        async def credential(credential_id: str) -> Mapping[str, str]:
            fields: Mapping[str, str] = await decide(_opened, job.workspace_id, agent.name, credential_id)
            return fields

        async def note(made: Made) -> None:
            entry = entry_of(made, job.workspace_id, job.execution_id, agent.id, agent.name)
            await (decide(write_once, entry) if made.once else decide(write, [entry]))

        place = Place(job.workspace_id, job.execution_id, agent.id, agent.name, decide, self.files, self.onlookers)
        return ToolContext(
            workspace_id=job.workspace_id,
            execution_id=job.execution_id,
            files=self.files,
            credential=credential,
            skills=StoredSkills(job.workspace_id, decide),
            knowledge=StoredKnowledge(job.workspace_id, decide),
            doors=doors(place),
            note=note,
            memory=StoredMemory(job.workspace_id, agent.id, job.execution_id, decide) if job.has_memory else None,
        )


class StoredSkills:
    """The workspace's skills, read in the worker's threads."""

    def __init__(self, workspace_id: UUID, decide: Decide) -> None:
        self.workspace_id, self.decide = workspace_id, decide

    async def load(self, skill_id: UUID, name: str) -> ToolResult:
        result: ToolResult = await self.decide(skill_tools.loaded, self.workspace_id, skill_id, name)
        return result

    async def read(self, skill_id: UUID, name: str, path: str, offset: int) -> ToolResult:
        found = await self.decide(skill_tools.file_read, self.workspace_id, skill_id, name, path, offset)
        result: ToolResult = found
        return result


def _opened(workspace_id: UUID, agent: str, credential_id: str) -> Mapping[str, str]:
    """The fields of a credential; that this agent read them stands in the audit log."""
    try:
        key = UUID(credential_id)
    except ValueError:
        raise ToolProblem(f"{credential_id[:60]!r} is not the id of a credential, which is a UUID.") from None
    actor = Actor(user_id=None, name=f"Agent {agent}", via="system")
    with acting_as(actor), workspace_scope(workspace_id):
        return opened.read(workspace_id, key, "tool")


def _counted(workspace_id: UUID, more: int) -> None:
    """Count the bytes of a file as the workspace's; ToolProblem when its plan has no room for them."""
    with workspace_scope(workspace_id):
        workspace = Workspace.objects.get(pk=workspace_id)
        if more < 0:
            plans.release_storage(workspace, -more)
            return
        try:
            plans.require_storage(workspace, more)
        except PlanLimit as full:
            raise ToolProblem(full.message) from None


def finder(job: Job, decide: Decide) -> Callable[[str], Awaitable[AgentSpec]]:
    """Finds another agent of the workspace, as the run keeps it."""

    async def find(name: str) -> AgentSpec:
        found: AgentSpec | None = await decide(_found, job.workspace_id, job.execution_id, name)
        if found is None:
            raise ToolProblem(f"There is no agent {name[:80]!r} in this workspace. Answer yourself.")
        if found.unusable:
            raise ToolProblem(found.unusable)
        return found

    return find


def _found(workspace_id: UUID, execution_id: UUID, name: str) -> AgentSpec | None:
    with statements(Purpose.ENGINE) as sql:
        spec = find_spec(workspace_id, name, sql.rows)
        return asked(sql, workspace_id, execution_id, spec) if spec else None
