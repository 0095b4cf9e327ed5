"""Reads: a run that is over, gone through again from its record."""

from automatos.errors import Conflict
from recipes.engine.offline import Replayed, replayed
from recipes.models import Execution

# Steps of a run that are gone through while somebody waits for the answer.
MOST_STEPS = 2_000
# Differences that are shown.
MOST_SHOWN = 50


def replay(run: Execution, *, most: int | None = MOST_STEPS) -> Replayed:
    """What comes of it; nothing is called and nothing is written. most: how many steps it may have.

    Raises Conflict for a run that is not over, or that is too long.
    """
    if run.is_live:
        raise Conflict("This run is still under way. Stop it, or wait for its end.", code="still_live")
    if most is not None and run.total_steps > most:
        raise Conflict(
            f"This run has {run.total_steps:,} steps; here up to {most:,} are gone through. `manage.py replay` takes "
            "any number.",
            code="too_long",
        )
    return replayed(run.pk)
