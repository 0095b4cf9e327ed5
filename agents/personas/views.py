"""The pages of personas: those of every workspace and one's own."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.models import Persona
from agents.personas import services
from agents.personas.forms import PersonaForm, initial_of
from agents.personas.queries import persona_of, personas_for
from automatos import listing
from automatos.errors import InvalidInput
from workspaces.doors.asking import whom_to_ask
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import Role


@require_safe
@workspace_page()
def persona_list(request: WorkspaceRequest) -> HttpResponse:
    """Every persona an agent here can wear, filtered as the address says, with its prompt to read."""
    personas = personas_for(request.workspace)
    categories = sorted(set(personas.values_list("category", flat=True)))
    q, category = listing.words(request.GET), listing.choice(request.GET, "category", categories)
    for word in q.split():
        personas = personas.filter(
            Q(name__icontains=word) | Q(description__icontains=word) | Q(voice_description__icontains=word)
        )
    personas = personas.filter(category=category) if category else personas
    can_delete = request.access.allows("agents:delete")
    context = {
        "page": listing.page_of(personas, request.GET),
        "q": q,
        "category": category,
        "categories": categories,
        "can_write": request.access.allows("agents:write"),
        "can_delete": can_delete,
        "ask": "" if can_delete else whom_to_ask(request.workspace),
    }
    return render(request, "agents/personas.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def persona_new(request: WorkspaceRequest) -> HttpResponse:
    """The form of a new persona; a POST makes it."""
    return _edit(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def persona_edit(request: WorkspaceRequest, persona_id: UUID) -> HttpResponse:
    """The form of one's own persona; a POST saves it."""
    return _edit(request, persona_of(workspace=request.workspace, persona_id=persona_id, own=True))


def _edit(request: WorkspaceRequest, persona: Persona | None) -> HttpResponse:
    posted = request.method == "POST"
    form = PersonaForm(request.POST) if posted else PersonaForm(initial=initial_of(persona))
    if posted and form.is_valid():
        try:
            if persona is None:
                saved = services.create_persona(workspace=request.workspace, data=form.to_input())
            else:
                saved = services.update_persona(persona=persona, data=form.to_input())
        except InvalidInput as error:
            for name, texts in error.fields.items():
                form.take(name, texts)
        else:
            messages.success(request, f"{saved.name} was saved.")
            return redirect("personas", request.workspace.slug)
    context = {"form": form, "persona": persona, "complaints": form.complaints() if posted else []}
    return render(request, "agents/persona_form.html", context, status=422 if posted else 200)


@require_POST
@workspace_page(Role.EDITOR)
def persona_duplicate(request: WorkspaceRequest, persona_id: UUID) -> HttpResponse:
    """A copy of a persona, global or not, as one's own."""
    found = persona_of(workspace=request.workspace, persona_id=persona_id)
    copy = services.duplicate_persona(workspace=request.workspace, persona=found)
    messages.success(request, f"This is your copy of {found.name}.")
    return redirect("persona_edit", request.workspace.slug, copy.pk)


@require_POST
@workspace_page(Role.ADMIN)
def persona_delete(request: WorkspaceRequest, persona_id: UUID) -> HttpResponse:
    """Take one's own persona out of the choice, and offer to undo."""
    found = persona_of(workspace=request.workspace, persona_id=persona_id, own=True)
    services.delete_persona(persona=found)
    undo = {"text": f"{found.name} was deleted.", "route": "persona_restore", "key": found.pk}
    messages.success(request, render_to_string("forms/undo.html", undo, request))
    return redirect("personas", request.workspace.slug)


@require_POST
@workspace_page(Role.ADMIN)
def persona_restore(request: WorkspaceRequest, persona_id: UUID) -> HttpResponse:
    """Bring a deleted persona back."""
    found = services.restore_persona(workspace=request.workspace, persona_id=persona_id)
    messages.success(request, f"{found.name} is back.")
    return redirect("personas", request.workspace.slug)
