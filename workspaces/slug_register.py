"""The addresses workspaces have or had. One that was in use once leads to the same workspace for ever after."""

from workspaces.models import Workspace, WorkspaceSlug


def claim(workspace: Workspace, slug: str) -> bool:
    """Note that this address is the workspace's, saved or not; False when it is, or was, another one's."""
    mine = WorkspaceSlug.objects.filter(slug=slug, workspace=workspace)
    if mine.exists():
        return True
    # Another's row is not to be seen here, and an insert that PostgreSQL refuses stands in its log.
    WorkspaceSlug.objects.bulk_create([WorkspaceSlug(slug=slug, workspace=workspace)], ignore_conflicts=True)
    return mine.exists()
