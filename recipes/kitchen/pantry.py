"""The pantry of a run: what it began with and what its steps leave, in a few words each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recipes.engine.new_steps import PERSON, WEBHOOK, is_told
from recipes.engine.templating import as_text
from recipes.models import Execution, ExecutionStep, StepKind, StepStatus

SHORT_VALUE = 40
# Characters up to which words are counted, and of an input that are shown.
COUNTED = LONGEST_SHOWN = 100_000
PARKED = {PERSON: "waits for an answer", WEBHOOK: "waits for a message"}


@dataclass(frozen=True, slots=True)
class Jar:
    """A value the steps share: an input, or what a step puts in (with the step's order).

    text: of an input, its beginning where it is very long; length: of all of it, in characters.
    """

    key: str
    note: str
    text: str = ""
    length: int = 0
    step: int | None = None
    empty: bool = False

    @property
    def is_cut(self) -> bool:
        """Whether the text is only the beginning."""
        return len(self.text) < self.length


def input_jars(execution: Execution) -> list[Jar]:
    """What the run began with."""
    return [_input_jar(key, value) for key, value in execution.input_data.items()]


def _input_jar(key: str, value: Any) -> Jar:
    text = as_text(value)
    return Jar(key, _measure(value), text=text[:LONGEST_SHOWN], length=len(text))


def _measure(value: Any) -> str:
    """A value in a few words: itself when it is short, else how much there is."""
    if isinstance(value, list):
        return count_of(len(value), "item")
    text = as_text(value)
    if "\n" not in text and 0 < len(text) <= SHORT_VALUE:
        return text
    return _how_much(text) if text else "empty"


def output_jars(steps: Sequence[ExecutionStep], is_live: bool) -> list[Jar]:
    """What the run's steps put in; what a loop's rounds leave is in the loop's."""
    return [_output_jar(step, is_live) for step in steps if step.path is None and is_told(step.kind, step.config)]


def _output_jar(step: ExecutionStep, is_live: bool) -> Jar:
    if step.status == StepStatus.COMPLETED:
        source = step.agent_name or step.get_kind_display().lower()
        return Jar(step.output_key, f"{_how_much(step.output)}, from {source}", step=step.order)
    if step.status == StepStatus.RUNNING:
        return Jar(step.output_key, "being written", step=step.order)
    if step.status == StepStatus.WAITING:
        return Jar(step.output_key, parked(step), step=step.order, empty=True)
    note = f"after step {step.order}" if step.status == StepStatus.PENDING and is_live else "left empty"
    return Jar(step.output_key, note, step=step.order, empty=True)


def parked(step: ExecutionStep) -> str:
    """What a step that holds no worker waits for."""
    if step.kind != StepKind.WAIT:
        return "waits for approval"
    return PARKED.get(str((step.config or {}).get("for")), "waits for its time")


def _how_much(text: str) -> str:
    """Its words, counted where that takes no time."""
    return count_of(len(text.split()), "word") if len(text) <= COUNTED else count_of(len(text), "character")


def count_of(number: int, noun: str) -> str:
    """So many of them, in words."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
