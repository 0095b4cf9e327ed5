"""A worker killed in the middle of a tool loop: the next one goes on where it stopped, and pays nothing twice.

KILLS says at how many of the ten rounds the worker dies; `make chaos KILLS=10` kills it at every one.
"""

import os
from collections import Counter
from functools import partial

import pytest

from agents.models import Agent
from automatos.llm.parts import ToolCall
from automatos.testing import Stack
from recipes.models import Call
from recipes.tests.kit import Cast, assert_numbered_without_gap, ended, final_output, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.chaos, pytest.mark.timeout(300)]

ROUNDS = 10
KILLS = int(os.environ.get("KILLS", "2"))


def asked(stack: Stack, word: str, round_: int) -> bool:
    """Whether the model was asked after so many rounds."""
    return any(word in request.prompt and request.round == round_ for request in stack.models.requests)


def test_a_worker_killed_in_a_tool_loop_sends_no_finished_call_again(stack: Stack) -> None:
    stack.models.clear()
    cast = Cast()
    word = cast.workspace.slug
    Agent.objects.filter(pk=cast.agent.pk).update(tool_ids=["calculator"])
    killed_in = [1 + number * ROUNDS // KILLS for number in range(KILLS)]
    holds = {round_: stack.models.hold(word, round=round_, times=1) for round_ in killed_in if round_ < ROUNDS}
    sums = [{"tool_calls": [ToolCall(f"c{n}", "calculator", {"expression": f"{n}*{n}"})]} for n in range(ROUNDS)]
    stack.models.conversation(word, *sums, {"reply": "385"})
    execution = cast.cook(cast.recipe(f"square {word}", step={"timeout": 280}, execution_config={"total_timeout": 290}))
    for round_, held in holds.items():
        wait_for(partial(asked, stack, word, round_), 60)
        stack.worker.kill()
        held.release()
        stack.worker.start()
    assert final_output(ended(execution, 60)) == "385"
    calls = Call.objects.filter(step__execution=execution)
    assert Counter(calls.values_list("kind", "status")) == {("model", "done"): ROUNDS + 1, ("tool", "done"): ROUNDS}
    again = sum(call.sends - 1 for call in calls)
    assert again <= len(holds), "a finished call was sent again"
    sent = Counter(request.round for request in stack.models.requests if word in request.prompt)
    assert {round_: times for round_, times in sent.items() if times > 1 + (round_ in holds)} == {}
    assert_numbered_without_gap(execution)
    print(f"{len(holds)} kills in {ROUNDS} rounds: 0 finished calls sent again, {again} cut-off ones")
