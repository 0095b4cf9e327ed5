"""The books: what calls took is what steps, runs and the usage page say, after random faults, stops and a kill."""

import os
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils.html import strip_tags

from automatos.llm.types import Usage
from automatos.testing import Stack
from recipes.models import Call, Execution
from recipes.runs import services as runs
from recipes.tests.books_kit import agree, books
from recipes.tests.chat_kit import Room, call, with_tools
from recipes.tests.kit import ended, error_of, wait_for
from recipes.tests.test_tool_loop import with_tools as with_settings
from workspaces.tests.rest import Caller

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
RUNS = 10


@pytest.fixture
def room(stack: Stack) -> Room:
    made = Room(stack)
    with_tools(made.cast.agent, "calculator")
    return made


def _on(stack: Stack, word: str, **answer: Any) -> None:
    stack.models.on(word, **answer)


def _breaks_off(stack: Stack, word: str) -> None:
    stack.models.on(word, chunks=["half ", "an answer"], cut_after=1, times=1)
    stack.models.on(word, reply="The whole answer.")


# What a model does when it is asked about a word. Prices are those of gpt-4o, so that money is counted too.
Plays = dict[str, Callable[[Stack, str], None]]
PLAYS: Plays = {
    "answers": lambda stack, word: _on(stack, word, reply="Soup for all of us."),
    "uses a tool": lambda stack, word: stack.models.conversation(
        word, {"tool_calls": [call("calculator", expression="6*7")]}, {"reply": "It is 42."}
    ),
    "tells no usage": lambda stack, word: _on(stack, word, reply="Soup without a bill.", usage=Usage()),
    "breaks off once": _breaks_off,
    "breaks off": lambda stack, word: _on(stack, word, chunks=["half ", "an answer"], cut_after=1),
    "is overloaded": lambda stack, word: _on(stack, word, status=400, error="No."),
}


def test_calls_steps_runs_and_the_usage_page_agree(room: Room) -> None:
    seed = int(os.environ.get("SEED", random.randrange(10**6)))
    print(f"SEED={seed}")
    dice, stack, cast = random.Random(seed), room.stack, room.cast
    with_settings(cast.agent, "calculator", model_id="gpt-4o")
    live: list[Execution] = []
    for number in range(RUNS):
        words = [f"w{uuid4().hex[:8]}" for _ in range(dice.randint(1, 3))]
        for word in words:
            PLAYS[dice.choice(list(PLAYS))](stack, word)
        handling = dice.choice(["stop", "skip", "retry"])
        step = {"error_handling": handling, "max_retries": 1}
        mode = dice.choice(["sequential", "parallel"])
        live.append(cast.cook(cast.recipe(*words, step=step, execution_config={"retry_delay": 0, "mode": mode})))
        if number == RUNS // 2:
            stack.worker.kill()
            stack.worker.start()
    stopped = f"w{uuid4().hex[:8]}"
    held = stack.models.hold(stopped, after_chunks=2, reply="This answer is stopped in its middle.")
    stack.models.on("", reply="Nothing else.")
    last = cast.cook(cast.recipe(stopped))
    held.wait_for_requests(1)
    wait_for(lambda: Call.objects.filter(step__execution=last).exists())
    runs.cancel(execution=last, user=cast.owner)
    held.release()
    for run in live:
        ended(run, 120)
    wait_for(lambda: agree(cast.workspace), 30, str(books(cast.workspace)))
    status, page = Caller(room.key).get(f"/api/workspaces/{cast.workspace.pk}/usage")
    calls = books(cast.workspace)["calls"]
    assert (status, page["tokens"], Decimal(page["cost"])) == (200, calls[0] + calls[1], calls[2])
    assert sum(one["tokens"] for one in page["models"]) == calls[0] + calls[1]
    assert calls[0] > 0
    about = Call.objects.filter(workspace=cast.workspace, is_estimated=True)
    assert page["is_estimated"] == about.exists()
    marked = Execution.objects.filter(workspace=cast.workspace, is_estimated=True)
    assert set(marked) == set(Execution.objects.filter(steps__calls__in=about))


def test_what_is_estimated_is_marked_on_its_pages(room: Room) -> None:
    word = room.cast.workspace.slug
    room.stack.models.on(word, reply="Soup without a bill.", usage=Usage())
    run = ended(room.cast.cook(room.cast.recipe(word)))
    assert run.is_estimated
    assert run.steps.get().is_estimated
    caller = Caller(room.key)
    assert caller.get(f"/api/executions/{run.pk}")[1]["totals"]["is_estimated"] is True
    assert caller.get(f"/api/workspaces/{room.cast.workspace.pk}/usage")[1]["is_estimated"] is True
    assert caller.get(f"/api/agents/{room.cast.agent.pk}/usage")[1]["whole"]["is_estimated"] is True
    browser = Client()
    browser.force_login(room.cast.owner)
    for address in (f"runs/{run.pk}/", "settings/usage/", f"agents/{room.cast.agent.slug}/usage/", "runs/"):
        page = browser.get(f"/w/{word}/{address}").content.decode()
        assert "about $" in page + strip_tags(page), address


def test_a_limit_of_money_bites_where_the_price_is_unknown(room: Room) -> None:
    word = room.cast.workspace.slug
    with_settings(room.cast.agent, "calculator", max_task_cost=Decimal("0.01"))
    dear = Usage(input_tokens=3000, output_tokens=100)
    sums = [{"tool_calls": [call("calculator", n, expression=f"{n}*7")], "usage": dear} for n in range(6)]
    room.stack.models.conversation(word, *sums, {"reply": "Done."})
    run = ended(room.cast.cook(room.cast.recipe(word)))
    error = error_of(run)
    assert (run.status, error["code"], run.cost) == ("failed", "limit_reached", Decimal(0))
    assert "The price of openai:test-model is not known" in error["message"]
    assert Call.objects.filter(step__execution=run, kind="model").count() == 1
