"""The two tools by which an agent gets at its plugins: a skill's instructions, and a file that comes with a plugin."""

from collections.abc import Sequence
from typing import Any

from marketplace.context.plugin import AssignedPlugin
from marketplace.context.service import skill_names
from marketplace.context.stored import door_of
from tools.contract import Arguments, Tool, ToolContext, ToolProblem, ToolResult, always, object_schema

LOAD, READ = "plugin_skill", "plugin_file"
LONGEST = 120_000


def skill_tools(plugins: Sequence[AssignedPlugin]) -> list[Tool]:
    """Both for an agent that has a plugin; the first only where one of them has a skill."""
    by_skill = {name: one for one in plugins for name in skill_names(one)}
    by_slug = {one.slug: one for one in plugins}
    return [*([_loading(by_skill)] if by_skill else []), *([_reading(by_slug)] if by_slug else [])]


def _usable(plugin: AssignedPlugin) -> AssignedPlugin:
    if plugin.why_gone:
        raise ToolProblem(plugin.why_gone)
    return plugin


def _loading(offered: dict[str, AssignedPlugin]) -> Tool:
    async def run(arguments: Arguments, context: ToolContext) -> ToolResult:
        name = str(arguments["name"])
        return await door_of(context).skill(_usable(offered[name]), name.partition("/")[2])

    field = {"type": "string", "enum": list(offered), "description": "As plugin/skill."}
    return Tool(
        name=LOAD,
        title="Load a plugin's skill",
        description="Get the full instructions of a skill of one of your plugins.",
        schema=object_schema({"name": field}, ["name"]),
        effects="reads",
        run=run,
        longest=LONGEST,
        quotes=always,
    )


def _reading(offered: dict[str, AssignedPlugin]) -> Tool:
    async def run(arguments: Arguments, context: ToolContext) -> ToolResult:
        plugin = _usable(offered[str(arguments["plugin"])])
        return await door_of(context).file(plugin, str(arguments["path"]), int(arguments.get("offset", 0)))

    fields: dict[str, dict[str, Any]] = {
        "plugin": {"type": "string", "enum": list(offered)},
        "path": {"type": "string", "maxLength": 600, "description": "As the list of files names it."},
        "offset": {"type": "integer", "minimum": 0, "description": "Character to start from; 0 if left out."},
    }
    return Tool(
        name=READ,
        title="Read a file of a plugin",
        description="Read a text file that comes with one of your plugins.",
        schema=object_schema(fields, ["plugin", "path"]),
        effects="reads",
        run=run,
        longest=LONGEST,
        quotes=always,
    )
