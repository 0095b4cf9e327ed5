"""The page where a workspace words the prompts of the stages."""

from dataclasses import replace

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from automatos.errors import InvalidInput
from recipes.workflows.prompt_services import set_prompts, worded
from workspaces.doors.pages import WorkspaceRequest, workspace_page


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def workflow_prompts(request: WorkspaceRequest) -> HttpResponse:
    """What the lead's model is told in each stage that asks it; a POST words it otherwise."""
    rows, wrong = worded(request.workspace), {}
    if request.method == "POST":
        request.access.require("workflows:write")
        typed = {row.stage.key: request.POST.get(f"prompt-{row.stage.key}", row.prompt) for row in rows}
        try:
            set_prompts(workspace=request.workspace, user=request.user, prompts=typed)
        except InvalidInput as error:
            wrong = error.fields
            rows = [replace(row, prompt=typed[row.stage.key]) for row in rows]
        else:
            messages.success(request, "The prompts were saved. Runs that start from now on have them.")
            return redirect("workflow_prompts", request.workspace.slug)
    shown = {
        "rows": [{"row": row, "errors": wrong.get(row.stage.key, ())} for row in rows],
        "can_write": request.access.allows("workflows:write"),
    }
    return render(request, "recipes/workflows/prompts.html", shown, status=422 if wrong else 200)
