"""What one workspace's act changes for all: how many have a plugin, how many stars it has. Counted, never added up."""

from uuid import UUID

from django.db.models import Avg, Count

from automatos.errors import NotFound
from marketplace.models import EnabledPlugin, Entry, Plugin, PluginReview, PluginVersion, VersionStatus
from workspaces.scope.tenancy import Purpose, system_scope


def hold_usable(version_id: UUID) -> None:
    """Keep a version from being taken away until the transaction ends. Raises NotFound when it was already."""
    with system_scope(Purpose.UPKEEP):
        rows = PluginVersion.objects.select_for_update(of=("self",), no_key=True)
        if not rows.filter(pk=version_id, status=VersionStatus.APPROVED).exists():
            raise NotFound()


def count_installs(plugin_id: UUID) -> int:
    """Write how many workspaces have the plugin; the number."""
    with system_scope(Purpose.UPKEEP):
        Plugin.objects.select_for_update(of=("self",), no_key=True).filter(pk=plugin_id).first()
        number = EnabledPlugin.objects.filter(plugin_id=plugin_id).count()
        Plugin.objects.filter(pk=plugin_id).update(installs=number)
        Entry.objects.filter(kind=Entry.Kind.PLUGIN, object_id=plugin_id).update(installs=number)
    return number


def count_stars(plugin_id: UUID) -> None:
    """Write the mean of a plugin's stars and their number."""
    with system_scope(Purpose.UPKEEP):
        Plugin.objects.select_for_update(of=("self",), no_key=True).filter(pk=plugin_id).first()
        found = PluginReview.objects.filter(plugin_id=plugin_id).aggregate(mean=Avg("stars"), number=Count("pk"))
        Entry.objects.filter(kind=Entry.Kind.PLUGIN, object_id=plugin_id).update(
            rating=round(found["mean"] or 0.0, 2), rating_count=found["number"]
        )
