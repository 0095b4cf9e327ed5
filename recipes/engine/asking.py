"""What a tool under way wants of people: an answer to a server's question, and to be seen getting on.

The step stays at work meanwhile, as the server's connection may have to. Its question is a row beside the approvals,
with the fence of the worker that listens, so that nobody is asked for one that died.
"""

import asyncio
import time
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from automatos import events
from automatos.events import Notice, TextChunk
from recipes.engine.ledger import Ledger, from_json
from recipes.engine.sql import statements
from recipes.engine.steps import Job, lock_steps
from recipes.engine.storing import as_json, storable
from recipes.models import Approval, StepStatus
from tools.contract import Answered, Asked, Decide
from workspaces.scope.tenancy import Purpose

# Seconds a person has; less where the step has less left. Below LEAST nobody is asked.
PERSON_HAS, LEAST, RESERVE = 600.0, 15.0, 10.0
LOOK_EVERY = 0.5
# Progress is shown so often, in seconds.
SHOW_EVERY = 0.2
CANCELLED = Answered("cancel")


class Viewers:
    """The people who watch one step."""

    def __init__(self, job: Job, decide: Decide) -> None:
        self.job, self.decide = job, decide
        self.until = asyncio.get_running_loop().time() + job.task.timeout - RESERVE
        self.shown_at = 0.0

    async def tell(self, text: str) -> None:
        """Show how far a call is, to whoever has the run open. Too much at once is left out."""
        if time.monotonic() - self.shown_at < SHOW_EVERY:
            return
        self.shown_at, job = time.monotonic(), self.job
        chunk = TextChunk(job.workspace_id, job.execution_id, job.step_id, job.order, job.attempt, 0, text, "progress")
        await events.publish_text([chunk])

    async def ask(self, question: Asked) -> Answered:
        """What a person says; cancel where nobody did in time, or the step is somebody else's by now."""
        seconds = min(PERSON_HAS, self.until - asyncio.get_running_loop().time())
        if seconds < LEAST:
            return CANCELLED
        key = uuid4()
        notices = await self.decide(_put, self.job, key, question, seconds)
        if notices is None:
            return CANCELLED
        await events.publish(notices)
        try:
            return await self._wait(key, seconds)
        finally:
            # Also where the run was stopped meanwhile: then the question is taken back.
            closed = asyncio.ensure_future(self.decide(_take_back, self.job, key))
            await events.publish(await asyncio.shield(closed))

    async def _wait(self, key: UUID, seconds: float) -> Answered:
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while loop.time() < until:
            await asyncio.sleep(LOOK_EVERY)
            found: Answered | None = await self.decide(_answer, key)
            if found is not None:
                return found
        return CANCELLED


def _put(job: Job, key: UUID, question: Asked, seconds: float) -> list[Notice] | None:
    """Write the question down; None where the step is no longer ours."""
    with statements(Purpose.ENGINE) as sql:
        ledger = Ledger(sql)
        held = lock_steps(ledger, [job.step_id]).get(job.step_id)
        if held is None or held[1].fence != job.fence or held[1].status != StepStatus.RUNNING:
            return None
        run, step = held
        asked: dict[str, Any] = {"server": question.server, "message": question.message, "fence": job.fence}
        asked |= {"url": question.url} if question.url else {"schema": dict(question.schema)}
        due_at = ledger.now + timedelta(seconds=seconds)
        sql.send(
            "INSERT INTO approvals "
            "(id, workspace_id, step_id, kind, tool, arguments, due_at, asked_at, origins, status) "
            "VALUES (%s, %s, %s, %s, %s, %s::jsonb, %s, %s, '[]'::jsonb, 'pending')",
            [
                *(key, run.workspace_id, step.id, Approval.Kind.QUESTION.value, question.tool[:200]),
                *(as_json(storable(asked)), due_at, ledger.now),
            ],
        )
        run.emit(
            "step.asked", ledger.now, step,
            attempt=step.attempt, approval=str(key), tool=question.tool, due_at=due_at.isoformat(),
        )  # fmt: skip
        notices: list[Notice] = ledger.write()
        return notices


def _answer(key: UUID) -> Answered | None:
    """What was decided; None while nothing was."""
    with statements(Purpose.ENGINE) as sql:
        rows = sql.rows("SELECT status, answer FROM approvals WHERE id = %s", [key])
    if not rows:
        return CANCELLED
    status, answer = rows[0]
    if status == Approval.Status.PENDING:
        return None
    if status == Approval.Status.APPROVED:
        return Answered("accept", from_json(answer) or {})
    return Answered("decline") if status == Approval.Status.REJECTED else CANCELLED


def _take_back(job: Job, key: UUID) -> list[Notice]:
    """Nobody is asked any more. What was decided stays."""
    with statements(Purpose.ENGINE) as sql:
        ledger = Ledger(sql)
        held = lock_steps(ledger, [job.step_id]).get(job.step_id)
        rows = sql.rows(
            "UPDATE approvals SET status = 'expired', decided_at = %s "
            "WHERE id = %s AND status = 'pending' RETURNING id",
            [ledger.now, key],
        )
        if rows and held is not None:
            run, step = held
            run.emit("step.answered", ledger.now, step, attempt=step.attempt, approval=str(key), status="expired")
        notices: list[Notice] = ledger.write()
        return notices
