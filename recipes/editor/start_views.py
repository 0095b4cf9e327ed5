"""Where a recipe begins: blank, from a sample, from a file, or from an answer of a conversation."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from agents.models import AgentStatus
from agents.queries import agents_of
from automatos.errors import AppError, NotFound, wrong_field
from recipes.editor import body as bodies
from recipes.editor import files_services as files
from recipes.editor import services as drafts
from recipes.editor.describing import LONGEST, Cook, described
from recipes.editor.samples import sample, samples
from recipes.models import Recipe
from recipes.queries import recipes_of
from recipes.runs.reading import answer_at
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.limits import plans
from workspaces.models import Role


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def recipe_new(request: WorkspaceRequest) -> HttpResponse:
    """Ways to begin; a POST makes the draft and opens it in the editor."""
    if request.method != "POST":
        return _page(request)
    try:
        recipe, said = _begun(request)
    except AppError as error:
        return _page(request, error)
    for text in said:
        messages.info(request, text)
    return redirect("recipe_edit", request.workspace.slug, recipe.template_id)


def _begun(request: WorkspaceRequest) -> tuple[Recipe, list[str]]:
    how, _, rest = request.POST.get("how", "blank").partition(":")
    workspace, user = request.workspace, request.user
    if how == "sample":
        found = sample(rest)
        if found is None:
            raise NotFound()
        made = files.import_recipe(workspace=workspace, user=user, text=found.text)
        return made.recipe, made.said
    if how == "yaml":
        made = files.import_recipe(workspace=workspace, user=user, text=_text(request))
        return made.recipe, made.said
    if how == "described":
        return drafts.create_unpublished(workspace=workspace, user=user, body=_described(request)), []
    body = bodies.blank()
    step = _answered(request, rest) if how == "answer" else {}
    body["steps"].append(bodies.new_step(body, **step))
    return drafts.create_unpublished(workspace=workspace, user=user, body=body), []


def _described(request: WorkspaceRequest) -> bodies.Body:
    """A draft from what was said, with the agents of the workspace that can work."""
    text = request.POST.get("words", "").replace("\r\n", "\n")
    if not text.strip() or len(text) > LONGEST:
        raise wrong_field("words", f"Say in up to {LONGEST:,} characters what the recipe should do.")
    working = agents_of(request.workspace).filter(status=AgentStatus.ACTIVE)
    cooks = [Cook(str(agent.pk), f"{agent.name} {agent.description}") for agent in working]
    return described(text, cooks)


def _answered(request: WorkspaceRequest, key: str) -> dict[str, str]:
    """A step that asks what was asked in a conversation, word for word."""
    step = answer_at(workspace=request.workspace, key=key).steps.get()
    prompt = step.prompt_template.replace("{", "{{").replace("}", "}}")
    return {"name": "Answer", "agent_id": str(step.agent_id), "prompt_template": prompt}


def _text(request: WorkspaceRequest) -> str:
    """The file that was chosen, else the text that was pasted."""
    sent = request.FILES.get("file")
    if sent is None:
        return request.POST.get("yaml", "").replace("\r\n", "\n")
    return bytes(sent.read()).decode("utf-8-sig", errors="replace")


def _page(request: WorkspaceRequest, error: AppError | None = None) -> HttpResponse:
    asked = request.GET.get("answer", "")
    context = {
        "samples": samples(),
        "error": error,
        "texts": (error.fields.get("yaml") or [error.message]) if error else [],
        "yaml": request.POST.get("yaml", ""),
        "words": request.POST.get("words", ""),
        "answer": answer_at(workspace=request.workspace, key=asked) if asked else None,
        "full": plans.full(request.workspace, "recipes", recipes_of(request.workspace).count),
    }
    status = 200 if error is None else 422 if error.http_status == 400 else error.http_status
    return render(request, "recipes/editor/start.html", context, status=status)
