"""Reads: the log of tools, filtered, and what it comes to by tool."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from automatos.errors import NotFound
from tools.models import ToolExecutionLog
from workspaces.models import Workspace

DAYS = 7


@dataclass(frozen=True, slots=True)
class Figures:
    """What calls came to. typical, slow: milliseconds that half of them, and 95 of 100, took at most."""

    name: str
    calls: int
    done: int
    failed: int
    refused: int
    uncertain: int
    typical: float | None
    slow: float | None
    cost: Decimal

    @property
    def done_percent(self) -> float:
        """Of 100 calls, how many did what they should."""
        return 100 * self.done / self.calls if self.calls else 100.0


def log_of(workspace: Workspace, wanted: Mapping[str, str]) -> QuerySet[ToolExecutionLog]:
    """The calls, newest first. wanted: q, source, status, tool, app, agent, run; empty ones do not narrow."""
    rows = ToolExecutionLog.objects.filter(workspace=workspace).select_related("made_by")
    for name in ("source", "status", "tool", "app"):
        if wanted.get(name):
            rows = rows.filter(**{name: wanted[name]})
    if wanted.get("agent"):
        rows = rows.filter(agent_name=wanted["agent"])
    if wanted.get("run"):
        rows = rows.filter(execution_id=wanted["run"])
    for word in wanted.get("q", "").split()[:8]:
        rows = rows.filter(
            Q(tool__icontains=word) | Q(result__icontains=word) | Q(arguments__icontains=word) | Q(app__icontains=word)
        )
    return rows.order_by("-created_at", "-id")


def call_of(workspace: Workspace, call_id: UUID) -> ToolExecutionLog:
    """One call; NotFound."""
    found = ToolExecutionLog.objects.filter(workspace=workspace, pk=call_id).select_related("made_by").first()
    if found is None:
        raise NotFound()
    return found


def agents_in(workspace: Workspace) -> list[str]:
    """The agents that called something lately, by name."""
    rows = ToolExecutionLog.objects.filter(workspace=workspace, created_at__gt=since()).exclude(agent_name="")
    return list(rows.order_by("agent_name").values_list("agent_name", flat=True).distinct()[:200])


def since(days: int = DAYS) -> datetime:
    """The moment so many days ago."""
    return timezone.now() - timedelta(days=days)


FIGURES = """
SELECT {name}, count(*), count(*) FILTER (WHERE status IN ('done', 'record')),
    count(*) FILTER (WHERE status = 'failed'), count(*) FILTER (WHERE status = 'refused'),
    count(*) FILTER (WHERE status = 'uncertain'),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms), percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms),
    coalesce(sum(cost), 0)
FROM tool_execution_logs WHERE workspace_id = %s AND created_at > %s AND NOT is_dry_run
"""


def totals(workspace: Workspace) -> Figures:
    """What all calls of the last days came to."""
    return _figures(FIGURES.format(name="''"), workspace)[0]


def by_tool(workspace: Workspace, most: int = 20) -> list[Figures]:
    """The tools that were called most in the last days."""
    return _figures(
        FIGURES.format(name="tool") + f" GROUP BY tool ORDER BY count(*) DESC, tool LIMIT {most}", workspace
    )


def _figures(statement: str, workspace: Workspace) -> list[Figures]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [workspace.pk, since()])
        return [Figures(*row) for row in cursor.fetchall()]
