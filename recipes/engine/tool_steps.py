"""Steps that are one tool call of an agent, without a model: the agent's tools, connections and policy hold for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from automatos.llm.parts import ToolCall
from recipes.engine.ledger import Run
from recipes.engine.outside_inputs import origins_in
from recipes.engine.steps import Job, Step
from recipes.engine.templating import Output, dependencies, render, texts_of


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


def with_call(job: Job, run: Run, step: Step, outputs: Sequence[Output]) -> Job:
    """The job as one call. Untrusted text that its arguments name stands behind it, as behind a prompt."""
    arguments = (step.config or {}).get("arguments") or {}

    def fill(earlier: Sequence[Output], local: Mapping[str, Any]) -> Callable[[str], str]:
        return lambda text: render(text, inputs=run.input_data, earlier=earlier, append=False, local=local)

    call = ToolCall("call", tool_of(step), filled(arguments, fill(outputs, step.local)))
    named = {order for text in texts_of(arguments) for order in dependencies(text, outputs)}
    read = [output for output in outputs if output.order in named and output.origins]
    clean = [replace(output, text="") if output.origins else output for output in outputs]
    in_round, local = step.without_local("".join(texts_of(arguments)))
    heard = tuple(texts_of(filled(arguments, fill(clean, local))))
    read_here = (origin for output in read for origin in output.origins)
    origins = *origins_in(run, texts_of(arguments)), *read_here, *in_round
    return replace(job, call=call, origins=origins, heard=heard)
