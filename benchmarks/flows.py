"""What recipes of all shapes cost a step, and how long a backlog of one workspace delays a run of another.

`python -m benchmarks.flows` prints both, with servers of its own as `make bench` has; naming shapes or starvation takes
one of them. For the second a worker has few slots and its model takes a while, so that the backlog fills them.
"""

import argparse
import shutil
import statistics
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import django
from django.conf import settings
from django.core.management import call_command

from automatos.local import servers
from benchmarks.engine import DATA, LONGEST_WAIT, Bench, model_server, wait_for, workers
from benchmarks.machine import describe_machine

if TYPE_CHECKING:
    from recipes.models import Execution, Recipe

BACKLOG, SLOTS, MODEL_SECONDS = 1_000, 20, 1.0
Steps = Sequence[dict[str, Any]]


class Kitchen(Bench):
    """A workspace with recipes of its own shapes."""

    def made(self, steps: Steps, **config: Any) -> "Recipe":
        """A recipe of these steps with inputs dish and list. config: how it is executed."""
        from recipes.services import RecipeInput, create_recipe
        from recipes.validation import StepInput

        named = [StepInput(**{"step_id": f"s{number}", **one}) for number, one in enumerate(steps)]
        inputs = {"dish": {"default": "pie"}, "list": {"type": "array", "required": False}}
        data = RecipeInput(name="Shape", steps=named, inputs=inputs, execution_config=config)
        with self.inside():
            return create_recipe(workspace=self.cast.workspace, user=self.cast.owner, data=data)

    def step(self, prompt: str, **more: Any) -> dict[str, Any]:
        """A step of the workspace's agent."""
        return {"agent_id": self.cast.agent.pk, "prompt_template": prompt, **more}

    def row(self, many: int) -> "Recipe":
        """So many steps, one after another."""
        return self.made([self.step("Say {input.dish}"), *[self.step("Improve {previous_output}")] * (many - 1)])

    def loop(self) -> "Recipe":
        """One step for each item of the input list."""
        loop = {"kind": "loop", "step_id": "each", "config": {"over": "{input.list}", "at_most": 1000}}
        return self.made([loop, self.step("Say {item}", under="each", branch="body")])

    def run(self, recipe: "Recipe", **inputs: Any) -> "Execution":
        """Start one."""
        with self.inside():
            return self.cast.cook(recipe, **inputs)

    def seconds(self, recipe: "Recipe", runs: int) -> list[float]:
        """Of each of so many runs one at a time, from its start as a door makes it to its end."""
        taken = []
        for _ in range(runs):
            began = time.monotonic()
            execution = self.run(recipe)
            wait_for(lambda one=execution: self.ended(one), LONGEST_WAIT, 0.005)  # type: ignore[misc]
            taken.append(time.monotonic() - began)
        return taken

    def milliseconds(self, recipe: "Recipe", runs: int, **inputs: Any) -> tuple[float, int]:
        """Of a step, the median of so many runs one at a time; and how many steps each has, those inside too."""
        from recipes.models import ExecutionStep

        taken = []
        for _ in range(runs):
            execution = self.run(recipe, **inputs)
            wait_for(lambda one=execution: self.ended(one), LONGEST_WAIT, 0.02)  # type: ignore[misc]
            assert execution.status == "completed", execution.error
            assert execution.completed_at
            assert execution.started_at
            with self.inside():
                own = ExecutionStep.objects.filter(execution=execution).count()
                below = ExecutionStep.objects.filter(execution__root_id=execution.pk).count()
            seconds = (execution.completed_at - execution.started_at).total_seconds()
            taken.append(seconds * 1000 / (own + below))
        return statistics.median(taken), own + below


def bench_shapes(runs: int) -> None:
    kitchen = Kitchen()
    loop, inner = kitchen.loop(), kitchen.row(2)
    inside = {"kind": "recipe", "config": {"recipe": inner.template_id, "inputs": {"dish": "{input.dish}"}}}
    at_once = kitchen.made([kitchen.step("Say {input.dish}")] * 30, mode="parallel", parallel_limit=30)
    shapes: list[tuple[str, Recipe, int]] = [
        ("3 in a row", kitchen.row(3), 0),
        ("30 in a row", kitchen.row(30), 0),
        ("30 at once", at_once, 0),
        *((f"a loop of {rounds}", loop, rounds) for rounds in (3, 30, 100, 300)),
        ("a recipe inside", kitchen.made([inside]), 0),
    ]
    with model_server(0) as url, workers(1, url):
        kitchen.milliseconds(kitchen.row(3), 10)
        for name, recipe, rounds in shapes:
            took, steps = kitchen.milliseconds(recipe, runs, list=[f"item {number}" for number in range(rounds)])
            print(f"{name:16} {steps:4} steps, {took:6.2f} ms a step")


def bench_starvation() -> None:
    """Of a single run beside a backlog: how much longer it takes than on its own, in times of one slot."""
    many, one = Kitchen(), Kitchen()
    single, backlog = one.row(1), many.row(1)
    with model_server(MODEL_SECONDS) as url:
        with workers(1, url, slots=SLOTS):
            alone = one.seconds(single, 10)
        for _ in range(BACKLOG):
            many.run(backlog)
        with workers(1, url, slots=SLOTS):
            beside = one.seconds(single, 10)
            waiting = many.unfinished()
    slots = (max(beside) - min(alone)) / MODEL_SECONDS
    print(
        f"a run alone: {statistics.median(alone):.3f} s; beside a backlog of {BACKLOG:,} ({waiting:,} left at the "
        f"end), {SLOTS} slots, a model of {MODEL_SECONDS:g} s: median {statistics.median(beside):.3f} s, at most "
        f"{max(beside):.3f} s, which is {slots:.2f} of one slot's time more"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["shapes", "starvation"])
    parser.add_argument("--runs", type=int, default=5, help="of each shape")
    options = parser.parse_args()
    held = servers.hold(DATA, servers.needed())
    try:
        django.setup()
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        call_command("migrate", verbosity=0)
        print(describe_machine())
        if "shapes" in options.parts:
            bench_shapes(options.runs)
        if "starvation" in options.parts:
            bench_starvation()
    finally:
        django.db.connections.close_all()
        held.release()
        shutil.rmtree(DATA, ignore_errors=True)


if __name__ == "__main__":
    main()
