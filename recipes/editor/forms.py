"""The editor's form of a step, by its kind: filled from a draft's body and read into it.

They keep what was typed, right or wrong. Lengths of time are written as people say them, `10 min`.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from django import forms
from django.http import QueryDict

from automatos.durations import seconds_of, words_of
from automatos.fields import TypedForm, choice_field, dressed, plain, text_field
from recipes import kinds
from recipes.editor.arguments import PREFIX, read_arguments
from recipes.editor.body import Step
from recipes.engine import new_steps
from recipes.engine.new_steps import PERSON, TIME, WEBHOOK
from recipes.engine.sub_runs import ALL
from recipes.models import ErrorHandling, StepKind
from recipes.validation import MOST_FIELDS

EXPRESSION_HINT = "For example: score >= 7, or contains(lower(previous_output), 'yes')."
FAILURES = [
    (ErrorHandling.STOP, "Stop the run"), (ErrorHandling.SKIP, "Go on without it"), (ErrorHandling.RETRY, "Try again"),
    (ErrorHandling.FALLBACK, "Use the fallback model"),
]  # fmt: skip
# Where a service's field of a step stands in the form.
FIELDS = {
    "under": "when", "branch": "when", "config": "extra", "config.expression": "expression", "config.for": "waits_for",
    "config.within": "within", "config.seconds": "seconds", "config.until": "until", "config.fields": "questions",
    "config.tool": "tool", "config.arguments": "arguments", "config.over": "over", "config.at_most": "at_most",
    "config.at_once": "at_once", "config.recipe": "recipe", "config.version": "version", "config.inputs": "inputs",
    "config.leaves": "leaves",
}  # fmt: skip
# Parts of a step's settings that have a field of their own, by kind.
OWN = {
    StepKind.AGENT: (), StepKind.CONDITION: ("expression",), StepKind.TOOL: ("tool", "arguments"),
    StepKind.WAIT: ("for", "within", "fields", "seconds", "until"), StepKind.LOOP: ("over", "at_most", "at_once"),
    StepKind.RECIPE: ("recipe", "version", "inputs", "leaves"),
}  # fmt: skip
LEAVES = [("", "Its result"), (ALL, "The outputs of all its steps, as an object")]
WAITS = [(PERSON, "An answer of a person"), (TIME, "A time"), (WEBHOOK, "A signed message")]
# What is code, in its letters.
MONO = ("output_key", "arguments", "inputs", "expression", "over", "extra", "prompt_template")


def kind_of(step: Step) -> str:
    """The step's kind."""
    return str(step.get("kind") or StepKind.AGENT)


def is_told(step: Step) -> bool:
    """Whether later steps can name its output."""
    return new_steps.is_told(kind_of(step), step.get("config"))


def step_form(
    step: Step, agents: Sequence[tuple[str, str]], whens: Sequence[tuple[str, str]], key: str, tools: Sequence[str] = ()
) -> TypedForm:
    """The form of a step of its kind. key: its output key where none is typed."""
    kind = kind_of(step)
    made = bound("s", _initial(step))
    fields: dict[str, forms.Field] = {"name": text_field("Name", autocomplete="off", maxlength=160)}
    fields |= {
        StepKind.AGENT: _agent_fields, StepKind.TOOL: _tool_fields, StepKind.CONDITION: _condition_fields,
        StepKind.WAIT: _wait_fields, StepKind.LOOP: _loop_fields, StepKind.RECIPE: _recipe_fields,
    }.get(StepKind(kind) if kind in StepKind.values else StepKind.STAGE, _other_fields)()  # fmt: skip
    if "agent_id" in fields:
        fields["agent_id"].widget = chooser([("", "Choose an agent"), *agents])
    if tools and "tool" in fields:
        given = str((step.get("config") or {}).get("tool") or "")
        rest = [(given, f"{given} (not one of its tools)")] if given and given not in tools else []
        fields["tool"].widget = chooser([("", "Choose a tool"), *((name, name) for name in tools), *rest])
    if len(whens) > 1:
        fields["when"] = choice_field("Runs", whens)
    if is_told(step):
        fields["output_key"] = text_field(
            "Output is called", hint="Later steps name the result by it.", autocomplete="off", spellcheck="false",
            placeholder=key,
        )  # fmt: skip
    if kind != StepKind.CONDITION:
        fields["error_handling"] = choice_field("If it fails", [(str(value), words) for value, words in FAILURES])
    if kind in (StepKind.AGENT, StepKind.TOOL):
        fields["max_retries"] = text_field(
            "Tries after the first", hint="0 to 20.", inputmode="numeric", placeholder="as in the settings"
        )
        fields["timeout"] = text_field("Longest time", hint="For example 5 min.", placeholder="as in the settings")
    if kind == StepKind.AGENT:
        fields["max_iterations"] = text_field(
            "Tool rounds", hint="How often it may use tools; 25 when empty.", inputmode="numeric"
        )
    take(made, fields)
    return made


def chooser(choices: Sequence[tuple[str, str]]) -> forms.Select:
    """A drop-down list of these, as a step's form shows it."""
    return forms.Select(choices=choices, attrs={"class": "select"})


def bound(prefix: str, values: Mapping[str, Any], kind: type[TypedForm] = TypedForm) -> TypedForm:
    """A form that shows these values and can show problems at them."""
    sent = {f"{prefix}-{name}": value for name, value in values.items() if value is not False}
    return kind(data=sent, prefix=prefix)


def take(form: TypedForm, fields: Mapping[str, forms.Field]) -> None:

    for name, one in fields.items():
        if name in MONO:
            one.widget.attrs["class"] = "mono"
        form.fields[name] = dressed(one)


def _agent_fields() -> dict[str, forms.Field]:
    prompt = text_field("Prompt", rows=15, spellcheck="false")
    return {"agent_id": choice_field("Agent", []), "prompt_template": prompt}


def _tool_fields() -> dict[str, forms.Field]:
    hint = 'A JSON object; texts in it take names: {"expression": "{input.number} * 2"}'
    return {
        "agent_id": choice_field("As agent", [], hint="Its connections are used; no model is asked."),
        "tool": text_field("Tool", autocomplete="off", spellcheck="false"),
        "arguments": text_field("Arguments", hint=hint, rows=4, spellcheck="false"),
    }  # fmt: skip


def _condition_fields() -> dict[str, forms.Field]:
    area = text_field("Condition", hint=EXPRESSION_HINT, rows=3, spellcheck="false")
    return {"expression": area}


def _wait_fields() -> dict[str, forms.Field]:
    return {
        "waits_for": choice_field("Waits for", WAITS),
        "prompt_template": text_field("Message", hint="What the person reads.", rows=8, spellcheck="false"),
        "questions": text_field(
            "Questions", rows=3, spellcheck="false",
            hint="One a line: a name, then a type where it is not text, such as amount: number. Empty: yes or no.",
        ),
        "within": text_field("Longest wait", hint="For example 24 h; a week when empty. Then it counts as failed."),
        "seconds": text_field("Wait", hint="For example 10 min or 2 days."),
        "until": text_field("Or until", hint="A moment, 2027-01-31T17:00+01:00, or a name such as {input.when}."),
    }  # fmt: skip


def _loop_fields() -> dict[str, forms.Field]:
    return {
        "over": text_field("List", hint="A name that holds a list.", spellcheck="false"),
        "at_most": text_field("At most", hint="Rounds; 100 when empty. A longer list fails.", inputmode="numeric"),
        "at_once": text_field("At once", hint="How many rounds cook at the same time.", inputmode="numeric"),
    }  # fmt: skip


def _recipe_fields() -> dict[str, forms.Field]:
    return {
        "recipe": choice_field("Recipe", []),
        "version": choice_field("Version", []),
        "inputs": text_field("What it is given", rows=4, spellcheck="false"),
        "leaves": choice_field("Its output is", LEAVES),
    }  # fmt: skip


def _other_fields() -> dict[str, forms.Field]:
    return {"extra": text_field("Settings", hint="As JSON.", rows=6, spellcheck="false")}


def _initial(step: Step) -> dict[str, str]:
    """A step as typed text."""
    config = step.get("config") or {}
    row = {
        name: plain(step.get(name)) for name in ("name", "agent_id", "prompt_template", "output_key", "error_handling")
    }
    row |= {name: plain(step.get(name)) for name in ("max_retries", "max_iterations")}
    row["timeout"] = words_of(step.get("timeout"))
    row["when"] = f"{step['under']}:{step.get('branch') or ''}" if step.get("under") else ""
    given = config.get("arguments")
    row |= {
        "expression": str(config.get("expression") or ""),
        "tool": str(config.get("tool") or ""),
        "arguments": given
        if isinstance(given, str)
        else json.dumps(given, ensure_ascii=False, indent=2)
        if given
        else "",
        "waits_for": str(config.get("for") or PERSON),
        "within": words_of(config.get("within")),
        "seconds": words_of(config.get("seconds")),
        "until": plain(config.get("until")),
        "questions": _questions(config.get("fields")),
        "over": plain(config.get("over")),
        "at_most": plain(config.get("at_most")),
        "at_once": plain(config.get("at_once")),
        "recipe": plain(config.get("recipe")),
        "version": plain(config.get("version")),
        "inputs": json.dumps(config["inputs"], ensure_ascii=False, indent=2) if config.get("inputs") else "",
        "leaves": ALL if config.get("leaves") == ALL else "",
        "extra": json.dumps(config, ensure_ascii=False, indent=2) if config else "",
    }
    return row


def _questions(fields: Any) -> str:
    if not isinstance(fields, dict):
        return "" if fields is None else str(fields)
    lines = []
    for name, entry in fields.items():
        kind = entry.get("type", "string") if isinstance(entry, dict) else "string"
        optional = isinstance(entry, dict) and entry.get("required") is False
        lines.append(f"{name}{'' if kind == 'string' else f': {kind}'}{'?' if optional else ''}")
    return "\n".join(lines)


def read_step(step: Step, post: QueryDict) -> dict[str, Any]:
    """The step's values as they were sent; what its form does not show stays."""
    kind = kind_of(step)
    text = {name.removeprefix("s-"): str(post[name]).replace("\r\n", "\n") for name in post if name.startswith("s-")}
    values: dict[str, Any] = {
        name: text[name]
        for name in ("name", "agent_id", "prompt_template", "output_key", "error_handling")
        if name in text
    }
    for name in ("max_retries", "max_iterations"):
        if name in text:
            values[name] = whole(text[name])
    if "timeout" in text:
        values["timeout"] = length(text["timeout"])
    if "when" in text:
        under, _, branch = text["when"].partition(":")
        values |= {"under": under, "branch": branch}
    config = _config(kind, dict(step.get("config") or {}), text)
    if kind == StepKind.WAIT and (config or {}).get("for") in (TIME, WEBHOOK):
        values["prompt_template"] = ""
    return {**values, **({"config": config} if kind != StepKind.AGENT else {})}


def _config(kind: str, kept: dict[str, Any], text: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if kind == StepKind.CONDITION:
        found = {"expression": text.get("expression", "").strip()}
    elif kind == StepKind.TOOL:
        typed = any(name.startswith(PREFIX) for name in text)
        given = read_arguments(kept.get("arguments"), text) if typed else _json(text.get("arguments", ""))
        found = {"tool": text.get("tool", "").strip(), "arguments": given}
    elif kind == StepKind.RECIPE:
        found = _read_recipe(kept, text)
    elif kind == StepKind.LOOP:
        found = {"over": text.get("over", "").strip()} | {
            name: whole(text.get(name, "")) for name in ("at_most", "at_once")
        }
    elif kind == StepKind.WAIT and text.get("waits_for") == PERSON:
        found = {
            "for": PERSON,
            "within": length(text.get("within", "")),
            "fields": _read_questions(text.get("questions", "")),
        }
    elif kind == StepKind.WAIT and text.get("waits_for") == WEBHOOK:
        found = {"for": WEBHOOK, "within": length(text.get("within", ""))}
    elif kind == StepKind.WAIT:
        found = {"for": TIME, "seconds": length(text.get("seconds", "")), "until": text.get("until", "").strip()}
    elif "extra" in text:
        given = _json(text["extra"])
        return given if isinstance(given, dict) else {"unreadable": given} if given else {}
    rest = {name: value for name, value in kept.items() if name not in OWN.get(StepKind(kind), ())}
    return {**rest, **{name: value for name, value in found.items() if value not in (None, "", {})}}


def _read_recipe(kept: Mapping[str, Any], text: Mapping[str, str]) -> dict[str, Any]:
    """Which recipe is cooked, and with what. Another one has other inputs and versions."""
    key = text.get("recipe", "").strip()
    if key != kept.get("recipe"):
        return {"recipe": key}
    typed = any(name.startswith(PREFIX) for name in text)
    given = read_arguments(kept.get("inputs"), text) if typed else _json(text.get("inputs", ""))
    return {"recipe": key, "version": whole(text.get("version", "")), "inputs": given, "leaves": text.get("leaves", "")}


def _read_questions(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line in filter(None, (line.strip() for line in text.splitlines()[:MOST_FIELDS])):
        name, _, kind = line.removesuffix("?").partition(":")
        found[name.strip()] = {"type": kind.strip() or "string", "required": not line.endswith("?")}
    return found


def whole(text: str) -> Any:
    text = text.strip()
    return int(text) if text.isascii() and text.removeprefix("-").isdigit() and len(text) < 12 else text


def length(text: str) -> Any:
    """Seconds; text that is no length of time stays, to be refused by name."""
    found = seconds_of(text)
    value = text.strip() if found is None else found
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _json(text: str) -> Any:
    with suppress(ValueError, RecursionError):
        return json.loads(text)
    return text.strip()


def form_field(name: str) -> str:
    """The step form's field that a service's field of a step means."""
    return FIELDS.get(name, name)


def usable_kinds() -> Sequence[str]:
    """The kinds that can be added."""
    return [
        word for word in ("agent", "condition", "loop", "recipe", "person", "wait", "message", "tool") if _can(word)
    ]


def _can(word: str) -> bool:
    kind = {"person": "wait", "message": "wait"}.get(word, word)
    return kind in kinds.USABLE
