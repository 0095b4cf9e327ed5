"""What keeps an agent's work within bounds: budgets over all it asks, its model's window, and nothing done twice."""

from collections import Counter

import pytest
from asgiref.sync import async_to_sync

from agents.work.context_window import NOTED, SUMMARISE
from automatos.llm.types import Usage
from automatos.testing import Stack
from recipes.models import Call
from recipes.tests.chat_kit import call, with_tools
from recipes.tests.kit import Cast, ended, error_of, final_output
from tools.files import StoredRunFiles

pytestmark = pytest.mark.slow


@pytest.fixture
def cast(stack: Stack) -> Cast:
    stack.models.clear()
    return Cast()


def limited(cast: Cast, **settings: object) -> None:
    cast.agent.agent_model_config.__class__.objects.filter(agent=cast.agent).update(**settings)


def asking(stack: Stack, cast: Cast, *, times: int = 1) -> None:
    """Quill asks Abacus, whose answers cost a hundred tokens each."""
    cast.add_agent("Abacus")
    with_tools(cast.agent, "ask_agent")
    asks = [{"tool_calls": [call("ask_agent", n, agent="abacus", task=f"six times {n}")]} for n in range(times)]
    stack.models.conversation("delegate", *asks, {"reply": "It says 42."})
    stack.models.on("six times", reply="42", usage=Usage(90, 10))


def test_what_an_asked_agent_spends_is_spent_by_who_asked(stack: Stack, cast: Cast) -> None:
    asking(stack, cast)
    limited(cast, max_task_tokens=100)
    execution = ended(cast.cook(cast.recipe("delegate")))
    error = error_of(execution)
    assert (error["code"], "Quill used" in error["message"]) == ("limit_reached", True)


def test_within_the_budget_agents_may_be_asked_again(stack: Stack, cast: Cast) -> None:
    asking(stack, cast, times=2)
    limited(cast, max_task_tokens=10_000)
    assert final_output(ended(cast.cook(cast.recipe("delegate")))) == "It says 42."


def test_what_is_asked_for_twice_in_one_round_is_done_once(stack: Stack, cast: Cast) -> None:
    with_tools(cast.agent, "calculator")
    twice = [call("calculator", n, expression="6*7") for n in (1, 2)]
    stack.models.conversation("both", {"tool_calls": twice}, {"reply": "Done."})
    execution = ended(cast.cook(cast.recipe("both")))
    assert [one.content for one in stack.models.requests[-1].tool_results] == ["6*7 = 42"] * 2
    calls = Call.objects.filter(step__execution=execution, kind="tool").order_by("path")
    assert [(one.data or {})["repeated"] for one in calls] == [False, True]


def test_too_many_calls_at_once_are_not_made(stack: Stack, cast: Cast) -> None:
    with_tools(cast.agent, "calculator")
    flood = [call("calculator", n, expression=f"{n}+1") for n in range(30)]
    stack.models.conversation("flood", {"tool_calls": flood}, {"reply": "Done."})
    execution = ended(cast.cook(cast.recipe("flood")))
    assert final_output(execution) == "Done."
    results = [one.content for one in stack.models.requests[-1].tool_results]
    assert (len(results), results[19], "at most 20" in results[20]) == (30, "19+1 = 20", True)
    assert execution.tool_calls == 20


def test_old_results_give_way_to_notes_and_their_originals_stay(stack: Stack, cast: Cast) -> None:
    """Two files that do not fit a small window together: the first is noted, the second stays whole."""
    limited(cast, model_id="gpt-4")
    with_tools(cast.agent, "file_read")
    stack.models.on("The task: compare", reply="File a says alpha.")
    held = stack.models.hold("compare", round=0, tool_calls=[call("file_read", name="a.txt")])
    stack.models.on("compare", round=1, tool_calls=[call("file_read", 2, name="b.txt")])
    stack.models.on("compare", reply="Alpha and beta.")
    execution = cast.cook(cast.recipe("compare"))
    files = StoredRunFiles(cast.workspace.pk, execution.pk)
    for name, word in (("a.txt", "alpha "), ("b.txt", "gamma ")):
        async_to_sync(files.write)(name, (word * 3100).encode())
    held.release()
    assert final_output(ended(execution)) == "Alpha and beta."
    noting, last = stack.models.requests[-2:]
    assert (noting.system, "alpha alpha" in noting.prompt, noting.tools) == (SUMMARISE, True, [])
    first, second = (result.content for result in last.tool_results)
    assert "File a says alpha." in first
    assert first.startswith("<untrusted")
    assert NOTED not in first
    assert second.count("gamma ") >= 3099
    calls = Call.objects.filter(step__execution=execution)
    assert Counter(calls.values_list("kind", flat=True)) == {"model": 4, "tool": 2}
    assert calls.filter(kind="tool").earliest("sent_at").output.count("alpha ") >= 3099


def test_what_was_too_much_after_all_is_asked_with_less(stack: Stack, cast: Cast) -> None:
    """A window that nobody knows: the vendor says no, and the agent asks again with the result shortened."""
    with_tools(cast.agent, "json_query")
    long = {"data": f'"{"word " * 800}"', "expression": "@"}
    stack.models.on("read it", round=0, tool_calls=[call("json_query", **long)])
    stack.models.on("read it", round=1, context_error=True, times=1)
    stack.models.on("read it", reply="Words.")
    execution = ended(cast.cook(cast.recipe("read it")))
    assert final_output(execution) == "Words."
    whole, shorter = (request.tool_results[0].content for request in stack.models.requests[-2:])
    assert (len(whole) > 3500, len(shorter) < 1200, "left out to save room" in shorter) == (True, True, True)
    assert [one.status for one in Call.objects.filter(step__execution=execution).order_by("path")] == [
        "done", "done", "failed", "done"
    ]  # fmt: skip
