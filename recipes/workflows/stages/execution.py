"""Stage 4, Agent Execution: the subtasks join the run; those that fail are planned anew, a few times at most.

A subtask that fails is passed over after its retries, and with it what needs its result. When all have come to an end,
the missing ones join again: by another agent where one fits, or as the lead's model plans them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from automatos.ids import as_uuid
from recipes.engine.new_steps import NewStep, Round
from recipes.engine.stage_steps import JOINED, joined
from recipes.engine.stages import Joined, Question, StageFailed, StageInput, StageResult
from recipes.models import ErrorHandling, StepKind
from recipes.workflows.names import CONTEXT, EXECUTION, SELECTION
from recipes.workflows.planning import Subtask
from recipes.workflows.plans import dumped, loaded, matched
from recipes.workflows.profiles import team_of
from recipes.workflows.stages.decomposition import plan_of
from recipes.workflows.stages.replanning import REPLANNING, replanned, replanning_step
from workspaces.scope.tenancy import workspace_scope

# How often a plan may be changed, and a subtask tried again before that.
MOST_REPLANS = 2
RETRIES = 1
DEPENDENCY_FAILED = "dependency_failed"


@dataclass(frozen=True, slots=True)
class Who:
    """The agent of a subtask."""

    id: UUID
    name: str


class Executing:
    """The subtasks as steps, by the plan's order; then what they came to, by reference."""

    reads = ""

    def ask(self, stage: StageInput) -> Question | None:
        """No model: the subtasks' own agents work."""
        return None

    def work(self, stage: StageInput) -> StageResult:
        """The first subtasks, further ones in place of those that failed, or the end."""
        plan = plan_of(stage)
        if not stage.grown:
            return self._begun(stage, plan.subtasks)
        known = steps_of(stage)
        missing = missing_of(plan.subtasks, known)
        failed = [one for one in missing if not _is_consequence(known[one.id])]
        if failed and replans_of(every(stage)) < MOST_REPLANS:
            rounds = self._again(stage, plan.subtasks, missing, failed)
            if rounds:
                return StageResult(rounds=rounds)
        if len(missing) == len(plan.subtasks):
            raise _nothing_done(known.values())
        return StageResult(dumped(summary(stage, plan.subtasks, known)))

    def _begun(self, stage: StageInput, subtasks: Sequence[Subtask]) -> StageResult:
        who = chosen_of(stage)
        able: list[Subtask] = []
        for one in subtasks:
            if one.id in who and all(need in {other.id for other in able} for need in one.dependencies):
                able.append(one)
        if not able:
            raise StageFailed("No subtask has an agent, so there is nothing to do.", code="nobody_fits")
        first = Round(1, [_step(stage, one, who[one.id], subtasks, seconds=_seconds(stage)) for one in able])
        return StageResult(rounds=(first,))

    def _again(
        self, stage: StageInput, subtasks: Sequence[Subtask], missing: Sequence[Subtask], failed: Sequence[Subtask]
    ) -> tuple[Round, ...]:
        """The next round: the lead's word on what failed, or those that are missing once more."""
        steps = every(stage)
        last = steps[-1].config if steps else {}
        number = stage.grown + 1
        if not stage.config.get("by_rules") and last.get("stage") != REPLANNING:
            return (Round(number, [replanning_step(stage, failed, steps)]),)
        changes = replanned(steps[-1]) if last.get("stage") == REPLANNING else {}
        who, given_up = self._others(stage, failed, changes, steps)
        wanted = [changes.get(one.id, one) for one in missing if one.id not in given_up]
        there = {one.id for one in subtasks} - {one.id for one in missing}
        able: list[Subtask] = []
        for one in wanted:
            if one.id in who and all(need in there or need in {x.id for x in able} for need in one.dependencies):
                able.append(one)
        if not able:
            return ()
        sees = [step.order for step in steps if step.status == "completed" and "subtask" in step.config]
        made = [_step(stage, one, who[one.id], subtasks, replaces=True, seconds=_seconds(stage)) for one in able]
        return (Round(number, made, sees=sees),)

    def _others(
        self, stage: StageInput, failed: Sequence[Subtask], changes: Mapping[str, Subtask], steps: Sequence[Joined]
    ) -> tuple[dict[str, Who], set[str]]:
        """Who does each subtask from now on, and those for which nobody else is there and nothing was changed."""
        who = dict(chosen_of(stage))
        asked = [changes.get(one.id, one) for one in failed]
        named = [key for key in map(as_uuid, stage.config.get("agent_ids") or ()) if key]
        with workspace_scope(stage.workspace_id):
            team = team_of(stage.workspace_id, named)
        found, given_up = matched(team, asked), set[str]()
        for one in asked:
            # What is to be done another way may be tried by whoever fits best; the same again only by somebody else.
            tried = {step.config.get("agent_id") for step in steps if step.config.get("subtask") == one.id}
            tried = set() if one.id in changes else tried
            other = next((m for m in found[one.id] if m.fits and str(m.agent_id) not in tried), None)
            if other is not None:
                who[one.id] = Who(other.agent_id, other.name)
            elif one.id not in changes:
                given_up.add(one.id)
        return who, given_up


def chosen_of(stage: StageInput) -> dict[str, Who]:
    """Who does what, as selection left it; the stage's own agent does everything where selection was skipped."""
    picked = loaded(stage.text(SELECTION)).get("selection") or {}
    found = {
        key: Who(agent_id, str(row.get("agent_name", "")))
        for key, row in picked.items()
        if (agent_id := as_uuid(row.get("agent_id")))
    }
    lead = as_uuid(stage.config.get("lead_id"))
    if not picked and lead:
        found = {one.id: Who(lead, str(stage.config.get("lead_name", ""))) for one in plan_of(stage).subtasks}
    return found


def every(stage: StageInput) -> tuple[Joined, ...]:
    """Every step that joined by this stage so far, in order."""
    with workspace_scope(stage.workspace_id), connection.cursor() as cursor:
        cursor.execute(JOINED, [stage.execution_id, EXECUTION])
        return joined(cursor.fetchall())


def steps_of(stage: StageInput) -> dict[str, Joined]:
    """The last step of each subtask."""
    return last_of(every(stage))


def last_of(steps: Sequence[Joined]) -> dict[str, Joined]:
    """The same of steps that are known: by subtask, the one that counts."""
    return {str(step.config["subtask"]): step for step in steps if "subtask" in step.config}


def missing_of(subtasks: Sequence[Subtask], known: Mapping[str, Joined]) -> list[Subtask]:
    """Those that were begun and left no result."""
    return [one for one in subtasks if one.id in known and known[one.id].status != "completed"]


def replans_of(steps: Sequence[Joined]) -> int:
    """How often the plan was changed so far: the rounds of subtasks beyond the first."""
    return len({step.config.get("round") for step in steps if step.config.get("replaces")})


def _is_consequence(step: Joined) -> bool:
    return (step.error or {}).get("code") == DEPENDENCY_FAILED


def _nothing_done(steps: Iterable[Joined]) -> StageFailed:
    why = next((step.error for step in steps if step.error and not _is_consequence(step)), None) or {}
    return StageFailed(
        f"No subtask could be done. {why.get('message', '')}".strip(), code=str(why.get("code", "nothing_done"))
    )


def summary(stage: StageInput, subtasks: Sequence[Subtask], known: Mapping[str, Joined]) -> dict[str, Any]:
    """What each subtask came to: its step's number, where its result stands, and why there is none."""
    rows = {}
    for one in subtasks:
        step = known.get(one.id)
        rows[one.id] = {
            "title": one.title,
            "step": step.order if step else None,
            "status": step.status if step else "skipped",
            "agent": step.agent_name if step else "",
            "why": str(((step.error if step else None) or {}).get("message", "")) if step else "Nobody fits.",
        }
    return {"subtasks": rows, "replans": replans_of(every(stage))}


def _seconds(stage: StageInput) -> float:
    return float(stage.config.get("subtask_seconds", 300.0))


def _step(
    stage: StageInput,
    subtask: Subtask,
    who: Who,
    subtasks: Sequence[Subtask],
    *,
    seconds: float,
    replaces: bool = False,
) -> NewStep:
    """A subtask as a step of its agent, with references to the results it needs."""
    titles = {one.id: one.title for one in subtasks}
    number = stage.grown + 1
    config: dict[str, Any] = {
        "subtask": subtask.id,
        "stage": EXECUTION,
        "agent_id": str(who.id),
        "round": number,
        "retries": RETRIES,
        "needs": list(subtask.dependencies),
        "task": subtask.description,
        **({"replaces": True} if replaces else {}),
    }
    if passages := passages_of(stage, subtask.id):
        config["context"] = passages
    return NewStep(
        order=0,
        step_id=subtask.id,
        name=subtask.title,
        output_key=key_of(subtask.id),
        prompt_template=prompt_of(subtask, titles, is_brief=bool(stage.config.get("by_rules"))),
        config=config,
        agent_id=who.id,
        agent_name=who.name,
        error_handling=ErrorHandling.SKIP,
        max_retries=RETRIES,
        max_iterations=25,
        timeout=seconds,
        kind=StepKind.AGENT,
    )


def key_of(subtask: str) -> str:
    """The output key of a subtask's step."""
    return f"subtask_{subtask}"


def passages_of(stage: StageInput, subtask: str) -> list[dict[str, Any]]:
    """What was found for a subtask, as its step is told it."""
    context = loaded(stage.text(CONTEXT))
    numbers = ((context.get("subtasks") or {}).get(subtask) or {}).get("sources") or ()
    by_number = {source["number"]: source for source in context.get("sources") or ()}
    return [
        {name: by_number[number][name] for name in ("number", "title", "text", "origins")}
        for number in numbers
        if number in by_number
    ]


def prompt_of(subtask: Subtask, titles: Mapping[str, str], *, is_brief: bool) -> str:
    """What the agent is asked. is_brief: for the embedded model, which loses the thread in more than the task."""
    task = escaped(subtask.description)
    results = "\n\n".join(
        f"{{{key_of(need)}}}" if is_brief else f"## Result of “{escaped(titles.get(need, need))}”\n\n{{{key_of(need)}}}"
        for need in subtask.dependencies
    )
    if is_brief:
        return "\n\n".join(filter(None, (results, task)))
    goal = "You work with others on this goal:\n\n{input.goal}"
    own = f"## Your part\n\n{task}\n\nDo your part alone, and answer with its result."
    return "\n\n".join(filter(None, (goal, results, own)))


def escaped(text: str) -> str:
    """Text in which no braces name anything."""
    return text.replace("{", "{{").replace("}", "}}")
