"""Random flows of all kinds of steps, random faults, orders and doubles: what holds of every run holds of these.

The test plays the worker, the people, the senders and the clock on the real tables; workers are lost on the way, and
what they had in hand is told after all.
"""

import json
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import Sum
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from automatos.llm.errors import ModelBadReply, ModelRejected, ModelUnavailable
from automatos.llm.types import ModelReply, Usage
from recipes.engine import parking, paying, turns
from recipes.engine.steps import Job, Outcome
from recipes.models import LIVE_STATUSES, Approval, Call, Execution, Recipe, StepKind
from recipes.runs import services as runs
from recipes.tests.chat_kit import with_tools
from recipes.tests.kit import Cast, assert_numbered_without_gap
from recipes.tests.test_engine import ME, make_due
from recipes.tests.test_loops import cast_recipe
from recipes.tests.test_webhooks import send, standard
from recipes.triggers.trigger_services import TriggerInput, add_trigger
from workspaces.budgets.services import create_budget
from workspaces.models import Budget, Reservation, Role, Spend
from workspaces.tests.rest import Caller, key_of

PRICED = "openai:gpt-4o"
Steps = list[dict[str, Any]]
INSIDE = ["agent", "agent", "tool", "wait person", "wait time", "recipe"]
ALL = [*INSIDE, "condition", "loop", "wait webhook"]
HANDLING = st.sampled_from(["stop", "skip", "skip", "retry", "fallback"])
TOLD = ("agent", "tool", "loop", "recipe")
# What was drawn and what happened, over all runs: nothing of it may be missing.
seen: Counter[str] = Counter()


@st.composite
def flows(draw: st.DrawFn) -> Steps:
    """Steps of all kinds at the top; in loops and branches those that may stand there."""
    steps: Steps = []
    for place in range(draw(st.integers(2, 6))):
        kind = draw(st.sampled_from(ALL))
        own = _step(draw, kind, f"s{place}", steps)
        steps.append(own)
        branches = {"loop": ["body"], "condition": ["then", "else"]}.get(kind, [])
        for number in range(draw(st.integers(1, 3)) if branches else 0):
            inner = _step(draw, draw(st.sampled_from(INSIDE)), f"s{place}_{number}", steps[: len(steps) - number - 1])
            steps.append({**inner, "under": own["step_id"], "branch": draw(st.sampled_from(branches))})
    return steps


def _step(draw: st.DrawFn, kind: str, key: str, before: Steps) -> dict[str, Any]:
    names = [one["output_key"] for one in before if one["kind"] in TOLD and not one.get("under")]
    named = draw(st.sampled_from([*names, ""]))
    what, _, reason = kind.partition(" ")
    step: dict[str, Any] = {"kind": what, "step_id": key, "output_key": f"k_{key}", "error_handling": draw(HANDLING)}
    if kind == "agent":
        step["prompt_template"] = f"Do {{input.topic}} {{{named}}}" if named else "Do {input.topic}"
    elif kind == "condition":
        step["config"] = {
            "expression": f"contains({named}, 'y')" if named else draw(st.sampled_from(["true", "1 > 2"]))
        }
        step["error_handling"] = "stop"
    elif kind == "loop":
        step["config"] = {"over": "input.items", "at_once": draw(st.integers(1, 3))}
    elif kind == "tool":
        step["config"] = {"tool": "calculator", "arguments": {"expression": "6*7"}}
    elif kind == "recipe":
        step["config"] = {"inputs": {"topic": f"{{{named}}}" if named else "tides"}}
    else:
        step["config"] = {"for": reason, **({"seconds": 5} if reason == "time" else {"within": 60})}
        step |= {"prompt_template": "Good?"} if reason == "person" else {}
    seen[kind] += 1
    return step


def saved(cast: Cast, steps: Steps, low: Recipe, mode: str) -> tuple[Recipe, dict[str, str]]:
    """The recipe, and the secrets of the triggers that know messages for its steps."""
    made = []
    for step in steps:
        config = {**step.get("config", {}), **({"recipe": low.template_id} if step["kind"] == "recipe" else {})}
        agent = {"agent_id": cast.agent.id} if step["kind"] in ("agent", "tool") else {}
        made.append({**step, **agent, **({"config": config} if config else {}), "max_retries": 2})
    inputs = {"topic": {"default": "sea"}, "items": {"type": "array", "default": ["a", {"b": 1}, "c"]}}
    config = {"mode": mode, "retry_delay": 0, "total_timeout": 3600, "parallel_limit": 3}
    recipe = cast_recipe(cast, made, inputs=inputs, execution_config=config)
    secrets = {}
    for step in steps:
        if step.get("config", {}).get("for") == "webhook":
            data = TriggerInput(name=step["step_id"], kind="wait", config={"step": step["step_id"]}, per_minute=6000)
            trigger, secret = add_trigger(recipe=recipe, user=cast.owner, data=data)
            secrets[str(trigger.pk)] = secret
    return recipe, secrets


class World:
    """Everybody but the engine, who do as chance says."""

    def __init__(self, cast: Cast, secrets: dict[str, str], rng: random.Random) -> None:
        self.cast, self.secrets, self.rng = cast, secrets, rng
        self.api = Caller(key_of(cast.workspace, cast.owner, Role.OWNER))
        self.held: list[Job] = []
        self.told: list[Outcome] = []

    def go_on_until_over(self, run: Execution) -> None:
        for _ in range(400):
            run.refresh_from_db()
            if not run.is_live and not self.live():
                return
            chance = self.rng.random()
            if chance < 0.06:
                self.lose_the_worker()
            elif chance < 0.10:
                self.pause(run)
            elif chance < 0.11:
                self.cancel(run)
            self.work()
            self.answer()
            self.let_time_pass()
        raise AssertionError(f"The run does not come to its end: {list(run.steps.values_list('path', 'status'))}")

    def live(self) -> bool:
        return Execution.objects.filter(workspace=self.cast.workspace, status__in=LIVE_STATUSES).exists()

    def work(self) -> None:
        """A turn: some of what is in hand comes to its end, some is told once more."""
        self.rng.shuffle(self.held)
        count = self.rng.randint(0, 3)
        some, self.held = self.held[:count], self.held[count:]
        outcomes = [self.outcome(job) for job in some]
        again = self.rng.sample(self.told, min(len(self.told), self.rng.randint(0, 2)))
        seen["told again"] += len(again)
        self.held += turns.take_turn(ME, [*outcomes, *outcomes[:1], *again], self.rng.randint(1, 10)).jobs
        self.told += outcomes

    def outcome(self, job: Job) -> Outcome:
        ended = Outcome(job.step_id, job.fence, job.has_fallback, attempt=job.attempt)
        if self.rng.random() < 0.75:
            cost = Decimal(0) if job.call else Decimal(self.rng.randint(0, 10**6)).scaleb(-8)
            usage = Usage(0, 0) if job.call else Usage(self.rng.randint(0, 99), self.rng.randint(0, 99))
            text = self.rng.choice(["yes", "no", '{"y": [1]}'])
            said = ModelReply(text, "" if job.call else job.task.model, "stop", usage, cost)
            return replace(ended, reply=said)
        kind = self.rng.choice([ModelUnavailable, ModelRejected, ModelBadReply])
        error = kind("Not today.")
        seen[kind.__name__] += 1
        if kind is ModelBadReply and job.call is None:  # of no use, and paid
            error.reply = ModelReply("{", job.task.model, "length", Usage(3, 4), Decimal("0.00000007"))
        return replace(ended, error=error)

    def lose_the_worker(self) -> None:
        """Its steps are handed on; what it had in hand may be told after all."""
        seen["lost"] += 1
        turns.hand_on(uuid4())
        self.told += [self.outcome(job) for job in self.held]
        self.held = []

    def pause(self, run: Execution) -> None:
        seen["paused"] += 1
        self.api.post(f"/api/executions/{run.pk}/pause")
        self.work()
        self.api.post(f"/api/executions/{run.pk}/resume")

    def cancel(self, run: Execution) -> None:
        if run.is_live:
            seen["cancelled"] += 1
            runs.cancel(execution=run, user=self.cast.owner)

    def answer(self) -> None:
        for wait in Approval.objects.filter(workspace=self.cast.workspace, status="pending"):
            if self.rng.random() < 0.5:
                continue
            if wait.kind == "form":
                way = self.rng.choice(["approve", "approve", "reject"])
                status = {self.api.post(f"/api/approvals/{wait.pk}/{way}", {"answer": {}})[0] for _ in range(2)}
                assert status <= {200, 409}, status
                seen[f"form {way}"] += 1
            elif wait.kind == "webhook":
                trigger = (wait.arguments or {})["trigger"]
                raw, headers = b'{"y": 1}', standard(self.secrets[trigger], b'{"y": 1}', f"m-{wait.pk}")
                answers = {send(f"/hooks/{trigger}/{wait.pk}", raw, headers)[0] for _ in range(2)}
                assert answers <= {202, 409, 410, 404}, answers
                seen["message"] += 1

    def let_time_pass(self) -> None:
        if self.rng.random() < 0.3:
            due = Approval.objects.filter(workspace=self.cast.workspace, status="pending")
            due = due if self.rng.random() < 0.15 else due.filter(kind="timer")
            seen["time"] += due.update(due_at=timezone.now() - timedelta(seconds=1))
        parking.end_due()
        turns.end_orphans()
        make_due()


def check(run: Execution, budget: Budget) -> None:
    """What holds of every run that is over, and of those inside of it."""
    family = [run, *Execution.objects.filter(root_id=run.pk)]
    for one in family:
        steps, kinds = list(one.steps.all()), assert_numbered_without_gap(one)
        assert one.status in ("completed", "failed", "cancelled"), one.status
        assert {step.status for step in steps} <= {"completed", "failed", "skipped", "cancelled"}, one.status
        assert kinds.count(f"execution.{one.status}") == 1
        assert [kind for kind in kinds if kind.startswith("execution.") and kind.split(".")[1] in (
            "completed", "failed", "cancelled", "stopped"
        )] == [f"execution.{one.status}"]  # fmt: skip
        ends = [event.data.get("path", event.step) for event in one.events.filter(
            type__in=["step.completed", "step.skipped", "step.failed"])]  # fmt: skip
        assert len(ends) == len(set(ends)), "each step is settled once"
        if one.status == "completed":
            assert one.unfinished_steps == 0
            assert {step.status for step in steps} <= {"completed", "skipped"}
        if one.status == "failed":
            assert one.error
        calls = Call.objects.filter(step__execution=one)
        assert (one.waiting_steps, one.cost, one.input_tokens, one.output_tokens) == (
            *(0, _sum(calls, "cost"), _sum(calls, "input_tokens"), _sum(calls, "output_tokens")),
        )
        assert (_sum(one.steps, "cost"), _sum(one.steps, "input_tokens")) == (one.cost, one.input_tokens)
        assert not Approval.objects.filter(step__execution=one, status="pending").exists()
    assert run.whole.cost == sum(one.cost for one in family)
    Reservation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    paying.give_back_expired()
    spend = Spend.objects.filter(budget=budget).first()
    workspace = Call.objects.filter(workspace=run.workspace)
    assert (spend.reserved if spend else 0, Reservation.objects.count()) == (0, 0)
    assert (spend.spent if spend else 0) == _sum(workspace, "cost")


def _sum(rows: Any, column: str) -> Any:
    return rows.aggregate(sum=Sum(column))["sum"] or 0


@pytest.mark.slow
@pytest.mark.django_db
def test_any_flow_of_all_kinds_ends_right() -> None:
    cast = Cast(model=PRICED, fallback="gpt-4o-mini")
    with_tools(cast.agent, "calculator")
    budget = create_budget(
        workspace=cast.workspace, user=cast.owner, scope="workspace", period="day", limit=Decimal(10_000)
    )
    low = cast_recipe(
        cast,
        [
            {"agent_id": cast.agent.id, "prompt_template": "Inside {input.topic}", "error_handling": "retry"},
            {"kind": "condition", "config": {"expression": "contains(step_1, 'y')"}, "step_id": "y"},
            {"agent_id": cast.agent.id, "prompt_template": "More", "under": "y", "branch": "then"},
        ],
        inputs={"topic": {"required": False}},
        execution_config={"retry_delay": 0},
    )

    @settings(deadline=None, max_examples=40, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(flows(), st.sampled_from(["sequential", "parallel"]), st.integers(0, 2**32))
    def any_flow(steps: Steps, mode: str, seed: int) -> None:
        recipe, secrets = saved(cast, steps, low, mode)
        run = cast.cook(recipe)
        World(cast, secrets, random.Random(seed)).go_on_until_over(run)
        check(run, budget)
        seen[run.status] += 1

    any_flow()
    told = json.dumps(seen, indent=1)
    for kind in (*ALL, "told again", "lost", "paused", "form approve", "form reject", "message", "time", "completed",
                 "failed", "ModelUnavailable", "ModelRejected", "ModelBadReply"):  # fmt: skip
        assert seen[kind], f"{kind} never came: {told}"
    assert {str(kind) for kind in StepKind} - {one.split()[0] for one in ALL} == {"stage"}, "a kind nobody draws"
