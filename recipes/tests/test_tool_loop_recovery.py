"""A worker killed in the middle of a tool loop: the next one goes on where it stopped, and pays nothing twice.

The loop has ten rounds of a model call and a tool call, and the answer: 21 calls. KILLS says at how many of them the
worker dies, evenly spread; `make chaos KILLS=21` kills it at every one.
"""

import os
from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest

from automatos.llm.parts import ToolCall
from automatos.testing import Stack
from recipes.models import Call
from recipes.runs import services as runs
from recipes.tests.chat_kit import call, with_tools
from recipes.tests.kit import Cast, assert_numbered_without_gap, ended, final_output, wait_for
from recipes.tests.site_kit import Site, reachable_site

ROUNDS = 10
CALLS = 2 * ROUNDS + 1
KILLS = min(int(os.environ.get("KILLS", "2")), CALLS)
pytestmark = [pytest.mark.slow, pytest.mark.chaos, pytest.mark.timeout(120 + 60 * KILLS)]


@pytest.fixture(scope="module")
def site(stack: Stack) -> Iterator[Site]:
    yield from reachable_site(stack)


def asked(stack: Stack, word: str, round_: int) -> bool:
    """Whether the model was asked after so many rounds."""
    return any(word in request.prompt and request.round == round_ for request in stack.models.requests)


def sent(stack: Stack, site: Site, word: str) -> Counter[int]:
    """How often each call reached its server, by its place: models at even ones, pages at odd ones."""
    asks = Counter(2 * request.round for request in stack.models.requests if word in request.prompt)
    return asks + Counter({2 * n + 1: site.count(f"GET /{n}") for n in range(ROUNDS)})


def replaced(stack: Stack) -> None:
    """Another worker in place of this one, which dies at once."""
    stack.worker.kill()
    stack.worker.start()


def test_a_worker_killed_in_a_tool_loop_sends_no_finished_call_again(stack: Stack, site: Site) -> None:
    stack.models.clear()
    cast = Cast()
    word = cast.workspace.slug
    with_tools(cast.agent, "web_fetch")
    places = sorted(number * CALLS // KILLS for number in range(KILLS))
    models = {place: stack.models.hold(word, round=place // 2, times=1) for place in places if place % 2 == 0}
    pages = {place: site.hold(f"/{place // 2}") for place in places if place % 2}
    reads = [{"tool_calls": [ToolCall(f"c{n}", "web_fetch", {"url": f"{site.url}{n}"})]} for n in range(ROUNDS)]
    stack.models.conversation(word, *reads, {"reply": "Ten pages."})
    task = f"read {word}: " + " ".join(f"{site.url}{n}" for n in range(ROUNDS))
    patient = {"total_timeout": 3600}
    execution = cast.cook(cast.recipe(task, step={"timeout": 3600}, execution_config=patient))
    calls = Call.objects.filter(step__execution=execution)
    finished: dict[int, int] = {}
    for place in places:
        if place % 2:
            site.wait_for(f"GET /{place // 2}")
        else:
            wait_for(partial(asked, stack, word, place // 2))
        over, counts = calls.filter(status="done").values_list("path", flat=True), sent(stack, site, word)
        finished = {int(path): counts[int(path)] for path in over} | finished
        replaced(stack)
        pages[place].set() if place % 2 else models[place].release()
    assert final_output(ended(execution)) == "Ten pages."
    assert Counter(calls.values_list("kind", "status")) == {("model", "done"): ROUNDS + 1, ("tool", "done"): ROUNDS}
    counts = sent(stack, site, word)
    assert {place: counts[place] for place in finished} == finished, "a finished call was sent again"
    # On a busy machine a worker may be given up besides; what it had not finished is counted before it is sent again.
    assert all(1 <= counts[int(one.path)] <= one.sends for one in calls)
    again = sum(one.sends - 1 for one in calls)
    assert again >= len(places)
    assert_numbered_without_gap(execution)
    print(f"\n{len(places)} kills at {CALLS} calls: 0 finished calls sent again, {again} cut-off ones")


def test_what_went_outside_is_sent_again_only_when_the_model_decides_so(stack: Stack, site: Site) -> None:
    """Two orders arrive, and the worker dies before their answers are kept: both models are told, one orders again."""
    stack.models.clear()
    cast = Cast()
    with_tools(cast.agent, "http_request")
    runs_of, held = {}, [site.hold("/once"), site.hold("/twice")]
    for word in ("once", "twice"):
        order = {"tool_calls": [call("http_request", method="POST", url=f"{site.url}{word}", body="one soup")]}
        stack.models.conversation(f"order {word}", *[order] * (1 + (word == "twice")), {"reply": "I told you."})
        runs_of[word] = cast.cook(cast.recipe(f"order {word}"))
    for word in runs_of:
        site.wait_for(f"POST /{word}")
    replaced(stack)
    for one in held:
        one.set()
    for word, execution in runs_of.items():
        assert final_output(ended(execution)) == "I told you."
        assert site.count(f"POST /{word}") == 1 + (word == "twice")
        lost, *later = Call.objects.filter(step__execution=execution, kind="tool").order_by("path")
        assert ("may have taken effect" in lost.output, (lost.data or {})["is_error"]) == (True, True)
        assert lost.status == "uncertain"
        assert all("Status 200" in one.output for one in later)
        told = [one for one in stack.models.requests if f"order {word}" in one.prompt][-1].tool_results[0]
        assert told.content.removeprefix("Error: ") == lost.output
        kinds = assert_numbered_without_gap(execution)
        assert kinds.count("tool.started") == kinds.count("tool.finished") == 1 + len(later)


def test_cancelling_aborts_a_tool_call_in_flight(stack: Stack, site: Site) -> None:
    stack.models.clear()
    cast = Cast()
    with_tools(cast.agent, "web_fetch")
    held = site.hold("/slow")
    stack.models.on("", round=0, tool_calls=[call("web_fetch", url=f"{site.url}slow")])
    execution = cast.cook(cast.recipe(f"read {site.url}slow"))
    site.wait_for("GET /slow")
    runs.cancel(execution=execution, user=cast.owner)
    assert ended(execution).status == "cancelled"
    held.set()
    after = ended(cast.cook(cast.recipe("Say hello")))
    assert after.status == "completed"
    assert Call.objects.get(step__execution=execution, kind="tool").status == "sent"
    assert "tool.finished" not in assert_numbered_without_gap(execution)
