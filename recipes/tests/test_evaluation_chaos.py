"""An evaluation of 30 cases, 3 versions and 2 models in one go, its worker killed in the middle.

`make chaos` runs it; the suite has a smaller one in `test_evaluations.py`.
"""

import os
import time
from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from automatos.llm.testing.requests import Recorded
from automatos.testing import Stack
from recipes.models import Call, EvaluationCell, Execution
from recipes.tests.evaluation_kit import TOPIC, Desk
from recipes.tests.kit import Cast, wait_for
from workspaces.models import Workspace

pytestmark = [
    pytest.mark.slow,
    pytest.mark.chaos,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(480),
    pytest.mark.skipif(os.environ.get("LOAD") != "full", reason="LOAD=full, as `make chaos` has it, runs it"),
]
CASES, PROMPTS = 30, ("Tell of", "Say briefly what is", "Explain to a child")
# The agents' own, gpt-4o, and another.
MODELS = ("", "openai:gpt-4o-mini")


def answer(request: Recorded) -> dict[str, Any]:
    """Each version knows more than the one before, the smaller model less."""
    number = int(request.prompt.rsplit("number ", 1)[1].split(".")[0])
    version = next(at for at, prompt in enumerate(PROMPTS) if prompt in request.prompt)
    knows = 20 + 3 * version - (2 if request.model.endswith("mini") else 0)
    return {"reply": f"Number {number} is known." if number < knows else "Nobody can tell.", "delay": 0.3}


def desk_of_three(stack: Stack) -> Desk:
    """A set of 30 cases at a recipe with three versions."""
    stack.models.clear()
    stack.models.on("number", decide=answer)
    cast = Cast(model="openai:gpt-4o")
    Workspace.objects.filter(pk=cast.workspace.pk).update(plan=Workspace.Plan.UNLIMITED)
    desk = Desk(cast, cast.recipe(f"{PROMPTS[0]} {{input.topic}}.", inputs=TOPIC))
    for prompt in PROMPTS[1:]:
        steps = desk.get("draft")["body"]["steps"]
        steps[0]["prompt_template"] = f"{prompt} {{input.topic}}."
        desk.ask("put", "draft", {"body": {**desk.get("draft")["body"], "steps": steps}})
        desk.post("publish")
    rows = [f"number {number},is known" for number in range(CASES)]
    desk.post(f"{desk.path}/cases/import", {"csv": "\n".join(["topic,contains", *rows])})
    return desk


def test_an_evaluation_survives_its_worker_and_pays_nothing_twice(stack: Stack) -> None:
    desk = desk_of_three(stack)
    began = time.monotonic()
    key = desk.start(versions=[1, 2, 3], models=list(MODELS), at_once=20)
    cells = EvaluationCell.objects.filter(evaluation_id=UUID(key))
    wait_for(lambda: cells.filter(status="done").count() >= 60)
    stack.worker.kill()
    calls = Call.objects.filter(step__execution__trigger_id=key)
    finished = set(calls.filter(status="done").values_list("pk", flat=True))
    stack.worker.start()
    table = desk.over(key, 300)
    seconds = time.monotonic() - began
    assert [(line["version"], line["model"], line["passed"]) for line in table["lines"]] == [
        (1, MODELS[0], 20), (1, MODELS[1], 18), (2, MODELS[0], 23), (2, MODELS[1], 21), (3, MODELS[0], 26),
        (3, MODELS[1], 24),
    ]  # fmt: skip
    assert all(line["passed"] + line["failed"] == CASES for line in table["lines"])
    assert cells.count() == Execution.objects.filter(trigger_id=key).count() == calls.count() == 180
    seen = Counter((request.model, request.prompt) for request in stack.models.requests)
    again = {key for key, count in seen.items() if count > 1}
    done = calls.filter(pk__in=finished).values_list("name", "step__prompt")
    assert not [one for one in done if (one[0].partition(":")[2], one[1]) in again], "a finished call was sent again"
    assert len(stack.models.requests) <= sum(call.sends for call in calls)
    assert table["spent"] == pytest.approx(sum(line["cost"] for line in table["lines"]))
    sent = len(stack.models.requests)
    print(
        f"30 x 3 x 2 = 180 runs in {seconds:.0f} s, worker killed after {len(finished)} finished calls: {sent} "
        f"requests, {sent - 180} of them again since the answer was lost; 0 finished calls sent again; "
        f"${table['spent']:.4f}"
    )
