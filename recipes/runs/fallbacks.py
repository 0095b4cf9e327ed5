"""Which model answered in place of a step's own, and why, as its journal tells."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from automatos.llm.errors import ContextTooLong, ModelOverloaded, ModelRateLimited, ModelRefused
from recipes.models import Call, ErrorHandling, ExecutionStep
from recipes.runs.tool_calls import in_order

REASONS = {
    ModelOverloaded.code: "is overloaded",
    ModelRateLimited.code: "is asked too often",
    ModelRefused.code: "declined to answer",
    ContextTooLong.code: "cannot read so much at once",
}


@dataclass(frozen=True, slots=True)
class Fallback:
    """The model that was asked, the one that failed, and that one's error."""

    model: str
    instead_of: str
    code: str
    message: str

    @property
    def reason(self) -> str:
        """Why, in words that follow the failed model's name."""
        return REASONS.get(self.code, "could not answer")


def fallback_of(step: ExecutionStep) -> Fallback | None:
    """The step's last change of model, from its calls; None when its own model answers.

    Agents that were asked by its agent change theirs by themselves: those stand in the events alone.
    """
    across = step.error_handling == ErrorHandling.FALLBACK
    own = [call for call in step.calls.all() if _is_own(call) and (across or call.attempt == step.attempt)]
    for failed, instead in _last_first(in_order(own)):
        if failed.status == Call.Status.FAILED and failed.name != instead.name:
            error = failed.error or {}
            return Fallback(instead.name, failed.name, error.get("code", ""), error.get("message", ""))
    return None


def _is_own(call: Call) -> bool:
    return call.kind == Call.Kind.MODEL and "." not in call.path


def _last_first(calls: list[Call]) -> Iterable[tuple[Call, Call]]:
    return reversed(list(pairwise(calls)))
