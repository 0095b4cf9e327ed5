"""What a recipe must be like: names, order, agents, prompt variables, limits. And the inputs of a run."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from agents.models import Agent
from automatos.checking import Problems
from recipes import kinds, sub_recipes
from recipes.engine import templating
from recipes.engine.new_steps import has_agent, is_told
from recipes.filling import FILE, TYPE_NAMES, TYPES, fits, unfit
from recipes.models import ErrorHandling, Mode, Recipe, RecipeStep, StepKind
from recipes.sub_recipes import Place
from workspaces.models import Workspace

NO_SUCH_AGENT = "There is no such agent here. GET /api/agents lists those you can use."
MOST_STEPS = 50
MOST_FIELDS = 50
LONGEST_PROMPT = 1_000_000
NAME = re.compile(r"[a-z_][a-z0-9_]{0,79}")
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
STEP_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,79}")
RESERVED_KEY = re.compile(r"previous_output|input|step_\d+_output")
MOST_OPTIONS = 100
DEFAULT_TIMEOUT = 300.0
# name: lowest, highest, default; times in seconds. max_concurrent_runs: 0 for as many as come.
CONFIG_NUMBERS: dict[str, tuple[float, float, float]] = {
    "timeout_per_step": (1, 86_400, DEFAULT_TIMEOUT),
    "total_timeout": (1, 604_800, 600),
    "max_retries": (0, 20, 1),
    "retry_delay": (0, 3_600, 2),
    "backoff": (1, 10, 2),
    "quality_threshold": (0, 1, 0.7),
    "max_concurrent_runs": (0, 1_000, 0),
    "parallel_limit": (1, 100, 10),
    "priority": (-10, 10, 0),
}
WHOLE = ("max_retries", "max_concurrent_runs", "parallel_limit", "priority")
# name: default
CONFIG_SWITCHES = {"auto_learning": True, "memory_isolation": False}
# name: longest. judge_model: who judges what a run gave, `provider:model`; empty: nobody. judge_rubric: a line a point.
CONFIG_TEXTS = {"judge_model": 160, "judge_rubric": 4_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepInput:
    """One step as a person writes it. None and empty values mean the recipe's defaults; times in seconds.

    under, branch: the condition (its step_id) with whose outcome alone the step runs, or the loop whose body it is in.
    """

    agent_id: UUID | None = None
    prompt_template: str = ""
    kind: str = StepKind.AGENT
    config: Mapping[str, Any] | None = None
    under: str = ""
    branch: str = ""
    order: int | None = None
    step_id: str = ""
    name: str = ""
    output_key: str = ""
    error_handling: str = ErrorHandling.STOP
    max_retries: int | None = None
    max_iterations: int = 25
    timeout: float | None = None


def checked_config(config: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """The execution settings that were given; unknown names and values out of range are noted."""
    known = ("mode", *CONFIG_NUMBERS, *CONFIG_SWITCHES, *CONFIG_TEXTS)
    for name in config:
        if name not in known:
            problems.add(f"execution_config.{name}", f"There is no such setting. There are: {', '.join(known)}.")
    if "mode" in config:
        problems.choice("execution_config.mode", _text(config["mode"]), Mode.values)
    for name in CONFIG_SWITCHES:
        if not isinstance(config.get(name, True), bool):
            problems.add(f"execution_config.{name}", "Write true or false.")
    for name, longest in CONFIG_TEXTS.items():
        if not isinstance(config.get(name, ""), str):
            problems.add(f"execution_config.{name}", "Write text.")
        else:
            problems.text(f"execution_config.{name}", config.get(name, ""), longest=longest)
    for name, (low, high, _) in CONFIG_NUMBERS.items():
        if name in config:
            value = config[name]
            wanted = int if name in WHOLE else (int, float)
            if isinstance(value, bool) or not isinstance(value, wanted):
                problems.add(f"execution_config.{name}", f"Use a number from {low:g} to {high:g}.")
            else:
                problems.number(f"execution_config.{name}", value, low=low, high=high)
    return dict(config)


def with_defaults(config: Mapping[str, Any]) -> dict[str, Any]:
    """Every execution setting: what was given, and the default of the others."""
    defaults = {name: default for name, (_, _, default) in CONFIG_NUMBERS.items()}
    texts = dict.fromkeys(CONFIG_TEXTS, "")
    return {"mode": Mode.SEQUENTIAL.value, **defaults, **CONFIG_SWITCHES, **texts, **config}


def checked_schema(
    field: str, schema: Mapping[str, Any], problems: Problems, *, files: bool = False
) -> dict[str, dict[str, Any]]:
    """An inputs or outputs object: {name: {type, required, default, description}}. Problems go under dotted names.

    files: whether a file can be sent for one.
    """
    if len(schema) > MOST_FIELDS:
        problems.add(field, f"There are {len(schema)} entries; keep {MOST_FIELDS} or fewer.")
        return {}
    found = {name: _checked_entry(f"{field}.{name}", name, entry, problems) for name, entry in schema.items()}
    for name, entry in found.items():
        if entry.get("type") == FILE and not files:
            problems.add(f"{field}.{name}.type", "Only an input of a recipe takes a file.")
    return found


def _checked_entry(field: str, name: str, entry: Any, problems: Problems) -> dict[str, Any]:
    if not NAME.fullmatch(name):
        problems.add(field, "Names start with a small letter or _ and hold only a-z, 0-9 and _.")
    if not isinstance(entry, dict):
        problems.add(field, 'Write an object, for example {"type": "string"}.')
        return {}
    allowed = ("type", "required", "default", "options", "description", "untrusted")
    for part in entry:
        if part not in allowed:
            problems.add(f"{field}.{part}", f"There is no such part. There are: {', '.join(allowed)}.")
    kind = entry.get("type", "string")
    kind = TYPE_NAMES.get(kind, kind) if isinstance(kind, str) else kind
    _check_options(field, kind, entry, problems)
    problems.choice(f"{field}.type", _text(kind), TYPES)
    for part in ("required", "untrusted"):
        if not isinstance(entry.get(part, False), bool):
            problems.add(f"{field}.{part}", "Write true or false.")
    if not isinstance(entry.get("description", ""), str):
        problems.add(f"{field}.description", "Write text.")
    default = entry.get("default")
    if default is not None and kind in TYPES and not fits(default, kind, entry):
        problems.add(f"{field}.default", unfit(kind, entry))
    return {"type": kind, **{part: entry[part] for part in allowed[1:] if part in entry}}


def _check_options(field: str, kind: Any, entry: Mapping[str, Any], problems: Problems) -> None:
    options = entry.get("options")
    if kind != "choice":
        if options:
            problems.add(f"{field}.options", "Only a choice has options; leave them out, or make the type choice.")
    elif not isinstance(options, list) or not options or not all(isinstance(one, str) and one for one in options):
        problems.add(f"{field}.options", 'List what can be chosen, for example ["short", "long"].')
    elif len(set(options)) < len(options) or len(options) > MOST_OPTIONS:
        problems.add(f"{field}.options", f"Keep {MOST_OPTIONS} options or fewer, each once.")


def checked_steps(
    *,
    workspace: Workspace,
    steps: Sequence[StepInput],
    inputs: Mapping[str, Any],
    config: Mapping[str, Any],
    problems: Problems,
    within: UUID | None = None,
) -> list[RecipeStep]:
    """The step rows in their order, renumbered from 1, not saved. Notes what is wrong under `steps.<position>.<name>`.

    Positions count from 0 as the steps were sent. within: the recipe they stand in, where it is there already.
    """
    if not steps:
        problems.add("steps", "A recipe needs at least one step.")
    if len(steps) > MOST_STEPS:
        problems.add("steps", f"There are {len(steps)} steps; keep {MOST_STEPS} or fewer.")
        return []
    _note_doubles("order", [(place, step.order) for place, step in enumerate(steps)], problems)
    ranked = sorted(enumerate(steps), key=lambda pair: (pair[1].order is None, pair[1].order or 0, pair[0]))
    wanted = {step.agent_id for step in steps if step.agent_id is not None}
    found = set(Agent.objects.visible().filter(workspace=workspace, pk__in=wanted).values_list("pk", flat=True))
    rows: list[RecipeStep] = []
    told: list[templating.Output] = []
    for order, (place, step) in enumerate(ranked, start=1):
        field = f"steps.{place}"
        row = _step_row(field, order, step, config, problems)
        kinds.check_kind(field, row, problems)
        kinds.check_place(field, row, rows, problems)
        known = kinds.known(row, rows, told, list(inputs))
        if has_agent(row.kind) and step.agent_id not in found:
            problems.add(f"{field}.agent_id", NO_SUCH_AGENT)
        if kinds.has_prompt(row.kind, row.config):
            _check_prompt(f"{field}.prompt_template", step.prompt_template, known, problems)
        if row.kind != StepKind.AGENT:
            _check_without(field, step, problems)
            kinds.check_settings(field, row, known, problems)
            if row.kind == StepKind.RECIPE:
                sub_recipes.check(field, row, known, Place(workspace, within), problems)
            if row.kind == StepKind.WAIT and isinstance((row.config or {}).get("fields"), dict):
                checked_schema(f"{field}.config.fields", (row.config or {})["fields"], problems)
        rows.append(row)
        if is_told(row.kind, row.config):
            told.append(templating.Output(order=order, key=row.output_key, name=row.name))
    kinds.check_loops([(f"steps.{place}", row) for (place, _), row in zip(ranked, rows, strict=True)], problems)
    by_place = [(place, row) for (place, _), row in zip(ranked, rows, strict=True)]
    _note_doubles("step_id", [(place, row.step_id) for place, row in by_place], problems)
    _note_doubles("output_key", [(place, row.output_key) for place, row in by_place], problems)
    return rows


def _step_row(field: str, order: int, step: StepInput, config: Mapping[str, Any], problems: Problems) -> RecipeStep:
    step_id = step.step_id or f"step_{order}"
    if not STEP_ID.fullmatch(step_id):
        problems.add(f"{field}.step_id", "Use letters, digits, - and _; at most 80.")
    output_key = step.output_key or f"step_{order}"
    if not NAME.fullmatch(output_key):
        problems.add(
            f"{field}.output_key", "It starts with a small letter or _ and holds only a-z, 0-9 and _; at most 80."
        )
    elif RESERVED_KEY.fullmatch(output_key):
        problems.add(f"{field}.output_key", f"{output_key} already has a meaning in prompts; choose another name.")
    problems.choice(f"{field}.error_handling", step.error_handling, ErrorHandling.values)
    retries = _given(step.max_retries, config, "max_retries")
    timeout = _given(step.timeout, config, "timeout_per_step")
    problems.number(f"{field}.max_retries", retries, low=0, high=20)
    problems.number(f"{field}.max_iterations", step.max_iterations, low=1, high=200)
    problems.number(f"{field}.timeout", timeout, low=1, high=86_400)
    return RecipeStep(
        step_id=step_id,
        order=order,
        name=problems.text(f"{field}.name", step.name, longest=160),
        kind=step.kind,
        config=dict(step.config) if step.config else None,
        under=step.under,
        branch=step.branch,
        agent_id=step.agent_id,
        prompt_template=step.prompt_template,
        output_key=output_key,
        error_handling=step.error_handling,
        max_retries=retries,
        max_iterations=step.max_iterations,
        timeout=timeout,
    )


def _check_without(field: str, step: StepInput, problems: Problems) -> None:
    has = {"agent_id": has_agent(step.kind), "prompt_template": kinds.has_prompt(step.kind, step.config)}
    for name, may in has.items():
        if getattr(step, name) and not may:
            problems.add(f"{field}.{name}", f"A step of the kind {step.kind} has none. Leave it out.")


def _given(value: float | None, config: Mapping[str, Any], name: str) -> Any:
    """The step's own value, else the recipe's (when it is a number), else the default."""
    if value is not None:
        return value
    general = config.get(name)
    usable = isinstance(general, (int, float)) and not isinstance(general, bool)
    return general if usable else CONFIG_NUMBERS[name][2]


def _check_prompt(field: str, prompt: str, known: kinds.Known, problems: Problems) -> None:
    problems.text(field, prompt, longest=LONGEST_PROMPT, required=True)
    if field not in problems:
        for problem in templating.check(prompt, inputs=known.inputs, earlier=known.earlier, local=known.local):
            problems.add(field, problem)


def _note_doubles(name: str, values: Sequence[tuple[int, Any]], problems: Problems) -> None:
    first: dict[Any, int] = {}
    for place, value in values:
        if value is not None and value in first:
            problems.add(f"steps.{place}.{name}", f"{value} is already used by steps.{first[value]}; choose another.")
        first.setdefault(value, place)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)[:60]


def _id(key: UUID | None) -> str | None:
    return str(key) if key else None


def _of_kind(step: RecipeStep) -> dict[str, Any]:
    """What sets the step apart from an agent's that always runs."""
    found = {"kind": str(step.kind), "config": step.config, "under": step.under, "branch": step.branch}
    return {name: value for name, value in found.items() if value and (name, value) != ("kind", "agent")}


def body_of(recipe: Recipe, steps: Sequence[RecipeStep]) -> dict[str, Any]:
    """The recipe in the shape POST /api/workflow-recipes takes; a version keeps it."""
    names = (
        "step_id", "order", "name", "prompt_template", "output_key", "error_handling", "max_retries",
        "max_iterations", "timeout",
    )  # fmt: skip
    return {
        "template_id": recipe.template_id,
        "name": recipe.name,
        "description": recipe.description,
        "tags": list(recipe.tags),
        "inputs": recipe.ordered_inputs,
        "outputs": recipe.outputs,
        "steps": [
            {**{name: getattr(step, name) for name in names}, "agent_id": _id(step.agent_id), **_of_kind(step)}
            for step in steps
        ],
        "execution_config": recipe.execution_config,
    }
