"""Pages: what waits for a person, and the decision."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from automatos.errors import Conflict, InvalidInput
from recipes.models import Approval
from recipes.runs.files import browser_download
from recipes.runs.reading import bare_execution as find_execution
from recipes.waits import allowing, services
from recipes.waits.allowing import newest_allowances
from recipes.waits.answer_page import as_typed, complaints, general
from recipes.waits.changes import typed_arguments
from recipes.waits.queries import approvals_of, asked_one, decided, open_questions, title_of, waiting
from workspaces.doors.pages import WorkspaceRequest, workspace_page


@never_cache
@require_safe
@workspace_page()
def approval_list(request: WorkspaceRequest) -> HttpResponse:
    """Every side effect that waits in this workspace."""
    shown = {
        "asked": waiting(request.workspace, 200),
        "decided": decided(request.workspace),
        "allowed": newest_allowances(request.workspace),
        "may_decide": request.access.allows("approvals:decide"),
    }
    return render(request, "recipes/approval_list.html", shown)


@never_cache
@require_safe
@workspace_page()
def approvals_open(request: WorkspaceRequest) -> JsonResponse:
    """How many questions wait, and the newest, for the badge and the notice in whatever page is open."""
    rows = open_questions().filter(workspace=request.workspace)
    newest = rows.select_related("step").order_by("-asked_at").first()
    return JsonResponse(
        {
            "count": rows.count(),
            "newest": str(newest.pk) if newest else None,
            "question": title_of(newest) if newest else "",
        }
    )


@require_POST
@workspace_page()
def decide(request: WorkspaceRequest, approval_id: UUID) -> HttpResponse:
    """Approve or reject, and back to where it was asked."""
    request.access.require("approvals:decide")
    # Two buttons let the call be made; one of them those to come as well.
    for_run = request.POST.get("decision") == "approve_for_run"
    approve = for_run or request.POST.get("decision") == "approve"
    try:
        found = services.decide(
            workspace=request.workspace,
            approval_id=approval_id,
            approve=approve,
            user=request.user,
            answer=_answer(request) if approve else None,
            arguments=_arguments(request, approval_id) if approve else None,
            comment=request.POST.get("comment", "").replace("\x00", ""),
            for_run=for_run,
        )
    except InvalidInput as wrong:
        return _once_more(request, approval_id, wrong)
    except Conflict as late:
        messages.error(request, late.message)
        return redirect("approvals", request.workspace.slug)
    messages.success(request, _done(found, approve=approve) + " Such calls of this run are not asked about." * for_run)
    return _back(request, reverse("run", args=[request.workspace.slug, found.step.execution_id]))


@require_POST
@workspace_page()
def revoke(request: WorkspaceRequest, execution_id: UUID, allowance_id: UUID) -> HttpResponse:
    """Take back what was allowed for the rest of a run, and back to where it was shown."""
    request.access.require("approvals:decide")
    run = find_execution(workspace=request.workspace, execution_id=execution_id)
    try:
        allowing.revoke(workspace=request.workspace, execution=run, allowance_id=allowance_id, user=request.user)
        messages.success(request, "Taken back: such calls are asked about again.")
    except Conflict as late:
        messages.error(request, late.message)
    return _back(request, reverse("run", args=[request.workspace.slug, run.pk]))


def _done(found: Approval, *, approve: bool) -> str:
    """What a person reads after the decision."""
    if found.kind == Approval.Kind.QUESTION:
        server = found.arguments.get("server", "the server")
        return f"{server} has your answer." if approve else f"{server} was told that you decline."
    word = "approved" if approve else "rejected"
    what = f"The call of {found.tool}" if found.tool else f"“{found.step.name or found.step.step_id}”"
    return f"{what} was {word}."


def _answer(request: WorkspaceRequest) -> dict[str, Any]:
    """What was filled in, by field. A box that is not ticked sends nothing, and means no."""
    found: dict[str, Any] = {}
    for name in request.POST.getlist("fields"):
        if f"many-{name}" in request.POST:
            found[name] = request.POST.getlist(f"answer-{name}")
        else:
            found[name] = request.POST.get(f"answer-{name}", "false" if f"box-{name}" in request.POST else "")
    return found


def _arguments(request: WorkspaceRequest, approval_id: UUID) -> dict[str, Any]:
    """What of a call's arguments was changed in the form."""
    found = approvals_of(request.workspace).filter(pk=approval_id).first()
    return typed_arguments(found, request.POST) if found is not None else {}


def _once_more(request: WorkspaceRequest, approval_id: UUID, wrong: InvalidInput) -> HttpResponse:
    """The question with what was typed and what is wrong with it; nothing was decided."""
    asked = asked_one(request.workspace, approval_id)
    if asked is None:
        messages.error(request, " ".join(_said(field, texts[0]) for field, texts in wrong.fields.items()))
        return _back(request, reverse("approvals", args=[request.workspace.slug]))
    typed = as_typed(asked, request.POST, wrong.fields)
    shown = {
        "asked": [typed],
        "complaints": complaints(typed),
        "general": general(typed, wrong.fields),
        "next": request.POST.get("next", ""),
        "may_decide": True,
    }
    return render(request, "recipes/answer.html", shown, status=422)


def _said(field: str, text: str) -> str:
    """The field and what is wrong with it; a sentence that begins with the field stays as it is."""
    name = field.partition(".")[2] or field
    return text if text.startswith(f"{name} ") else f"{name}: {text}"


def _back(request: WorkspaceRequest, otherwise: str) -> HttpResponse:
    """To where it was asked."""
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else otherwise)


@require_safe
@workspace_page()
def run_file(request: WorkspaceRequest, execution_id: UUID, name: str) -> HttpResponse:
    """One file of a run, to keep."""
    found = find_execution(workspace=request.workspace, execution_id=execution_id)
    return browser_download(request.workspace.pk, found.pk, name)
