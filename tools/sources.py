"""Where agents' tools come from. A source is one class: what to ask the tables, and the tools that come of the answer.

When a worker claims steps, one statement reads their agents, and each source's SQL rides in it as two expressions. So
a source costs no statement of its own, and never asks the network: what comes from there stands in tables by then.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from tools.contract import Onlookers, RunFiles, Tool

# The one source whose tools keep their names whatever other ones are called.
BUILTIN = "builtin"
# What model vendors take.
LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Found:
    """What the tables say of one agent's tools, as JSON; None where they say nothing.

    kept: which tools it has and how they read; a run under way stays with it, whatever is edited meanwhile.
    live: what holds from the next claim on (who is asked, what was blocked), also for a run under way.
    """

    kept: Any = None
    live: Any = None


NOTHING = Found()


@dataclass(frozen=True, slots=True)
class Place:
    """Where tools are at work: the step's workspace and run, its agent, and what the worker lends them.

    errand: runs a synchronous function that may ask the database, in a thread. onlookers: who is asked and told while
    a call is under way.
    """

    workspace_id: UUID
    execution_id: UUID
    agent_id: UUID
    agent_name: str
    errand: Callable[..., Awaitable[Any]]
    files: RunFiles | None = None
    onlookers: Onlookers | None = None


class ToolSource:
    """A kind of tools: a name, what to read, and the tools made of it. Its app's config names it in `tool_sources`.

    kept, live: SQL expressions over the row `a` of `agents`, each giving json, see Found. They run as the engine, which
    sees every workspace, so they name the agent or the workspace of `a`. They are answered from an index, give little
    (they are read at every claim), write a percent sign twice, and are never made of what somebody typed.
    """

    name: ClassVar[str]
    kept: ClassVar[str] = "NULL::json"
    live: ClassVar[str] = "NULL::json"

    def tools(self, agent_id: UUID, found: Found) -> Iterable[Tool]:
        """The tools that these answers mean, in the order the model sees them. Asks nothing and nobody."""
        raise NotImplementedError

    def origins(self, found: Found) -> Iterable[str]:
        """Who else than this workspace wrote what the model is told of these tools; it taints as any such text does."""
        return ()

    def refusal(self, found: Found) -> str:
        """Why the agent may not work at all, from `live`; empty where it may."""
        return ""

    def door(self, place: Place) -> object | None:
        """What its tools reach outside their arguments with, as `context.doors[name]`; made once for each step.

        A tool asks through it at each call whether it is still allowed: the answer at the claim may be minutes old.
        """
        return None


@cache
def registry() -> dict[str, ToolSource]:
    """The sources by name, each made once: those that the apps' configs name. Two of one name are a fault."""
    found: dict[str, ToolSource] = {}
    for config in apps.get_app_configs():
        for path in getattr(config, "tool_sources", ()):
            source: ToolSource = import_string(path)()
            if source.name in found:
                raise ImproperlyConfigured(f"{path} and another source of tools are both named {source.name}.")
            found[source.name] = source
    return found


def sources() -> Sequence[ToolSource]:
    """All of them: the built-in one, then the others by name."""
    return sorted(registry().values(), key=lambda source: (source.name != BUILTIN, source.name))


def doors(place: Place) -> Mapping[str, object]:
    """What the sources lend to the tools of a step, by the source's name."""
    made = {source.name: source.door(place) for source in sources()}
    return {name: door for name, door in made.items() if door is not None}


def tools_of(agent_id: UUID, found: Mapping[str, Found], own: Iterable[Tool] = ()) -> dict[str, Tool]:
    """An agent's tools by name: built-in ones, then its own, then those of each source.

    Where two have one name, the earlier one keeps it and the later one is offered as `<source>_<name>`.
    """
    made: dict[str, Tool] = {}
    first, *others = [(one.name, one.tools(agent_id, found.get(one.name, NOTHING))) for one in sources()]
    for source, tools in (first, ("", own), *others):
        for tool in tools:
            given = tool if tool.source == source else replace(tool, source=source)
            if given.name in made:
                name = _free_name(f"{source}_{tool.name}", made)
                given = replace(given, name=name)
            made[given.name] = given
    return made


def _free_name(wanted: str, taken: Mapping[str, Tool]) -> str:
    name, number = wanted[:LONGEST_NAME], 1
    while name in taken:
        number += 1
        end = f"_{number}"
        name = wanted[: LONGEST_NAME - len(end)] + end
    return name


def refusing(tool: Tool, why: str) -> Tool:
    """The tool as it stays on offer to a run under way after it was blocked: each call is refused with this sentence.

    So the model is told, the run's page shows it, and nothing is done. Read `live` to know that it was blocked.
    """
    return replace(tool, blocked=why)
