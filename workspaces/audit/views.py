"""The page of the audit log, and the log as a file."""

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from automatos.local_time import zone_of
from workspaces.audit import page
from workspaces.audit.export import FORMATS
from workspaces.audit.filters import filters_of
from workspaces.audit.queries import export
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import Role


@never_cache
@require_safe
@workspace_page(Role.ADMIN)
def audit_log(request: WorkspaceRequest) -> HttpResponse:
    """What happened here, newest first, as far as it passes the filters; whether the log is whole."""
    values = page.shown(request)
    return render(request, "workspaces/audit.html", values, status=422 if values["problems"] else 200)


@never_cache
@require_safe
@workspace_page(Role.ADMIN)
def audit_export(request: WorkspaceRequest) -> HttpResponseBase:
    """The same entries as a file: ?format=csv or jsonl."""
    kind = FORMATS.get(request.GET.get("format", ""), FORMATS["csv"])
    stream = export(request.workspace.pk, filters_of(request.GET.dict(), zone_of(request)), kind)
    named = {"Content-Disposition": f'attachment; filename="audit-{request.workspace.slug}.{kind.name}"'}
    return StreamingHttpResponse(stream, content_type=kind.content_type, headers=named)
