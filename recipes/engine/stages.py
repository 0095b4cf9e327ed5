"""Stages: steps whose work somebody registered by name. The engine knows none of them.

A stage is worked on in one of three ways, as its handler says for each one: a model is asked (by the machinery of every
agent's step, with its journal), code works (outside of any transaction, in the threads for errands, and again when the
worker died), or it grows the run by further steps and is asked again once they are settled.

An app names its handlers in its AppConfig: `stage_handlers = "dotted.path.of.a.mapping"`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol
from uuid import UUID

from django.apps import apps
from django.utils.module_loading import import_string

from automatos.errors import AppError
from recipes.engine.new_steps import Round
from recipes.engine.templating import Output


class StageFailed(AppError):
    """A stage that cannot be done; the message says why and what to do."""

    code = "stage_failed"


@dataclass(frozen=True, slots=True)
class Joined:
    """A step that joined the run, as it ended. error: of one that failed and was passed over."""

    order: int
    config: Mapping[str, Any]
    status: str
    output: str
    error: Mapping[str, Any] | None
    origins: tuple[str, ...]
    agent_name: str


@dataclass(frozen=True, slots=True)
class StageInput:
    """What a stage may know. config: of its step; inputs: of the run; outputs: of its steps that are over, by key.

    prompt: a person's words for the model in place of the handler's; empty for none. grown: how often it grew the run.
    joined: what steps left by which another stage grew the run, where the handler `reads` that stage.
    """

    step_id: UUID
    execution_id: UUID
    workspace_id: UUID
    order: int
    attempt: int
    config: Mapping[str, Any]
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Output] = field(default_factory=dict)
    prompt: str = ""
    grown: int = 0
    joined: tuple[Joined, ...] = ()

    @property
    def name(self) -> str:
        """Which stage it is."""
        return str(self.config.get("stage", ""))

    def text(self, key: str) -> str:
        """What the step with this output key left; empty where it left nothing."""
        found = self.outputs.get(key)
        return found.text if found is not None and found.completed else ""


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is asked. schema: of its answer; check: what is wrong with an answer, in words for the model.

    origins: where untrusted text in the prompt came from. repairs: how often the model may mend its answer.
    """

    prompt: str
    schema: dict[str, Any] | None = None
    check: Callable[[str], str] | None = None
    origins: tuple[str, ...] = ()
    repairs: int = 1


@dataclass(frozen=True, slots=True)
class StageResult:
    """What a stage leaves. origins: where untrusted text in it came from. events: (type, data) the run tells with it.

    rounds: steps by which the run grows; the stage is not over then, and is worked on again once they are settled.
    """

    output: str = ""
    origins: tuple[str, ...] = ()
    events: tuple[tuple[str, dict[str, Any]], ...] = ()
    rounds: tuple[Round, ...] = ()


class Handler(Protocol):
    """One stage. reads: the stage whose joined steps it is shown; empty for none."""

    reads: str

    def ask(self, stage: StageInput) -> Question | None:
        """What a model is asked; None where code works. Called in the claiming transaction: it reads nothing."""

    def work(self, stage: StageInput) -> StageResult:
        """Code's work. May read and write the database and take its time; done again, it changes nothing more."""


@cache
def handlers() -> Mapping[str, Handler]:
    """Every stage there is, by name."""
    found: dict[str, Handler] = {}
    for app in apps.get_app_configs():
        if path := getattr(app, "stage_handlers", ""):
            found |= import_string(path)
    return found


def handler_of(stage: StageInput) -> Handler:
    """Who works on this stage. Raises StageFailed where nobody does."""
    found = handlers().get(stage.name)
    if found is None:
        raise StageFailed(f"Nobody knows the stage {stage.name[:60]!r}.")
    return found


def by_key(outputs: Sequence[Output]) -> dict[str, Output]:
    """Outputs by their keys; of two with one key the later one."""
    return {output.key: output for output in outputs}
