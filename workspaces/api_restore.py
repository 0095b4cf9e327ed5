"""REST: bringing a deleted workspace back."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from workspaces.api import WorkspaceOut
from workspaces.doors.endpoints import WorkspaceView, errors
from workspaces.scope.permissions import Access
from workspaces.services_workspaces import restore_workspace


class WorkspaceRestore(WorkspaceView):
    """The undo of DELETE /api/workspaces/{id}."""

    needs = {"POST": "workspace:delete"}
    deleted_too = True

    @extend_schema(operation_id="workspaces_restore", request=None, responses={200: WorkspaceOut, **errors(404)})
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """Back as it was, within 30 days; one that was not deleted stays as it is."""
        workspace = restore_workspace(workspace=self.workspace)
        return Response(WorkspaceOut(Access(workspace, self.access.role)).data)
