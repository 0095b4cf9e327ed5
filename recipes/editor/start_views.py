"""Where a recipe begins: blank, from a sample, from a file, or from an answer of a conversation."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from automatos.errors import AppError, NotFound
from automatos.llm.registry import default_model
from recipes.editor import body as bodies
from recipes.editor import files_services as files
from recipes.editor import proposal_services as proposals
from recipes.editor import services as drafts
from recipes.editor.samples import sample, samples
from recipes.models import Recipe
from recipes.queries import recipe as recipe_at
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


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def recipe_proposal(request: WorkspaceRequest, key: str) -> HttpResponse:
    """How far a model's draft is, for the page that waits for it; a POST takes it, or waits and shows no more."""
    recipe = recipe_at(workspace=request.workspace, key=key)
    edit = redirect("recipe_edit", request.workspace.slug, recipe.template_id)
    if request.method == "POST":
        act = proposals.use if request.POST.get("do") == "use" else proposals.dismiss
        act(recipe=recipe, user=request.user)
        return edit
    if not request.headers.get("HX-Request"):
        return edit
    shown = proposals.shown(drafts.draft_of(recipe))
    answer = render(request, "recipes/editor/proposal.html", {"recipe": recipe, "proposal": shown})
    if shown.get("used"):
        # Nobody had written in the draft: it is drawn anew before their eyes.
        answer.headers["HX-Redirect"] = edit.url
    return answer


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
        words = request.POST.get("words", "").replace("\r\n", "\n")
        return proposals.start_from_words(workspace=workspace, user=user, words=words), []
    body = bodies.blank()
    step = _answered(request, rest) if how == "answer" else {}
    body["steps"].append(bodies.new_step(body, **step))
    return drafts.create_unpublished(workspace=workspace, user=user, body=body), []


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
        "by_model": not default_model().startswith(proposals.EMBEDDED),
        "words": request.POST.get("words", ""),
        "answer": answer_at(workspace=request.workspace, key=asked) if asked else None,
        "full": plans.full(request.workspace, "recipes", recipes_of(request.workspace).count),
    }
    status = 200 if error is None else 422 if error.http_status == 400 else error.http_status
    return render(request, "recipes/editor/start.html", context, status=status)
