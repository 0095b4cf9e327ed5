"""Many runs with a step of every kind, and what must be true of them whatever was killed meanwhile."""

import json
import os
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from automatos.llm.testing.requests import Recorded
from automatos.local import commands
from automatos.testing import Part, Stack
from recipes.models import Call, Event, Execution, ExecutionStep, Recipe
from recipes.tests.books_kit import agree, books
from recipes.tests.chat_kit import call, with_tools
from recipes.tests.kit import Cast, assert_numbered_without_gap, wait_for
from recipes.tests.site_kit import Site
from recipes.tests.test_loops import cast_recipe
from workspaces.models import Reservation, Workspace

TOPICS = ("sand", "tides", "gulls")
# Of a run: plan, three notes, the step inside, two for the act and the close.
ASKED = 1 + len(TOPICS) + 1 + 2 + 1
# Seconds until everything is over, on a machine whose cores are all busy.
LONGEST = 600.0
Place = tuple[str, int]


def another_worker(stack: Stack, name: str = "worker2", **environment: str) -> Part:
    """A worker beside the stack's own, once it is ready."""
    part = Part(name, commands.worker(), {**stack.worker.environment, **environment}, stack.folder / f"{name}.log")
    part.start()
    wait_for(lambda: part.log.exists() and "is ready with" in part.log.read_text())
    return part


@contextmanager
def beside(part: Part) -> Iterator[Part]:
    """That worker until the end of the block."""
    try:
        yield part
    finally:
        part.stop()
        part.log.unlink(missing_ok=True)


class Feast:
    """Runs of one recipe with a step of every kind, in one workspace.

    faults: how often, of all requests, the model is overloaded. seconds: that its answers take at most.
    """

    def __init__(self, stack: Stack, site: Site, *, faults: float = 0.0, seconds: float = 0.4) -> None:
        stack.models.clear()
        self.stack, self.site, self.faults, self.seconds = stack, site, faults, seconds
        self.failed = 0
        self.seed = int(os.environ.get("SEED", random.randrange(10**6)))
        print(f"SEED={self.seed}")
        self.dice = random.Random(self.seed)
        self.cast = Cast()
        with_tools(self.cast.agent, "calculator", "http_request")
        Workspace.objects.filter(pk=self.cast.workspace.pk).update(approval_policy="never")
        stack.models.on("", decide=self._answer)
        self.recipe = self._recipe()
        self.runs: list[Execution] = []

    def _answer(self, request: Recorded) -> Mapping[str, Any]:
        if self.dice.random() < self.faults:
            self.failed += 1
            return {"status": 503, "error": "Overloaded", "retry_after": 0.1}
        word, number, *_ = request.prompt.split()
        slow = {"delay": self.dice.random() * self.seconds}
        if word == "plan":
            return {"reply": json.dumps({"topics": TOPICS, "score": 9}), **slow}
        if word == "act" and request.round == 0:
            post = call("http_request", method="POST", url=f"{self.site.url}effect/{number}", json={"n": number})
            return {"tool_calls": [post], **slow}
        return {"reply": f"{word} of {number}.", **slow}

    def _recipe(self) -> Recipe:
        step = {"agent_id": self.cast.agent.pk, "error_handling": "retry", "max_retries": 3}
        low = self.cast.recipe("inside {input.n}", inputs={"n": {}}, step={"error_handling": "retry", "max_retries": 3})
        steps: list[dict[str, Any]] = [
            {**step, "prompt_template": "plan {input.n}", "output_key": "plan", "step_id": "plan"},
            {"kind": "condition", "step_id": "good", "config": {"expression": "plan.score >= 7"}},
            {"kind": "loop", "step_id": "each", "output_key": "notes", "config": {"over": "{plan.topics}"},
             "under": "good", "branch": "then"},
            {**step, "prompt_template": "note {input.n} {item}", "step_id": "note", "under": "each", "branch": "body"},
            {**step, "prompt_template": "never {input.n}", "step_id": "never", "under": "good", "branch": "else"},
            {"kind": "recipe", "step_id": "inside", "output_key": "inner",
             "config": {"recipe": low.template_id, "inputs": {"n": "{input.n}"}}},
            {"kind": "tool", "step_id": "sum", "output_key": "sum", "agent_id": self.cast.agent.pk,
             "config": {"tool": "calculator", "arguments": {"expression": "6 * 7"}}},
            {"kind": "wait", "step_id": "pause", "config": {"for": "time", "seconds": 1}},
            {**step, "prompt_template": "act {input.n}", "step_id": "act"},
            {**step, "prompt_template": "close {input.n} {inner} {sum} {notes}", "step_id": "close"},
        ]  # fmt: skip
        return cast_recipe(self.cast, steps, inputs={"n": {}}, execution_config={"retry_delay": 0})

    def cook(self, runs: int) -> None:
        """Start so many."""
        for _ in range(runs):
            self.runs.append(self.cast.cook(self.recipe, n=f"{self.cast.workspace.slug}-{len(self.runs):05}"))

    def calls(self) -> Any:
        """Everything that the journal has of them."""
        return Call.objects.filter(workspace=self.cast.workspace)

    def wait_for_calls(self, many: int) -> None:
        """Until so many calls of models are done."""
        wait_for(lambda: self.calls().filter(kind="model", status="done").count() >= many, LONGEST)

    def sent(self) -> Counter[Place]:
        """How often each request reached the model, by its prompt and its round."""
        return Counter((request.prompt, request.round) for request in self.stack.models.requests)

    def finished(self) -> dict[Place, int]:
        """Calls of models whose answer is in the journal now, and how often each was sent until now."""
        done = self.calls().filter(kind="model", status="done").values_list("step__prompt", "path")
        places = [(prompt, int(path) // 2) for prompt, path in done]
        counts = self.sent()
        return {place: counts[place] for place in places}

    def is_over(self) -> bool:
        """Whether no run is live any more."""
        return not any(one.is_live for one in Execution.objects.filter(workspace=self.cast.workspace))

    def check(self, finished: Mapping[Place, int], *, cancelled: int = 0) -> None:
        """Wait for the end of all. Nothing is lost, stuck, doubled or paid twice; of so many the end was ordered.

        finished: what was done at a fault and may not have been sent again after it.
        """
        wait_for(self.is_over, LONGEST, "Not over")
        mine = {"workspace": self.cast.workspace}
        ends = Counter(Execution.objects.filter(root_id=None, **mine).values_list("status", flat=True))
        errors = list(Execution.objects.filter(**mine).exclude(error=None).values_list("error__message", flat=True))
        assert ends == Counter({"completed": len(self.runs) - cancelled, "cancelled": cancelled}), errors[:3]
        steps = ExecutionStep.objects.filter(**mine)
        assert not steps.filter(status__in=("pending", "running", "waiting"), execution__status="completed").exists()
        counts = self.sent()
        again = {place: counts[place] for place, before in finished.items() if counts[place] != before}
        assert again == {}, f"finished calls were sent again: {again}"
        # A server that is overloaded is asked again within the same call.
        asked, noted = sum(counts.values()) - self.failed, self._sends()
        assert asked <= noted, "requests without an intent"
        for run in Execution.objects.filter(**mine):
            assert_numbered_without_gap(run)
        self._check_effects()
        wait_for(lambda: agree(self.cast.workspace), 60, str(books(self.cast.workspace)))
        assert not Reservation.objects.filter(**mine).exists(), "money is held back for nothing"
        handed = Event.objects.filter(type="execution.resumed", **mine).count()
        print(
            f"{len(self.runs)} runs ({cancelled} cancelled), {asked} requests, of which {noted - self._answers()} "
            f"calls more than once, {len(finished)} finished calls at the faults, {handed} hand-ons"
        )

    def _sends(self) -> int:
        return sum(self.calls().filter(kind="model").values_list("sends", flat=True))

    def _answers(self) -> int:
        return int(self.calls().filter(kind="model").count())

    def _check_effects(self) -> None:
        """Each run acted once; where the answer was lost, at most once, and the journal says that nobody knows."""
        acts = Counter(
            line.split()[1] for line in self.site.seen if line.startswith(f"POST /effect/{self.cast.workspace.slug}-")
        )
        doubled = {path: times for path, times in acts.items() if times > 1}
        assert doubled == {}, "effects were doubled"
        unsure = self.calls().exclude(kind="model").filter(status="uncertain").count()
        ended = Execution.objects.filter(workspace=self.cast.workspace, root_id=None, status="completed").count()
        assert ended - unsure <= len(acts), "effects were lost"
