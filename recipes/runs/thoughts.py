"""What the models of a step thought before they answered, and what has to be known of how they answered."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from automatos.llm.parts import ProviderBlock
from recipes.models import Call, ExecutionStep
from recipes.runs.tool_calls import in_order

# Past this many characters thinking is shown cut off.
LONGEST_SHOWN = 20_000


@dataclass(frozen=True, slots=True)
class Thoughts:
    """thinking: that of the step's own agent, call after call, as far as its server shows it. notes: sentences."""

    thinking: str = ""
    length: int = 0
    notes: tuple[str, ...] = ()

    @property
    def is_cut(self) -> bool:
        """Whether more was thought than is shown."""
        return self.length > len(self.thinking)


NONE = Thoughts()


def thoughts_of(steps: Iterable[ExecutionStep]) -> dict[UUID, Thoughts]:
    """By the step's id, of its last attempt; steps without any are missing. One query."""
    attempts = {step.pk: step.attempt for step in steps}
    found: dict[UUID, list[Call]] = {}
    for call in in_order(_own_calls(attempts)):
        if call.attempt == attempts[call.step_id]:
            found.setdefault(call.step_id, []).append(call)
    return {pk: _thoughts([call.data for call in calls]) for pk, calls in found.items()}


def _own_calls(step_ids: Iterable[UUID]) -> QuerySet[Call]:
    calls = Call.objects.filter(step__in=list(step_ids), kind=Call.Kind.MODEL, data__isnull=False)
    return calls.exclude(path__contains=".").only("step_id", "attempt", "path", "data")


def _thoughts(replies: Iterable[Any]) -> Thoughts:
    thinking: list[str] = []
    notes: list[str] = []
    for reply in replies:
        data = reply if isinstance(reply, dict) else {}
        thinking += [part for part in _thinking(data.get("parts")) if part]
        notes += [str(note) for note in data.get("notes") or ()]
    text = "\n\n".join(thinking)
    return Thoughts(text[:LONGEST_SHOWN], len(text), tuple(dict.fromkeys(notes)))


def _thinking(parts: Any) -> Iterable[str]:
    for part in parts or ():
        if part.get("type") == "provider_block":
            yield ProviderBlock(part["model"], part["data"]).thinking
