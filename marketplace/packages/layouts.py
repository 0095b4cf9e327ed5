"""The four layouts of a package, each read into the one model."""

from collections.abc import Callable
from typing import Any, TypeVar

from automatos.skill_format.skill import SKILL_FILE
from marketplace.packages import locating
from marketplace.packages.assembling import Found, assemble
from marketplace.packages.components import read_skills
from marketplace.packages.folder import Folder
from marketplace.packages.json_text import read_object
from marketplace.packages.manifests import MANIFEST_FIELDS, MANIFEST_FILE, PLUGIN_FILE, manifest_fields, plugin_fields
from marketplace.packages.notes import Notes, refusal
from marketplace.packages.package import AgentTemplate, Command, Package, Tool
from marketplace.packages.values import line, words

CATALOGUE_FILE = ".claude-plugin/marketplace.json"
DEEPEST = 6
COMPONENTS = ("skills", "commands", "agents", "hooks", "mcpServers")
# Fields by which a manifest.json is known to be another program's: a web app's, a browser extension's, an MCP bundle's.
FOREIGN = words("manifest_version dxt_version mcpb_version icons start_url short_name")
# So many unknown fields a package's manifest may have that lacks its slug; with more it is none.
MOST_OTHERS = 2
MOST_TOOLS = 200
Component = TypeVar("Component", Command, AgentTemplate)


def read_layout(folder: Folder, *, root: str = "", entry: dict[str, Any] | None = None, listed: str = "") -> Package:
    """The package in a folder. entry: what a catalogue says of it; listed: the catalogue's name.

    Raises PackageRefused naming the file.
    """
    if entry is not None or folder.get(PLUGIN_FILE):
        return _claude_plugin(folder, root, entry or {}, listed)
    if _has_own_manifest(folder):
        return _manifest_package(folder, root)
    if has_components(folder):
        return _claude_plugin(folder, root, {}, listed)
    return _skills_package(folder, root)


def has_components(folder: Folder) -> bool:
    """Whether the folder is laid out as a Claude Code plugin although it has no manifest."""
    if folder.get("hooks/hooks.json") or folder.get(".mcp.json"):
        return True
    return not folder.get(SKILL_FILE) and bool(folder.markdown("commands") or folder.markdown("agents"))


def _claude_plugin(folder: Folder, root: str, entry: dict[str, Any], listed: str) -> Package:
    file = folder.get(PLUGIN_FILE)
    own = plugin_fields(file, folder) if file else {}
    where = PLUGIN_FILE if file else CATALOGUE_FILE if entry else ""
    fields = _merged(own, entry)
    only_named = not file and "skills" in entry
    files = locating.skill_files(folder, fields.get("skills"), where, only_named=only_named)
    found = Found(
        layout="claude_plugin",
        name=folder.name,
        manifest=fields,
        manifest_path=where,
        marketplace=listed,
        root=root,
        skills=read_skills(folder, files),
        commands=locating.commands(folder, fields.get("commands"), where),
        agents=locating.agents(folder, fields.get("agents"), where),
        hooks=locating.hooks(folder, fields.get("hooks"), where),
        servers=locating.servers(folder, fields.get("mcpServers"), where),
    )
    read = {skill.path for skill in found.skills}
    deeper = [each.path for each in folder.matching(rf"skills/.+/{SKILL_FILE}") if each.path not in read]
    folder.notes.warn_of_all("unread_skill", deeper, "deeper than skills/<name>/ and kept as a file, not as a skill")
    return assemble(folder, found)


def _merged(own: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """A plugin's fields: its manifest's before its catalogue entry's, components of both."""
    given = {name: value for name, value in entry.items() if name not in ("source", "strict")}
    both = {name: [*_list(own[name]), *_list(given[name])] for name in COMPONENTS if name in own and name in given}
    return {**given, **{name: value for name, value in own.items() if value not in ("", None)}, **both}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _has_own_manifest(folder: Folder) -> bool:
    """Whether there is a manifest.json that is a package's, and not another program's."""
    file = folder.get(MANIFEST_FILE)
    if file is None:
        return False
    fields = read_object(file, Notes())
    others = len(fields.keys() - MANIFEST_FIELDS)
    if "slug" not in fields and (others > MOST_OTHERS or FOREIGN.intersection(fields)):
        folder.notes.warn("foreign_manifest", MANIFEST_FILE, "manifest.json is another program's and was not read.")
        return False
    return True


def _manifest_package(folder: Folder, root: str) -> Package:
    fields = manifest_fields(folder)
    contents = fields.get("contents")
    given = {name: value for name, value in (contents or {}).items() if isinstance(value, (str, list, dict))}
    files = {file.path: file for file in locating.skill_files(folder, given.get("skills"), MANIFEST_FILE)}
    if alone := folder.get(SKILL_FILE):
        files[SKILL_FILE] = alone
    commands = [
        *locating.commands(folder, None, MANIFEST_FILE),
        *_named(locating.commands, folder, given.get("commands")),
    ]
    agents = [*locating.agents(folder, None, MANIFEST_FILE), *_named(locating.agents, folder, given.get("agents"))]
    found = Found(
        layout="manifest",
        name=folder.name,
        manifest=fields,
        manifest_path=MANIFEST_FILE,
        root=root,
        skills=read_skills(folder, [files[path] for path in sorted(files)]),
        commands=list({(item.path, item.name): item for item in commands}.values()),
        agents=list({item.path: item for item in agents}.values()),
        hooks=locating.hooks(folder, given.get("hooks"), MANIFEST_FILE),
        servers=locating.servers(folder, None, MANIFEST_FILE),
        tools=_tools(folder, fields.get("tools")),
    )
    return assemble(folder, found)


def _named(find: Callable[[Folder, Any, str], list[Component]], folder: Folder, value: Any) -> list[Component]:
    """The components that `contents` names beside those of the default folder."""
    return [] if value is None else find(folder, value, MANIFEST_FILE)


def _tools(folder: Folder, value: Any) -> list[Tool]:
    """The tools that a manifest.json names."""
    if value is None:
        return []
    if not isinstance(value, list):
        folder.notes.warn("tools", MANIFEST_FILE, "`tools` in manifest.json should be a list and was passed over.")
        return []
    if len(value) > MOST_TOOLS:
        folder.notes.warn("tools", MANIFEST_FILE, f"{len(value):,} tools are named; {MOST_TOOLS} are kept.")
    named = [item if isinstance(item, dict) else {"name": item} for item in value[:MOST_TOOLS]]
    if not all(line(item.get("name")) for item in named):
        folder.notes.warn("tools", MANIFEST_FILE, "A tool in manifest.json has no name and was left out.")
    return [
        Tool(line(item.get("name"), 100), line(item.get("description"))) for item in named if line(item.get("name"))
    ]


def _skills_package(folder: Folder, root: str) -> Package:
    """An Agent Skills folder, or a collection of them."""
    alone = folder.get(SKILL_FILE)
    files = [alone] if alone else folder.matching(rf"(?:[^/]+/){{1,{DEEPEST}}}{SKILL_FILE}")
    skills = read_skills(folder, files)
    if not skills:
        if reasons := [warning for warning in folder.notes.all if warning.code == "skill_left_out"]:
            raise refusal("no_usable_skill", reasons[0].entry, reasons[0].sentence)
        raise refusal(
            "no_package",
            "",
            f"This is no package: there is no manifest.json, {PLUGIN_FILE}, SKILL.md, command, agent or hook.",
        )
    single = len(skills) == 1
    fields: dict[str, Any] = {}
    if single:
        skill = skills[0]
        fields = {"name": skill.name, "description": skill.description, "license": skill.license}
        fields |= {key: skill.metadata[key] for key in ("version", "author") if skill.metadata.get(key)}
    where = skills[0].path if single else ""
    found = Found("skill" if single else "skills", folder.name, fields, where, root=root, skills=skills)
    return assemble(folder, found)
