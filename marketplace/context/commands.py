"""A command of a plugin as a tool: its arguments become a schema, its text is what the call gives."""

import re
from collections.abc import Mapping
from typing import Any

from marketplace.context.plugin import AssignedPlugin
from marketplace.context.stored import door_of
from marketplace.hooks.texts import inert
from tools.contract import Arguments, Tool, ToolContext, ToolResult, object_schema

LONGEST_ARGUMENT = 4_000
LONGEST = 60_000
NAME = re.compile(r"[^A-Za-z0-9_-]+")


def tool_for(plugin: AssignedPlugin, row: Mapping[str, Any]) -> Tool:
    """The tool of one command. It reads: the command's text says what to do, and each deed is a call of its own."""
    name = str(row.get("name", ""))

    async def run(arguments: Arguments, context: ToolContext) -> ToolResult:
        return await door_of(context).command(plugin, name, arguments)

    about = inert(" ".join(part for part in (str(row.get("summary", "")), _hint(row)) if part))
    return Tool(
        name=tool_name(name),
        title=f"/{name}",
        description=f"Get the instructions of the command /{name} of the plugin {plugin.label}. {about}"[:1_000],
        schema=schema_of(row),
        effects="reads",
        run=run,
        longest=LONGEST,
    )


def tool_name(command: str) -> str:
    """The command's name as model vendors take it."""
    return NAME.sub("_", command).strip("_")[:64] or "command"


def schema_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Its arguments: `arguments` for the whole line, `argument_1` and so on by place, and those with names."""
    text = {"type": "string", "maxLength": LONGEST_ARGUMENT}
    fields: dict[str, Any] = {}
    if row.get("takes_all"):
        fields["arguments"] = {**text, "description": _hint(row) or "What to do it with."}
    for number in range(1, int(row.get("positions") or 0) + 1):
        fields[f"argument_{number}"] = {**text, "description": f"The {number}. argument. {_hint(row)}".strip()}
    for name in row.get("named") or ():
        fields[str(name)] = text
    return object_schema(fields, [])


def _hint(row: Mapping[str, Any]) -> str:
    return inert(f"Arguments: {row['hint']}.") if row.get("hint") else ""
