"""The four layouts of a package, each read into the one model."""

from collections.abc import Callable
from typing import Any, TypeVar

from automatos.skill_format.skill import SKILL_FILE
from marketplace.packages import locating
from marketplace.packages.assembling import Found, assemble
from marketplace.packages.components import read_skills
from marketplace.packages.folder import Folder
from marketplace.packages.json_text import read_object
from marketplace.packages.notes import refusal, shown
from marketplace.packages.package import AgentTemplate, Command, Package, Tool
from marketplace.packages.values import line, words

PLUGIN_FILE, MANIFEST_FILE = ".claude-plugin/plugin.json", "manifest.json"
CATALOGUE_FILE = ".claude-plugin/marketplace.json"
DEEPEST = 6
COMPONENTS = ("skills", "commands", "agents", "hooks", "mcpServers")
PLUGIN_FIELDS = words(
    "name $schema displayName version description author homepage repository license keywords metadata defaultEnabled "
    "dependencies settings userConfig channels skills commands agents hooks mcpServers lspServers outputStyles "
    "workflows experimental"
)
# What a catalogue's entry has beside a plugin's own fields.
ENTRY_FIELDS = words("source category tags strict relevance headers headersHelper")
# Fields by which a manifest.json is known to be another program's: a web app's, a browser extension's, an MCP bundle's.
FOREIGN = words("manifest_version dxt_version mcpb_version icons start_url short_name")
MANIFEST_FIELDS = words(
    "slug name version description long_description author license tags recommended_models token_estimate contents "
    "tools category homepage repository"
)
MOST_TOOLS = 200
Component = TypeVar("Component", Command, AgentTemplate)


def read_layout(folder: Folder, *, root: str = "", entry: dict[str, Any] | None = None, listed: str = "") -> Package:
    """The package in a folder. entry: what a catalogue says of it; listed: the catalogue's name.

    Raises PackageRefused naming the file.
    """
    if entry is not None or folder.get(PLUGIN_FILE):
        return _claude_plugin(folder, root, entry or {}, listed)
    if (manifest := _own_manifest(folder)) is not None:
        return _manifest_package(folder, root, manifest)
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
    own = read_object(file, folder.notes) if file else {}
    where = PLUGIN_FILE if file else CATALOGUE_FILE if entry else ""
    if unknown := [name for name in own if name not in PLUGIN_FIELDS]:
        names = ", ".join(map(shown, unknown[:8]))
        folder.notes.warn("unknown_field", where, f"Not part of the format, kept and not used: {names}.")
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
    if file and not own.get("name"):
        folder.notes.warn("no_name", where, "The manifest names no plugin; it is called after its folder.")
    return assemble(folder, found)


def _merged(own: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """A plugin's fields: its manifest's before its catalogue entry's, components of both."""
    given = {name: value for name, value in entry.items() if name not in ("source", "strict")}
    both = {name: [*_list(own[name]), *_list(given[name])] for name in COMPONENTS if name in own and name in given}
    return {**given, **{name: value for name, value in own.items() if value not in ("", None)}, **both}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _own_manifest(folder: Folder) -> dict[str, Any] | None:
    """The fields of the package's manifest.json, unless it is another program's."""
    file = folder.get(MANIFEST_FILE)
    if file is None:
        return None
    fields = read_object(file, folder.notes)
    if "slug" not in fields and FOREIGN.intersection(fields):
        folder.notes.warn("foreign_manifest", MANIFEST_FILE, "manifest.json is another program's and was not read.")
        return None
    return fields


def _manifest_package(folder: Folder, root: str, fields: dict[str, Any]) -> Package:
    if missing := [name for name in ("slug", "name", "version") if not line(fields.get(name))]:
        raise refusal("missing_field", MANIFEST_FILE, f"manifest.json lacks {' and '.join(missing)}. Add it.")
    if unknown := [name for name in fields if name not in MANIFEST_FIELDS]:
        names = ", ".join(map(shown, unknown[:8]))
        folder.notes.warn("unknown_field", MANIFEST_FILE, f"Not part of the format, kept and not used: {names}.")
    contents = fields.get("contents")
    if contents is not None and not isinstance(contents, dict):
        raise refusal("contents", MANIFEST_FILE, "`contents` in manifest.json must be an object of lists. Mend it.")
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
