"""A recipe while it is edited: everything as typed text, so that nothing is lost."""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.http import QueryDict

from automatos.fields import number, plain, split_tags, whole
from recipes.engine.new_steps import PERSON, TIME, expression_of, is_told
from recipes.models import ErrorHandling, Execution, Mode, Recipe, StepKind
from recipes.services import RecipeInput, as_input
from recipes.validation import MOST_FIELDS, MOST_STEPS, StepInput

Row = dict[str, str]
BASICS = ("name", "description", "tags", "template_id", "changelog", "version")
INPUT = ("name", "type", "required", "default", "description")
STEP = (
    "step_id", "name", "agent_id", "prompt_template", "output_key", "error_handling", "max_retries", "timeout",
    "max_iterations", "kind", "expression", "when", "waits_for", "seconds", "config", "tool",
    "arguments",
)  # fmt: skip
NUMBERS = ("total_timeout", "timeout_per_step", "max_retries", "retry_delay", "backoff", "quality_threshold")
SETTINGS = ("mode", *NUMBERS, "auto_learning")
# How a switch is typed.
ON, OFF = "on", "off"
USUAL: Row = {**dict.fromkeys(SETTINGS, ""), "mode": Mode.SEQUENTIAL, "auto_learning": ON}
NEW_STEP: Row = {
    **dict.fromkeys(STEP, ""),
    "error_handling": ErrorHandling.STOP,
    "max_iterations": "25",
    "kind": StepKind.AGENT,
}
NEW_INPUT: Row = {**dict.fromkeys(INPUT, ""), "type": "string"}


@dataclass(slots=True)
class Draft:
    """Rows of typed text. removed: the row taken out last and its place, ready to be put back."""

    basics: Row = field(default_factory=lambda: dict.fromkeys(BASICS, ""))
    inputs: list[Row] = field(default_factory=list)
    steps: list[Row] = field(default_factory=list)
    settings: Row = field(
        default_factory=lambda: {**dict.fromkeys(SETTINGS, ""), "mode": Mode.SEQUENTIAL, "auto_learning": ON}
    )
    removed: dict[str, Any] | None = None

    @classmethod
    def blank(cls) -> "Draft":
        """A new recipe: one empty step."""
        return cls(steps=[{**NEW_STEP, "step_id": "step_1"}])

    @classmethod
    def of_answer(cls, answer: Execution) -> "Draft":
        """A new recipe whose step asks what was asked in a conversation, word for word."""
        step = answer.steps.get()
        prompt = step.prompt_template.replace("{", "{{").replace("}", "}}")
        row = {**NEW_STEP, "step_id": "step_1", "name": "Answer", "agent_id": str(step.agent_id)}
        return cls(steps=[{**row, "prompt_template": prompt}])

    @classmethod
    def of_recipe(cls, recipe: Recipe) -> "Draft":
        """The recipe as it is saved."""
        saved = as_input(recipe)
        config = {name: plain(value) for name, value in saved.execution_config.items() if name in ("mode", *NUMBERS)}
        config["auto_learning"] = ON if saved.execution_config.get("auto_learning", True) else OFF
        return cls(
            basics={
                "name": saved.name,
                "description": saved.description,
                "tags": ", ".join(saved.tags),
                "template_id": saved.template_id,
                "changelog": "",
                "version": str(recipe.version),
            },
            inputs=[_input_row(name, entry) for name, entry in saved.inputs.items()],
            steps=[_step_row(step) for step in saved.steps],
            settings={**cls().settings, **config},
        )

    @classmethod
    def of_post(cls, post: QueryDict) -> "Draft":
        """What was sent."""
        return cls(
            basics={name: post.get(name, "") for name in BASICS},
            inputs=_rows(post, "inputs", INPUT, MOST_FIELDS),
            steps=_rows(post, "steps", STEP, MOST_STEPS),
            settings={name: post.get(f"settings-{name}", "") for name in SETTINGS},
            removed=_removed(post.get("removed", "")),
        )

    def to_input(self, recipe: Recipe | None) -> RecipeInput:
        """For create_recipe or update_recipe. What the editor does not show stays as it is in `recipe`."""
        config = {name: _number(self.settings[name]) for name in NUMBERS if self.settings[name]}
        if self.settings["auto_learning"] == OFF:
            config["auto_learning"] = False
        hidden = recipe.execution_config.items() if recipe else ()
        kept = {name: value for name, value in hidden if name not in SETTINGS}
        basics = self.basics
        return RecipeInput(
            name=basics["name"],
            description=basics["description"],
            template_id=basics["template_id"].strip(),
            tags=split_tags(basics["tags"]),
            inputs={row["name"].strip(): _entry(row) for row in self.inputs if not _is_empty(row)},
            outputs=recipe.outputs if recipe else {},
            execution_config={**kept, "mode": self.settings["mode"] or Mode.SEQUENTIAL.value, **config},
            steps=[_step(row, key) for row, key in zip(self.steps, self.output_keys(), strict=True)],
        )

    def output_keys(self) -> list[str]:
        """Each step's output key; where none was typed, `step_N`, or the next free number."""
        keys = [row["output_key"].strip() for row in self.steps]
        for place, key in enumerate(keys):
            keys[place] = key or _free(keys, place + 1)
        return keys

    def variables(self, place: int) -> list[str]:
        """What the prompt of the step at this place (from 0) can name."""
        inputs = [f"input.{row['name'].strip()}" for row in self.inputs if row["name"].strip()]
        before = zip(self.steps[:place], self.output_keys()[:place], strict=True)
        keys = [key for row, key in before if is_told(row["kind"] or StepKind.AGENT, {"for": row["waits_for"]})]
        return inputs + (["previous_output"] if keys else []) + keys

    def whens(self, place: int) -> list[tuple[str, str]]:
        """When the step at this place (from 0) may run: the branches of the conditions before it."""
        found = [("", "Always")]
        for order, row in enumerate(self.steps[:place], 1):
            if row["kind"] == StepKind.CONDITION:
                name = row["name"].strip() or f"step {order}"
                found += [(f"{row['step_id']}:then", f"If {name}"), (f"{row['step_id']}:else", f"If not {name}")]
        return found


def _rows(post: QueryDict, kind: str, names: Sequence[str], most: int) -> list[Row]:
    """The rows `kind-0-…`, `kind-1-…` in their order; a few more than allowed, so that the limit can be told."""
    pattern = re.compile(rf"{kind}-(\d{{1,4}})-{names[0]}")
    places = sorted({int(match[1]) for key in post if (match := pattern.fullmatch(key))})
    return [{name: post.get(f"{kind}-{place}-{name}", "") for name in names} for place in places[: most + 5]]


def _removed(text: str) -> dict[str, Any] | None:
    with suppress(ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        body = json.loads(text)
        names = {"inputs": INPUT, "steps": STEP}[body["kind"]]
        row = {name: str(body["row"].get(name, "")) for name in names}
        return {"kind": body["kind"], "place": int(body["place"]), "row": row}
    return None


def _input_row(name: str, entry: Mapping[str, Any]) -> Row:
    default = entry.get("default")
    typed = default if isinstance(default, str) else "" if default is None else json.dumps(default, ensure_ascii=False)
    return {
        "name": name,
        "type": str(entry.get("type", "string")),
        "required": "on" if entry.get("required") else "",
        "default": typed,
        "description": str(entry.get("description", "")),
    }


def _entry(row: Row) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": row["type"] or "string", "required": bool(row["required"])}
    if row["default"].strip():
        entry["default"] = _default(row["default"], entry["type"])
    if row["description"].strip():
        entry["description"] = row["description"].strip()
    return entry


def _default(text: str, kind: str) -> Any:
    """The default as its kind; left as text where it does not read like one, for the service to refuse."""
    if kind == "string":
        return text
    with suppress(ValueError, RecursionError):
        return json.loads(text.strip().lower() if kind == "boolean" else text)
    return text


def _is_empty(row: Row) -> bool:
    return not (row["name"].strip() or row["default"].strip() or row["description"].strip())


def _step_row(step: StepInput) -> Row:
    shown_so = ("expression", "when", "waits_for", "seconds", "config", "tool", "arguments")
    row = {name: plain(getattr(step, name)) for name in STEP if name not in shown_so}
    when = f"{step.under}:{step.branch}" if step.under else ""
    config = dict(step.config or {})
    shown = {"expression": expression_of(config), "waits_for": str(config.get("for", ""))}
    given = json.dumps(config["arguments"], ensure_ascii=False, indent=2) if config.get("arguments") else ""
    shown |= {"tool": str(config.get("tool", "")), "arguments": given}
    seconds = config.get("within", config.get("seconds"))
    return {**row, **shown, "when": when, "seconds": plain(seconds), "config": json.dumps(config) if config else ""}


def _tool(row: Row) -> dict[str, Any]:
    """A tool call's settings; arguments that are no JSON stay text, for the service to refuse."""
    given: Any = row["arguments"].strip() or {}
    with suppress(ValueError, RecursionError, TypeError):
        given = json.loads(given)
    return {"tool": row["tool"].strip(), **({"arguments": given} if given else {})}


def _wait(row: Row) -> dict[str, Any]:
    """A wait's settings; what the editor does not show of them stays."""
    kept: dict[str, Any] = {}
    with suppress(ValueError, RecursionError, TypeError):
        kept = dict(json.loads(row["config"]))
    seconds = _number(row["seconds"]) if row["seconds"].strip() else None
    if row["waits_for"] == PERSON:
        found = {"for": PERSON, "within": seconds, "fields": kept.get("fields")}
    else:
        found = {"for": TIME, "seconds": seconds, "until": kept.get("until") if seconds is None else None}
    return {name: value for name, value in found.items() if value is not None}


def _step(row: Row, key: str) -> StepInput:
    under, _, branch = row["when"].partition(":")
    shared: dict[str, Any] = {"step_id": row["step_id"].strip(), "name": row["name"], "output_key": key}
    shared |= {"under": under, "branch": branch, "error_handling": row["error_handling"] or ErrorHandling.STOP}
    if row["kind"] == StepKind.CONDITION:
        return StepInput(kind=StepKind.CONDITION, config={"expression": row["expression"].strip()}, **shared)
    if row["kind"] == StepKind.WAIT:
        message = row["prompt_template"].replace("\r\n", "\n") if row["waits_for"] == PERSON else ""
        return StepInput(kind=StepKind.WAIT, config=_wait(row), prompt_template=message, **shared)
    agent_id = None
    with suppress(ValueError):
        agent_id = UUID(row["agent_id"])
    if row["kind"] == StepKind.TOOL:
        timeout, retries = number(row["timeout"]), whole(row["max_retries"])
        return StepInput(
            kind=StepKind.TOOL, config=_tool(row), agent_id=agent_id, timeout=timeout, max_retries=retries, **shared
        )
    return StepInput(
        **shared,
        agent_id=agent_id,
        prompt_template=row["prompt_template"].replace("\r\n", "\n"),
        max_retries=whole(row["max_retries"]),
        max_iterations=whole(row["max_iterations"], 25),
        timeout=number(row["timeout"]),
    )


def _number(text: str) -> Any:
    """A number as the API would send it: whole where it is."""
    value = number(text)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _free(taken: Sequence[str], place: int) -> str:
    while f"step_{place}" in taken:
        place += 1
    return f"step_{place}"
