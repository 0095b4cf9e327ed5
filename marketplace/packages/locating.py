"""Where components lie: the default folders, and what a manifest adds to them or puts in their place."""

from collections.abc import Iterator
from typing import Any

from automatos.skill_format.plain_text import shorten
from automatos.skill_format.skill import SKILL_FILE
from marketplace.packages.components import command_name, read_agent, read_command
from marketplace.packages.folder import Folder
from marketplace.packages.json_text import read_object
from marketplace.packages.notes import shown
from marketplace.packages.package import AgentTemplate, Command, Hook, McpServer, PackageFile, PackageRefused
from marketplace.packages.values import LONGEST_TEXT, line, tools
from marketplace.packages.wiring import read_hooks, read_servers

BUNDLES = (".mcpb", ".dxt")
# What an author may get wrong in a file that is not the manifest.
MISTAKES = ("bad_json", "not_an_object")


def named_paths(value: Any) -> list[Any]:
    """The paths in a manifest's field: one, a list of them, or of objects that hold them."""
    listed = value if isinstance(value, list) else [value]
    return [_path_in(item) for item in listed if item or item == ""]


def skill_files(folder: Folder, value: Any, where: str, *, only_named: bool = False) -> list[PackageFile]:
    """The SKILL.md files: of `skills/*/`, of what `value` names besides, else the one at the root."""
    found = {} if only_named else {file.path: file for file in folder.matching(rf"skills/[^/]+/{SKILL_FILE}")}
    for given in named_paths(value) if value is not None else ():
        path = folder.inside(given, where)
        for file in _skills_at(folder, path) if path is not None else ():
            found[file.path] = file
    alone = folder.get(SKILL_FILE)
    if not found and value is None and alone and not folder.holds("skills"):
        return [alone]
    return list(found.values())


def commands(folder: Folder, value: Any, where: str) -> list[Command]:
    """Those of `commands/`, or in their place those that `value` names or holds."""
    if isinstance(value, dict):
        found = (_command_of(folder, name, settings, where) for name, settings in value.items())
        return [command for command in found if command]
    if value is None:
        return [
            read_command(folder, file, command_name(file.path.removeprefix("commands/")))
            for file in folder.markdown("commands")
        ]
    return [
        read_command(folder, file, command_name(file.path.removeprefix(f"{base}/").rpartition("commands/")[2]))
        for base, file in _markdown_of(folder, value, where)
    ]


def agents(folder: Folder, value: Any, where: str) -> list[AgentTemplate]:
    """Those of `agents/` and its sub-folders, or in their place those that `value` names."""
    if value is None:
        files = folder.markdown("agents")
        return [read_agent(folder, file, file.path.removeprefix("agents/").rsplit(".", 1)[0]) for file in files]
    return [
        read_agent(folder, file, file.path.removeprefix(f"{base}/").rpartition("agents/")[2].rsplit(".", 1)[0])
        for base, file in _markdown_of(folder, value, where)
    ]


def hooks(folder: Folder, value: Any, where: str) -> list[Hook]:
    """Those of `hooks/hooks.json` and those that `value` names or holds."""
    found: list[Hook] = []
    read: set[str] = set()
    for given in ["hooks/hooks.json", *(value if isinstance(value, list) else [value])]:
        if isinstance(given, dict):
            found += read_hooks([given] if "event" in given else given, where, folder.notes)
        elif given and (given != "hooks/hooks.json" or folder.get(given)):
            path = folder.inside(given, where)
            file = folder.get(path) if path else None
            if file and file.path not in read:
                read.add(file.path)
                found += read_hooks(_object_in(folder, file), file.path, folder.notes)
    return found


def servers(folder: Folder, value: Any, where: str) -> list[McpServer]:
    """Those of `.mcp.json` and those that `value` names or holds. Of two with one name the later counts."""
    found: dict[str, McpServer] = {}
    read: set[str] = set()
    for given in [".mcp.json", *(value if isinstance(value, list) else [value])]:
        for server in _servers_of(folder, given, where, read):
            if server.name in found:
                sentence = f"The MCP server {shown(server.name)} is set up twice; {shown(server.path)} counts."
                folder.notes.warn("server_twice", server.path, sentence)
            found[server.name] = server
    return list(found.values())


def _servers_of(folder: Folder, given: Any, where: str, read: set[str]) -> list[McpServer]:
    if isinstance(given, dict):
        return read_servers(given, where, folder.notes)
    if not isinstance(given, str) or (given == ".mcp.json" and not folder.get(given)):
        return []
    if given.endswith(BUNDLES):
        return [McpServer(given.rpartition("/")[2].rsplit(".", 1)[0], "bundle", where, url=given[:LONGEST_TEXT])]
    path = folder.inside(given, where)
    file = folder.get(path) if path else None
    if file is None or file.path in read:
        return []
    read.add(file.path)
    return read_servers(_object_in(folder, file), file.path, folder.notes)


def _object_in(folder: Folder, file: PackageFile) -> dict[str, Any]:
    """What a component's file holds; nothing, with a warning, where a mistake keeps it from being read."""
    try:
        return read_object(file, folder.notes)
    except PackageRefused as error:
        if error.code not in MISTAKES:
            raise
        folder.notes.warn("component_left_out", file.path, f"Left out: {error.refusal.sentence}")
        return {}


def _path_in(item: Any) -> Any:
    if isinstance(item, dict):
        return next((item[key] for key in ("path", "file", "source", "entry") if key in item), item)
    return item


def _skills_at(folder: Folder, path: str) -> list[PackageFile]:
    """The skill that a path means: its file, its folder, or the folders right below it."""
    if file := folder.get(path):
        return [file] if path.rpartition("/")[2] == SKILL_FILE else []
    if file := folder.get(f"{path}/{SKILL_FILE}".lstrip("/")):
        return [file]
    prefix = f"{path}/" if path else ""
    depth = prefix.count("/") + 1
    files = folder.matching(r".+/SKILL\.md")
    return [file for file in files if file.path.startswith(prefix) and file.path.count("/") == depth]


def _markdown_of(folder: Folder, value: Any, where: str) -> Iterator[tuple[str, PackageFile]]:
    """Folder and file for each Markdown file that a manifest's field names, or that lies in a folder it names."""
    seen: set[str] = set()
    for given in named_paths(value):
        path = folder.inside(given, where)
        if path is None:
            continue
        file = folder.get(path)
        for each in [file] if file else folder.markdown(path):
            if each.path not in seen:
                seen.add(each.path)
                yield (path.rpartition("/")[0] if file else path), each


def _command_of(folder: Folder, name: str, settings: Any, where: str) -> Command | None:
    """A command that the manifest describes: its text is in a file or in the manifest itself."""
    if not isinstance(settings, dict):
        settings = {"source": settings}
    title = command_name(name)
    path = folder.inside(settings["source"], where) if "source" in settings else None
    file = folder.get(path) if path else None
    if file is None and not isinstance(settings.get("content"), str):
        folder.notes.warn("command_left_out", where, f"The command {shown(name)} has no text and was left out.")
        return None
    read = read_command(folder, file, title) if file else Command(title, "", str(settings["content"]), where)
    return Command(
        name=title,
        description=shorten(line(settings.get("description")), LONGEST_TEXT) or read.description,
        body=read.body,
        path=read.path,
        argument_hint=line(settings.get("argumentHint")) or read.argument_hint,
        allowed_tools=tools(settings.get("allowedTools")) or read.allowed_tools,
        model=line(settings.get("model")) or read.model,
        extra=read.extra,
    )
