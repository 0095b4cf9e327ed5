"""Steps that are one tool call of an agent, without a model: the agent's tools, connections and policy hold for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from automatos.llm.parts import ToolCall
from recipes.engine.ledger import Run
from recipes.engine.outside_inputs import origins_in
from recipes.engine.steps import Job, Step
from recipes.engine.templating import Output, dependencies, names, render, texts_of

# What a schema's types are in Python, but for text.
TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,), "object": (dict,),
}  # fmt: skip


def tool_of(step: Step) -> str:
    """The name of the tool."""
    return str((step.config or {}).get("tool", ""))


def filled(value: Any, fill: Callable[[str], str]) -> Any:
    """Arguments with every text filled in; everything else as it is."""
    if isinstance(value, str):
        return fill(value)
    if isinstance(value, dict):
        return {name: filled(item, fill) for name, item in value.items()}
    return [filled(item, fill) for item in value] if isinstance(value, list) else value


def fitted(written: Mapping[str, Any], made: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments, with numbers, lists and the like where names stood for them: what is filled in is always text."""
    properties = schema.get("properties") or {}
    kinds = {
        name: TYPES.get(str((properties.get(name) or {}).get("type")))
        for name, text in written.items()
        if isinstance(text, str) and names(text)
    }
    return {name: _as_kind(value, kind) if (kind := kinds.get(name)) else value for name, value in made.items()}


def _as_kind(text: Any, kind: tuple[type, ...]) -> Any:
    """What the text means as JSON where it is of that kind; the text itself where it is not, which the tool refuses."""
    try:
        value = orjson.loads(str(text).strip())
    except ValueError:
        return text
    return value if isinstance(value, kind) and (bool in kind or not isinstance(value, bool)) else text


def with_call(job: Job, run: Run, step: Step, outputs: Sequence[Output]) -> Job:
    """The job as one call. Untrusted text that its arguments name stands behind it, as behind a prompt."""
    arguments = (step.config or {}).get("arguments") or {}

    def fill(earlier: Sequence[Output], local: Mapping[str, Any]) -> Callable[[str], str]:
        return lambda text: render(text, inputs=run.input_data, earlier=earlier, append=False, local=local)

    tool = job.task.tools.get(tool_of(step))
    made = filled(arguments, fill(outputs, step.local))
    call = ToolCall("call", tool_of(step), fitted(arguments, made, tool.schema if tool else {}))
    named = {order for text in texts_of(arguments) for order in dependencies(text, outputs)}
    read = [output for output in outputs if output.order in named and output.origins]
    clean = [replace(output, text="") if output.origins else output for output in outputs]
    in_round, local = step.without_local("".join(texts_of(arguments)))
    heard = tuple(texts_of(filled(arguments, fill(clean, local))))
    read_here = (origin for output in read for origin in output.origins)
    origins = *origins_in(run, texts_of(arguments)), *read_here, *in_round
    return replace(job, call=call, origins=origins, heard=heard)
