"""Tools of MCP servers and APIs as a source: what an agent was given of them, as a person accepted it."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import orjson

from tools.contract import Arguments, Effects, Logged, Tool, ToolContext, ToolProblem, ToolResult
from tools.mcp.terms import PERSON_SECONDS
from tools.remote_calls.stored import Caller, Named, RemoteTools
from tools.sources import LONGEST_NAME, Found, Place, ToolSource, refusing

SOURCE = "remote"
# A call is bounded by its visit; the rest is for people whom a server asks.
SECONDS = 120.0 + PERSON_SECONDS
OWN = (
    "FROM agent_remote_tools g JOIN remote_tools t ON t.id = g.tool_id JOIN remote_services s ON s.id = t.service_id "
    "WHERE g.agent_id = a.id AND t.state = 'active' AND t.is_offered AND t.digest <> '' AND s.is_enabled"
)


class ServiceTools(ToolSource):
    """kept: the tools with their words. live: which may be used now, when each asks, and whose words are trusted."""

    name = SOURCE
    kept = f"(SELECT json_agg(json_build_array(t.id, s.name, s.kind, t.name, t.offer) ORDER BY s.name, t.name) {OWN})"
    live = f"(SELECT json_object_agg(t.id, json_build_array(t.asks, t.is_reading, s.is_trusted)) {OWN})"

    def tools(self, agent_id: UUID, found: Found) -> Iterable[Tool]:
        live: Mapping[str, Sequence[Any]] = found.live or {}
        for row in found.kept or ():
            tool = _Given(Named(UUID(row[0]), row[1], row[2], row[3]), row[4])
            asks = live.get(row[0])
            made = _tool(tool, *(asks or ("always", False, False)))
            yield made if asks else refusing(made, f"{tool.named.name} of {tool.named.service} was switched off.")

    def origins(self, found: Found) -> Iterable[str]:
        live: Mapping[str, Sequence[Any]] = found.live or {}
        return [
            f"{KINDS.get(row[2], 'service')} {row[1]}, descriptions of tools"
            for row in found.kept or ()
            if row[0] in live and not live[row[0]][2]
        ]

    def door(self, place: Place) -> RemoteTools:
        caller = Caller(place.workspace_id, place.execution_id, place.agent_id, place.agent_name)
        return RemoteTools(caller, place.errand, place.files, place.onlookers)


KINDS = {"mcp": "MCP server", "openapi": "API"}


@dataclass(frozen=True, slots=True)
class _Given:
    """A tool and what is told of it."""

    named: Named
    offer: Mapping[str, Any]


def name_for(service: str, tool: str) -> str:
    """What a model calls it by: letters, digits, _ and - alone, within what vendors take."""
    name = re.sub(r"[^A-Za-z0-9_-]", "_", f"{service}_{tool}")
    if len(name) <= LONGEST_NAME:
        return name
    end = hashlib.sha256(name.encode()).hexdigest()[:6]
    return f"{name[: LONGEST_NAME - 7]}_{end}"


def _tool(given: _Given, asks: str, is_reading: bool, is_trusted: bool) -> Tool:
    named, offer = given.named, given.offer
    effects: Effects = "reads" if is_reading else "outside"
    person = asks == "always" or (asks == "destructive" and bool(offer.get("destroys")))

    async def run(arguments: Arguments, context: ToolContext) -> ToolResult:
        door = context.doors.get(SOURCE)
        if door is None:
            raise ToolProblem("Tools of servers cannot be used here.")
        return await cast(RemoteTools, door).use(named, arguments, context.call.key)

    def sends(arguments: Arguments) -> str:
        # What is asked may carry something out even where the tool only reads.
        return orjson.dumps(arguments, default=str).decode() if arguments and not is_trusted else ""

    return Tool(
        name=name_for(named.service, named.name),
        title=str(offer.get("title") or named.name),
        description=str(offer.get("description") or f"{named.name} of {named.service}"),
        schema=dict(offer.get("schema") or {"type": "object", "properties": {}}),
        effects=effects,
        run=run,
        seconds=SECONDS,
        # Asked twice for the same, an effect is not made twice; what is read may be another by then.
        changing=is_reading,
        logged_by=lambda arguments: Logged(named.kind, named.name, arguments, named.service),
        sends_by=sends if is_reading else None,
        asks_by=lambda _: person,
    )
