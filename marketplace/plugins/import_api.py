"""REST: repositories whose packages are taken in."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from automatos.rest_lists import list_parameters, listing, page_of
from marketplace.models import PluginImport
from marketplace.plugins import queries, services
from marketplace.plugins.serializers import PluginImportOut
from workspaces.doors.endpoints import ONCE_HEADER, WORKSPACE_HEADER, WorkspaceView, errors
from workspaces.doors.idempotency import HEADER, once
from workspaces.models import User, Workspace


class ImportIn(InputSerializer):
    """A public git repository with a package, or several."""

    url = serializers.CharField(help_text="https://…")
    ref = serializers.CharField(required=False, allow_blank=True, help_text="Branch, tag or commit.")
    folder = serializers.CharField(required=False, allow_blank=True, help_text="Only this folder of it.")
    category = serializers.CharField(required=False, allow_blank=True, help_text="Slug of a category.")
    notes = serializers.CharField(required=False, allow_blank=True, help_text="For the moderators.")


def request_import(workspace: Workspace | None, user: User, given: dict[str, Any]) -> PluginImport:
    """Have a repository fetched, as ImportIn asks for it."""
    words = services.Words(category=given.get("category", ""), notes=given.get("notes", ""))
    place = {name: given[name] for name in ("url", "ref", "folder") if name in given}
    return services.request_import(workspace=workspace, user=user, words=words, **place)


def import_answer(row: PluginImport) -> tuple[int, dict[str, Any]]:
    """Status and body."""
    return 202, dict(PluginImportOut(row).data)


class ImportList(WorkspaceView):
    """Repositories whose packages are taken in."""

    needs = {"GET": "plugins:read", "POST": "plugins:submit"}

    @extend_schema(
        operation_id="plugin_imports_list",
        parameters=[WORKSPACE_HEADER, *list_parameters(search=False)],
        responses={200: page_of(PluginImportOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """The newest first."""
        return listing(request, queries.imports_of(self.workspace), PluginImportOut)

    @extend_schema(
        operation_id="plugin_imports_create",
        parameters=[WORKSPACE_HEADER, ONCE_HEADER],
        request=ImportIn,
        responses={202: PluginImportOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request) -> Response:
        """Have a public git repository fetched at a branch, tag or commit; read it until its state is `done`."""
        body = ImportIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        status, answer = once(
            workspace=self.workspace,
            user=self.caller,
            route="plugin_imports_create",
            key=request.headers.get(HEADER),
            body=given,
            act=lambda: import_answer(request_import(self.workspace, self.caller, given)),
        )
        return Response(answer, status=status)


class ImportDetail(WorkspaceView):
    """One of them."""

    needs = {"GET": "plugins:read"}

    @extend_schema(
        operation_id="plugin_imports_read",
        parameters=[WORKSPACE_HEADER],
        responses={200: PluginImportOut, **errors(404)},
    )
    def get(self, request: Request, import_id: UUID) -> Response:
        """How far it is."""
        return Response(PluginImportOut(queries.import_(workspace=self.workspace, import_id=import_id)).data)
