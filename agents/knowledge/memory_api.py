"""REST: what agents remember."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents.knowledge import queries, services
from agents.models import Memory
from automatos.api import InputSerializer
from automatos.rest_lists import list_parameters, listing, page_of, searched
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors


class MemoryOut(serializers.Serializer[Memory]):
    """Something an agent noted. origins: untrusted texts it had read before."""

    id = serializers.UUIDField()
    text = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    origins = serializers.ListField(child=serializers.CharField())
    agent_id = serializers.UUIDField(allow_null=True)
    execution_id = serializers.UUIDField(allow_null=True)
    kind = serializers.ChoiceField(choices=Memory.Kind.choices, help_text="Noted by an agent, or left by a run.")
    confidence = serializers.FloatField(allow_null=True, help_text="Of what a run left, 0 to 1.")
    expires_at = serializers.DateTimeField(allow_null=True, help_text="From when on nobody is told it.")
    is_edited = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class MemoryChangeIn(InputSerializer):
    """A memory's new text."""

    text = serializers.CharField(help_text="At most 4,000 characters.")


class MemoryList(WorkspaceView):
    """What the workspace's agents remember."""

    needs = {"GET": "knowledge:read"}

    @extend_schema(
        operation_id="memories_list",
        parameters=[WORKSPACE_HEADER, *list_parameters()],
        responses={200: page_of(MemoryOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        rows = searched(queries.memories_of(self.workspace), request, ["text"])
        return listing(request, rows, MemoryOut)


class MemoryDetail(WorkspaceView):
    """One memory."""

    needs = {"PATCH": "knowledge:write", "DELETE": "knowledge:delete"}

    @extend_schema(
        operation_id="memories_change",
        parameters=[WORKSPACE_HEADER],
        request=MemoryChangeIn,
        responses={200: MemoryOut, **errors(404, 415)},
    )
    def patch(self, request: Request, memory_id: UUID) -> Response:
        """Another text; where untrusted text in it came from stays noted."""
        body = MemoryChangeIn(data=request.data)
        body.is_valid(raise_exception=True)
        text = body.validated_data["text"]
        memory = services.change_memory(workspace=self.workspace, memory_id=memory_id, text=text)
        return Response(MemoryOut(memory).data)

    @extend_schema(operation_id="memories_delete", parameters=[WORKSPACE_HEADER], responses={204: None, **errors(404)})
    def delete(self, request: Request, memory_id: UUID) -> Response:
        """Forget it for good."""
        services.forget(workspace=self.workspace, memory_id=memory_id)
        return Response(status=204)
