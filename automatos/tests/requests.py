"""Requests as a page's view gets them."""

from django.test import RequestFactory

from workspaces.doors.pages import WorkspaceRequest, enter
from workspaces.models import User


def page_request(user: User, slug: str, path: str = "") -> WorkspaceRequest:
    """A GET by this member inside the workspace, at a path below it."""
    request = RequestFactory().get(f"/w/{slug}/{path}")
    request.user = user
    return enter(request, slug)
