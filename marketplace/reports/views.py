"""Pages of those who say that something is wrong with a plugin: the form, and what became of their reports."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from automatos.errors import Conflict, InvalidInput
from automatos.listing import page_of
from marketplace.plugins import queries, services
from marketplace.reports.forms import ReportForm
from workspaces.doors.pages import WorkspaceRequest, workspace_page

# What each state looks like: tone and icon.
LOOKS = {"open": ("warn", "clock"), "resolved": ("ok", "check"), "dismissed": ("", "minus")}


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def plugin_report(request: WorkspaceRequest, plugin_id: UUID) -> HttpResponse:
    """The form; a POST tells the moderators, who see it at once."""
    plugin = queries.plugin(workspace=request.workspace, plugin_id=plugin_id)
    form = ReportForm(request.POST if request.method == "POST" else None)
    status, general = 200, []
    if request.method == "POST":
        try:
            services.report_plugin(
                workspace=request.workspace,
                user=request.user,
                plugin_id=plugin_id,
                kind=form.text("kind"),
                text=form.text("details"),
            )
        except InvalidInput as error:
            form.is_valid()
            for name, texts in error.fields.items():
                form.take("details" if name == "text" else name, ["Choose one."] if name == "kind" else texts)
            status = 422
        except Conflict as error:
            status, general = error.http_status, [error.message]
        else:
            messages.success(request, "The moderators have your report. Their answer will stand here.")
            return redirect("plugin_reports", request.workspace.slug)
    complaints = form.complaints() if status == 422 else []
    context = {"form": form, "plugin": plugin, "complaints": complaints, "general": general}
    return render(request, "marketplace/reports/new.html", context, status=status)


@require_safe
@workspace_page()
def report_list(request: WorkspaceRequest) -> HttpResponse:
    """What people here reported, the newest first, with the moderators' answers."""
    page = page_of(queries.reports_of(request.workspace), request.GET)
    rows = [{"report": row, "tone": LOOKS[row.state][0], "icon": LOOKS[row.state][1]} for row in page.object_list]
    return render(request, "marketplace/reports/list.html", {"page": page, "rows": rows})
