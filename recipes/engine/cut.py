"""Answers that were broken off from outside: what had come in is kept with the step, marked as cut, and paid once."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from automatos.errors import AppError
from automatos.llm.types import ModelReply
from recipes.engine.agent_usage import usage_of_late_answer
from recipes.engine.journal import Result, large_texts, results_noted
from recipes.engine.ledger import Ledger
from recipes.engine.sql import statements
from recipes.engine.steps import lock_steps
from recipes.models import StepStatus
from workspaces.scope.tenancy import Purpose

CUT = "cut"


@dataclass(frozen=True, slots=True)
class Cut:
    """A call that was broken off. fence: what its worker held the step under; is_answer: its text is the step's own.

    counts: US dollars that it counts for where money is limited; None: what it cost.
    """

    step_id: UUID
    fence: int
    call_id: UUID
    reply: ModelReply
    is_answer: bool
    counts: Decimal | None = None


def keep_cut(cut: Cut) -> None:
    """Keep and pay what had come in of a step that has ended meanwhile; nothing where another worker has it."""
    with statements(Purpose.ENGINE) as sql:
        ledger = Ledger(sql)
        held = lock_steps(ledger, [cut.step_id]).get(cut.step_id)
        if held is None or held[1].status not in (StepStatus.CANCELLED, StepStatus.FAILED):
            return
        run, step = held
        stopped = AppError("The answer was stopped before its end.", code="stopped")
        cut_off = Result(cut.call_id, cut.reply, error=stopped, run_id=run.id)
        ledger.shelf.keep(sql, [(run.id, run.workspace_id, text) for text in large_texts(cut_off)])
        text, params = results_noted(ledger.now, [cut_off], ledger.shelf)
        if not sql.rows(f"{text} RETURNING c.id", params):
            return
        if run.has_budgets:
            counts = cut.reply.cost if cut.counts is None else cut.counts
            ledger.count_cost(cut.call_id, run.payer(step.id, step.agent_id), counts)
            ledger.move_money()
        usage = cut.reply.usage
        spent = [usage.input_tokens, usage.output_tokens, cut.reply.cost, usage.is_estimated]
        sql.send(
            "UPDATE recipe_executions SET input_tokens = input_tokens + %s, output_tokens = output_tokens + %s, "
            "cost = cost + %s, is_estimated = is_estimated OR %s WHERE id = %s",
            [*spent, run.id],
        )
        output, refs = ledger.shelf.text(run.id, cut.reply.text) if cut.is_answer else ("", None)
        reason = CUT if cut.is_answer else ""
        sql.send(
            "UPDATE execution_steps SET input_tokens = input_tokens + %s, output_tokens = output_tokens + %s, "
            "cost = cost + %s, is_estimated = is_estimated OR %s, "
            "output = CASE WHEN output = '' AND output_refs IS NULL THEN %s ELSE output END, "
            "output_refs = CASE WHEN output = '' AND output_refs IS NULL THEN %s::jsonb ELSE output_refs END, "
            "finish_reason = CASE %s WHEN '' THEN finish_reason ELSE %s END WHERE id = %s",
            [*spent, output, refs, reason, reason, step.id],
        )
        tokens, cost = (usage.input_tokens, usage.output_tokens), cut.reply.cost
        sql.send(*usage_of_late_answer(ledger.now, step.id, tokens, cost, is_estimated=usage.is_estimated))
