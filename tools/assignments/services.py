"""Changes: what agents may use. Whoever calls these has checked that the agent is one of the workspace."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from automatos.checking import Problems
from tools.assignments.switches import APP, GROUPS, Place
from tools.composio.access import key_state
from tools.models import AgentAppAssignment, ComposioActionCache, ComposioAppCache, ToolPolicy, in_catalogue
from tools.models.assignments import Level
from workspaces.audit import log as audit
from workspaces.models import User, Workspace

MOST_APPS = 50


def assign_apps(*, workspace: Workspace, agent_id: UUID, apps: Sequence[str], user: User | None) -> list[str]:
    """Exactly these apps; an app that goes takes its switches along. Raises InvalidInput naming each unknown one."""
    wanted = list(dict.fromkeys(apps))
    problems = Problems()
    if len(wanted) > MOST_APPS:
        problems.add("apps", f"These are {len(wanted)} apps; an agent has at most {MOST_APPS}.")
    known = set(_apps(workspace).filter(slug__in=wanted).values_list("slug", flat=True))
    for place, app in enumerate(wanted):
        if app not in known:
            text = "There is no such app in the catalogue. GET /api/composio/apps lists those there are."
            problems.add(f"apps.{place}", text)
    problems.raise_any()
    rows = AgentAppAssignment.objects.filter(workspace=workspace, agent_id=agent_id)
    before = sorted(rows.filter(level=Level.APP, allowed=True).values_list("app", flat=True))
    rows.exclude(app__in=wanted).delete()
    for app in wanted:
        _switch(workspace, agent_id, app, APP, allowed=True, user=user)
    if before != sorted(wanted):
        _record(workspace, "agent.apps_changed", agent_id, {"apps": before}, {"apps": sorted(wanted)})
    return wanted


def set_switch(
    *, workspace: Workspace, agent_id: UUID, app: str, place: Place, allowed: bool | None, user: User | None
) -> None:
    """Turn a switch on or off; None lets it follow what stands above it, and takes the app away at the top."""
    require_place(workspace, app, place)
    rows = AgentAppAssignment.objects.filter(workspace=workspace, agent_id=agent_id, app=app)
    if place == APP and not allowed:
        rows.delete()
    elif allowed is None:
        rows.filter(level=place[0], name=place[1]).delete()
    else:
        _switch(workspace, agent_id, app, place, allowed=allowed, user=user)
        if place != APP and not rows.filter(level=Level.APP).exists():
            # Whoever turns one action on means the agent to have the app, with all other groups as they are.
            _switch(workspace, agent_id, app, APP, allowed=True, user=user)
            if allowed:
                _only(workspace, agent_id, app, place, user)
    _record(workspace, "agent.app_switch", agent_id, None, {"app": app, "of": " ".join(place), "on": allowed})


def _only(workspace: Workspace, agent_id: UUID, app: str, place: Place, user: User | None) -> None:
    """An agent that was given one thing of an app gets nothing else of it."""
    for group in GROUPS:
        if (Level.GROUP, group) != place:
            _switch(workspace, agent_id, app, (Level.GROUP, group), allowed=False, user=user)


def set_policy(*, workspace: Workspace, app: str, place: Place, asks: str | None, user: User | None) -> None:
    """When a tool asks a person; None lets it follow what stands above it."""
    require_place(workspace, app, place)
    rows = ToolPolicy.objects.filter(workspace=workspace, app=app, level=place[0], name=place[1])
    if asks is None:
        rows.delete()
    else:
        problems = Problems()
        problems.choice("asks", asks, ToolPolicy.Asks.values)
        problems.raise_any()
        ToolPolicy.objects.update_or_create(
            workspace=workspace,
            app=app,
            level=place[0],
            name=place[1],
            defaults={"asks": asks, "updated_by": user, "updated_at": timezone.now()},
        )
    audit.record(
        "tool.policy_changed",
        workspace_id=workspace.pk,
        target=("app", app, app),
        after={"of": " ".join(place), "asks": asks or "inherited"},
    )


def require_place(workspace: Workspace, app: str, place: Place) -> None:
    """Pass a place that there is; raises InvalidInput, or NotFound for an app there is not."""
    problems = Problems()
    level, name = place
    problems.choice("level", level, Level.values)
    row = _apps(workspace).filter(slug=app).first()
    if row is None:
        problems.add("app", "There is no such app in the catalogue.")
    elif level == Level.GROUP:
        problems.choice("name", name, GROUPS)
    elif level == Level.ACTION and not ComposioActionCache.objects.filter(app=row, action=name).exists():
        problems.add("name", "The app has no such action.")
    elif level == Level.APP and name:
        problems.add("name", "The whole app has no name of its own; leave it empty.")
    problems.raise_any()


def _apps(workspace: Workspace) -> QuerySet[ComposioAppCache]:
    catalogue = key_state(workspace.pk).catalogue(workspace.pk)
    return ComposioAppCache.objects.filter(in_catalogue(catalogue))


def _switch(workspace: Workspace, agent_id: UUID, app: str, place: Place, *, allowed: bool, user: User | None) -> None:
    AgentAppAssignment.objects.update_or_create(
        agent_id=agent_id,
        app=app,
        level=place[0],
        name=place[1],
        defaults={"workspace": workspace, "allowed": allowed, "updated_by": user, "updated_at": timezone.now()},
    )


def _record(workspace: Workspace, done: str, agent_id: UUID, before: object, after: object) -> None:
    audit.record(
        done,
        workspace_id=workspace.pk,
        target=("agent", agent_id, ""),
        before=before if isinstance(before, dict) else None,
        after=after if isinstance(after, dict) else None,
    )
