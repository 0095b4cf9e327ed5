"""Sources of tools: what they give an agent, in one statement, under names that are told apart."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured

from tools import sources
from tools.app_calls.source import AppTools
from tools.apps import ToolsConfig
from tools.builtin import BUILTIN
from tools.builtin.source import BuiltinTools
from tools.contract import Arguments, Tool, ToolContext, ToolResult, object_schema
from tools.executor import UnifiedToolExecutor
from tools.sources import Found, Place, ToolSource
from tools.tests.kit import context


async def _run(arguments: Arguments, given: ToolContext) -> ToolResult:
    return ToolResult(f"{arguments} through {given.doors.get('probe')}")


def _tool(name: str, description: str = "Look.") -> Tool:
    return Tool(name, name, description, object_schema({"q": {"type": "string"}}), "reads", _run)


class Probe(ToolSource):
    """Offers what `kept` names."""

    name = "probe"

    def tools(self, agent_id: UUID, found: Found) -> Iterable[Tool]:
        return [_tool(name) for name in found.kept or ()]

    def door(self, place: Place) -> str:
        return f"{place.agent_name}'s door"


class Alpha(Probe):
    """Stands before the other by its name."""

    name = "alpha"

    def door(self, place: Place) -> None:  # type: ignore[override]
        return None


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = {one.name: one for one in (Probe(), AppTools(), BuiltinTools(), Alpha())}
    monkeypatch.setattr(sources, "registry", lambda: registry)


def _found(**kept: Any) -> dict[str, Found]:
    return {name: Found(value) for name, value in kept.items()}


def test_the_apps_of_the_project_name_their_sources() -> None:
    found = [one.name for one in sources.sources()]
    assert found == ["builtin", *sorted(found[1:])]
    assert {"composio", "plugin"} < set(found)


def test_two_sources_of_one_name_stop_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = (*ToolsConfig.tool_sources, "tools.builtin.source.BuiltinTools")
    monkeypatch.setattr(ToolsConfig, "tool_sources", twice)
    with pytest.raises(ImproperlyConfigured, match="both named builtin"):
        sources.registry.__wrapped__()


@pytest.mark.usefixtures("probes")
def test_of_two_tools_of_one_name_the_earlier_keeps_it() -> None:
    found = _found(probe=["calculator", "look", "search"], alpha=["look", "x" * 64], builtin=["calculator", "gone"])
    made = sources.tools_of(uuid4(), found, own=[_tool("search", "The agent's own.")])
    names = ["calculator", "search", "look", "x" * 64, "probe_calculator", "probe_look", "probe_search"]
    assert list(made) == names == [tool.name for tool in made.values()]
    assert [tool.source for tool in made.values()] == ["builtin", "", "alpha", "alpha", "probe", "probe", "probe"]
    assert made["calculator"] is BUILTIN["calculator"]
    taken = _found(builtin=[], alpha=["y" * 64, "probe_" + "y" * 58], probe=["y" * 64])
    assert list(sources.tools_of(uuid4(), taken))[-1] == "probe_" + "y" * 56 + "_2"


@pytest.mark.usefixtures("probes")
async def test_tools_reach_their_own_door() -> None:
    async def errand(*_: Any) -> None: ...

    doors = sources.doors(Place(uuid4(), uuid4(), uuid4(), "Hermes", errand))
    assert "alpha" not in doors
    made = sources.tools_of(uuid4(), _found(probe=["look"]))
    result = await UnifiedToolExecutor(made).run("look", {"q": "a"}, context(doors=doors))
    assert result.content == "{'q': 'a'} through Hermes's door"


def test_a_version_is_what_the_model_is_told() -> None:
    tool = _tool("look")
    assert tool.version_hash == _tool("look").version_hash
    assert len({tool.version_hash, _tool("look", "Look!").version_hash, _tool("see").version_hash}) == 3


async def test_a_blocked_tool_refuses_and_does_nothing() -> None:
    tool = sources.refusing(_tool("look"), "Look was switched off. Go on without it.")
    result = await UnifiedToolExecutor({"look": tool}).run("look", {"q": "a"}, context())
    assert (result.is_error, result.content) == (True, "Look was switched off. Go on without it.")
    assert tool.version_hash == _tool("look").version_hash
