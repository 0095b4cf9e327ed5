"""What a stage that fails means, as its workflow says; and what a run knew, handed on, cites and remembers."""

import pytest

from automatos.testing import Stack
from recipes.models import Execution
from recipes.tests.kit import ended, error_of, wait_for
from recipes.workflows.names import CONTEXT, DECOMPOSITION
from recipes.workflows.tests.kit import (
    COMPARE,
    DONE,
    GOALS,
    LOOK,
    Goal,
    Kitchen,
    came_to,
    planned,
    stage_statuses,
    stated,
)

pytestmark = pytest.mark.slow
NONSENSE = "I would rather not."


def with_plan_error(what: str, *plans: str) -> Goal:
    """A goal whose first stage does this on an error."""
    return Goal(f"on error {what}", plans, DONE, body={"stages": {DECOMPOSITION: {"on_error": what}}})


def test_a_stage_that_fails_aborts_is_skipped_or_tried_once_more(stack: Stack) -> None:
    kitchen = Kitchen(stack)
    good = GOALS[1].plans[0]
    aborts, skips, again, in_vain = (
        with_plan_error("abort", NONSENSE),
        with_plan_error("skip", NONSENSE),
        with_plan_error("retry", good, NONSENSE),
        Goal("in vain", [NONSENSE], body={"stages": {DECOMPOSITION: {"on_error": "retry"}}}),
    )
    # The first attempt's plan; its repair is nonsense as well, and the second attempt's plan is good.
    stack.models.on(stated(again), reply=NONSENSE, times=1)
    kitchen.listen([aborts, skips, again, in_vain])
    runs = [kitchen.begin(goal) for goal in (aborts, skips, again, in_vain)]
    aborted, skipped, tried, vain = (ended(run) for run in runs)
    assert came_to(aborted)[:2] == ("failed", "answer_refused")
    assert aborted.steps.get(step_id=DECOMPOSITION).attempt == 1
    assert stage_statuses(aborted) == ["failed"] + ["cancelled"] * 8
    assert skipped.status == "completed", "rules plan where the model did not"
    assert stage_statuses(skipped) == ["skipped"] + ["completed"] * 8
    assert came_to(tried) == ("completed", "", DONE)
    assert tried.steps.get(step_id=DECOMPOSITION).attempt == 2
    assert (vain.status, error_of(vain)["code"]) == ("failed", "answer_refused")
    assert vain.steps.get(step_id=DECOMPOSITION).attempt == 2, "once more, and no more often"


def test_a_document_reaches_its_subtask_the_results_go_on_and_memories_keep_their_origin(stack: Stack) -> None:
    kitchen = Kitchen(stack)
    text = "Contoso charges 29 dollars for a seat. Look at the web page for what others charge."
    status, document = kitchen.api.post("/api/documents", {"title": "Prices of others", "text": text})
    assert status == 201, document
    wait_for(lambda: kitchen.api.get(f"/api/documents/{document['id']}")[1]["status"] == "ready")
    agents = kitchen.api.get("/api/agents?search=Scout")[1]["items"]
    given = kitchen.api.put(f"/api/agents/{agents[0]['id']}/documents", {"document_ids": [document["id"]]})
    assert given[0] == 200, given
    says = [("## Your part\n\nLook up on the web what others charge", {"reply": "They charge 29 dollars."})]
    goal = Goal("known", [planned(LOOK, COMPARE)], {"look": "completed", "compare": "completed"}, says)
    run = kitchen.cook(goal)
    assert came_to(run) == ("completed", "", dict(goal.statuses))
    look, compare = (run.steps.get(step_id=key) for key in ("look", "compare"))
    origin = "document Prices of others"
    assert f'<untrusted origin="{origin}">' in look.prompt
    assert "Contoso charges 29 dollars" in look.prompt
    # The result is not in the plan: it is put where the prompt refers to it.
    assert "{subtask_look}" in compare.prompt_template
    assert "They charge 29 dollars." in compare.prompt
    assert "Contoso" not in compare.prompt
    assert (origin in (look.origins or ()), origin in (compare.origins or ())) == (True, True)
    context = run.steps.get(step_id=CONTEXT).output
    assert '"context_quality"' in context
    told = kitchen.api.get(f"/api/workflows/{run.workflow_id}/executions/{run.pk}")[1]
    assert [(one["kind"], one["is_outside"]) for one in told["sources"]] == [("document", True)]
    kept = [row for row in kitchen.api.get("/api/memories?limit=100")[1]["items"] if row["execution_id"] == str(run.pk)]
    assert {row["kind"] for row in kept} == {"experience"}
    assert len(kept) == 2
    assert all(origin in row["origins"] for row in kept), "nothing untrusted becomes memory without its origin"
    assert Execution.objects.get(pk=run.pk).untrusted_inputs is None
