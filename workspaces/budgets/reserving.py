"""Money held back for calls before they are sent, and settled when it is known what they took.

One statement locks all the rows of a transaction that count money, in one order; where nothing limits, none is locked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Any, Protocol
from uuid import UUID

from automatos.errors import AppError
from automatos.words import money
from workspaces.models import Budget

# Seconds past a call's own time-out until what it holds back is given up.
MARGIN = 120
# Seconds that a run which ended leaves its calls to tell what they took.
AFTER_END = 20
BATCH = 500
NOTHING = Decimal(0)
# The digits that are kept of an amount.
SMALLEST = Decimal("0.00000001")
OF = {"workspace": "the workspace", "recipe": "this recipe", "agent": "this agent", "run": "this run"}
ENTIRE = (
    "The budget of this evaluation, {limit}, has no room for another call: {spent} are spent{held}, and the call may "
    "take {amount}. Give the next one a larger budget."
)
PER = {"run": "a run", "day": "a day", "month": "a month"}
CURES = {
    "run": "Raise the budget, or have the recipe do less.",
    "day": "Raise the budget, or wait until midnight UTC.",
    "month": "Raise the budget, or wait until next month (UTC).",
}


class BudgetReached(AppError):
    """A budget has no room for a call: it is not made.

    is_held: there will be room if calls under way take less than what is held back for them.
    """

    code = "budget_reached"
    http_status = 402

    def __init__(self, message: str, *, is_held: bool = False) -> None:
        super().__init__(message)
        self.is_held = is_held


class Sql(Protocol):
    """Runs statements in the transaction of whoever asks."""

    def send(self, sql: str, params: Sequence[Any]) -> Any:
        """A statement whose answer nobody reads."""

    def rows(self, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        """A statement and its rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """Whose budgets a call counts for. run_id: the run at the top; recipes: those from it down to the call's, each with
    its run. An evaluation stands among the recipes, as if it were its own run.
    """

    workspace_id: UUID
    recipes: Mapping[UUID, UUID] = field(default_factory=dict)
    agent_id: UUID | None = None
    run_id: UUID | None = None
    step_id: UUID | None = None

    def is_limited_by(self, budget: "Limit") -> bool:
        """Whether the budget counts this payer's calls."""
        if budget.workspace_id != self.workspace_id or (budget.period == Budget.Period.RUN and self.run_id is None):
            return False
        own = {
            "workspace": (self.workspace_id,), "recipe": self.recipes, "agent": (self.agent_id,), "run": (self.run_id,),
            Budget.EVALUATION: self.recipes,
        }  # fmt: skip
        return budget.scope_id in own[budget.scope]

    def window(self, budget: "Limit", now: datetime) -> str:
        """The name of the period of this budget into which a call at this moment falls."""
        if budget.period == Budget.Period.RUN:
            return str(self.recipes.get(budget.scope_id, self.run_id))
        return window_of(budget.period, now)

    @property
    def owners(self) -> set[UUID]:
        """All that may have a budget which counts its calls."""
        own = self.workspace_id, self.agent_id, self.run_id
        return {key for key in own if key is not None} | set(self.recipes)


@dataclass(frozen=True, slots=True)
class Wish:
    """A call that is about to be sent. amount: US dollars it may take; seconds: how long.

    refusal: why it may not be made where money is limited at all.
    """

    id: UUID
    payer: Payer
    amount: Decimal
    seconds: float
    refusal: AppError | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """A call that came to its end. cost: US dollars that it counts for. ends_step: nothing of its step is under way."""

    id: UUID
    payer: Payer
    cost: Decimal
    ends_step: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """A budget's row."""

    id: UUID
    workspace_id: UUID
    scope: str
    scope_id: UUID
    period: str
    limit: Decimal


@dataclass(slots=True)
class Account:
    """What stands in one period of a budget."""

    id: int
    reserved: Decimal
    spent: Decimal

    def has_room(self, limit: Decimal, amount: Decimal) -> bool:
        """Whether so much more may be held back."""
        return self.spent + self.reserved + amount <= limit


@dataclass(slots=True)
class Books:
    """The accounts of one transaction under lock, by their ids, and by budget and period."""

    by_id: dict[int, Account] = field(default_factory=dict)
    by_window: dict[tuple[UUID, str], Account] = field(default_factory=dict)


def window_of(period: str, now: datetime) -> str:
    """A day as 2027-01-31, a month as 2027-01 (UTC)."""
    day = now.astimezone(UTC)
    return f"{day:%Y-%m-%d}" if period == Budget.Period.DAY else f"{day:%Y-%m}"


def move_money(
    sql: Sql, now: datetime, settled: Sequence[Settled] = (), wishes: Sequence[Wish] = ()
) -> dict[UUID, AppError]:
    """Settle calls and hold back for others; why not, by the id of each call that finds no room."""
    if not settled and not wishes:
        return {}
    gone = _taken_back(sql, settled)
    costs: dict[UUID, Decimal] = {}
    for one in settled:
        costs[one.id] = costs.get(one.id, NOTHING) + exact(one.cost, ROUND_HALF_UP)
    late = [one for one in settled if one.id not in gone and one.cost]
    held = _held_already(sql, wishes)
    payers = [*(one.payer for one in late), *(wish.payer for wish in wishes)]
    limits = _limits(sql, payers)
    wanted = {
        (limit.id, payer.window(limit, now)): limit
        for payer in payers
        for limit in limits
        if payer.is_limited_by(limit)
    }
    books = _locked(sql, {key for _, keys in gone.values() for key in keys}, wanted)
    for call_id, (amount, keys) in gone.items():
        _give_back(books, amount, keys, costs.get(call_id, NOTHING))
    for one in late:
        own = [limit for limit in limits if one.payer.is_limited_by(limit)]
        for limit in own:
            if account := books.by_window.get((limit.id, one.payer.window(limit, now))):
                account.spent += exact(one.cost, ROUND_HALF_UP)
    refused = _reserve(sql, now, [wish for wish in wishes if wish.id not in held], limits, books)
    if held:
        until = now + timedelta(seconds=max(wish.seconds for wish in wishes) + MARGIN)
        sql.send("UPDATE reservations SET expires_at = %s WHERE id = ANY(%s::uuid[])", [until, _array(held)])
    _write(sql, books)
    return refused


def _give_back(books: Books, amount: Decimal, keys: Iterable[int], cost: Decimal = NOTHING) -> None:
    """What was held back in these accounts is held back no more, and the cost is spent."""
    for key in keys:
        if account := books.by_id.get(key):
            account.reserved = max(NOTHING, account.reserved - amount)
            account.spent += cost


def exact(amount: Decimal, rounding: str) -> Decimal:
    """The amount with the digits that are kept, so that what is held back and given back is the same to the last."""
    return amount.quantize(SMALLEST, rounding)


def release_of_runs(sql: Sql, now: datetime, run_ids: Iterable[UUID]) -> None:
    """These runs ended: what their calls hold back is given up in a moment, once they have told what they took.

    Those that are settled at this moment are passed over: whoever does it, for a run inside, waits for our accounts.
    """
    sql.send(
        "UPDATE reservations SET expires_at = LEAST(expires_at, %s) WHERE id IN "
        "(SELECT id FROM reservations WHERE run_id = ANY(%s::uuid[]) FOR UPDATE SKIP LOCKED)",
        [now + timedelta(seconds=AFTER_END), _array(run_ids)],
    )


def release_expired(sql: Sql, now: datetime) -> int:
    """Give back what calls held that nobody will settle; how many."""
    rows = sql.rows(
        "DELETE FROM reservations WHERE id IN (SELECT id FROM reservations WHERE expires_at < %s "
        "ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING amount, spend",
        [now, BATCH],
    )
    books = _locked(sql, {key for _, keys in rows for key in keys}, {}) if rows else Books()
    for amount, keys in rows:
        _give_back(books, amount, keys)
    _write(sql, books)
    return len(rows)


def _taken_back(sql: Sql, settled: Sequence[Settled]) -> dict[UUID, tuple[Decimal, list[int]]]:
    """What these calls held back, and whatever else their steps did; it is held back no more."""
    if not settled:
        return {}
    steps = {one.payer.step_id for one in settled if one.ends_step and one.payer.step_id}
    rows = sql.rows(
        "DELETE FROM reservations WHERE id = ANY(%s::uuid[]) OR step_id = ANY(%s::uuid[]) RETURNING id, amount, spend",
        [_array(one.id for one in settled), _array(steps)],
    )
    return {key: (amount, keys) for key, amount, keys in rows}


def _held_already(sql: Sql, wishes: Sequence[Wish]) -> set[UUID]:
    """Those whose money a worker that was lost has held back."""
    if not wishes:
        return set()
    rows = sql.rows(
        "SELECT id FROM reservations WHERE id = ANY(%s::uuid[]) FOR UPDATE", [_array(wish.id for wish in wishes)]
    )
    return {row[0] for row in rows}


def _limits(sql: Sql, payers: Sequence[Payer]) -> list[Limit]:
    if not payers:
        return []
    ids = {key for one in payers for key in one.owners}
    rows = sql.rows(
        'SELECT id, workspace_id, scope, scope_id, period, "limit" FROM budgets '
        "WHERE workspace_id = ANY(%s::uuid[]) AND scope_id = ANY(%s::uuid[]) ORDER BY id",
        [_array({one.workspace_id for one in payers}), _array(ids)],
    )
    return [Limit(*row) for row in rows]


def _locked(sql: Sql, ids: set[int], wanted: Mapping[tuple[UUID, str], Limit]) -> Books:
    """The accounts with these ids, and those of these budgets and periods, which are opened where there is none."""
    books = Books()
    if not ids and not wanted:
        return books
    keys = sorted(wanted, key=str)
    budgets, windows = _array(key for key, _ in keys), _array(window for _, window in keys)
    if wanted:
        sql.send(
            "INSERT INTO spend (workspace_id, budget_id, period, reserved, spent) "
            "SELECT b.workspace_id, b.id, v.period, 0, 0 FROM unnest(%s::uuid[], %s::text[]) AS v(budget_id, period) "
            "JOIN budgets b ON b.id = v.budget_id ORDER BY b.id, v.period ON CONFLICT (budget_id, period) DO NOTHING",
            [budgets, windows],
        )
    rows = sql.rows(
        "SELECT id, budget_id, period, reserved, spent FROM spend WHERE id = ANY(%s::bigint[]) "
        "OR (budget_id, period) IN (SELECT * FROM unnest(%s::uuid[], %s::text[])) ORDER BY id FOR NO KEY UPDATE",
        [_array(ids), budgets, windows],
    )
    for key, budget_id, window, reserved, spent in rows:
        books.by_id[key] = books.by_window[budget_id, window] = Account(key, reserved, spent)
    return books


def _reserve(
    sql: Sql, now: datetime, wishes: Sequence[Wish], limits: Sequence[Limit], books: Books
) -> dict[UUID, AppError]:
    refused: dict[UUID, AppError] = {}
    rows = []
    for wish in wishes:
        amount = exact(wish.amount, ROUND_UP)
        own = [
            (limit, account)
            for limit in limits
            if wish.payer.is_limited_by(limit)
            # A budget that was deleted at this moment limits nothing.
            if (account := books.by_window.get((limit.id, wish.payer.window(limit, now))))
        ]
        full = next((one for one in own if not one[1].has_room(one[0].limit, amount)), None)
        if own and wish.refusal is not None:
            refused[wish.id] = wish.refusal
        elif full is not None:
            is_held = all(account.spent + amount <= limit.limit for limit, account in own)
            refused[wish.id] = BudgetReached(refusal(full[0], full[1], amount), is_held=is_held)
        elif own:
            for _, account in own:
                account.reserved += amount
            keys = "{" + ",".join(str(account.id) for _, account in own) + "}"
            payer, until = wish.payer, now + timedelta(seconds=wish.seconds + MARGIN)
            rows.append((wish.id, payer.workspace_id, payer.run_id, payer.step_id, keys, amount, until))
    if rows:
        sql.send(
            "INSERT INTO reservations (id, workspace_id, run_id, step_id, spend, amount, expires_at) "
            "SELECT v.id, v.workspace_id, v.run_id, v.step_id, v.spend::bigint[], v.amount, v.expires_at "
            "FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::numeric[], "
            "%s::timestamptz[]) AS v(id, workspace_id, run_id, step_id, spend, amount, expires_at)",
            [_array(column) for column in zip(*rows, strict=True)],
        )
    return refused


def refusal(limit: Limit, account: Account, amount: Decimal) -> str:
    """Why there is no room, and what to do."""
    held = f" and {money(account.reserved)} held back for calls under way" if account.reserved else ""
    if limit.scope == Budget.EVALUATION:
        spent, most = money(account.spent), money(amount)
        return ENTIRE.format(limit=money(limit.limit), spent=spent, held=held, amount=most)
    return (
        f"The budget of {OF[limit.scope]} for {PER[limit.period]}, {money(limit.limit)}, has no room for another call: "
        f"{money(account.spent)} are spent{held}, and the call may take {money(amount)}. {CURES[limit.period]}"
    )


def _write(sql: Sql, books: Books) -> None:
    if books.by_id:
        rows = [(one.id, one.reserved, one.spent) for one in books.by_id.values()]
        sql.send(
            "UPDATE spend s SET reserved = v.reserved, spent = v.spent "
            "FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[]) AS v(id, reserved, spent) WHERE s.id = v.id",
            [_array(column) for column in zip(*rows, strict=True)],
        )


def _array(values: Iterable[Any]) -> str:
    """A PostgreSQL array literal of ids, numbers, moments and plain words."""
    return "{" + ",".join("NULL" if value is None else f'"{value}"' for value in values) + "}"
