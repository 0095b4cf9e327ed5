"""The two tools by which an agent uses its apps: one finds the right actions, the other makes the call.

An agent may have a thousand actions; what stands in its prompt are these two. A call is allowed by the three of
`passage.py` each time, whatever was found before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast
from uuid import UUID

from tools.assignments.switches import APP, ASKS, asks_person
from tools.composio.verbs import category_of
from tools.contract import Arguments, Effects, Logged, Tool, ToolContext, ToolProblem, ToolResult, always, object_schema
from tools.models.assignments import Level

SOURCE = "composio"
FIND, USE = "find_app_action", "use_app_action"
LONGEST_TASK = 1_000
SECONDS = 90.0


class Apps(Protocol):
    """The apps of the workspace, for one agent at a time: the door of these tools."""

    async def find(self, agent_id: UUID, task: str) -> ToolResult:
        """The agent's actions that would do this, with what they take."""
        ...

    async def brief(self, agent_id: UUID, task: str) -> str:
        """What stands in the prompt: the names of actions that fit the task; empty for none."""
        ...

    async def use(
        self, agent_id: UUID, app: str, action: str, arguments: Arguments, call_id: UUID | None = None
    ) -> ToolResult:
        """Make one call. ToolProblem where the connection, the agent or the action says no.

        call_id: of the call in the run's journal.
        """
        ...


@dataclass(frozen=True, slots=True)
class AgentApps:
    """What a run knows of an agent's apps. policies: when they ask a person, by app, level and name.

    done: actions that this agent carried out before, by their names. connections: the workspace's, by app.
    """

    apps: tuple[str, ...] = ()
    policies: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    done: frozenset[str] = frozenset()
    connections: Mapping[str, UUID] = field(default_factory=dict)

    def app_of(self, action: str) -> str:
        """The app an action belongs to, by its name; empty for one of no app of this agent."""
        name = action.lower()
        fitting = [app for app in self.apps if name.startswith(f"{app.lower()}_")]
        return max(fitting, key=len, default="")

    def asks(self, action: str) -> bool:
        """Whether a person has to allow a call of this action, as the workspace says for it, its group or its app."""
        app = self.app_of(action)
        group = category_of(action, app, ())
        places = ((Level.ACTION, action.upper()), (Level.GROUP, group), APP)
        said = next((self.policies[app, *place] for place in places if (app, *place) in self.policies), ASKS[group])
        return asks_person(said, group, was_allowed=action.upper() in self.done)


def apps_from(
    rows: Sequence[Sequence[str]],
    done: Sequence[str],
    apps: Sequence[str],
    connections: Mapping[str, str] | None = None,
) -> AgentApps:
    """From what the database tells: policies as (app, level, name, asks), connections' ids by app."""
    policies = {(app, level, name): asks for app, level, name, asks in rows}
    return AgentApps(
        tuple(apps), policies, frozenset(done), {app: UUID(key) for app, key in (connections or {}).items()}
    )


def tools_for(agent_id: UUID, apps: AgentApps) -> dict[str, Tool]:
    """The two tools, for an agent that has an app."""
    return {FIND: _finding(agent_id, apps), USE: _using(agent_id, apps)} if apps.apps else {}


def _door(context: ToolContext) -> Apps:
    door = context.doors.get(SOURCE)
    if door is None:
        raise ToolProblem("Apps cannot be used here.")
    return cast(Apps, door)


def _finding(agent_id: UUID, apps: AgentApps) -> Tool:
    async def run(arguments: Arguments, context: ToolContext) -> ToolResult:
        return await _door(context).find(agent_id, str(arguments["task"]))

    return Tool(
        name=FIND,
        title="Find an action of an app",
        description=(
            f"Find which actions of the connected apps ({', '.join(apps.apps[:12])}) would do something. Describe what "
            f"you want to do, with the app if you know it; call {USE} with one of the actions found."
        ),
        schema=object_schema({"task": {"type": "string", "minLength": 3, "maxLength": LONGEST_TASK}}, ["task"]),
        effects="reads",
        run=run,
        seconds=30.0,
        quotes=always,
    )


def _using(agent_id: UUID, apps: AgentApps) -> Tool:
    async def run(arguments: Arguments, context: ToolContext) -> ToolResult:
        action = str(arguments["action"]).upper()
        app = apps.app_of(action)
        if not app:
            raise ToolProblem(f"{action[:80]} is no action of your apps. Use {FIND} to find one.")
        given = arguments.get("arguments", {})
        return await _door(context).use(agent_id, app, action, given, context.call.key)

    def logged(arguments: Arguments) -> Logged:
        action, given = str(arguments.get("action", "")).upper(), arguments.get("arguments")
        return Logged("app", action, given if isinstance(given, Mapping) else arguments, apps.app_of(action))

    def effects(arguments: Arguments) -> Effects:
        action = str(arguments.get("action", ""))
        return "reads" if category_of(action, apps.app_of(action), ()) == "reads" else "outside"

    def sends(arguments: Arguments) -> str:
        # What is asked of an app may carry something out even where it only reads.
        return str(arguments.get("arguments", ""))

    return Tool(
        name=USE,
        title="Use an action of an app",
        description=(
            f"Carry out one action of a connected app, as {FIND} named it, with arguments that fit its schema. It acts "
            "for real, in the workspace's own account."
        ),
        schema=object_schema(
            {
                "action": {"type": "string", "minLength": 3, "maxLength": 200, "description": "Its name."},
                "arguments": {"type": "object", "description": "What the action takes."},
            },
            ["action"],
        ),
        effects="outside",
        run=run,
        seconds=SECONDS,
        effects_by=effects,
        sends_by=sends,
        asks_by=lambda arguments: apps.asks(str(arguments.get("action", ""))),
        kind="composio",
        logged_by=logged,
        connection_by=lambda arguments: apps.connections.get(apps.app_of(str(arguments.get("action", "")))),
    )
