"""Stage steps as jobs: a question for a model is an agent's job like any other, code's work an errand."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from agents.work.loop import Task
from agents.work.spec import AgentSpec
from automatos.errors import AppError
from recipes.engine.ledger import Ledger, Run, from_json
from recipes.engine.payloads import filled
from recipes.engine.stages import Joined, Question, StageFailed, StageInput, StageResult, by_key, handler_of
from recipes.engine.steps import Job, Outcome, Step
from recipes.engine.templating import Output

logger = logging.getLogger(__name__)

# Code that works has no agent; this stands in a job where other steps have theirs.
NOBODY = AgentSpec(UUID(int=0), "", "", "", "", "", 0.0, 1, 1.0, 0.0, 0.0)


# The steps by which a stage grew the run.
JOINED = (
    f'SELECT c."order", c.config, c.status, {filled("c", "output")}, c.error, c.origins, c.agent_name '  # noqa: S608
    "FROM execution_steps p "
    "JOIN execution_steps c ON c.execution_id = p.execution_id AND c.parent_id = p.id AND c.path IS NOT NULL "
    'WHERE p.execution_id = %s AND p.step_id = %s AND p.path IS NULL ORDER BY c."order"'
)


def input_of(ledger: Ledger, run: Run, step: Step, outputs: Sequence[Output]) -> StageInput:
    """What the stage may know. Raises StageFailed for one that nobody knows."""
    stage = StageInput(
        step.id, run.id, run.workspace_id, step.order, step.attempt, step.config or {}, run.input_data,
        by_key(outputs), step.prompt_template, step.grown,
    )  # fmt: skip
    reads = handler_of(stage).reads
    return replace(stage, joined=joined(ledger.sql.rows(JOINED, [run.id, reads]))) if reads else stage


def joined(rows: Iterable[Sequence[Any]]) -> tuple[Joined, ...]:
    """Rows of JOINED."""
    return tuple(
        Joined(order, from_json(config) or {}, status, text, from_json(why), tuple(from_json(read) or ()), name)
        for order, config, status, text, why, read, name in rows
    )


def needed(step: Step, visible: Sequence[Output]) -> list[Output]:
    """The results a subtask is told. Raises StageFailed where one that it needs is missing: it would work in vain."""
    sees = set((step.scope or {}).get("sees", ()))
    told = [output for output in visible if output.order in sees]
    if missing := [output.name for output in told if not output.completed and output.order in step.depends_on]:
        raise StageFailed(f"There is no result of {', '.join(missing)}, which this needs.", code="dependency_failed")
    return told


def model_question(stage: StageInput) -> Question | None:
    """What a model is asked in this stage; None where code works. Raises StageFailed."""
    return handler_of(stage).ask(stage)


def asked_job(job: Job, question: Question) -> Job:
    """The job of an agent that is asked: without tools, its answer in the wanted form."""
    spec: AgentSpec = job.task.spec
    if question.schema is not None:
        spec = replace(spec, response_schema=question.schema)
    task = replace(job.task, spec=spec, tools={}, check=question.check, repairs=question.repairs)
    return replace(job, task=task, origins=question.origins, heard=(spec.system_prompt,))


def code_job(run: Run, step: Step, stage: StageInput, seconds: float) -> Job:
    """The job of code. seconds: how long it may take."""
    task = Task(NOBODY, (), {}, rounds=0, timeout=seconds)
    return Job(step.id, run.id, run.workspace_id, step.order, step.attempt, step.fence, False, task, stage=stage)


async def stage_outcome(
    job: Job, errand: Callable[..., Awaitable[Any]], guard: Callable[[], Awaitable[None]]
) -> Outcome:
    """What code's work comes to. errand: runs a function in threads; guard: raises where the step is not ours."""
    assert job.stage is not None
    ended = Outcome(job.step_id, job.fence, attempt=job.attempt)
    try:
        await guard()
        async with asyncio.timeout(job.task.timeout):
            result: StageResult = await errand(_worked, job.stage)
    except TimeoutError:
        late = f"The stage took longer than {job.task.timeout:g} seconds."
        return replace(ended, error=StageFailed(late, code="stage_timeout"))
    except AppError as known:
        return replace(ended, error=known)
    except Exception as unknown:
        logger.exception("Stage %s of step %s failed", job.stage.name, job.step_id)
        return replace(ended, error=StageFailed(f"This stage failed: {type(unknown).__name__}."))
    return replace(ended, output=result.output, origins=result.origins, rounds=result.rounds, events=result.events)


def _worked(stage: StageInput) -> StageResult:
    return handler_of(stage).work(stage)
