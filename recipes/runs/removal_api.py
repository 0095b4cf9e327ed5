"""REST: a deleted run brought back."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from recipes.runs import reading, removal
from recipes.runs.api import ExecutionOut
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors


class ExecutionRestore(WorkspaceView):
    """A deleted run."""

    needs = {"POST": "executions:run"}

    @extend_schema(
        operation_id="executions_restore",
        parameters=[WORKSPACE_HEADER],
        request=None,
        responses={200: ExecutionOut, **errors(404)},
    )
    def post(self, request: Request, execution_id: UUID) -> Response:
        """The run back in the lists; 404 when it is not deleted."""
        removal.restore(workspace=self.workspace, execution_id=execution_id)
        return Response(ExecutionOut(reading.execution(workspace=self.workspace, execution_id=execution_id)).data)
