"""Requests as a page's view gets them."""

from django.test import RequestFactory

from workspaces.models import User
from workspaces.pages import WorkspaceRequest, enter


def page_request(user: User, slug: str, path: str = "") -> WorkspaceRequest:
    """A GET by this member inside the workspace, at a path below it."""
    request = RequestFactory().get(f"/w/{slug}/{path}")
    request.user = user
    return enter(request, slug)
