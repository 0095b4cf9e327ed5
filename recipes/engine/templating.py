"""Prompt templates: `{input.name}`, `{previous_output}`, `{step_2_output}` and `{output_key}` in single braces.

Of a value that is structured, or a text that reads as JSON, `{output_key.field}` and `{output_key.0.field}` are parts.
In a loop there are `{item}`, its parts, and `{loop.index}` (from 0), `{loop.number}` (from 1) and `{loop.count}`.
`{{` and `}}` stand for the braces themselves. Braces around anything that is not such a name, as in JSON, are text.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automatos.errors import AppError
from recipes.engine.expressions import structured

_NAME = r"([A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*)"
VARIABLE = re.compile(r"\{\{|\}\}|\{" + _NAME + r"\}")
# A name as other products write it: {{name}}, or with spaces inside of the braces.
FOREIGN = re.compile(rf"(?<!\{{)(?:\{{\{{\s*{_NAME}\s*\}}\}}|\{{\s+{_NAME}\s*\}}|\{{{_NAME}\s+\}})(?!\}})")
STEP_OUTPUT = re.compile(r"step_(\d+)_output")
EARLIER_HEADING = "## Results of the earlier steps"
# About half a million tokens: past any model's window, and small enough to store.
LONGEST_PROMPT = 2_000_000
LOOP = ("index", "number", "count")
NOTHING: Mapping[str, Any] = {}


class TemplateError(AppError):
    """A prompt template names something that does not exist."""

    code = "template_error"


@dataclass(frozen=True, slots=True)
class Output:
    """What an earlier step left: its place, its key and its text. origins: where untrusted text behind it came from.

    passed_by: it stands in a branch that was not taken.
    """

    order: int
    key: str
    text: str = ""
    name: str = ""
    completed: bool = True
    origins: tuple[str, ...] = ()
    passed_by: bool = False


class Marked(str):
    """Untrusted text between its marks. within: the value itself; mark: puts the same marks around a part of it."""

    within: Any
    mark: Callable[[str], str]

    def __new__(cls, text: str, within: Any, mark: Callable[[str], str]) -> "Marked":
        made = super().__new__(cls, text)
        made.within, made.mark = within, mark
        return made


def names(template: str) -> list[str]:
    """The variables a template names, in order of appearance, each once."""
    return list(dict.fromkeys(match[1] for match in VARIABLE.finditer(template) if match[1]))


def root_of(name: str) -> tuple[str, list[str]]:
    """A variable without the fields behind it, and those: `review.score` is the field score of review."""
    first, *rest = name.split(".")
    return (f"input.{rest[0]}", rest[1:]) if first == "input" and rest else (first, rest)


def check(
    template: str, *, inputs: Collection[str], earlier: Sequence[Output], local: Collection[str] = ()
) -> list[str]:
    """Sentences for every variable that does not exist or is not written as one; empty when the template is fine.

    inputs: the recipe's input names. earlier: the steps before this one. local: item and loop, inside of a loop.
    """
    found = [problem for name in names(template) if (problem := _problem(name, inputs, earlier, local))]
    for match in FOREIGN.finditer(template):
        name = match[1] or match[2] or match[3]
        if name.startswith("input.") or not _problem(name, inputs, earlier, local):
            found.append(f"{match[0]} would be sent as it stands, without the value. Write {{{name}}}.")
    return list(dict.fromkeys(found))


def _problem(name: str, inputs: Collection[str], earlier: Sequence[Output], local: Collection[str] = ()) -> str:
    name, fields = root_of(name)
    if name in local:
        is_known = name != "loop" or (len(fields) == 1 and fields[0] in LOOP)
        return "" if is_known else "Of loop there are {loop.index}, {loop.number} and {loop.count}."
    if name.startswith("input."):
        if name.removeprefix("input.") in inputs:
            return ""
        return (
            f"{{{name}}} is not an input of this recipe. {_choices('Its inputs are', [f'input.{i}' for i in inputs])}"
        )
    if _find(name, earlier) is not None:
        return ""
    if name == "previous_output":
        return "{previous_output} needs an earlier step, and this is the first one."
    known = [*local, *(f"input.{i}" for i in inputs), *(output.key for output in earlier)]
    return f"{{{name}}} is not known here. {_choices('You can use', known)}"


def _choices(lead: str, known: list[str]) -> str:
    if not known:
        return "There is nothing to refer to yet; write {{name}} for literal braces."
    return f"{lead} {', '.join(f'{{{name}}}' for name in known)}; write {{{{name}}}} for literal braces."


def _find(name: str, outputs: Sequence[Output]) -> Output | None:
    """The earlier output a variable means, if it means one."""
    if not outputs:
        return None
    for output in outputs:
        if output.key == name:
            return output
    if name == "previous_output":
        return next((output for output in reversed(outputs) if not output.passed_by), outputs[-1])
    if match := STEP_OUTPUT.fullmatch(name):
        return next((output for output in outputs if output.order == int(match[1])), None)
    return None


def dependencies(template: str, earlier: Sequence[Output]) -> list[int]:
    """The orders of the steps whose outputs a template names."""
    found = (_find(root_of(name)[0], earlier) for name in names(template))
    return sorted({output.order for output in found if output is not None})


def used(template: str, earlier: Sequence[Output], *, append: bool = True) -> list[Output]:
    """The outputs that stand in the prompt: those the template names, else all, or none where none are appended."""
    named = dependencies(template, earlier)
    takes_all = append and _takes_all(template, earlier)
    return [output for output in earlier if takes_all or output.order in named]


def _takes_all(template: str, earlier: Sequence[Output]) -> bool:
    """Whether it names nothing that earlier steps left: neither an output nor an item of one."""
    return not dependencies(template, earlier) and "item" not in (root_of(name)[0] for name in names(template))


def filled(template: str, value: Callable[[re.Match[str]], str]) -> str:
    """The template with a value for each variable. Raises TemplateError once the values pass LONGEST_PROMPT characters.

    A long value may stand in it thousands of times, so nobody waits for the whole to be made.
    """
    length = 0

    def counted(match: re.Match[str]) -> str:
        nonlocal length
        text = value(match)
        length += len(text)
        if length > LONGEST_PROMPT:
            raise _too_long()
        return text

    return VARIABLE.sub(counted, template)


def _too_long() -> TemplateError:
    return TemplateError(
        f"The prompt would be longer than {LONGEST_PROMPT:,} characters. "
        "Shorten the input or let an earlier step summarise it.",
        code="prompt_too_long",
    )


def render(
    template: str,
    *,
    inputs: Mapping[str, Any],
    earlier: Sequence[Output],
    append: bool = True,
    local: Mapping[str, Any] = NOTHING,
) -> str:
    """The prompt. A template that names no earlier output, and no item, gets all of them appended under a heading.

    append: whether that is wanted. local: item and loop, inside of a loop. Raises TemplateError for an unknown
    variable, a field that a value does not have, or a prompt past LONGEST_PROMPT characters.
    """

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return match[0][0]
        root, fields = root_of(name)
        if root in local:
            return _part(name, local[root], fields)
        if root.startswith("input."):
            key = root.removeprefix("input.")
            if key in inputs:
                return _part(name, inputs[key], fields)
        else:
            output = _find(root, earlier)
            if output is not None:
                return as_text(_field(name, output.text, fields)) if fields else output.text
        raise TemplateError(_problem(name, list(inputs), earlier, list(local)) or f"{{{name}}} has no value.")

    prompt = filled(template, value)
    if append and earlier and _takes_all(template, earlier):
        parts = [f"### {output.name or output.key}\n\n{output.text}" for output in earlier if output.text]
        prompt = "\n\n".join([prompt, EARLIER_HEADING, *parts]) if parts else prompt
    if len(prompt) > LONGEST_PROMPT:
        raise _too_long()
    return prompt


def _part(name: str, value: Any, fields: Sequence[str]) -> str:
    if isinstance(value, Marked) and fields:
        return value.mark(as_text(_field(name, value.within, fields)))
    return as_text(_field(name, value, fields))


def _field(name: str, value: Any, fields: Sequence[str]) -> Any:
    """A part of a value. Of an empty text, which a skipped step leaves, every part is empty."""
    if not fields:
        return value
    if isinstance(value, str):
        value = structured(value)
    for field in () if value == "" else fields:
        if isinstance(value, dict) and field in value:
            value = value[field]
        elif isinstance(value, list) and field.isdecimal() and int(field) < len(value):
            value = value[int(field)]
        else:
            raise TemplateError(f"{{{name}}} has no value: there is no {field} in {as_text(value)[:100]!r}.")
    return value


def as_text(value: Any) -> str:
    """How an input reads in a prompt: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def texts_of(value: Any) -> list[str]:
    """Every text in arguments, in order."""
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in items for text in texts_of(item)]
