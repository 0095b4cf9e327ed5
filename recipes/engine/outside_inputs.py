"""A run's inputs that somebody outside wrote: fenced where a prompt names them, and behind whatever reads them."""

from collections.abc import Iterable
from typing import Any

from recipes.engine.ledger import Run
from recipes.engine.templating import Marked, as_text, names, root_of
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
