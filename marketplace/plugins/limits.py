"""How much a workspace may submit: a number of versions a day, however they come."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from automatos.errors import TooMany
from marketplace.models import PluginImport, PluginVersion
from workspaces.models import Workspace


def submitted_today(workspace: Workspace) -> int:
    """How many versions it submitted within a day."""
    since = timezone.now() - timedelta(days=1)
    return PluginVersion.objects.filter(workspace=workspace, submitted_at__gt=since).count()


def require_daily_room(workspace: Workspace, more: int, *, fetches: bool = False) -> None:
    """Pass, or raise TooMany. The caller holds the workspace's row, so two at once count each other.

    more: versions, or with `fetches` repositories; then those count too that have brought no version so far.
    """
    most = settings.PLUGIN_SUBMISSIONS_PER_DAY
    if not most:
        return
    since = timezone.now() - timedelta(days=1)
    times = list(
        PluginVersion.objects.filter(workspace=workspace, submitted_at__gt=since).values_list("submitted_at", flat=True)
    )
    if fetches:
        without = PluginImport.objects.filter(workspace=workspace, created_at__gt=since, version_ids=[])
        times += without.values_list("created_at", flat=True)
    if len(times) + more > most:
        wait = (min(times) - since).total_seconds() if times else 86_400.0
        raise TooMany(f"A workspace may submit {most} versions a day. Try again later.", retry_after=wait)
