"""Copies of agents: duplicates, files written and files read."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.copies import files, services
from agents.pages.listing import agent_at
from agents.versions.document import document_of
from automatos.errors import AppError, InvalidInput, PlanLimit
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import Role


@require_POST
@workspace_page(Role.EDITOR)
def duplicate(request: WorkspaceRequest, key: str) -> HttpResponse:
    """A copy of the agent, opened in its form."""
    agent = agent_at(workspace=request.workspace, key=key)
    try:
        copy = services.duplicate_agent(agent=agent, user=request.user)
    except (InvalidInput, PlanLimit) as error:
        messages.error(request, error.message)
        return redirect("agent_detail", request.workspace.slug, agent.slug)
    messages.success(request, f"This is your copy of {agent.name}. It is inactive until you make it active.")
    return redirect("agent_edit", request.workspace.slug, copy.slug)


@require_safe
@workspace_page()
def export(request: WorkspaceRequest, key: str) -> HttpResponse:
    """The agent as a file to keep or to take elsewhere. `?as=yaml` for YAML."""
    agent = agent_at(workspace=request.workspace, key=key)
    kind = "yaml" if request.GET.get("as") == "yaml" else "json"
    response = HttpResponse(files.written(document_of(agent), kind), content_type=f"{files.TYPES[kind]}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{agent.slug}.agent.{kind}"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def import_file(request: WorkspaceRequest) -> HttpResponse:
    """The form that takes an agent's file or its text; a POST makes the agent, or says what is wrong or missing."""
    if request.method != "POST":
        return render(request, "agents/import.html", {})
    text = request.POST.get("text", "")
    try:
        upload = request.FILES.get("file")
        raw = upload.read(files.LONGEST + 1) if upload else text.encode()
        text = raw.decode("utf-8", "replace") if len(raw) <= files.LONGEST else text
        document = files.read(raw)
        leave_out = bool(request.POST.get("leave_out"))
        agent = services.import_agent(
            workspace=request.workspace, user=request.user, document=document, leave_out=leave_out
        )
    except (InvalidInput, PlanLimit) as error:
        return _refused(request, error, text)
    messages.success(request, f"{agent.name} was imported. It is inactive until you make it active.")
    return redirect("agent_detail", request.workspace.slug, agent.slug)


def _refused(request: WorkspaceRequest, error: AppError, text: str) -> HttpResponse:
    """The form again, with the text as it was read, so that it can be mended or sent without what is missing."""
    problems = [f"{field}: {said}" for field, texts in error.fields.items() for said in texts] or [error.message]
    context = {"problems": problems, "message": error.message, "is_missing": error.code == "missing_parts"}
    return render(request, "agents/import.html", {**context, "text": text}, status=max(422, error.http_status))
