"""What a card of the marketplace says before it is opened: who made it, what it may do, and why it can be trusted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marketplace.models import EnabledPlugin, Entry, PluginCategory, Verdict
from workspaces.models import Workspace

# Parts of a listing by their name in `counts`: singular, plural, icon, whether they reach out of the platform.
PARTS: dict[str, tuple[str, str, str, bool]] = {
    "skills": ("skill", "skills", "graduation-cap", False),
    "commands": ("command", "commands", "square-slash", False),
    "agents": ("agent", "agents", "bot", False),
    "steps": ("step", "steps", "list-ordered", False),
    "tools": ("tool", "tools", "wrench", False),
    "hooks": ("hook", "hooks", "webhook", True),
    "mcp_servers": ("MCP server, proposed", "MCP servers, proposed", "server", True),
}
KINDS = {
    "plugin": ("Plugin", "Plugins", "blocks"),
    "agent": ("Agent", "Agents", "bot"),
    "recipe": ("Recipe", "Recipes", "book-open"),
    "skill": ("Skill", "Skills", "graduation-cap"),
}
# Colours of a listing's picture; which one it has follows from its name.
TONES = 6


@dataclass(frozen=True)
class Can:
    """One thing a listing has or may do. out: it reaches out of the platform."""

    icon: str
    text: str
    out: bool = False


@dataclass(frozen=True)
class Trust:
    """Why it can be had: a tone, an icon, the verdict in words, when, and who looked."""

    tone: str
    icon: str
    word: str
    moment: datetime | None
    who: str


@dataclass(frozen=True)
class Card:
    """A listing in the list. state: empty, `on` (this workspace has it) or `update` (and there is a newer version)."""

    entry: Entry
    kind: str
    icon: str
    tone: int
    href: str
    can: Sequence[Can]
    trust: Trust
    state: str = ""


def cards_of(entries: Iterable[Entry], workspace: Workspace | None) -> list[Card]:
    """A card for each, with two queries at most for all of them."""
    rows = list(entries)
    icons = _category_icons() if rows else {}
    states = states_of(rows, workspace) if workspace else {}
    home = f"/w/{workspace.slug}/marketplace/" if workspace else "/marketplace/"
    return [
        Card(
            entry=entry,
            kind=KINDS[entry.kind][0],
            icon=icons.get(entry.category) or KINDS[entry.kind][2],
            tone=tone_of(entry.slug),
            href=f"{home}{'plugins' if entry.kind == Entry.Kind.PLUGIN else 'listings'}/{entry.slug}/",
            can=can_of(entry),
            trust=trust_of(entry),
            state=states.get(entry.pk, ""),
        )
        for entry in rows
    ]


def states_of(entries: Sequence[Entry], workspace: Workspace) -> Mapping[Any, str]:
    """By entry, whether this workspace has the plugin, and whether an update waits."""
    plugins = {entry.object_id: entry for entry in entries if entry.kind == Entry.Kind.PLUGIN}
    rows = EnabledPlugin.objects.filter(workspace=workspace, plugin_id__in=plugins)
    found = rows.values_list("plugin_id", "version__version")
    return {plugins[pk].pk: "on" if plugins[pk].version == version else "update" for pk, version in found}


def can_of(entry: Entry) -> list[Can]:
    """What it has and may do; what stays inside comes first."""
    found = []
    for name, (one, several, icon, out) in PARTS.items():
        if number := entry.counts.get(name):
            found.append(Can(icon, f"{number} {one if number == 1 else several}", out))
    if len(entry.hosts) == 1:
        found.append(Can("globe", entry.hosts[0], out=True))
    elif entry.hosts:
        found.append(Can("globe", f"{len(entry.hosts)} hosts", out=True))
    if not entry.reach:
        found.append(Can("file-text", "Text only"))
    return found


def trust_of(entry: Entry) -> Trust:
    """The verdict, its date and who looked, in words."""
    if entry.kind != Entry.Kind.PLUGIN:
        # Nothing scans agents, recipes and skills: a person reads them, or the project wrote them.
        if entry.was_read:
            return Trust("ok", "shield-user", "Approved", entry.decided_at, "read by a person")
        return Trust("info", "package-check", "Comes with the product", entry.decided_at, "not scanned")
    who = "read by a person" if entry.was_read else "static scan only"
    if entry.verdict == Verdict.SAFE:
        return Trust("ok", "shield-check", "Safe", entry.decided_at, who)
    if entry.verdict == Verdict.REVIEW_REQUIRED and entry.was_read:
        return Trust("info", "shield-user", "Approved with a reason", entry.decided_at, who)
    if entry.verdict == Verdict.REVIEW_REQUIRED:
        return Trust("info", "shield", "Nothing found", entry.decided_at, who)
    return Trust("warn", "shield-alert", entry.get_verdict_display(), entry.decided_at, who)


def tone_of(slug: str) -> int:
    """The number of its picture's colours; the same each time."""
    return sum(slug.encode()) % TONES


def _category_icons() -> dict[str, str]:
    return dict(PluginCategory.objects.values_list("slug", "icon"))
