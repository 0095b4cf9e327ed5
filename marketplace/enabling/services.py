"""Changes: a workspace enables a plugin, moves to another version, puts an update off, takes it out, reviews it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from automatos.checking import Problems
from automatos.errors import Conflict, NotFound
from automatos.rows import locked
from marketplace.context.offer import offer_of
from marketplace.enabling import queries, tally
from marketplace.models import AssignedPlugin, EnabledPlugin, Plugin, PluginReview
from marketplace.plugins.queries import shown_to
from workspaces.audit import log as audit
from workspaces.models import User, Workspace

# How long an update may be put off, in days; 0: until there is another version.
PUT_OFF_DAYS = (0, 7, 30)
LONGEST_REVIEW = 2_000


@transaction.atomic
def enable_plugin(*, workspace: Workspace, user: User | None, plugin_id: UUID, version: str = "") -> EnabledPlugin:
    """Let the workspace's agents have a plugin, pinned to this version or to the newest.

    Raises NotFound unless that version is approved, Conflict when the plugin is enabled already.
    """
    plugin = visible_plugin(workspace, plugin_id)
    if queries.enabled(workspace, plugin.pk):
        raise Conflict(f"{plugin.name} is enabled here already.", code="enabled")
    chosen = queries.approved_version(plugin, version)
    tally.hold_usable(chosen.pk)
    try:
        with transaction.atomic():
            row = EnabledPlugin(workspace=workspace, plugin=plugin, version=chosen, enabled_by=user)
            _take_offer(row)
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(f"{plugin.name} is enabled here already.", code="enabled") from error
    plugin.installs = tally.count_installs(plugin.pk)
    _record("enabled", row, after={"version": chosen.version})
    return row


@transaction.atomic
def change_version(*, workspace: Workspace, user: User | None, plugin_id: UUID, version: str) -> EnabledPlugin:
    """Move to another approved version, newer or older. A run under way keeps what it began with."""
    row = _locked(workspace, plugin_id)
    chosen = queries.approved_version(row.plugin, version)
    if chosen.pk == row.version_id:
        return row
    tally.hold_usable(chosen.pk)
    before = row.version.version
    row.earlier, row.version, row.put_off, row.put_off_until = before, chosen, "", None
    before_hosts = called_by(row)
    _take_offer(row)
    # What an admin agreed to were these addresses and no others.
    row.allows_calls = row.allows_calls and called_by(row) <= before_hosts
    taken = ("version", "offer", "has_hooks", "allows_calls")
    row.save(update_fields=["earlier", *taken, "put_off", "put_off_until"])
    _record("version_changed", row, before={"version": before}, after={"version": chosen.version})
    return row


@transaction.atomic
def allow_calls(*, workspace: Workspace, plugin_id: UUID, allow: bool) -> EnabledPlugin:
    """Let the plugin's hooks tell their addresses what happens in runs, or no more. Counts from the next call on."""
    row = _locked(workspace, plugin_id)
    if allow and not called_by(row):
        raise Conflict(f"No hook of {row.plugin.name} calls an address.", code="no_calls")
    before, row.allows_calls = row.allows_calls, allow
    row.save(update_fields=["allows_calls"])
    _record("calls_changed", row, before={"allows_calls": before}, after={"allows_calls": allow})
    return row


def called_by(row: EnabledPlugin) -> set[str]:
    """The addresses that hooks of this version call."""
    return {str(hook["url"]) for hook in row.offer.get("hooks") or () if hook.get("does") == "http"}


@transaction.atomic
def put_update_off(*, workspace: Workspace, plugin_id: UUID, version: str, days: int) -> EnabledPlugin:
    """Stay on the present version. days: one of PUT_OFF_DAYS."""
    problems = Problems()
    problems.choice("days", str(days), [str(number) for number in PUT_OFF_DAYS])
    problems.raise_any()
    row = _locked(workspace, plugin_id)
    row.put_off = queries.approved_version(row.plugin, version).version
    row.put_off_until = timezone.now() + timedelta(days=days) if days else None
    row.save(update_fields=["put_off", "put_off_until"])
    _record("update_put_off", row, after={"version": row.put_off, "days": days})
    return row


@transaction.atomic
def disable_plugin(*, workspace: Workspace, plugin_id: UUID) -> int:
    """Take a plugin out, also of the workspace's agents; how many of them had it. Raises NotFound."""
    row = _locked(workspace, plugin_id)
    agents, _ = AssignedPlugin.objects.filter(workspace=workspace, plugin_id=row.plugin_id).delete()
    name = f"{row.plugin.slug} {row.version.version}"
    row.delete()
    tally.count_installs(plugin_id)
    target = ("plugin", plugin_id, name)
    audit.record("plugin.disabled", workspace_id=workspace.pk, target=target, after={"agents": agents})
    return agents


@transaction.atomic
def review_plugin(*, workspace: Workspace, user: User, plugin_id: UUID, stars: int, text: str = "") -> PluginReview:
    """Say what the workspace thinks of a plugin it has; once more changes what was said. Raises Conflict without it."""
    problems = Problems()
    if not 1 <= stars <= 5:
        problems.add("stars", "Give 1 to 5 stars.")
    text = problems.text("text", text, longest=LONGEST_REVIEW)
    problems.raise_any()
    plugin = visible_plugin(workspace, plugin_id)
    row = queries.enabled(workspace, plugin.pk)
    if row is None:
        raise Conflict("Only workspaces that have a plugin review it. Enable it first.", code="not_enabled")
    review, _ = PluginReview.objects.update_or_create(
        workspace=workspace,
        plugin=plugin,
        defaults={
            "workspace_name": workspace.name[:200],
            "version": row.version.version,
            "stars": stars,
            "text": text,
            "person": user,
            "updated_at": timezone.now(),
        },
    )
    tally.count_stars(plugin.pk)
    _record("reviewed", row, after={"stars": stars})
    return review


@transaction.atomic
def remove_review(*, workspace: Workspace, plugin_id: UUID) -> None:
    """Take back what the workspace said. Raises NotFound when it said nothing."""
    plugin = visible_plugin(workspace, plugin_id)
    number, _ = PluginReview.objects.filter(workspace=workspace, plugin=plugin).delete()
    if not number:
        raise NotFound()
    tally.count_stars(plugin.pk)
    audit.record("plugin.review_removed", workspace_id=workspace.pk, target=("plugin", plugin.pk, plugin.slug))


def visible_plugin(workspace: Workspace, plugin_id: UUID) -> Plugin:
    """A plugin the workspace sees. Raises NotFound."""
    found = Plugin.objects.filter(shown_to(workspace), pk=plugin_id).first()
    if found is None:
        raise NotFound()
    return found


def _locked(workspace: Workspace, plugin_id: UUID) -> EnabledPlugin:
    # Its version is asked for afterwards: where it changed while we waited, the joined row would fit no more.
    return locked(EnabledPlugin.objects.filter(workspace=workspace), plugin_id=plugin_id)


def _take_offer(row: EnabledPlugin) -> None:
    row.offer = offer_of(row.version)
    row.has_hooks = bool(row.offer.get("hooks"))


def _record(
    done: str, row: EnabledPlugin, *, before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None
) -> None:
    target = ("plugin", row.plugin_id, f"{row.plugin.slug} {row.version.version}")
    audit.record(f"plugin.{done}", workspace_id=row.workspace_id, target=target, before=before, after=after)
