"""How long the browser is busy at a stretch while a run's page is watched: `python -m benchmarks.kitchen_tasks`.

Starts web, worker and a model server of its own in a folder that is thrown away, opens the page in Debian's Chromium
and traces its main thread from the first step to the assessment. For a run of 50 steps, one of 500, and one of three
steps with 100 kB of text it prints the tasks over 50 ms and the longest one, while text streams and from the run's end
on, in milliseconds of processor time: what the thread waits for on a busy machine is not counted. Naming scenes takes
those alone.
"""

import argparse
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from automatos.testing import Stack
    from recipes.models import Recipe

DATA = Path(tempfile.mkdtemp(prefix="automatos-bench-"))
os.environ["DATA"] = str(DATA)
os.environ["DJANGO_SETTINGS_MODULE"] = "automatos.settings"
os.environ.setdefault("LOG_LEVEL", "WARNING")
# The browser is driven from a loop in this thread.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

import django  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402

from automatos.local import servers  # noqa: E402
from benchmarks.machine import describe_machine  # noqa: E402

LONG_TASK = 50.0
PATIENT = 600_000
PARAGRAPH = "Ships wait for water under the keel, and the harbour waits for ships. " * 6 + "\n\n"
MOST_IN_A_ROW = 50
# Steps, and how many paragraphs the last of them writes.
SCENES = {"steps-50": (50, 4), "steps-500": (500, 4), "text-100kB": (3, 240)}
# Says in the trace when the page shows the end of the run.
MARK = """() => new MutationObserver(() => {
    const kitchen = document.querySelector('run-kitchen');
    if (kitchen.dataset.state === 'done' && !window.isOver) { window.isOver = true; performance.mark('run-over'); }
}).observe(document.body, { attributes: true, subtree: true, attributeFilter: ['data-state'] })"""


def tasks_of(trace: Path) -> tuple[list[float], list[float]]:
    """Milliseconds of each task of the page's main thread: while the run was live, and from its end on."""
    events = json.loads(trace.read_text())["traceEvents"]
    marks = [one for one in events if one["name"] == "run-over" and "blink.user_timing" in one["cat"]]
    assert marks, "The page did not show the end of the run."
    over, thread = marks[0]["ts"], (marks[0]["pid"], marks[0]["tid"])
    tasks = [one for one in events if one["name"].endswith("RunTask") and (one["pid"], one["tid"]) == thread]
    timed = [(one["ts"] + one.get("dur", 0), one.get("tdur", 0) / 1000) for one in tasks]
    # The task in which the end is shown counts as one of the end.
    return [spent for ends, spent in timed if ends < over], [spent for ends, spent in timed if ends >= over]


def said(what: str, tasks: Sequence[float]) -> str:
    """One half of a line of the table."""
    long = [spent for spent in tasks if spent > LONG_TASK]
    return f"{what}: {len(long)} over {LONG_TASK:.0f} ms, longest {max(tasks, default=0):5.1f}"


class Scene:
    """A run whose first step is held until somebody watches."""

    def __init__(self, stack: "Stack", steps: int, paragraphs: int) -> None:
        from recipes.tests.kit import Cast
        from workspaces.scope.tenancy import Purpose, system_scope

        stack.models.clear()
        with system_scope(Purpose.OPERATOR):
            self.cast = Cast()
            self.word = self.cast.workspace.slug
            recipe, inputs = self._recipe(steps)
        self.held = stack.models.hold(f"step-1 {self.word}", times=1)
        text = [PARAGRAPH[at : at + 40] for at in range(0, len(PARAGRAPH), 40)] * paragraphs
        stack.models.on(f"step-{steps} {self.word}", chunks=text, chunk_delay=0.002)
        with system_scope(Purpose.OPERATOR):
            self.run = self.cast.cook(recipe, **inputs)

    def _recipe(self, steps: int) -> "tuple[Recipe, dict[str, list[str]]]":
        """So many steps in a row; more than a recipe may have are rounds of a loop. With its inputs."""
        from recipes.tests.test_loops import cast_recipe

        if steps <= MOST_IN_A_ROW:
            return self.cast.recipe(*[f"step-{number} {self.word}" for number in range(1, steps + 1)]), {}
        agent = {"agent_id": self.cast.agent.pk}
        parts: list[dict[str, Any]] = [
            {**agent, "prompt_template": f"step-1 {self.word}", "step_id": "first"},
            {"kind": "loop", "step_id": "each", "config": {"over": "{input.list}", "at_most": 1000}},
            {**agent, "prompt_template": "round {item}", "step_id": "round", "under": "each", "branch": "body"},
            {**agent, "prompt_template": f"step-{steps} {self.word}", "step_id": "last"},
        ]
        recipe = cast_recipe(self.cast, parts, inputs={"list": {"type": "array"}})
        return recipe, {"list": [f"item {number}" for number in range(steps - 2)]}

    def watch(self, browser: "Browser", stack: "Stack") -> tuple[list[float], list[float]]:
        """Watch it to its end."""
        from playwright.sync_api import expect

        from automatos.tests.browser import People

        page = People(browser, stack).as_user(self.cast.owner).open(f"/w/{self.word}/runs/{self.run.pk}/")
        expect(page.locator("[data-ref=conn]")).to_have_text("Live", timeout=PATIENT)
        page.evaluate(MARK)
        trace = DATA / f"{self.run.pk}.json"
        browser.start_tracing(page=page, path=trace, categories=["toplevel", "blink.user_timing"])
        self.held.release()
        expect(page.locator("run-kitchen")).to_have_attribute("data-assessed", "yes", timeout=PATIENT)
        expect(page.locator("run-kitchen")).to_have_attribute("data-state", "done", timeout=PATIENT)
        page.wait_for_timeout(2_000)
        browser.stop_tracing()
        page.context.close()
        return tasks_of(trace)


def measure(names: Sequence[str]) -> None:
    """Each scene once."""
    from playwright.sync_api import sync_playwright

    from automatos.llm.testing.server import ScriptedServer
    from automatos.testing import Stack
    from automatos.tests.browser import ARGUMENTS, CHROMIUM

    static = DATA / "static"
    os.environ["STATIC_ROOT"] = str(static)
    call_command("collectstatic", interactive=False, verbosity=0)
    print(describe_machine())
    with ScriptedServer() as models, Stack(models, static) as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name in names:
            streaming, ending = Scene(stack, *SCENES[name]).watch(browser, stack)
            print(f"{name:12} {said('while it cooks', streaming)}; {said('at its end', ending)}", flush=True)
        browser.close()


def main() -> None:
    """Measure on servers of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "scenes", nargs="*", default=list(SCENES), help=f"of {', '.join(SCENES)}; all where none is named"
    )
    wanted = parser.parse_args()
    held = servers.hold(DATA, servers.needed())
    try:
        django.setup()
        call_command("migrate", verbosity=0)
        measure(wanted.scenes)
    finally:
        connections.close_all()
        held.release()
        shutil.rmtree(DATA, ignore_errors=True)


if __name__ == "__main__":
    main()
