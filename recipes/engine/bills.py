"""What a step's model calls have taken so far, and what may still be spent."""

from decimal import Decimal

from agents.work.loop import Spent, Task
from automatos.llm import unknown_prices
from automatos.llm.registry import Credentials
from automatos.llm.types import ModelReply, Usage


class Bills:
    """By the path of each call, as far as the loop has come; those of an asked agent stand under the asking call."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._bills: dict[str, Spent] = {}

    def add(self, path: str, model: str, usage: Usage, cost: Decimal) -> None:
        """A call of a model came back; the same one twice counts once. cost: as it is recorded."""
        counts = self.counts(model, usage, cost)
        note = unknown_prices.explained(model, self._credentials) if counts != cost else ""
        self._bills[path] = Spent(usage.input_tokens + usage.output_tokens, counts, note)

    def counts(self, model: str, usage: Usage, cost: Decimal) -> Decimal:
        """US dollars that a call counts for where money is limited. cost: as it is recorded."""
        return unknown_prices.counted(model, usage, cost, self._credentials)

    def counted(self, reply: ModelReply | None) -> Decimal | None:
        """The same for a whole reply; None where there is none."""
        return self.counts(reply.model, reply.usage, reply.cost) if reply is not None else None

    def check(self, task: Task, model: str) -> None:
        """Before a call. Raises ModelNotConfigured where money is limited and the price is unknown and not assumed."""
        if self.left(task) is not None:
            unknown_prices.check(model, self._credentials)

    def spent(self, path: str) -> Spent:
        """What the calls came to whose path begins so."""
        bills = [bill for at, bill in self._bills.items() if at.startswith(path)]
        note = next((bill.note for bill in bills if bill.note), "")
        return Spent(sum(bill.tokens for bill in bills), sum((bill.cost for bill in bills), Decimal(0)), note)

    def left(self, task: Task) -> Decimal | None:
        """US dollars that a task, and those it works for, may still spend; None for no limit."""
        found: list[Decimal] = []
        at: Task | None = task
        while at is not None:
            if at.max_cost is not None:
                found.append(at.max_cost - self.spent(at.path).cost)
            at = at.asked_by
        return min(found, default=None)
