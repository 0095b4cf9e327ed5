"""The addresses workspaces have or had. One that was in use once leads to the same workspace for ever after."""

from workspaces.models import Workspace, WorkspaceSlug


def claim(workspace: Workspace, slug: str) -> None:
    """Note that this address is the workspace's. Raises IntegrityError when it is, or was, another one's."""
    if not WorkspaceSlug.objects.filter(slug=slug, workspace=workspace).exists():
        WorkspaceSlug.objects.create(slug=slug, workspace=workspace)
