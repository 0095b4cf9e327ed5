"""A run's inputs that somebody outside wrote: fenced where a prompt names them, and behind whatever reads them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from recipes.engine.ledger import Run
from recipes.engine.steps import Step
from recipes.engine.templating import Marked, Output, as_text, dependencies, names, root_of
from tools.untrusted import fenced

PREFIX = "input."


def shown(run: Run) -> dict[str, Any]:
    """The inputs as prompts show them."""
    if not run.untrusted_inputs:
        return run.input_data
    marked = {
        name: _marked(run.input_data[name], ", ".join(map(str, origins)))
        for name, origins in run.untrusted_inputs.items()
        if name in run.input_data
    }
    return {**run.input_data, **marked}


def shown_local(run: Run, step: Step) -> Mapping[str, Any]:
    """The values of a step's round as prompts show them: an item of such an input stands between marks, too."""
    origins = step.local_origins
    outside = {str(origin) for given in run.untrusted_inputs.values() for origin in given}
    if "item" not in step.local or not outside.intersection(origins):
        return step.local
    return {**step.local, "item": _marked(step.local["item"], ", ".join(origins))}


def _marked(value: Any, origin: str) -> Marked:
    """The value between marks; a field of it gets marks of its own."""
    return Marked(fenced(as_text(value), origin), value, lambda part: fenced(part, origin))


def origins_in(run: Run, texts: Iterable[str]) -> tuple[str, ...]:
    """Where the untrusted inputs that these templates name came from, each once."""
    if not run.untrusted_inputs:
        return ()
    roots = [root_of(name)[0] for text in texts for name in names(text)]
    named = [root.removeprefix(PREFIX) for root in roots if root.startswith(PREFIX)]
    return tuple(dict.fromkeys(str(origin) for name in named for origin in run.untrusted_inputs.get(name, ())))


def origins_behind(run: Run, step: Step, texts: Sequence[str], outputs: Sequence[Output]) -> tuple[str, ...]:
    """Where untrusted text came from behind all that templates of a step name: inputs, outputs, its round's item."""
    whole = "".join(texts)
    named = dependencies(whole, outputs)
    read = [origin for output in outputs if output.order in named for origin in output.origins]
    return tuple(dict.fromkeys((*origins_in(run, texts), *read, *step.without_local(whole)[0])))
