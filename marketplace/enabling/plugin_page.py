"""What a plugin's page shows: what it may do, its files as text, what the scan said, its versions, who has it here."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from marketplace.enabling import queries
from marketplace.enabling.holders import Holder, holders_in
from marketplace.hooks.reading import listens_to, why_inert
from marketplace.models import EnabledPlugin, Plugin, PluginFile, PluginScan, PluginVersion, VersionStatus
from marketplace.plugins.queries import deciding_scan
from marketplace.versions import contents, difference, text_view
from marketplace.versions.tree import Node, tree_of
from workspaces.models import Workspace

SHOWN_VERSIONS, SHOWN_REVIEWS = 30, 20
# What a plugin may ask for, by kind: said of those it does not.
ABSENT = {
    "host": "hosts",
    "hook": "hooks",
    "mcp_server": "MCP servers",
    "environment": "secrets",
    "path": "files outside its folder",
    "dependency": "other packages",
}
HEADING = re.compile(r"^#{1,3}\s.{0,100}?(?<!\d)(\d{1,12}\.\d{1,12}(?:\.\d{1,12})?[0-9A-Za-z.+-]{0,60})")
MOST_NOTES = 8
DOES = {
    "context": "tells the model",
    "refuse": "refuses it",
    "ask": "has a person decide",
    "http": "calls an address, which may tell the model, refuse or have a person decide",
}


@dataclass(frozen=True)
class Inert:
    """A part of a package that has no effect here, and why."""

    name: str
    why: str


@dataclass(frozen=True)
class Listener:
    """A hook that works here. when: in words; does: what it does; text: its words or its address."""

    when: str
    does: str
    tools: str
    text: str
    is_call: bool


@dataclass(frozen=True)
class Shown:
    """One version of a plugin, as far as it can be read. text: of the file that was asked for."""

    version: PluginVersion
    asked: Sequence[difference.Asked]
    absent: Sequence[str]
    undeclared: int
    tree: Sequence[Node]
    file: PluginFile | None
    rows: Sequence[text_view.Row]
    left_out: int
    scan: PluginScan | None
    found: dict[str, int]
    inert: Sequence[Inert]
    listeners: Sequence[Listener]
    is_readable: bool


@dataclass(frozen=True)
class Release:
    """A version in the list of versions. notes: what its own changelog says."""

    version: PluginVersion
    notes: Sequence[str]


def version_to_show(
    plugin: Plugin, enabled: EnabledPlugin | None, versions: Sequence[PluginVersion], number: str
) -> PluginVersion | None:
    """The one asked for; else the one the workspace has, the newest approved one, any that was approved once."""
    by_number = next((row for row in versions if row.version == number), None)
    own = next((row for row in versions if enabled and row.pk == enabled.version_id), None)
    current = next((row for row in versions if row.pk == plugin.current_version_id), None)
    return by_number or own or current or (versions[0] if versions else None)


def shown(version: PluginVersion, path: str) -> Shown:
    """The version with the file at `path`, else with its SKILL.md. What was taken away is not to be read."""
    asked = list(difference.asked_by(version).values())
    kinds = {row.kind for row in asked} | {
        kind for name, kind in (("hooks", "hook"), ("mcp_servers", "mcp_server")) if version.contents.get(name)
    }
    is_readable = version.status == VersionStatus.APPROVED
    files = list(version.files.order_by("path")) if is_readable else []
    file = _file(files, path)
    rows, left_out = _text(file, asked)
    scan = deciding_scan(version) if is_readable else None
    return Shown(
        version=version,
        asked=asked,
        absent=[name for kind, name in ABSENT.items() if kind not in kinds],
        undeclared=sum(not row.declared for row in asked),
        tree=tree_of(files, []),
        file=file,
        rows=rows,
        left_out=left_out,
        scan=scan,
        found=Counter(str(row.get("severity", "")) for row in scan.findings) if scan else {},
        inert=inert_of(version.package),
        listeners=listeners_of(version.package),
        is_readable=is_readable,
    )


def listeners_of(package: dict[str, Any]) -> list[Listener]:
    """The hooks that have an effect here."""
    return [
        Listener(
            listens_to(hook),
            DOES[str(hook["kind"])],
            str(hook.get("matcher") or ""),
            str(hook.get("action") or ""),
            hook["kind"] == "http",
        )
        for hook in _dicts(package.get("hooks"))
        if not why_inert(hook)
    ]


def releases(versions: Sequence[PluginVersion], plugin: Plugin) -> list[Release]:
    """Every version with what the newest one's changelog says of it."""
    newest = next((row for row in versions if row.pk == plugin.current_version_id), None)
    notes = _changelog(newest) if newest and newest.status == VersionStatus.APPROVED else {}
    return [Release(row, notes.get(row.version, ())) for row in versions]


def agents_of(workspace: Workspace, plugin: Plugin) -> list[tuple[Holder, bool]]:
    """Each agent here, and whether it has the plugin; those that have it first."""
    having = set(queries.agent_ids_with(workspace, plugin.pk))
    rows = [(holder, holder.id in having) for holder in holders_in(workspace)]
    return sorted(rows, key=lambda row: not row[1])


def _file(files: Sequence[PluginFile], path: str) -> PluginFile | None:
    wanted = next((row for row in files if row.path == path), None)
    skill = next((row for row in files if row.path.rpartition("/")[2] == "SKILL.md"), None)
    return wanted or skill or next(iter(files), None)


def _text(file: PluginFile | None, asked: Sequence[difference.Asked]) -> tuple[list[text_view.Row], int]:
    text = contents.text_of(file) if file is not None else None
    if file is None or text is None:
        return [], 0
    rows, left_out = text_view.whole(text)
    lines = {row.line for row in asked if row.path == file.path and row.line}
    for row in rows:
        row.kind = "ask" if row.number in lines else row.kind
    return rows, left_out


def inert_of(package: dict[str, Any]) -> list[Inert]:
    """What would need a shell, what nothing here listens to, and what this product has no use for."""
    found = []
    for hook in _dicts(package.get("hooks")):
        if why := why_inert(hook):
            found.append(Inert(f"Hook on {hook.get('event', '')}", why))
    for part in _dicts(package.get("parts")):
        why = "Nothing of a package runs here. Agents may read it as text."
        found.append(Inert(str(part.get("path") or part.get("name") or ""), why))
    return found[:30]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list | tuple) else []


def _changelog(version: PluginVersion) -> dict[str, list[str]]:
    """Lines by version number, of the package's CHANGELOG.md."""
    row = version.files.filter(path__iexact="CHANGELOG.md").first()
    return notes_by_version((contents.text_of(row) or "")[:200_000] if row else "")


def notes_by_version(text: str) -> dict[str, list[str]]:
    """The list items under each heading of a change log that names a version, the first few of each."""
    found: dict[str, list[str]] = {}
    lines: list[str] | None = None
    for line in text.splitlines():
        if heading := HEADING.match(line):
            lines = found.setdefault(heading[1], [])
        elif lines is not None and line.lstrip()[:2] in ("- ", "* ") and len(lines) < MOST_NOTES:
            lines.append(line.lstrip()[2:].strip()[:300])
    return found
