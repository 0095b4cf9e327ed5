"""A run's inputs that somebody outside wrote: fenced where a prompt names them, and behind whatever reads them."""

from collections.abc import Iterable
from typing import Any

from recipes.engine.ledger import Run
from recipes.engine.templating import as_text, names
from tools.untrusted import fenced

PREFIX = "input."


def shown(run: Run) -> dict[str, Any]:
    """The inputs as prompts show them."""
    if not run.untrusted_inputs:
        return run.input_data
    marked = {
        name: fenced(as_text(run.input_data[name]), ", ".join(map(str, origins)))
        for name, origins in run.untrusted_inputs.items()
        if name in run.input_data
    }
    return {**run.input_data, **marked}


def origins_in(run: Run, texts: Iterable[str]) -> tuple[str, ...]:
    """Where the untrusted inputs that these templates name came from, each once."""
    if not run.untrusted_inputs:
        return ()
    named = [name.removeprefix(PREFIX) for text in texts for name in names(text) if name.startswith(PREFIX)]
    return tuple(dict.fromkeys(str(origin) for name in named for origin in run.untrusted_inputs.get(name, ())))
