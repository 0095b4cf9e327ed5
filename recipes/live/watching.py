"""Following a run from a terminal until it is over: everything is read from the database, text from Redis."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections
from django.db.models.functions import Now

from automatos import words
from automatos.errors import Unavailable
from automatos.events import streamed_text
from recipes.live.following import Followed, news
from recipes.live.terminal import Screen, clean
from recipes.models import Execution, ExecutionStep, StepStatus, Worker
from workspaces.scope.tenancy import workspace_scope

POLL_SECONDS = 0.3
# A worker writes its heartbeat every few seconds; one older than this belongs to a worker that is gone.
ALIVE = timedelta(seconds=15)
# Without a worker: when to say so, and when to stop waiting for one.
NOTICE_AFTER = 3.0
GIVE_UP_AFTER = 120.0
# How long the database may be away, for example while it is restarted.
DATABASE_PATIENCE = 60.0

Read = TypeVar("Read")


class NoWorker(Unavailable):
    """Nobody cooks, and nobody came for a while."""

    code = "no_worker"


class Watch:
    """Tells on a screen what happens in one run."""

    def __init__(self, run: Followed, screen: Screen) -> None:
        self.run = run
        self.screen = screen
        self.seq = 0
        self.steps: dict[int, ExecutionStep] = {}
        # What was already shown of a step's attempt.
        self.shown: dict[tuple[int, int], str] = {}
        self.alone_since: float | None = None
        self.told_alone = False

    def until_over(self) -> Execution:
        """The run once it is over. Raises NoWorker, or Unavailable when the database stays away."""
        while True:
            events, is_live = self._read(lambda: news(self.run, self.seq))
            self._refresh()
            for event in events:
                self.seq = event["seq"]
                self._tell(event)
            if not events and not is_live:
                return self._read(lambda: Execution.objects.get(pk=self.run.id))
            if is_live:
                self._stream()
                self._status()
                self._look_for_workers()
            time.sleep(0 if events else POLL_SECONDS)

    def _refresh(self) -> None:
        rows = ExecutionStep.objects.filter(execution_id=self.run.id).order_by("order")
        self.steps = {step.order: step for step in self._read(lambda: list(rows))}

    def _read(self, read: Callable[[], Read]) -> Read:
        """What the database says, waiting while it is away."""
        deadline = time.monotonic() + DATABASE_PATIENCE
        told = False
        while True:
            try:
                with workspace_scope(self.run.workspace_id):
                    return read()
            except (OperationalError, InterfaceError):
                if time.monotonic() > deadline:
                    raise Unavailable("The database does not answer. Is it running?") from None
                if not told:
                    self.screen.line("The database does not answer; trying again.")
                told = True
                close_old_connections()
                time.sleep(1)

    # --- tell -------------------------------------------------------------------------------------------------------

    def _tell(self, event: dict[str, Any]) -> None:
        step = self.steps.get(event.get("step", 0))
        if step is None:
            return
        again = f" (try {event['data']['attempt']})" if event["data"].get("attempt", 1) > 1 else ""
        reason = clean(str(event["data"].get("error", {}).get("message", "")))
        kind = event["type"]
        if kind == "step.started":
            self._say(step, f"{step.agent_name} cooks{again}" if step.agent_name else f"begins{again}")
        elif kind == "step.completed":
            if step.agent_name:
                self._finish_text(step)
            self._say(step, f"done{_facts(event['data'])}")
        elif kind == "step.fallback":
            self._say(step, f"{clean(event['data']['model'])} is asked instead: {reason}")
        elif kind == "step.retrying":
            delay = words.duration(event["data"]["delay"] * 1000)
            self._say(step, f"did not work{again}: {reason} Next try in {delay}.")
        elif kind == "step.skipped":
            self._say(step, f"skipped{again}: {reason}")
        elif kind == "step.failed":
            self._say(step, f"failed{again}: {reason}")

    def _say(self, step: ExecutionStep, text: str) -> None:
        self.screen.line(f"{self._bar(step.order)}  {clean(step.title)}: {text}")

    def _bar(self, order: int) -> str:
        done = sum(1 for step in self.steps.values() if step.completed_at and step.order <= order)
        return f"{self.screen.bar(done, len(self.steps))} step {order} of {len(self.steps)}"

    def _status(self) -> None:
        running = [step for step in self.steps.values() if step.status == StepStatus.RUNNING]
        done = sum(1 for step in self.steps.values() if step.completed_at)
        who = ", ".join(f"{clean(step.title)} ({clean(step.agent_name)})" for step in running)
        place = f"step {running[0].order} of {len(self.steps)}" if running else f"{done} of {len(self.steps)} done"
        self.screen.status(f"{self.screen.bar(done, len(self.steps))} {place}  {who or 'waiting'}")

    def _stream(self) -> None:
        """New text of the first step that cooks; a second one at the same time is shown when it is done."""
        running = next((step for step in self.steps.values() if step.status == StepStatus.RUNNING), None)
        if running and self.screen.live:
            self._show(running, streamed_text(running.id, running.attempt))

    def _finish_text(self, step: ExecutionStep) -> None:
        self._show(step, step.output)
        self.screen.stream("\n")

    def _show(self, step: ExecutionStep, text: str) -> None:
        key = step.order, step.attempt
        before = self.shown.get(key, "")
        if not text.startswith(before):
            self.screen.stream("\n")
            before = ""
        self.screen.stream(text[len(before) :])
        self.shown[key] = text

    # --- workers ----------------------------------------------------------------------------------------------------

    def _look_for_workers(self) -> None:
        """Say when nobody cooks; raise NoWorker when that lasts."""
        now = time.monotonic()
        if self._read(Worker.objects.filter(heartbeat_at__gt=Now() - ALIVE).exists):
            self.alone_since, self.told_alone = None, False
            return
        self.alone_since = self.alone_since or now
        if now - self.alone_since > GIVE_UP_AFTER:
            raise NoWorker("No worker came. The run is kept and cooks as soon as one starts: `make up`.")
        if now - self.alone_since > NOTICE_AFTER and not self.told_alone:
            self.told_alone = True
            self.screen.line(
                "No worker is alive, so nothing cooks yet. Start one with `make up`; "
                f"waiting {words.duration(GIVE_UP_AFTER * 1000)} for it."
            )


def _facts(data: dict[str, Any]) -> str:
    """Time, tokens and cost of a step; nothing where no model was asked, as by a condition or by code."""
    if "input_tokens" not in data:
        return ""
    tokens = f"{words.compact(data['input_tokens'])} tokens in, {words.compact(data['output_tokens'])} out"
    return f" in {words.duration(data['duration_ms'])}, {tokens}, {words.money(data['cost'])}"
