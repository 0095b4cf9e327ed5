"""REST: the audit log of a workspace: list, export, verification."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.rest_lists import FARTHEST, choice, list_parameters, listing, number, page_of
from workspaces.audit import chain
from workspaces.audit.export import FORMATS
from workspaces.audit.filters import filters_of
from workspaces.audit.queries import GROUPS, entries, export
from workspaces.doors.endpoints import WorkspaceView, errors
from workspaces.models import AuditEntry

MOST_CHECKED = 20_000
FILTERS = [
    OpenApiParameter("actor", str, description="A person's id, `system` or `command`."),
    OpenApiParameter("group", str, enum=list(GROUPS), description="The first part of the action."),
    OpenApiParameter("target_type", str, description="What was changed: agent, recipe, api_key …"),
    OpenApiParameter("since", OpenApiTypes.DATE, description="From this day on (UTC)."),
    OpenApiParameter("until", OpenApiTypes.DATE, description="Up to this day, which is included (UTC)."),
    OpenApiParameter("search", str, description="Words that all have to occur in actor, action, target or address."),
]


class AuditEntryOut(serializers.Serializer[AuditEntry]):
    """One change of state: who (actor), how (via, credential), where from (ip, request_id), and what (target)."""

    seq = serializers.IntegerField(help_text="Counts up by one in each workspace.")
    at = serializers.DateTimeField()
    actor_id = serializers.UUIDField(allow_null=True)
    actor = serializers.CharField()
    via = serializers.CharField(help_text="session, clerk, api_key, open, command or system.")
    credential = serializers.CharField(help_text="The beginning of the API key, or what names the session at Clerk.")
    ip = serializers.CharField()
    request_id = serializers.CharField()
    action = serializers.CharField()
    target_type = serializers.CharField()
    target_id = serializers.CharField()
    target = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)
    previous_hash = serializers.CharField()
    hash = serializers.CharField(help_text="SHA-256 over everything else in the entry.")


class AuditVerdictOut(serializers.Serializer[Any]):
    """Whether the chain of entries is whole."""

    intact = serializers.BooleanField()
    complete = serializers.BooleanField(help_text="Whether every entry was checked, and not only the newest.")
    entries = serializers.IntegerField()
    checked = serializers.IntegerField()
    end = serializers.CharField(help_text="The hash of the newest entry. Kept elsewhere, it shows a log written anew.")
    broken_at = serializers.IntegerField(source="broken.seq", default=None, allow_null=True)
    reason = serializers.CharField(source="broken.reason", default=None, allow_null=True)


class AuditList(WorkspaceView):
    """What happened in the workspace."""

    needs = {"GET": "audit:read"}

    @extend_schema(
        operation_id="audit_list",
        parameters=[
            *list_parameters(search=False),
            OpenApiParameter("before", OpenApiTypes.INT, description="Only entries numbered below; steady paging."),
            *FILTERS,
        ],
        responses={200: page_of(AuditEntryOut), **errors(404)},
    )
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """Newest first."""
        before = number(request, "before", 0, low=1, high=FARTHEST) or None
        return listing(request, entries(workspace_id, filters_of(request.query_params), before), AuditEntryOut)


class AsAsked(BaseContentNegotiation):
    """`format` says which file is wanted, not `Accept`; refusals are JSON."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The first one."""
        first = next(iter(renderers))
        return first, first.media_type or ""


class AuditExport(WorkspaceView):
    """The log as a file."""

    content_negotiation_class = AsAsked
    needs = {"GET": "audit:read"}

    @extend_schema(
        operation_id="audit_export",
        parameters=[OpenApiParameter("format", str, enum=list(FORMATS), description="By default csv."), *FILTERS],
        responses={
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, "One line for each entry, newest first."),
            (200, "application/jsonl"): OpenApiResponse(OpenApiTypes.STR, "One JSON object on each line."),
            **errors(404),
        },
    )
    def get(self, request: Request, workspace_id: UUID) -> HttpResponseBase:
        """Every entry that passes the filters, streamed. In CSV a cell that a spreadsheet would run starts with '."""
        kind = FORMATS[choice(request, "format", FORMATS) or "csv"]
        stream = export(workspace_id, filters_of(request.query_params), kind)
        named = {"Content-Disposition": f'attachment; filename="audit-{self.workspace.slug}.{kind.name}"'}
        return StreamingHttpResponse(stream, content_type=kind.content_type, headers=named)


class AuditVerify(WorkspaceView):
    """Whether the log is whole."""

    needs = {"GET": "audit:read"}

    @extend_schema(operation_id="audit_verify", responses={200: AuditVerdictOut, **errors(404)})
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """Checks the newest 20,000 entries; `manage.py verify_audit` checks a longer log to its beginning."""
        verdict = chain.verify(workspace_id, last=MOST_CHECKED)
        return Response(AuditVerdictOut(verdict).data)
