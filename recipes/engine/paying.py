"""Whose key pays: each claimed step gets its workspace's own keys, which come before the installation's.

And whether there is money for it: what a step's first call may take is held back before it is sent.
"""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from agents.work.toolbox import told
from automatos.errors import AppError
from automatos.llm import unknown_prices
from automatos.llm.estimates import most_cost
from automatos.llm.registry import Credentials
from automatos.llm.types import ModelRequest
from recipes.engine.journal import FIRST, call_id
from recipes.engine.ledger import Ledger
from recipes.engine.letting_go import HOLD_ABOVE
from recipes.engine.sql import array, statements
from recipes.engine.steps import Job, Outcome, Turn
from workspaces.budgets.reserving import BudgetReached, Wish, release_expired
from workspaces.credentials.provider_keys import NONE, OwnKey, ask_keys, read_keys
from workspaces.scope.tenancy import Purpose


def pay(ledger: Ledger, turn: Turn) -> tuple[list[Outcome], list[OwnKey]]:
    """Put the keys into the turn's jobs; one statement for all of them, none for models of this machine.

    Returns the outcomes of jobs whose key does not open, which leave the turn, and the keys that were opened.
    """
    paid = {job.workspace_id for job in turn.jobs if not _is_local(job)}
    if not paid:
        return [], []
    found = read_keys(ask_keys(paid, ledger.sql.send))
    jobs, failed = [], []
    for job in turn.jobs:
        own = found.get(job.workspace_id, NONE)
        try:
            own.require(job.task.model)
        except AppError as error:
            failed.append(Outcome(job.step_id, job.fence, job.has_fallback, error=error))
        else:
            jobs.append(replace(job, credentials=own.credentials))
    turn.jobs = jobs
    turn.more = turn.more or bool(failed)
    return failed, [key for own in found.values() for key in own.keys.values()]


def hold_back(ledger: Ledger, turn: Turn) -> list[Outcome]:
    """Hold money back for the first calls of the turn's jobs; the outcomes of those that have no room, which leave it.

    Those that will have room once calls under way are settled stay, and wait for it on the loop.
    Settles what came to its end in this turn besides: all rows that count money are locked once, in one order.
    """
    wishes = {job.step_id: _wish(ledger, job) for job in turn.jobs if _asks_first(ledger, job)}
    hold_above(ledger, (job.execution_id for job in turn.jobs if job.step_id in wishes))
    refused = ledger.move_money(list(wishes.values()))
    if not refused:
        return []
    jobs, failed = [], []
    for job in turn.jobs:
        wish = wishes.get(job.step_id)
        error = refused.get(wish.id) if wish else None
        if error is None:
            jobs.append(job)
        elif waits(error):
            jobs.append(replace(job, is_short=True))
        else:
            failed.append(Outcome(job.step_id, job.fence, job.has_fallback, error=error, attempt=job.attempt))
    turn.jobs = jobs
    turn.more = turn.more or bool(failed)
    return failed


def hold_above(ledger: Ledger, execution_ids: Iterable[UUID]) -> None:
    """Lock the steps that cook these runs: one that ends for lack of money lets its step go on.

    Before the rows that count money, as everybody does.
    """
    above = {ledger.runs[key].parent_step_id for key in execution_ids} - {None}
    if above:
        ledger.sql.flush()
        ledger.sql.send(HOLD_ABOVE, [array(above)])


def waits(error: AppError) -> bool:
    """Whether there will be room once calls under way are settled, so that it is worth waiting."""
    return isinstance(error, BudgetReached) and error.is_held


def give_back_expired() -> Turn:
    """Money that was held back for calls which nobody will settle any more is there again."""
    with statements(Purpose.ENGINE) as sql:
        release_expired(sql, sql.now)
    return Turn()


def _asks_first(ledger: Ledger, job: Job) -> bool:
    """Whether the job begins with a call of a model whose answer is not known yet, where money is limited."""
    known = job.journal.get(FIRST)
    return job.asks_first and ledger.runs[job.execution_id].has_budgets and (known is None or known.status == "sent")


def _wish(ledger: Ledger, job: Job) -> Wish:
    task = job.task
    request = task.spec.request(task.messages, timeout=task.timeout, use_fallback=task.use_fallback)
    request = replace(request, tools=(*told(task.tools), *task.client_tools))
    payer = ledger.runs[job.execution_id].payer(job.step_id, task.spec.id)
    key = call_id(job.step_id, job.attempt)
    return Wish(key, payer, *priced(request, job.credentials))


def priced(request: ModelRequest, credentials: Credentials) -> tuple[Decimal, float, AppError | None]:
    """US dollars that a call may take, for how many seconds, and why it may not be made where money is limited."""
    try:
        unknown_prices.check(request.model, credentials)
    except AppError as refusal:
        return Decimal(0), request.timeout, refusal
    return most_cost(request, credentials), request.timeout, None


def _is_local(job: Job) -> bool:
    """Whether nothing this step may call needs a key: tools may ask other agents, so then that is not known."""
    spec = job.task.spec
    models = (job.task.model, spec.fallback_model)
    return not job.task.tools and all(not model or model.startswith("local:") for model in models)
