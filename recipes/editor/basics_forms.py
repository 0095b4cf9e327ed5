"""The editor's forms of a recipe's basics, inputs and outputs, and of its settings."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django import forms
from django.http import QueryDict

from automatos.durations import words_of
from automatos.fields import TypedForm, choice_field, plain, split_tags, text_field
from recipes.editor.body import SCHEMAS, Body
from recipes.editor.forms import bound, length, take
from recipes.models import Mode
from recipes.validation import CONFIG_NUMBERS, CONFIG_SWITCHES, CONFIG_TEXTS, MOST_FIELDS

TYPE_WORDS = [
    ("string", "Text"), ("text", "Long text"), ("number", "Number"), ("integer", "Whole number"),
    ("boolean", "Yes or no"), ("choice", "Choice"), ("array", "List"), ("object", "Object"),
    ("file", "File"),
]  # fmt: skip
LENGTHS = ("total_timeout", "timeout_per_step", "retry_delay")
WORDS = {
    "mode": ("Steps run", "At once: a step waits only for the outputs its prompt names."),
    "total_timeout": ("Whole run", "Longest time, such as 10 min."),
    "timeout_per_step": ("Each step", "Longest time, such as 5 min."),
    "max_retries": ("Tries after the first", "For steps that try again."),
    "retry_delay": ("Wait before another try", "For example 2 s."),
    "backoff": ("Then times", "Each further wait is so many times longer."),
    "quality_threshold": ("Quality to expect", "0 to 1; runs below it are shown."),
    "max_concurrent_runs": (
        "Runs at once",
        "Most runs of this recipe that cook at the same time; 0 for as many as come.",
    ),
    "priority": ("Priority", "-10 to 10; higher goes first among what waits in the workspace."),
    "parallel_limit": ("Steps at once", "Most steps of a run cooking at the same time."),
    "auto_learning": ("Learn from runs", "Keep what each run teaches, and tell the next ones."),
    "memory_isolation": ("Memories of their own", "Agents neither recall nor store memories of other runs."),
    "judge_model": ("Judge", "A model that scores what each run gave, as provider:model. Empty: nobody judges."),
    "judge_rubric": ("What the judge looks at", "A line a point. The opinion stands beside the quality, never in it."),
}


def settings_form(config: Mapping[str, Any]) -> TypedForm:
    """How a run goes. What else the engine knows by name is offered under that name."""
    initial: dict[str, Any] = {"mode": config.get("mode") or Mode.SEQUENTIAL}
    fields: dict[str, forms.Field] = {"mode": choice_field(WORDS["mode"][0], Mode.choices, hint=WORDS["mode"][1])}
    for name, (_, _, usual) in CONFIG_NUMBERS.items():
        label, hint = WORDS.get(name, (name.replace("_", " ").capitalize(), ""))
        is_length = name in LENGTHS
        shown = words_of(usual) if is_length else plain(usual)
        fields[name] = text_field(label, hint=hint, placeholder=shown, autocomplete="off")
        initial[name] = words_of(config.get(name)) if is_length else plain(config.get(name))
    for name, usual_switch in CONFIG_SWITCHES.items():
        label, hint = WORDS.get(name, (name.replace("_", " ").capitalize(), ""))
        fields[name] = choice_field(label, [("on", "Yes"), ("off", "No")], hint=hint)
        initial[name] = "on" if config.get(name, usual_switch) else "off"
    for name in CONFIG_TEXTS:
        label, hint = WORDS[name]
        rows = {"rows": 3} if name == "judge_rubric" else {"autocomplete": "off", "spellcheck": "false"}
        fields[name] = text_field(label, hint=hint, **rows)
        initial[name] = config.get(name) or ""
    made = bound("c", initial)
    take(made, fields)
    return made


def read_settings(config: Mapping[str, Any], post: QueryDict) -> dict[str, Any]:
    """The settings as sent; those the form does not know stay."""
    shown = ("mode", *CONFIG_NUMBERS, *CONFIG_SWITCHES, *CONFIG_TEXTS)
    values = {name: value for name, value in config.items() if name not in shown}
    values["mode"] = post.get("c-mode", "")
    for name in CONFIG_NUMBERS:
        text = post.get(f"c-{name}", "").strip()
        values[name] = length(text) if name in LENGTHS else _figure(text)
    for name, usual in CONFIG_SWITCHES.items():
        chosen = post.get(f"c-{name}", "on" if usual else "off") == "on"
        values[name] = chosen if chosen != usual or name in config else ""
    for name in CONFIG_TEXTS:
        values[name] = post.get(f"c-{name}", "").replace("\r\n", "\n").strip()
    return values


def _figure(text: str) -> Any:
    with suppress(ValueError):
        return int(text)
    with suppress(ValueError):
        return float(text.replace(",", "."))
    return text


class BasicsForm(TypedForm):
    """What the recipe is called and for."""

    name = text_field("Name", autocomplete="off", maxlength=160)
    description = text_field("Description", hint="What it makes, and for whom.", rows=3)
    tags = text_field("Tags", hint="Separate them with commas; the list shows recipes by them.", autocomplete="off")
    template_id = text_field(
        "Address", hint="Small letters, digits and -. Made from the name when empty.", autocomplete="off",
        spellcheck="false",
    )  # fmt: skip


class EntryForm(TypedForm):
    """An input or an output."""

    name = text_field("Name", autocomplete="off", spellcheck="false", placeholder="topic")
    type = choice_field("Type", TYPE_WORDS)
    default = text_field("Default", autocomplete="off")
    description = text_field("What to enter", autocomplete="off")
    options = text_field("Options", hint="Separate them with commas.", autocomplete="off")
    required = forms.BooleanField(
        label="Required", required=False, widget=forms.CheckboxInput(attrs={"class": "check"})
    )
    untrusted = forms.BooleanField(
        label="From outside", required=False, widget=forms.CheckboxInput(attrs={"class": "check"})
    )


def basics_forms(body: Body) -> dict[str, Any]:
    """The forms of the basics: texts, inputs and outputs."""
    texts = {name: body.get(name) or "" for name in ("name", "description", "template_id")}
    made: dict[str, Any] = {
        "texts": bound("b", {**texts, "tags": ", ".join(map(str, body.get("tags") or ()))}, BasicsForm)
    }
    for kind in SCHEMAS:
        made[kind] = [
            bound(f"{kind}-{place}", _entry_row(entry), EntryForm) for place, entry in enumerate(body.get(kind) or ())
        ]
    return made


def _entry_row(entry: Mapping[str, Any]) -> dict[str, Any]:
    default = entry.get("default")
    typed = default if isinstance(default, str) else "" if default is None else json.dumps(default, ensure_ascii=False)
    options = entry.get("options")
    return {
        "name": entry.get("name") or "", "type": entry.get("type") or "string", "default": typed,
        "description": entry.get("description") or "", "required": entry.get("required", True),
        "untrusted": bool(entry.get("untrusted")),
        "options": ", ".join(map(str, options)) if isinstance(options, list) else options or "",
    }  # fmt: skip


def read_basics(post: QueryDict) -> dict[str, Any]:
    """The basics as they were sent."""
    values: dict[str, Any] = {
        name: post.get(f"b-{name}", "").replace("\r\n", "\n") for name in ("name", "description", "template_id")
    }
    values["tags"] = split_tags(post.get("b-tags", ""))
    for kind in SCHEMAS:
        places = [place for place in range(MOST_FIELDS + 5) if f"{kind}-{place}-name" in post]
        values[kind] = [_entry(kind, place, post) for place in places]
    return values


def _entry(kind: str, place: int, post: QueryDict) -> dict[str, Any]:
    def text(name: str) -> str:
        return post.get(f"{kind}-{place}-{name}", "").strip()

    entry: dict[str, Any] = {"name": text("name"), "type": text("type") or "string"}
    if kind == "inputs":
        entry["required"] = bool(text("required"))
        entry |= {"untrusted": True} if text("untrusted") else {}
    if text("default"):
        entry["default"] = _default(text("default"), entry["type"])
    if text("options") or entry["type"] == "choice":
        entry["options"] = split_tags(text("options"))
    if text("description"):
        entry["description"] = text("description")
    return entry


def _default(text: str, kind: str) -> Any:
    if kind in ("string", "text", "choice"):
        return text
    with suppress(ValueError, RecursionError):
        return json.loads(text.lower() if kind == "boolean" else text)
    return text
