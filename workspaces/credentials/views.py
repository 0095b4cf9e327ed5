"""The pages of credentials: the list, adding, changing, testing, taking away."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from automatos import listing
from automatos.errors import Conflict, InvalidInput
from workspaces.credentials import queries, services
from workspaces.credentials.forms import CredentialForm
from workspaces.credentials.uses import uses_of
from workspaces.doors.asking import whom_to_ask
from workspaces.doors.pages import WorkspaceRequest, render_live, workspace_page
from workspaces.models import Role

LIST = "workspace_credentials"


@never_cache
@require_safe
@workspace_page(Role.EDITOR)
def index(request: WorkspaceRequest) -> HttpResponse:
    """The credentials, and those deleted lately. While a test runs, the page asks for its living part again."""
    page = listing.page_of(queries.credentials_of(request.workspace), request.GET)
    rows = [{"is": row, "shown": queries.shown_fields(row), "testing": queries.is_testing(row)} for row in page]
    can_write = request.access.allows("credentials:write")
    context = {
        "page": page,
        "rows": rows,
        "testing": any(row["testing"] for row in rows),
        "deleted": list(queries.deleted_credentials_of(request.workspace)),
        "can_write": can_write,
        "ask": "" if can_write else whom_to_ask(request.workspace),
    }
    return render_live(request, "workspaces/credentials.html", context)


@never_cache
@require_safe
@workspace_page(Role.ADMIN)
def choose(request: WorkspaceRequest) -> HttpResponse:
    """What kind of credential to add."""
    return render(request, "workspaces/credentials_types.html", {"types": queries.credential_types()})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def new(request: WorkspaceRequest, kind: str) -> HttpResponse:
    """The form of one type; a POST keeps the credential."""
    form = CredentialForm(queries.credential_type(kind), None, request.POST if request.method == "POST" else None)
    if form.is_bound:
        try:
            row = services.create(
                workspace=request.workspace,
                user=request.user,
                type_slug=kind,
                name=form.text("name"),
                fields=form.given(),
            )
        except InvalidInput as error:
            form.take_refusal(error)
        else:
            messages.success(request, f"{row.name} is kept. Test it to see whether it works.")
            return redirect(LIST, request.workspace.slug)
    return render(request, "workspaces/credentials_form.html", {"form": form}, status=422 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def edit(request: WorkspaceRequest, credential_id: UUID) -> HttpResponse:
    """The form of a credential without its secrets; a POST changes it."""
    row = queries.credential(workspace=request.workspace, credential_id=credential_id)
    form = CredentialForm(row.type, row, request.POST if request.method == "POST" else None)
    if form.is_bound:
        try:
            row = services.update(
                workspace_id=request.workspace.pk,
                credential_id=credential_id,
                name=form.text("name"),
                fields=form.given(),
            )
        except InvalidInput as error:
            form.take_refusal(error)
        else:
            messages.success(request, f"{row.name} was saved.")
            return redirect(LIST, request.workspace.slug)
    return render(request, "workspaces/credentials_form.html", {"form": form}, status=422 if form.is_bound else 200)


@require_POST
@workspace_page(Role.ADMIN)
def test(request: WorkspaceRequest, credential_id: UUID) -> HttpResponse:
    """Start a test; the list shows that it runs, and then what it came to."""
    services.request_check(workspace_id=request.workspace.pk, credential_id=credential_id)
    return redirect(LIST, request.workspace.slug)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def delete(request: WorkspaceRequest, credential_id: UUID) -> HttpResponse:
    """Ask first, naming what would miss it; a POST deletes, and offers to undo."""
    row = queries.credential(workspace=request.workspace, credential_id=credential_id)
    if request.method != "POST":
        return render(request, "workspaces/credentials_delete.html", {"credential": row, "uses": uses_of(row)})
    services.delete(workspace_id=request.workspace.pk, credential_id=credential_id)
    undo = {"text": f"{row.name} was deleted.", "route": "credential_restore", "key": row.pk}
    messages.success(request, render_to_string("forms/undo.html", undo, request))
    return redirect(LIST, request.workspace.slug)


@require_POST
@workspace_page(Role.ADMIN)
def restore(request: WorkspaceRequest, credential_id: UUID) -> HttpResponse:
    """Bring a deleted credential back."""
    try:
        row = services.restore(workspace_id=request.workspace.pk, credential_id=credential_id)
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{row.name} is back.")
    return redirect(LIST, request.workspace.slug)
