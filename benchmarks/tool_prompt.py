"""What an agent's app actions cost in its prompt: `python -m benchmarks.tool_prompt`.

Starts PostgreSQL and Valkey of its own in a folder that is thrown away, and gives an agent 10, 100 and 1,000 actions of
the made-up catalogue. Counted is what stands in front of the model as the product makes it: the definitions of the two
tools, and the names of the actions that fit the task (mean and most over the set's held out tasks); beside it what the
actions would take as tools of their own. Tokens are estimated from the characters.
"""

import os
import shutil
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from workspaces.models import Workspace

DATA = Path(tempfile.mkdtemp(prefix="automatos-bench-"))
os.environ["DATA"] = str(DATA)
os.environ["DJANGO_SETTINGS_MODULE"] = "automatos.settings"
os.environ["HINTS"] = "all"
os.environ.setdefault("LOG_LEVEL", "ERROR")

import django  # noqa: E402
import orjson  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402

from automatos.local import servers  # noqa: E402

NUMBERS = (10, 100, 1_000)
# What an action typically takes.
TAKES = {
    "type": "object",
    "properties": {
        name: {"type": "string", "description": f"The {name} of it."} for name in ("owner", "repo", "title")
    },
    "required": ["owner", "repo"],
}


@dataclass(frozen=True, slots=True)
class Cost:
    """Tokens in front of an agent with so many actions: of its tools, of the hints (mean, most), of all as tools."""

    actions: int
    tools: int
    mean: float
    most: int
    each: int

    def line(self) -> str:
        """As it is printed."""
        told = f"{self.tools} for the two tools + {self.mean:.0f} for what fits the task (at most {self.most})"
        return f"{self.actions:5} actions: {told}; as tools of their own {self.each:,}"


def plant() -> None:
    """The catalogue, its actions looked up by meaning and words, all of apps that need no sign-in."""
    from benchmarks import hints
    from tools.composio import indexing
    from tools.models import ComposioActionCache, ComposioAppCache
    from workspaces.scope.tenancy import Purpose, system_scope

    with system_scope(Purpose.UPKEEP):
        hints.plant()
        ComposioAppCache.objects.update(no_auth=True)
        ComposioActionCache.objects.update(parameters=TAKES)
    indexing.index(None, lambda _: None)


def agent_with(workspace: "Workspace", agent_id: UUID, number: int) -> list[tuple[str, str]]:
    """Give an agent so many actions, as (name, description)."""
    from benchmarks.hint_set.reading import apps
    from tools.assignments.services import assign_apps
    from tools.models import AgentAppAssignment, ComposioActionCache
    from workspaces.scope.tenancy import workspace_scope

    every = [(app.slug, action.slug) for app in apps() for action in app.actions]
    held, rest = every[:number], every[number:]
    slugs = list(dict.fromkeys(slug for slug, _ in held))
    with workspace_scope(workspace.pk):
        assign_apps(workspace=workspace, agent_id=agent_id, apps=slugs, user=None)
        said = [(slug, action, True) for slug, action in held]
        said += [(slug, action, False) for slug, action in rest if slug in slugs]
        AgentAppAssignment.objects.bulk_create(
            AgentAppAssignment(
                workspace=workspace, agent_id=agent_id, app=slug, level="action", name=action, allowed=allowed
            )
            for slug, action, allowed in said
        )
        rows = ComposioActionCache.objects.filter(action__in=[action for _, action in held])
        return list(rows.values_list("action", "description"))


def cost(workspace: "Workspace", agent_id: UUID, slug: str, actions: list[tuple[str, str]]) -> Cost:
    """Count what this agent is told."""
    from agents.work.spec import find_spec
    from agents.work.toolbox import toolbox_of
    from automatos.skill_format.skill import tokens
    from benchmarks import hints
    from recipes.engine.sql import statements
    from tools.hints.briefing import brief
    from workspaces.scope.tenancy import Purpose

    with statements(Purpose.ENGINE) as sql:
        spec = find_spec(workspace.pk, slug, sql.rows)
    if spec is None:
        raise RuntimeError(f"The agent {slug} is not there.")

    def size(name: str, description: str, schema: object) -> int:
        return tokens(orjson.dumps({"name": name, "description": description, "schema": schema}).decode())

    tools = sum(size(one.name, one.description, one.schema) for one in toolbox_of(spec).values())
    told = [tokens(brief(workspace.pk, agent_id, task.text)) for task in hints.tasks() if task.held_out]
    each = sum(size(name, description, TAKES) for name, description in actions)
    return Cost(len(actions), tools, statistics.mean(told), max(told), each)


def measure() -> None:
    """Plant, count, print."""
    from recipes.tests.kit import Cast
    from workspaces.credentials import services as credentials
    from workspaces.credentials.types import seed_credential_types
    from workspaces.scope.tenancy import Purpose, system_scope

    plant()
    with system_scope(Purpose.SEED):
        cast = Cast()
        seed_credential_types()
        credentials.create(
            workspace=cast.workspace, user=cast.owner, type_slug="composio", name="Apps", fields={"api_key": "key"}
        )
        agents = [(number, cast.add_agent(f"With {number}")) for number in NUMBERS]
    for number, agent in agents:
        actions = agent_with(cast.workspace, agent.pk, number)
        print(cost(cast.workspace, agent.pk, agent.slug, actions).line(), flush=True)


def main() -> None:
    """Measure on servers of its own."""
    held = servers.hold(DATA, servers.needed())
    try:
        django.setup()
        call_command("migrate", verbosity=0)
        measure()
    finally:
        connections.close_all()
        held.release()
        shutil.rmtree(DATA, ignore_errors=True)


if __name__ == "__main__":
    main()
