"""Every stage by its name."""

from recipes.engine.stages import Handler
from recipes.workflows import names
from recipes.workflows.stages.answering import Aggregating, Answering
from recipes.workflows.stages.context import Gathering
from recipes.workflows.stages.decomposition import Decomposition
from recipes.workflows.stages.execution import Executing
from recipes.workflows.stages.looking_back import Assessing, Learning, Remembering
from recipes.workflows.stages.replanning import REPLANNING, Replanning
from recipes.workflows.stages.selecting import Selecting

HANDLERS: dict[str, Handler] = {
    names.DECOMPOSITION: Decomposition(),
    names.SELECTION: Selecting(),
    names.CONTEXT: Gathering(),
    names.EXECUTION: Executing(),
    REPLANNING: Replanning(),
    names.AGGREGATION: Aggregating(),
    names.LEARNING: Learning(),
    names.QUALITY: Assessing(),
    names.MEMORY: Remembering(),
    names.RESPONSE: Answering(),
}
