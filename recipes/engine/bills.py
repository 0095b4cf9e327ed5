"""What a step's model calls have taken so far, and what may still be spent."""

from decimal import Decimal

from agents.work.loop import Spent, Task
from automatos.llm.types import Usage


class Bills:
    """By the path of each call, as far as the loop has come; those of an asked agent stand under the asking call."""

    def __init__(self) -> None:
        self._bills: dict[str, Spent] = {}

    def add(self, path: str, usage: Usage, cost: Decimal) -> None:
        """A call came back; the same one twice counts once."""
        self._bills[path] = Spent(usage.input_tokens + usage.output_tokens, cost)

    def spent(self, path: str) -> Spent:
        """What the calls came to whose path begins so."""
        bills = [bill for at, bill in self._bills.items() if at.startswith(path)]
        return Spent(sum(bill.tokens for bill in bills), sum((bill.cost for bill in bills), Decimal(0)))

    def left(self, task: Task) -> Decimal | None:
        """US dollars that a task, and those it works for, may still spend; None for no limit."""
        found: list[Decimal] = []
        at: Task | None = task
        while at is not None:
            if at.max_cost is not None:
                found.append(at.max_cost - self.spent(at.path).cost)
            at = at.asked_by
        return min(found, default=None)
