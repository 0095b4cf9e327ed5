"""Every stage by its name."""

from recipes.engine.stages import Handler
from recipes.workflows import names
from recipes.workflows.stages.decomposition import Decomposition
from recipes.workflows.stages.selecting import Selecting

HANDLERS: dict[str, Handler] = {
    names.DECOMPOSITION: Decomposition(),
    names.SELECTION: Selecting(),
}
