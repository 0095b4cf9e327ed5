"""The wizard's pages: where a new agent starts, its five steps, and what the background does for it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.drafts import services
from agents.drafts.editing import DraftEditor, blank_values, template_values
from agents.drafts.queries import draft_at, drafts_of
from agents.drafts.steps import BY_SLUG, is_running
from agents.drafts.templates import templates
from automatos.errors import Conflict, InvalidInput
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import Role

AUTOSAVE = "autosave"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def agent_new(request: WorkspaceRequest) -> HttpResponse:
    """Ways to start a new agent: blank, from a template, from a sentence. A POST makes the draft and goes to it."""
    sentence = request.POST.get("sentence", "")
    context = {
        "templates": templates().values(),
        "drafts": drafts_of(request.workspace, request.user)[:5],
        "sentence": sentence,
    }
    if request.method != "POST":
        return render(request, "agents/wizard/start.html", context)
    workspace, user = request.workspace, request.user
    try:
        if "sentence" in request.POST:
            draft = services.start_from_sentence(
                workspace=workspace, user=user, values=blank_values(workspace), sentence=sentence
            )
        else:
            values = template_values(workspace, request.POST.get("template", "")) or blank_values(workspace)
            draft = services.start_draft(workspace=workspace, user=user, values=values)
    except (InvalidInput, Conflict) as error:
        problem = error.fields.get("sentence", [error.message])[0]
        return render(request, "agents/wizard/start.html", {**context, "problem": problem}, status=422)
    return redirect("agent_draft", workspace.slug, draft.pk, "config")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def draft_step(request: WorkspaceRequest, draft_id: UUID, step: str) -> HttpResponse:
    """One step of a draft. Every POST keeps what was typed; the pressed button says where to go then."""
    if step not in BY_SLUG:
        raise Http404
    draft = draft_at(workspace=request.workspace, user=request.user, draft_id=draft_id)
    if draft.agent is not None:
        return redirect("agent_detail", request.workspace.slug, draft.agent.slug)
    draft.workspace = request.workspace
    editor = DraftEditor(draft, step, checked="check" in request.GET)
    if request.method != "POST":
        return render(request, "agents/wizard/step.html", editor.context())
    order = editor.save(request.POST)
    if order == "test":
        editor.draft = services.try_model(draft=editor.draft)
    if order == AUTOSAVE:
        return render(request, "agents/wizard/saved.html", editor.context())
    if order == "test" and request.htmx:
        return render(request, "agents/wizard/trial.html", editor.context())
    return _after(request, editor, order)


def _after(request: WorkspaceRequest, editor: DraftEditor, order: str) -> HttpResponse:
    """Where a pressed button leads; the step itself with its problems where it leads nowhere yet."""
    if order == "create":
        agent = editor.create(request.user)
        if agent is not None:
            messages.success(request, f"{agent.name} is ready to cook.")
            if editor.draft.values.get("share"):
                return redirect("listing_share", request.workspace.slug, "agent", agent.pk)
            return redirect("agent_detail", request.workspace.slug, agent.slug)
    address = editor.leads_to(order)
    if address is not None:
        return HttpResponseRedirect(address + ("#trial" if order == "test" else ""), status=303)
    editor.checked = True
    return render(request, "agents/wizard/step.html", editor.context(), status=editor.status)


@never_cache
@require_safe
@workspace_page(Role.EDITOR)
def draft_trial(request: WorkspaceRequest, draft_id: UUID) -> HttpResponse:
    """What came of trying the model, so far."""
    draft = draft_at(workspace=request.workspace, user=request.user, draft_id=draft_id)
    draft.workspace = request.workspace
    if not request.htmx:
        return redirect("agent_draft", request.workspace.slug, draft.pk, "model")
    return render(request, "agents/wizard/trial.html", DraftEditor(draft, "model").context())


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def draft_proposal(request: WorkspaceRequest, draft_id: UUID) -> HttpResponse:
    """How far the proposal is; once it is there the page is loaded anew. A POST stops waiting for it."""
    draft = draft_at(workspace=request.workspace, user=request.user, draft_id=draft_id)
    draft.workspace = request.workspace
    config = redirect("agent_draft", request.workspace.slug, draft.pk, "config")
    if request.method == "POST":
        services.dismiss_proposal(draft=draft)
        return config
    if not request.htmx:
        return config
    answer = render(request, "agents/wizard/proposal.html", DraftEditor(draft, "config").context())
    if not is_running(draft.work.get("proposal")) and draft.revision == 0:
        # Nobody has typed anything yet: the fields can be filled before their eyes.
        answer.headers["HX-Redirect"] = config.url
    return answer


@require_POST
@workspace_page(Role.EDITOR)
def draft_discard(request: WorkspaceRequest, draft_id: UUID) -> HttpResponse:
    """Put a draft away, and offer to undo."""
    draft = draft_at(workspace=request.workspace, user=request.user, draft_id=draft_id)
    services.discard_draft(draft=draft)
    undo = {"text": f"The draft {draft} was discarded.", "route": "agent_draft_restore", "key": draft.pk}
    messages.success(request, render_to_string("forms/undo.html", undo, request))
    return redirect("agents", request.workspace.slug)


@require_POST
@workspace_page(Role.EDITOR)
def draft_restore(request: WorkspaceRequest, draft_id: UUID) -> HttpResponse:
    """Bring a discarded draft back and open it."""
    draft = draft_at(workspace=request.workspace, user=request.user, draft_id=draft_id, discarded=True)
    services.restore_draft(draft=draft)
    return redirect("agent_draft", request.workspace.slug, draft.pk, "config")
