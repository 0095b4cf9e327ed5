"""What the pages of the desk show, read in few queries: rows of the queue, and one version with text and findings."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from marketplace.models import PluginAnswer, PluginDecision, PluginFile, PluginScan, PluginVersion, VersionStatus
from marketplace.moderation import counts, queries
from marketplace.versions import contents, difference, text_view
from marketplace.versions.tree import Node, tree_of

# What reaches out of the place where it runs; the rest stays inside.
OUTWARD = ("host", "hook", "mcp_server", "executable")
NAMES = {
    "host": ("host", "hosts"),
    "hook": ("hook", "hooks"),
    "mcp_server": ("MCP server", "MCP servers"),
    "tool": ("tool", "tools"),
    "command": ("command", "commands"),
    "executable": ("program", "programs"),
    "environment": ("variable", "variables"),
    "path": ("outside path", "outside paths"),
    "dependency": ("dependency", "dependencies"),
}
WHOLE, DIFF, FINDINGS = "whole", "diff", "findings"


@dataclass(frozen=True)
class QueueRow:
    """A version in the queue. new: what it brings, as (text, whether it reaches out)."""

    version: PluginVersion
    late: bool
    new: Sequence[tuple[str, bool]]
    unread: bool


@dataclass(frozen=True)
class Text:
    """The file that is shown. left_out: lines that the page has no room for. why: said instead of a text."""

    row: PluginFile
    rows: list[text_view.Row]
    view: str
    left_out: int = 0
    why: str = ""
    can_compare: bool = False


@dataclass(frozen=True)
class Review:
    """One version on the desk."""

    version: PluginVersion
    scan: PluginScan | None
    under_way: bool
    findings: list[dict[str, Any]]
    tree: list[Node]
    hidden_files: int
    changed: int
    text: Text | None
    difference: difference.Difference
    touched: counts.Touched
    current: PluginVersion | None
    decisions: list[PluginDecision]
    answers: dict[str, PluginAnswer]
    others: list[PluginVersion]
    place: int = 0
    waiting: int = 0
    before: PluginVersion | None = None
    after: PluginVersion | None = None
    asked: Mapping[str, int] = field(default_factory=dict)

    @property
    def may_be_set_aside(self) -> list[dict[str, Any]]:
        """Findings of the rules that count."""
        return [one for one in self.findings if one["by"] == "rules" and one["severity"] != "info"]


def queue_rows(versions: Sequence[PluginVersion]) -> list[QueueRow]:
    """The rows of one page of the queue, what is new in each beside the version approved before it."""
    plugins = {version.plugin_id for version in versions}
    approved = PluginVersion.objects.filter(plugin_id__in=plugins, published_at__isnull=False)
    by_plugin: dict[Any, list[PluginVersion]] = {}
    for row in approved.only("plugin_id", "sort_key", "permissions", "card").order_by("-sort_key"):
        by_plugin.setdefault(row.plugin_id, []).append(row)
    unread = set(
        PluginScan.objects.filter(pk__in=[version.scan_id for version in versions if version.scan_id])
        .exclude(model_state="reviewed")
        .values_list("version_id", flat=True)
    )
    late = timezone.now() - queries.LATE
    found = []
    for version in versions:
        earlier = (row for row in by_plugin.get(version.plugin_id, ()) if row.sort_key < version.sort_key)
        new = _news(version, next(earlier, None))
        found.append(QueueRow(version, version.submitted_at < late, new, version.pk in unread))
    return found


def _news(version: PluginVersion, before: PluginVersion | None) -> list[tuple[str, bool]]:
    known = difference.asked_by(before) if before else {}
    kinds = Counter(kind for kind, value in difference.asked_by(version) if (kind, value) not in known)
    found = [] if before else [("first version", False)]
    if version.key_changed:
        found.append(("new key", True))
    for kind, (one, several) in NAMES.items():
        if number := kinds.get(kind, 0):
            found.append((f"{number} {one if number == 1 else several}", kind in OUTWARD))
    return found if len(found) > 1 or (before is None and found[1:]) else [*found, ("text only", False)]


def review(version: PluginVersion, *, path: str, view: str, all_files: bool) -> Review:
    """The version with the file at `path` (else that of its worst finding), as `view` shows it."""
    scans = list(queries.scans_of(version)[:1])
    scan = PluginScan.objects.filter(pk=version.scan_id).first() if version.scan_id else None
    findings = list(scan.findings) if scan else []
    found = difference.between(version)
    files = list(version.files.order_by("path"))
    changes = {file.path: file.kind for file in found.files} if found.against else {}
    shown = _shown_files(files, findings, changes, all_files=all_files or not found.against)
    others = list(queries.others_of(version)[:20])
    waiting = list(queries.queue().values_list("pk", flat=True)[:500])
    place = waiting.index(version.pk) if version.pk in waiting else -1
    beside = PluginVersion.objects.select_related("plugin").in_bulk(
        [waiting[at] for at in (place - 1, place + 1) if place >= 0 and 0 <= at < len(waiting)]
    )
    return Review(
        version=version,
        scan=scan,
        under_way=bool(scans) and scans[0].state in ("queued", "running"),
        findings=findings,
        tree=tree_of(shown, findings, changes),
        hidden_files=len(files) - len(shown),
        changed=len(changes),
        text=_text(files, findings, found, path=path, view=view),
        difference=found,
        touched=counts.touched_by(version),
        current=next((row for row in others if row.pk == version.plugin.current_version_id), None),
        decisions=list(version.decisions.order_by("-created_at")[:20]),
        answers={row.finding: row for row in version.answers.filter(sent_at__isnull=False).exclude(text="")},
        others=others,
        place=place + 1,
        waiting=len(waiting),
        before=beside.get(waiting[place - 1]) if place > 0 else None,
        after=beside.get(waiting[place + 1]) if 0 <= place < len(waiting) - 1 else None,
        asked=Counter(row.kind for row in found.added),
    )


def _shown_files(
    files: list[PluginFile], findings: list[dict[str, Any]], changes: Mapping[str, str], *, all_files: bool
) -> list[PluginFile]:
    if all_files:
        return files
    named = {finding["file"] for finding in findings} | set(changes)
    return [file for file in files if file.path in named] or files


def _text(
    files: list[PluginFile],
    findings: list[dict[str, Any]],
    found: difference.Difference,
    *,
    path: str,
    view: str,
) -> Text | None:
    """The file asked for; else that of the worst finding, the first that changed, a SKILL.md, any."""
    by_path = {file.path: file for file in files}
    wanted = [path, *(finding["file"] for finding in findings), *(file.path for file in found.files)]
    row = next((by_path[name] for name in wanted if name in by_path), None)
    row = row or next((file for file in files if file.path.endswith("SKILL.md")), files[0] if files else None)
    if row is None:
        return None
    mine = [finding for finding in findings if finding["file"] == row.path]
    changed = next((file for file in found.files if file.path == row.path), None) if found.against else None
    can_compare = changed is not None and changed.before is not None
    view = view if view in (WHOLE, DIFF, FINDINGS) else DIFF if can_compare else WHOLE
    after = contents.text_of(row)
    if after is None:
        return Text(row, [], view, why=f"This is no text: {row.size:,} bytes.", can_compare=False)
    rows: list[text_view.Row] | None = None
    if view == DIFF and can_compare and changed and changed.before:
        rows = text_view.against(contents.text_of(changed.before) or "", after, mine)
    elif view == FINDINGS:
        rows = text_view.around(after, mine)
    if rows is None:
        shown, left_out = text_view.whole(after, mine)
        return Text(row, shown, WHOLE, left_out, can_compare=can_compare)
    shown, left_out = text_view.shortened(rows)
    return Text(row, shown, view, left_out, can_compare=can_compare)


def tab_rows(tab: str, order: str) -> QuerySet[PluginVersion]:
    """The versions behind a tab."""
    waiting = queries.queue(order)
    match tab:
        case "second":
            return waiting.filter(first_reviewer__isnull=False)
        case "answered":
            return queries.answered()
        case "approved":
            return queries.decided().filter(status=VersionStatus.APPROVED)
        case "rejected":
            return queries.decided().exclude(status=VersionStatus.APPROVED)
    return waiting
