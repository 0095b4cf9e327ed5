"""What the audit page shows for an address."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from automatos import textdiff
from automatos.errors import InvalidInput
from automatos.line_matching import MOST_STEPS
from automatos.local_time import zone_of
from workspaces.audit import chain
from workspaces.audit.filters import NAMES, filters_of
from workspaces.audit.queries import GROUPS, Filters, as_lines, entries, in_words
from workspaces.doors.pages import WorkspaceRequest
from workspaces.models import AuditEntry, Membership

PAGE = 50
# Of the chain, what each view of the page checks: a few milliseconds.
CHECKED = 100
MOST_CHECKED = 20_000
TARGETS = (
    "workspace", "member", "user", "account", "invitation", "api_key", "credential", "agent", "persona", "skill",
    "skill_source", "document", "document_site", "memory", "conversation", "recipe", "run", "approval", "allowance",
    "plugin", "plugin_version", "plugin_import", "publisher", "listing", "app", "composio_connection",
    "composio_trigger", "composio_sync_job", "remote_service", "lesson", "suggestion", "blocked_hash",
)  # fmt: skip
WAYS = {
    "session": "in the browser", "clerk": "through Clerk", "api_key": "with the API key", "open": "in open mode",
    "command": "on the command line", "system": "by itself",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as the page shows it."""

    entry: AuditEntry
    words: str
    way: str
    lines: list[textdiff.Line]


def shown(request: WorkspaceRequest) -> dict[str, Any]:
    """The page's values: rows, filters, the way to older ones, the state of the chain."""
    wanted, problems = _wanted(request)
    before = _number(request, "before")
    found = [] if problems else list(entries(request.workspace.pk, wanted, before)[: PAGE + 1])
    page = found[:PAGE]
    return {
        "rows": [_row(entry, MOST_STEPS // len(page)) for entry in page],
        "older": _address(request, page[-1].seq) if len(found) > PAGE else "",
        "newest": _address(request, None) if before else "",
        "filters": {name: request.GET.get(name, "").replace("\x00", "") for name in NAMES},
        "narrows": wanted.any or bool(problems),
        "problems": problems,
        "groups": list(GROUPS.items()),
        "targets": [(value, value.replace("_", " ").capitalize().replace("Api", "API")) for value in TARGETS],
        "people": _people(request),
        "verdict": chain.verify(request.workspace.pk, last=_depth(request)),
        "exports": _exports(request),
        "check_all": _address(request, before, check="all"),
    }


def _wanted(request: HttpRequest) -> tuple[Filters, dict[str, list[str]]]:
    try:
        return filters_of(request.GET.dict(), zone_of(request)), {}
    except InvalidInput as error:
        return Filters(), error.fields


def _row(entry: AuditEntry, steps: int) -> Row:
    old, new = "\n".join(as_lines(entry.before)), "\n".join(as_lines(entry.after))
    lines = textdiff.compare(old, new, steps=steps)
    return Row(entry, in_words(entry.action), WAYS.get(entry.via, entry.via), lines)


def _people(request: WorkspaceRequest) -> list[tuple[str, str]]:
    members = Membership.objects.filter(workspace=request.workspace).select_related("user").order_by("user__email")
    people = [(str(member.user_id), member.user.display_name) for member in members[:200]]
    return [*people, ("system", "Automatos itself"), ("command", "The operator")]


def _depth(request: HttpRequest) -> int:
    return MOST_CHECKED if request.GET.get("check") == "all" else CHECKED


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _address(request: HttpRequest, before: int | None, **more: str) -> str:
    query = request.GET.copy()
    query.pop("check", None)
    query.pop("before", None)
    if before is not None:
        query["before"] = str(before)
    for name, value in more.items():
        query[name] = value
    return f"{request.path}?{query.urlencode()}" if query else request.path


def _exports(request: WorkspaceRequest) -> list[tuple[str, str]]:
    query = request.GET.copy()
    for name in ("before", "check"):
        query.pop(name, None)
    home = reverse("workspace_audit_export", args=[request.workspace.slug])
    kinds = (("CSV", "csv"), ("JSON Lines", "jsonl"))
    return [(label, f"{home}?{'&'.join(filter(None, (f'format={kind}', query.urlencode())))}") for label, kind in kinds]
