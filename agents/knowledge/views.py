"""The pages of knowledge: documents, one document, what is remembered, and which documents an agent has."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.knowledge import queries, services
from agents.knowledge.forms import Added, DocumentForm, why_of
from agents.knowledge.kinds import LARGEST, has_encoding
from agents.knowledge.page import rights
from agents.knowledge.upload_services import Outcome
from agents.models import Memory
from agents.pages.frame import frame
from agents.pages.listing import agent_at
from automatos import listing
from automatos.errors import AppError, Conflict, InvalidInput
from tools.documents import ENCODINGS
from workspaces.doors.pages import WorkspaceRequest, render_live, workspace_page
from workspaces.models import Role

# Characters of a document's text that its page shows.
PREVIEW = 6_000
SHOWN = 8


@never_cache
@require_safe
@workspace_page()
def document_list(request: WorkspaceRequest) -> HttpResponse:
    """The documents; a question is looked up in all of them. While one is read, its part of the page asks again."""
    titled = listing.words(request.GET, "title")
    rows = queries.documents_of(request.workspace)
    page = listing.page_of(rows.filter(title__icontains=titled) if titled else rows, request.GET)
    asked = listing.words(request.GET)
    hits = queries.search(workspace=request.workspace, query=asked, limit=SHOWN) if asked else []
    context = {
        "page": page,
        "asked": asked,
        "titled": titled,
        "hits": hits,
        "watched": any(queries.is_watched(row) for row in page),
        "sites": list(queries.sites_of(request.workspace)[:20]),
        "deleted": list(queries.deleted_documents_of(request.workspace)[:20]),
        **rights(request),
    }
    return render_live(request, "knowledge/list.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def document_new(request: WorkspaceRequest) -> HttpResponse:
    """Upload a file, paste a text or name a page; a POST adds it."""
    form = DocumentForm(request.GET, request.POST if request.method == "POST" else None, request.FILES)
    if not form.is_bound:
        return render(request, "knowledge/new.html", {"form": form, "largest": LARGEST})
    by_script = "application/json" in request.headers.get("Accept", "")
    try:
        added = form.add(request.workspace, request.user)
    except AppError as error:
        if by_script:
            return JsonResponse({"error": why_of(error)}, status=422)
        form.refuse(error)
        return render(request, "knowledge/new.html", {"form": form, "largest": LARGEST}, status=422)
    if added.site is not None:
        messages.success(request, added.said[0])
        return redirect("document_site", request.workspace.slug, added.site.pk)
    if by_script:
        return JsonResponse({"said": " ".join(added.said), "outcome": (added.outcomes or [Outcome.ADDED])[0]})
    return _told(request, added)


def _told(request: WorkspaceRequest, added: Added) -> HttpResponse:
    """The way on after adding: to the list, or to a page that names what was not taken."""
    if not added.refused:
        for said in added.said:
            messages.success(request, said)
        return redirect("knowledge", request.workspace.slug)
    return render(request, "knowledge/added.html", {"added": added}, status=200 if added.said else 422)


@never_cache
@require_safe
@workspace_page()
def document_detail(request: WorkspaceRequest, document_id: UUID) -> HttpResponse:
    """One document: its text, its passages, who has it, and a search to try."""
    row = queries.document(workspace=request.workspace, document_id=document_id)
    asked = listing.words(request.GET)
    hits = queries.search(workspace=request.workspace, query=asked, limit=20) if asked else []
    context = {
        "document": row,
        "text": queries.text_of(row, PREVIEW),
        "preview": PREVIEW,
        "page": listing.page_of(queries.chunks_of(row), request.GET),
        "agents": list(queries.agents_with(row)),
        "asked": asked,
        "hits": [hit for hit in hits if hit.document_id == row.pk][:SHOWN],
        "watched": queries.is_watched(row),
        "changed_at": parse_datetime(row.change["at"]) if row.change else None,
        "encodings": ENCODINGS if has_encoding(row) else {},
        "encoding": ENCODINGS.get(row.encoding, row.encoding),
        **rights(request),
    }
    return render_live(request, "knowledge/detail.html", context)


@require_POST
@workspace_page(Role.EDITOR)
def document_rename(request: WorkspaceRequest, document_id: UUID) -> HttpResponse:
    """Another title."""
    queries.document(workspace=request.workspace, document_id=document_id)
    try:
        title = request.POST.get("title", "")
        row = services.rename(workspace=request.workspace, document_id=document_id, title=title)
    except InvalidInput as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"It is called {row.title} now.")
    return redirect("document_detail", request.workspace.slug, document_id)


@require_POST
@workspace_page(Role.EDITOR)
def document_refresh(request: WorkspaceRequest, document_id: UUID) -> HttpResponse:
    """Read it again, perhaps in another encoding."""
    encoding = request.POST.get("encoding")
    try:
        row = services.refresh(workspace=request.workspace, document_id=document_id, encoding=encoding)
    except (Conflict, InvalidInput) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{row.title} is being read again.")
    return redirect("document_detail", request.workspace.slug, document_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def document_delete(request: WorkspaceRequest, document_id: UUID) -> HttpResponse:
    """Ask first, naming the agents that would miss it; a POST deletes, and offers to undo."""
    row = queries.document(workspace=request.workspace, document_id=document_id)
    if request.method != "POST":
        context = {"document": row, "agents": list(queries.agents_with(row))}
        return render(request, "knowledge/delete.html", context)
    services.delete(workspace=request.workspace, document_id=document_id)
    undo = {"text": f"{row.title} was deleted.", "route": "document_restore", "key": row.pk}
    messages.success(request, render_to_string("forms/undo.html", undo, request))
    return redirect("knowledge", request.workspace.slug)


@require_POST
@workspace_page(Role.ADMIN)
def document_restore(request: WorkspaceRequest, document_id: UUID) -> HttpResponse:
    """Bring a deleted document back."""
    row = services.restore(workspace=request.workspace, document_id=document_id)
    messages.success(request, f"{row.title} is back.")
    return redirect("knowledge", request.workspace.slug)


@never_cache
@require_safe
@workspace_page()
def memory_list(request: WorkspaceRequest) -> HttpResponse:
    """What agents noted, newest first."""
    asked, kind = listing.words(request.GET), listing.choice(request.GET, "kind", Memory.Kind.values)
    rows = queries.memories_of(request.workspace)
    rows = rows.filter(kind=kind) if kind else rows
    page = listing.page_of(rows.filter(text__icontains=asked) if asked else rows, request.GET)
    context = {"page": page, "asked": asked, "kind": kind, "kinds": Memory.Kind.choices, "now": timezone.now()}
    return render(request, "knowledge/memories.html", {**context, **rights(request)})


@require_POST
@workspace_page(Role.EDITOR)
def memory_change(request: WorkspaceRequest, memory_id: UUID) -> HttpResponse:
    """Another text."""
    try:
        services.change_memory(workspace=request.workspace, memory_id=memory_id, text=request.POST.get("text", ""))
    except InvalidInput as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "The memory was changed.")
    return redirect("memories", request.workspace.slug)


@require_POST
@workspace_page(Role.ADMIN)
def memory_delete(request: WorkspaceRequest, memory_id: UUID) -> HttpResponse:
    """Forget it for good."""
    services.forget(workspace=request.workspace, memory_id=memory_id)
    messages.success(request, "It is forgotten.")
    return redirect("memories", request.workspace.slug)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def agent_documents(request: WorkspaceRequest, key: str) -> HttpResponse:
    """What an agent may look things up in; a POST keeps exactly the ticked ones."""
    agent = agent_at(workspace=request.workspace, key=key)
    if request.method == "POST":
        request.access.require("agents:write")
        try:
            ids = [UUID(value) for value in request.POST.getlist("document_ids")]
            services.give(workspace=request.workspace, agent=agent, document_ids=ids)
        except (ValueError, InvalidInput):
            messages.error(request, "One of the documents is not there any more. Choose again.")
        else:
            messages.success(request, f"{agent.name} looks things up in {len(ids)} document{'s' * (len(ids) != 1)}.")
        return redirect("agent_documents", request.workspace.slug, agent.slug)
    context = {
        **frame(request, agent, "agent_documents"),
        "documents": list(queries.documents_of(request.workspace).order_by("title")[:500]),
        "given": set(queries.documents_of_agent(agent).values_list("pk", flat=True)),
    }
    return render(request, "knowledge/agent.html", context)
