"""The one gate for calls of models outside of runs: money is held back, the call is made, settled and counted.

Calls inside of runs are kept in the engine's journal, which holds back and settles by the same accounts.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from automatos.errors import AppError
from automatos.llm import embeddings
from automatos.llm.errors import ModelError, ModelUnavailable
from automatos.llm.estimates import cost_of, most_cost
from automatos.llm.registry import Credentials, Models
from automatos.llm.tokens import estimate_tokens
from automatos.llm.types import ModelReply, ModelRequest, Usage
from automatos.llm.unknown_prices import check, counted
from workspaces.budgets.reserving import Payer, Settled, Wish, move_money
from workspaces.models import ModelUsage
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

Kind = ModelUsage.Kind
COUNT = """
INSERT INTO model_usage AS u (workspace_id, day, kind, model, calls, input_tokens, output_tokens, cost, is_estimated)
VALUES (%s, (%s::timestamptz AT TIME ZONE 'UTC')::date, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (workspace_id, day, kind, model) DO UPDATE SET calls = u.calls + EXCLUDED.calls,
input_tokens = u.input_tokens + EXCLUDED.input_tokens, output_tokens = u.output_tokens + EXCLUDED.output_tokens,
cost = u.cost + EXCLUDED.cost, is_estimated = u.is_estimated OR EXCLUDED.is_estimated"""


@dataclass(slots=True)
class Passage:
    """Calls that were let through. counts: US dollars they count for against budgets."""

    model: str
    credentials: Credentials
    calls: int = 0
    usage: Usage = field(default_factory=Usage)
    cost: Decimal = Decimal(0)
    counts: Decimal = Decimal(0)

    def took(self, usage: Usage, cost: Decimal) -> None:
        """A call came back. cost: US dollars, as the price list or the server says."""
        self.calls += 1
        self.usage, self.cost = self.usage + usage, self.cost + cost
        self.counts += counted(self.model, usage, cost, self.credentials)

    def replied(self, reply: ModelReply) -> None:
        """A call of a model came back, be it of use or not."""
        self.took(reply.usage, reply.cost)


@contextmanager
def passage(
    workspace_id: UUID | None,
    kind: Kind,
    model: str,
    credentials: Credentials,
    *,
    most: Decimal,
    seconds: float,
    evaluation_id: UUID | None = None,
) -> Iterator[Passage]:
    """Hold back what calls of one model may take, and settle and count what they took when they are over.

    workspace_id: None for work of the installation, which no budget limits; evaluation_id: whose budget they count for,
    too. Call it outside of any transaction. Raises BudgetReached, and ModelNotConfigured where money is limited and
    calls of unknown price are refused.
    """
    made = Passage(model, credentials)
    key, payer = uuid4(), _payer(workspace_id, evaluation_id) if workspace_id else None
    if payer is not None:
        _reserve(Wish(key, payer, most, seconds, _unpriced(model, credentials)))
    try:
        yield made
    finally:
        _settle(workspace_id, kind, made, Settled(key, payer, made.counts) if payer else None)


def _payer(workspace_id: UUID, evaluation_id: UUID | None) -> Payer:
    if evaluation_id is None:
        return Payer(workspace_id=workspace_id)
    return Payer(workspace_id=workspace_id, recipes={evaluation_id: evaluation_id}, run_id=evaluation_id)


def call_model(
    request: ModelRequest,
    *,
    workspace_id: UUID | None,
    kind: Kind,
    credentials: Credentials | None = None,
    evaluation_id: UUID | None = None,
) -> ModelReply:
    """One call of a model through the gate. evaluation_id: see `passage`. Blocks. Raises ModelError, BudgetReached."""
    keys = credentials or {}
    most, seconds = most_cost(request, keys), request.timeout
    with passage(
        workspace_id, kind, request.model, keys, most=most, seconds=seconds, evaluation_id=evaluation_id
    ) as made:
        try:
            reply = asyncio.run(_complete(request, keys))
        except ModelError as error:
            if error.reply is not None:
                made.replied(error.reply)
            raise
        made.replied(reply)
    return reply


def embed(
    texts: Sequence[str],
    model: str,
    credentials: Credentials | None,
    workspace_id: UUID,
    before_each: Callable[[], None] | None = None,
) -> list[embeddings.Vector]:
    """Vectors of texts, see `automatos.llm.embeddings`; what a vendor embeds goes through the gate.

    Raises ModelError, also where a budget has no room: whoever asks then does without that vendor.
    """
    if model == embeddings.LOCAL:
        return embeddings.embed(texts, model, before_each=before_each)
    keys = credentials or {}
    expected = Usage(sum(estimate_tokens(text[: embeddings.LONGEST]) for text in texts))
    most, seconds = cost_of(model, expected, keys), embeddings.SECONDS * (1 + len(texts) // embeddings.BATCH)
    read: list[int] = []
    try:
        with passage(workspace_id, Kind.EMBEDDING, model, keys, most=most, seconds=seconds) as made:
            try:
                return embeddings.embed(texts, model, keys, on_tokens=read.append, before_each=before_each)
            finally:
                if read:
                    usage = Usage(sum(read))
                    made.took(usage, cost_of(model, usage, keys))
    except ModelError:
        raise
    except AppError as error:
        raise ModelUnavailable(error.message) from error


async def _complete(request: ModelRequest, credentials: Credentials) -> ModelReply:
    models = Models()
    try:
        return await models.complete(request, credentials=credentials)
    finally:
        await models.close()


def _unpriced(model: str, credentials: Credentials) -> AppError | None:
    try:
        check(model, credentials)
    except AppError as refusal:
        return refusal
    return None


class _Here:
    """Statements on the connection of this thread."""

    def send(self, sql: str, params: Sequence[Any]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)

    def rows(self, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return list(cursor.fetchall())

    @property
    def now(self) -> datetime:
        moment: datetime = self.rows("SELECT statement_timestamp()", [])[0][0]
        return moment


def _scope(workspace_id: UUID | None) -> AbstractContextManager[None]:
    if not connection.in_atomic_block:
        # Threads that only embed keep their connection for long; one that broke meanwhile is replaced.
        connection.close_if_unusable_or_obsolete()
    return workspace_scope(workspace_id) if workspace_id else system_scope(Purpose.SCAN)


def _reserve(wish: Wish) -> None:
    with _scope(wish.payer.workspace_id):
        sql = _Here()
        refused = move_money(sql, sql.now, (), [wish])
    if wish.id in refused:
        raise refused[wish.id]


def _settle(workspace_id: UUID | None, kind: Kind, made: Passage, settled: Settled | None) -> None:
    with _scope(workspace_id):
        sql = _Here()
        now = sql.now
        if settled is not None:
            move_money(sql, now, [settled])
        if made.calls:
            usage = made.usage
            numbers = [made.calls, usage.input_tokens, usage.output_tokens, made.cost, usage.is_estimated]
            sql.send(COUNT, [workspace_id, now, str(kind), made.model[:200], *numbers])
