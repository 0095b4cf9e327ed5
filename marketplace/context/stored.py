"""The texts of plugins as a run reads them. Each call asks anew whether the version may still be used."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast
from uuid import UUID

from automatos.errors import NotFound, Unavailable
from marketplace.context.arguments import filled, named_arguments
from marketplace.context.plugin import AssignedPlugin
from marketplace.hooks.texts import fenced
from marketplace.models import EnabledPlugin, PluginVersion, VersionStatus
from marketplace.versions import contents
from tools.contract import Arguments, ToolContext, ToolProblem, ToolResult, page_of
from workspaces.scope.tenancy import workspace_scope

SOURCE = "plugin"
LONGEST_READ = 20_000
MOST_FILES = 100


class StoredPlugins:
    """The plugins of one workspace. decide: runs a synchronous function in a thread that may ask the database."""

    def __init__(self, workspace_id: UUID, decide: Callable[..., Awaitable[Any]]) -> None:
        self.workspace_id, self.decide = workspace_id, decide

    async def skill(self, plugin: AssignedPlugin, name: str) -> ToolResult:
        """The instructions of a skill, with the files that come with it."""
        return cast(ToolResult, await self.decide(_skill, self.workspace_id, plugin, name))

    async def command(self, plugin: AssignedPlugin, name: str, given: Arguments) -> ToolResult:
        """The text of a command, its arguments filled in."""
        return cast(ToolResult, await self.decide(_command, self.workspace_id, plugin, name, dict(given)))

    async def file(self, plugin: AssignedPlugin, path: str, offset: int) -> ToolResult:
        """A part of a text file."""
        return cast(ToolResult, await self.decide(_file, self.workspace_id, plugin, path, offset))


def door_of(context: ToolContext) -> StoredPlugins:
    """The door of these tools; a ToolProblem where there is none."""
    door = context.doors.get(SOURCE)
    if door is None:
        raise ToolProblem("Plugins cannot be used here.")
    return cast(StoredPlugins, door)


def command_text(workspace_id: UUID, plugin: AssignedPlugin, name: str, given: Mapping[str, Any]) -> str:
    """A command's text for a model, with its arguments, between marks. Raises ToolProblem where it is gone."""
    row = _part(_usable(workspace_id, plugin), "commands", name)
    return fenced(f"/{name}", plugin.origin, filled(str(row.get("body") or ""), named_arguments(row), given))


def _skill(workspace_id: UUID, plugin: AssignedPlugin, name: str) -> ToolResult:
    with workspace_scope(workspace_id):
        version = _usable(workspace_id, plugin)
        row = _part(version, "skills", name)
        text = str(row.get("body") or "")
        if files := [str(path) for path in row.get("files") or ()][:MOST_FILES]:
            text += "\n\nFiles, for plugin_file:\n" + "\n".join(f"- {path}" for path in files)
        return _result(plugin, text, f"{plugin.slug}/{name}")


def _command(workspace_id: UUID, plugin: AssignedPlugin, name: str, given: dict[str, Any]) -> ToolResult:
    with workspace_scope(workspace_id):
        text = command_text(workspace_id, plugin, name, given)
    return ToolResult(text, origin=plugin.origin, fenced=True)


def _file(workspace_id: UUID, plugin: AssignedPlugin, path: str, offset: int) -> ToolResult:
    with workspace_scope(workspace_id):
        version = _usable(workspace_id, plugin)
        try:
            text = contents.text_of(contents.file_row(version, path))
        except NotFound as error:
            raise ToolProblem(f"{plugin.slug} has no file {path[:200]!r}.") from error
        except Unavailable as error:
            raise ToolProblem(error.message) from error
    if text is None:
        raise ToolProblem(f"{path[:200]} is no text.")
    return _result(plugin, page_of(text, offset, longest=LONGEST_READ), path)


def _usable(workspace_id: UUID, plugin: AssignedPlugin) -> PluginVersion:
    """The version, if the workspace still has the plugin and nobody took this version away."""
    rows = PluginVersion.objects.filter(pk=plugin.version_id, status=VersionStatus.APPROVED)
    version = rows.first()
    if (
        version is None
        or not EnabledPlugin.objects.filter(workspace_id=workspace_id, plugin_id=plugin.plugin_id).exists()
    ):
        raise ToolProblem(f"The plugin {plugin.slug} was taken away meanwhile. Go on without it.")
    return version


def _part(version: PluginVersion, kind: str, name: str) -> dict[str, Any]:
    rows = version.package.get(kind) or []
    found = next((row for row in rows if isinstance(row, dict) and row.get("name") == name), None)
    if found is None:
        raise ToolProblem(f"There is no {name[:80]!r} in this plugin.")
    return found


def _result(plugin: AssignedPlugin, text: str, name: str) -> ToolResult:
    return ToolResult(fenced(name, plugin.origin, text), origin=plugin.origin, fenced=True)
