"""Agents that come with a plugin: a workspace makes one of its own out of the template, as a draft.

The app that owns agents names an object in settings.PLUGIN_AGENTS; it reads a template and makes the agent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from automatos.errors import NotFound
from marketplace.enabling import queries
from marketplace.listings.kinds import Made
from marketplace.models import PluginAgent, PluginVersion, VersionStatus
from workspaces.audit import log as audit
from workspaces.models import User, Workspace

LONGEST_NAME = 100
MOST = 60


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a template comes to here. tools: ids of ours; model: `provider:model`, empty: the default one.

    notes: what it asks for and does not get, and why; each a sentence.
    """

    tools: Sequence[str]
    model: str
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Template:
    """An agent of a plugin on its page. made: the addresses of the agents made from it, with their names."""

    name: str
    description: str
    path: str
    mapped: Mapped
    made: Sequence[tuple[str, str]] = ()


class AgentMaker(Protocol):
    """What the app that owns agents does."""

    def mapped(self, workspace: Workspace, templates: Sequence[Mapping[str, Any]]) -> list[Mapped]:
        """What each template's tools and model are here."""
        ...

    def make(self, workspace: Workspace, user: User | None, template: Mapping[str, Any], plugin_id: UUID) -> Made:
        """A draft with the template's persona, tools and model, that has the plugin."""
        ...

    def addresses(self, workspace: Workspace, agent_ids: Sequence[UUID]) -> Mapping[UUID, tuple[str, str]]:
        """Of those that are still there: the page's address and the name."""
        ...


def maker() -> AgentMaker:
    """The object that settings.PLUGIN_AGENTS names."""
    return cast(AgentMaker, import_string(settings.PLUGIN_AGENTS))


def templates_of(workspace: Workspace, version: PluginVersion) -> list[Template]:
    """The agents of a version, each with what it comes to here and which were made from it."""
    rows = _rows(version)
    if not rows:
        return []
    made: dict[str, list[tuple[str, str]]] = {}
    own = list(PluginAgent.objects.filter(workspace=workspace, plugin_id=version.plugin_id).order_by("pk"))
    there = maker().addresses(workspace, [row.agent_id for row in own])
    for row in own:
        if row.agent_id in there:
            made.setdefault(row.name, []).append(there[row.agent_id])
    return [
        Template(name, str(row.get("description", "")), str(row.get("path", "")), mapped, made.get(name, ()))
        for (name, row), mapped in zip(rows.items(), maker().mapped(workspace, list(rows.values())), strict=True)
    ]


@transaction.atomic
def install_agent(*, workspace: Workspace, user: User | None, plugin_id: UUID, name: str) -> tuple[PluginAgent, Made]:
    """Make a draft from the template of this name. Raises NotFound without it, else as agents are made."""
    own = queries.enabled_or_404(workspace, plugin_id)
    template = _rows(own.version).get(name)
    if template is None or own.version.status != VersionStatus.APPROVED:
        raise NotFound()
    made = maker().make(workspace, user, template, plugin_id)
    row = PluginAgent.objects.create(
        workspace=workspace,
        agent_id=made.object_id,
        plugin_id=plugin_id,
        slug=own.plugin.slug,
        version=own.version.version,
        name=name,
        made=list(made.made),
        installed_by=user,
    )
    target = ("plugin", plugin_id, f"{own.plugin.slug} {own.version.version}")
    audit.record(
        "plugin.agent_installed",
        workspace_id=workspace.pk,
        target=target,
        after={"agent_id": str(made.object_id), "template": name},
    )
    return row, made


def _rows(version: PluginVersion) -> dict[str, Mapping[str, Any]]:
    """By name; of two with one name the first."""
    found: dict[str, Mapping[str, Any]] = {}
    value = version.package.get("agents")
    for row in value[:MOST] if isinstance(value, list) else ():
        if isinstance(row, dict) and row.get("name"):
            found.setdefault(str(row["name"])[:LONGEST_NAME], row)
    return found
