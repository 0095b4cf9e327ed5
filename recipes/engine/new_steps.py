"""Steps that are not rows yet: what a run begins with, and what it grows by."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from recipes.engine import expressions, graph
from recipes.engine.sql import Statement, array, columns
from recipes.engine.storing import as_json
from recipes.engine.templating import VARIABLE, texts_of
from recipes.models import ErrorHandling, StepKind

PERSON, TIME, WEBHOOK = "person", "time", "webhook"
# Where the texts of a step without a prompt stand.
TEXTS: dict[str, str] = {StepKind.TOOL: "arguments", StepKind.RECIPE: "inputs"}


def has_agent(kind: str) -> bool:
    """Whether steps of this kind are done by an agent."""
    return kind in (StepKind.AGENT, StepKind.TOOL)


def is_told(kind: str, config: Mapping[str, Any] | None) -> bool:
    """Whether later steps may name the output of such a step."""
    return (
        has_agent(kind)
        or kind in (StepKind.LOOP, StepKind.RECIPE)
        or (kind == StepKind.WAIT and (config or {}).get("for") in (PERSON, WEBHOOK))
    )


def expression_of(config: Mapping[str, Any] | None) -> str:
    """A condition's expression; empty where there is none."""
    found = (config or {}).get("expression", "")
    return found if isinstance(found, str) else ""


def iterated(config: Mapping[str, Any] | None) -> str:
    """What a loop goes through, as an expression; empty where there is none. A variable may stand in its braces."""
    found = (config or {}).get("over", "")
    text = found.strip() if isinstance(found, str) else ""
    return text[1:-1] if VARIABLE.fullmatch(text) and text not in ("{{", "}}") else text


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStep:
    """A step of a run that begins or grows. under: the step_id of the step in whose branch it stands.

    after: step_ids, among those that come with it, that it waits for besides what the graph tells by itself.
    timeout in seconds.
    """

    order: int
    step_id: str
    name: str
    output_key: str
    prompt_template: str = ""
    kind: str = StepKind.AGENT
    config: Mapping[str, Any] | None = None
    under: str = ""
    branch: str = ""
    agent_id: UUID | None = None
    agent_name: str = ""
    error_handling: str = ErrorHandling.STOP
    max_retries: int = 0
    max_iterations: int = 25
    timeout: float = 300.0
    after: tuple[str, ...] = ()

    @property
    def line(self) -> graph.Line:
        """What the graph has to know of it."""
        text, config = self.prompt_template, self.config or {}
        if self.kind == StepKind.CONDITION:
            text = "".join(f"{{{name}}}" for name in expressions.names(expression_of(config)))
        elif self.kind == StepKind.LOOP:
            text = "".join(f"{{{name}}}" for name in expressions.names(iterated(config)))
            text += "".join(step_of(one).line.text for one in config.get("body", ()))
        elif self.kind in TEXTS:
            text = "".join(texts_of(config.get(TEXTS[self.kind]) or {}))
        elif self.kind == StepKind.WAIT:
            text += str(config.get("until", ""))
        told = is_told(self.kind, config)
        return graph.Line(
            self.order, self.step_id, self.output_key, text, self.kind, self.under, self.branch, told, self.after
        )


@dataclass(frozen=True, slots=True)
class Round:
    """Steps that come together. number: from 1, once for a parent; steps: their `order` is set here.

    local: values that their prompts and expressions may name, such as item and loop. sees: the orders of steps of
    earlier rounds whose outputs they may name, too. after: the number of an earlier round of the same growth that has
    to be over before this one begins; 0 for none. origins: where untrusted text in local came from.
    """

    number: int
    steps: Sequence[NewStep]
    local: Mapping[str, Any] = field(default_factory=dict)
    sees: Sequence[int] = ()
    after: int = 0
    origins: Sequence[str] = ()


def kept_as(step: NewStep) -> dict[str, Any]:
    """A step as JSON keeps it, for `step_of`."""
    return {**asdict(step), "agent_id": str(step.agent_id) if step.agent_id else None}


def step_of(kept: Mapping[str, Any]) -> NewStep:
    """A step as JSON keeps it."""
    agent = kept["agent_id"]
    return NewStep(**{**kept, "agent_id": UUID(agent) if agent else None, "after": tuple(kept["after"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A step as it is written: where it stands in its run, and what is special there.

    runnable_at: None while it waits for others. path, iteration, scope: of steps that a run grew by, see ExecutionStep.
    """

    id: UUID
    order: int
    step: NewStep
    place: graph.Place
    parent: UUID | None
    runnable_at: datetime | None = None
    branch: str = ""
    path: str | None = None
    iteration: int | None = None
    scope: Mapping[str, Any] | None = None


def rows_inserted(workspace_id: UUID, execution_id: UUID, rows: Iterable[Row]) -> Statement:
    """Writes steps of one run down, each with its edges."""
    return (
        "INSERT INTO execution_steps (workspace_id, execution_id, status, attempt, fence, prompt, model, output, "
        "input_tokens, output_tokens, cost, tool_calls, "
        'id, "order", step_id, name, output_key, prompt_template, kind, config, parent_id, branch, agent_id, '
        "agent_name, error_handling, max_retries, max_iterations, timeout, depends_on, waiting_on, leads_to, "
        "runnable_at, path, iteration, scope, priority) "
        "SELECT %s::uuid, %s::uuid, 'pending', 1, 0, '', '', '', 0, 0, 0, 0, "
        'v.id, v."order", v.step_id, v.name, v.output_key, v.prompt_template, v.kind, v.config::jsonb, v.parent_id, '
        "v.branch, v.agent_id, v.agent_name, v.error_handling, v.max_retries, v.max_iterations, v.timeout, "
        "v.depends_on::int[], v.waiting_on, v.leads_to::int[], v.runnable_at, v.path, v.iteration, v.scope::jsonb, "
        "COALESCE((SELECT e.priority FROM recipe_executions e WHERE e.id = %s::uuid), 0) "
        "FROM unnest(%s::uuid[], %s::int[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], "
        "%s::uuid[], %s::text[], %s::uuid[], %s::text[], %s::text[], %s::int[], %s::int[], %s::float8[], %s::text[], "
        "%s::int[], %s::text[], %s::timestamptz[], %s::text[], %s::int[], %s::text[]) "
        'AS v(id, "order", step_id, name, output_key, prompt_template, kind, '
        "config, parent_id, branch, agent_id, agent_name, error_handling, max_retries, max_iterations, timeout, "
        "depends_on, waiting_on, leads_to, runnable_at, path, iteration, scope)",
        [workspace_id, execution_id, execution_id, *columns([_values(row) for row in rows])],
    )


def _values(row: Row) -> tuple[Any, ...]:
    step, place = row.step, row.place
    return (
        row.id, row.order, step.step_id, step.name, step.output_key, step.prompt_template, step.kind,
        as_json(step.config), row.parent, row.branch or step.branch, step.agent_id, step.agent_name,
        step.error_handling, step.max_retries, step.max_iterations, float(step.timeout), array(place.depends_on),
        len(place.depends_on), array(place.leads_to), row.runnable_at, row.path, row.iteration, as_json(row.scope),
    )  # fmt: skip
