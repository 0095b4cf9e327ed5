"""Goals for a scripted model server: what its lead says in each stage, and what a run through them came to."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from automatos.llm.testing.requests import Recorded, turns
from automatos.llm.types import Usage
from automatos.testing import Stack
from recipes.models import Execution
from recipes.tests.chat_kit import Room
from recipes.tests.kit import ended
from recipes.workflows.names import STAGES
from workspaces.tests.rest import Caller

OPENAI = {"provider": "openai", "model_id": "test-model"}
CREW = {
    "Scout": "Looks things up on the web and notes where each statement comes from.",
    "Argus": "Compares prices and offers, and says which is better.",
    "Babel": "Translates letters and reports into German and Portuguese.",
}
PLAN, REPORT, ANSWER, AGAIN = (
    "Split the goal below",
    "Put the results of the subtasks together",
    "Answer the goal below from the report",
    "Subtasks of the goal below failed",
)
# id, what to do, capabilities, what it waits for
Row = tuple[str, str, tuple[str, ...], tuple[str, ...]]
LOOK: Row = ("look", "Look up on the web what others charge", ("web_research",), ())
COMPARE: Row = ("compare", "Compare the prices with ours", ("comparison",), ("look",))
WRITE: Row = ("write", "Write a short brief of the findings", ("writing",), ("compare",))
TRANSLATE: Row = ("translate", "Translate the prices into German", ("translation",), ("look",))
PIANO: Row = ("piano", "Tune the old piano in the hall", (), ())


def planned(*rows: Row, strategy: str = "mixed", impossible: str = "") -> str:
    """A plan as a model writes it."""
    subtasks = [
        {
            "id": key, "title": text[:40], "description": text, "complexity": "medium", "priority": 3,
            "required_capabilities": list(able), "dependencies": list(needs),
        }
        for key, text, able, needs in rows
    ]  # fmt: skip
    return orjson.dumps({"strategy": strategy, "subtasks": subtasks, "impossible": impossible}).decode()


def another_way(**descriptions: str) -> str:
    """What the lead says of subtasks that failed."""
    rows = [{"id": key, "description": text, "give_up": not text} for key, text in descriptions.items()]
    return orjson.dumps({"subtasks": rows}).decode()


@dataclass(frozen=True)
class Goal:
    """A goal of some shape: what the models say, what has to come of it.

    plans: the lead's answers when it is asked to plan. says: (part of a prompt, words of a rule). statuses: of the
    subtasks by id, in the end; error: the code the run fails with.
    """

    name: str
    plans: Sequence[str]
    statuses: Mapping[str, str] = field(default_factory=dict)
    says: Sequence[tuple[str, dict[str, Any]]] = ()
    error: str = ""
    status: str = "completed"
    body: Mapping[str, Any] = field(default_factory=dict)


DONE = dict.fromkeys(("look", "compare", "write"), "completed")
GOALS = [
    Goal("one step", [planned((*WRITE[:3], ()))], {"write": "completed"}),
    Goal("chain", [planned(LOOK, COMPARE, WRITE)], DONE),
    Goal(
        "diamond",
        [planned(LOOK, COMPARE, TRANSLATE, (*WRITE[:3], ("compare", "translate")))],
        {**DONE, "translate": "completed"},
    ),
    Goal(
        "wide",
        [planned(*[(f"w{n}", f"Compare offer number {n}", ("comparison",), ()) for n in range(8)])],
        {f"w{n}": "completed" for n in range(8)},
    ),
    Goal("impossible", [planned(impossible="No team can be in two places.")], error="goal_impossible", status="failed"),
    Goal("nobody fits", [planned(PIANO)], error="nobody_fits", status="failed"),
    Goal("broken plan", ["I would rather not", planned(LOOK, COMPARE, WRITE)], DONE),
    Goal(
        "cyclic plan",
        [planned((*LOOK[:3], ("write",)), COMPARE, WRITE)] * 2,
        error="answer_refused",
        status="failed",
    ),
    Goal(
        "a subtask fails and is planned again",
        [planned(LOOK, COMPARE, WRITE)],
        DONE,
        [
            (AGAIN, {"reply": another_way(look="Look in the web archive for old prices")}),
            ("## Your part\n\nLook up on the web what others charge", {"status": 400, "error": "No."}),
        ],
    ),
    Goal(
        "the budget ends",
        [planned(LOOK, COMPARE, WRITE)],
        says=[("## Your part", {"reply": "Much.", "usage": Usage(2_000_000, 2_000_000)})],
        error="budget_reached",
        status="stopped",
        body={"max_cost": "2"},
    ),
]


class Kitchen(Room):
    """A room with a crew, in which goals are cooked."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack)
        self.api = Caller(self.key)
        for name, about in CREW.items():
            made = self.api.post("/api/agents", {"name": name, "description": about, "agent_model_config": OPENAI})
            assert made[0] == 201, made
        # The first by name would lead; the room's own agent does.
        self.lead = str(self.cast.agent.pk)

    def listen(self, goals: Sequence[Goal]) -> None:
        """Let the server say what these goals need, several at once."""
        self.stack.models.on("", decide=lambda request: said(goals, request))

    def begin(self, goal: Goal) -> Execution:
        """Start a run of it."""
        body = {"goal": stated(goal), "lead_id": self.lead, **goal.body}
        status, made = self.api.post("/api/workflows", body)
        assert status == 201, made
        status, started = self.api.post(f"/api/workflows/{made['id']}/execute", {})
        assert status == 202, started
        return Execution.objects.get(pk=started["execution_id"])

    def cook(self, goal: Goal) -> Execution:
        """The run once it is over."""
        self.listen([goal])
        return ended(self.begin(goal))


def stated(goal: Goal) -> str:
    """The goal as a workflow has it."""
    return f"Goal of the shape: {goal.name}."


def _text(content: Any) -> str:
    parts = content if isinstance(content, list) else [content]
    return "\n".join(str(part.get("text", "")) if isinstance(part, dict) else str(part or "") for part in parts)


def said(goals: Sequence[Goal], request: Recorded) -> dict[str, Any] | None:
    """What the model answers in a run of one of these goals."""
    told = "\n".join(_text(turn.get("content")) for turn in turns(request.body) if turn.get("role") == "user")
    # Where the goal is stated: what is remembered of other goals may stand in a prompt, too.
    goal = next((one for one in goals if re.search(rf"(## Goal|this goal:)\n\n{re.escape(stated(one))}", told)), None)
    if goal is None:
        return None
    if PLAN in told:
        tries = sum(turn.get("role") == "assistant" for turn in turns(request.body))
        return {"reply": goal.plans[min(tries, len(goal.plans) - 1)]}
    if REPORT in told:
        return {"reply": "All in one report [1]."}
    if ANSWER in told:
        return {"reply": f"The answer to {goal.name}."}
    return next((words for match, words in goal.says if match in told), {"reply": "Done as asked."})


def last_statuses(execution: Execution) -> dict[str, str]:
    """The status of each subtask's last step."""
    rows = execution.steps.filter(path__isnull=False, kind="agent").order_by("order")
    return dict(rows.values_list("step_id", "status"))


def stage_statuses(execution: Execution) -> list[str]:
    """The statuses of the stages, in order."""
    rows = dict(execution.steps.filter(path=None).values_list("step_id", "status"))
    return [rows[stage.key] for stage in STAGES]


def came_to(execution: Execution) -> tuple[str, str, dict[str, str]]:
    """Status, the error's code, and the subtasks where the run completed."""
    code = str((execution.error or {}).get("code", ""))
    return execution.status, code, last_statuses(execution) if execution.status == "completed" else {}
