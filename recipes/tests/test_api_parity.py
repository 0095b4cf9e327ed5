"""What buttons of pages do, over HTTP: recipes, runs and workflows copied, deleted, brought back, begun from words."""

import pytest
from django.utils import timezone

from recipes.models import Execution, ExecutionStatus
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db
RECIPES = "/api/workflow-recipes"


def test_a_recipe_is_copied_deleted_listed_and_brought_back() -> None:
    company = Company()
    made = company.recipe("Write.")
    status, copy = company.editor.post(f"{RECIPES}/{made['template_id']}/duplicate")
    assert (status, copy["name"], copy["version"]) == (201, "Brief (copy)", 1)
    assert company.admin.delete(f"{RECIPES}/{made['id']}")[0] == 204
    assert company.recipe("Write.")["template_id"] == made["template_id"]
    listed = company.viewer.get(f"{RECIPES}?state=deleted")[1]["items"]
    assert [(one["id"], len(one["steps"])) for one in listed] == [(made["id"], 1)]
    assert company.editor.post(f"{RECIPES}/{made['id']}/restore")[0] == 403
    assert company.outsider.post(f"{RECIPES}/{made['id']}/restore")[0] == 404
    status, back = company.admin.post(f"{RECIPES}/{made['id']}/restore")
    assert (status, back["id"], back["template_id"]) == (200, made["id"], f"{made['template_id']}-2")
    assert company.viewer.get(f"{RECIPES}?state=deleted")[1]["items"] == []
    assert company.viewer.get(f"{RECIPES}?state=nix")[0] == 400


def test_a_run_that_is_over_goes_out_of_the_lists_and_comes_back() -> None:
    company = Company()
    made = company.recipe("Write.")
    key = company.editor.post(f"{RECIPES}/{made['id']}/execute", {})[1]["execution_id"]
    path = f"/api/executions/{key}"
    assert company.editor.delete(path)[0] == 409
    assert company.editor.post(f"{path}/cancel")[0] == 200
    assert company.viewer.delete(path)[0] == 403
    assert company.outsider.delete(path)[0] == 404
    assert company.editor.delete(f"{RECIPES}/{made['id']}/executions/{key}")[0] == 204
    assert (company.viewer.get(path)[0], company.viewer.get("/api/executions")[1]["items"]) == (404, [])
    assert company.outsider.post(f"{path}/restore")[0] == 404
    assert company.editor.post(f"{path}/restore")[1]["execution_id"] == key
    assert company.editor.post(f"{path}/restore")[0] == 404
    assert company.viewer.get(path)[0] == 200


def test_a_recipe_begins_from_words() -> None:
    company = Company()
    assert company.editor.post("/api/recipe-proposals", {"words": " "})[0] == 400
    status, made = company.editor.post("/api/recipe-proposals", {"words": "Read a complaint, then answer it."})
    assert (status, made["version"], made["has_draft"]) == (201, 0, True)
    path = f"{RECIPES}/{made['template_id']}/draft/proposal"
    status, proposal = company.editor.get(path)
    # Only the embedded model is there, which is too small to plan.
    assert (status, proposal["state"], proposal["used"], "too small" in proposal["why"]) == (200, "rules", False, True)
    assert company.editor.post(path)[0] == 200
    assert company.viewer.get(path)[0] == 403
    assert company.outsider.get(path)[0] == 404
    assert company.editor.delete(path)[0] == 204
    assert company.editor.get(path)[0] == 404


def test_a_deleted_workflow_comes_back_and_nobody_is_hired_for_what_is_no_subtask() -> None:
    company = Company()
    made = company.editor.post("/api/workflows", {"goal": "Tell of tides."})[1]
    path = f"/api/workflows/{made['id']}"
    status, answer = company.editor.post(f"{path}/hire", {"subtask": "nobody"})
    assert status in (400, 409), answer
    assert company.admin.delete(path)[0] == 204
    assert company.editor.post(f"{path}/restore")[0] == 403
    assert company.outsider.post(f"{path}/restore")[0] == 404
    assert company.admin.post(f"{path}/restore")[1]["goal"] == "Tell of tides."
    assert company.editor.get(path)[0] == 200


def test_a_run_without_results_makes_no_recipe() -> None:
    company = Company()
    company.agent()
    workflow = company.editor.post("/api/workflows", {"goal": "Tell of tides."})[1]
    path = f"/api/workflows/{workflow['id']}"
    key = company.editor.post(f"{path}/execute", {})[1]["execution_id"]
    Execution.objects.filter(pk=key).update(status=ExecutionStatus.FAILED, completed_at=timezone.now())
    assert company.editor.post(f"{path}/executions/{key}/save-as-recipe", {})[0] == 409
    assert company.outsider.post(f"{path}/executions/{key}/save-as-recipe", {})[0] == 404
