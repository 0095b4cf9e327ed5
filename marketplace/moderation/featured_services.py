"""What moderators put in front of the marketplace's list."""

from django.db import transaction

from automatos.checking import Problems
from automatos.errors import Conflict
from marketplace.models import Entry, Plugin, PluginVersion, VersionStatus
from workspaces.audit import log as audit

LONGEST_NOTE = 300


@transaction.atomic
def set_featured(*, version: PluginVersion, featured: bool, note: str = "") -> Plugin:
    """Feature the version's plugin and say why, or stop featuring it. To be called across workspaces.

    Raises Conflict when nothing of the plugin can be had.
    """
    problems = Problems()
    note = problems.text("note", note, longest=LONGEST_NOTE, required=featured)
    problems.raise_any()
    if featured and version.status != VersionStatus.APPROVED:
        raise Conflict("Only a plugin that can be had is featured. Approve it first.", code="not_approved")
    plugin = Plugin.objects.select_for_update(of=("self",)).get(pk=version.plugin_id)
    plugin.is_featured = featured
    plugin.save(update_fields=["is_featured"])
    entry = Entry.objects.filter(kind=Entry.Kind.PLUGIN, object_id=plugin.pk)
    entry.update(is_featured=featured, feature_note=note if featured else "")
    action = "plugin.featured" if featured else "plugin.not_featured"
    target = ("plugin", plugin.pk, plugin.slug)
    audit.record(action, workspace_id=plugin.workspace_id, target=target, after={"note": note})
    return plugin
