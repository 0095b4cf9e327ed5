"""Reads: a run that is over, gone through again from its record."""

import time

from django.db import connection

from automatos.errors import Conflict
from recipes.engine.offline import Replayed, replayed
from recipes.models import Execution

# Steps of a run, and those inside, that are gone through while somebody waits for the answer; bytes of texts they have
# on record, and seconds that it takes.
MOST_STEPS = 2_000
MOST_BYTES = 30_000_000
MOST_SECONDS = 20.0
# Differences that are shown.
MOST_SHOWN = 50
ELSEWHERE = "`manage.py replay` goes through runs of any size."
# Texts tell their length without being read.
WEIGHT = """
WITH RECURSIVE inside(id) AS (
    SELECT %s::uuid UNION
    SELECT e.id FROM inside i JOIN execution_steps s ON s.execution_id = i.id AND s.kind = 'recipe'
    JOIN recipe_executions e ON e.parent_step_id = s.id
)
SELECT count(*), COALESCE(
    sum(automatos_text_bytes(s.prompt, s.prompt_refs) + automatos_text_bytes(s.output, s.output_refs)
        + COALESCE(pg_column_size(s.config), 0) + c.bytes), 0
)
FROM inside i JOIN execution_steps s ON s.execution_id = i.id CROSS JOIN LATERAL (
    SELECT COALESCE(sum(
        automatos_text_bytes(c.output, c.output_refs) + COALESCE(pg_column_size(c.data), 0)), 0) AS bytes
    FROM execution_calls c WHERE c.step_id = s.id
) c
"""


def replay(run: Execution, *, is_bounded: bool = True) -> Replayed:
    """What comes of it; nothing is called and nothing is written. is_bounded: whether somebody waits for the answer.

    Raises Conflict for a run that is not over, or that is too large for that.
    """
    if run.is_live:
        raise Conflict("This run is still under way. Stop it, or wait for its end.", code="still_live")
    if not is_bounded:
        return replayed(run.pk)
    _check_size(run)
    until = time.monotonic() + MOST_SECONDS

    def check() -> None:
        if time.monotonic() > until:
            raise _too_large(f"Going through this run again takes longer than {MOST_SECONDS:g} seconds.")

    return replayed(run.pk, check)


def _check_size(run: Execution) -> None:
    with connection.cursor() as cursor:
        cursor.execute(WEIGHT, [run.pk])
        steps, size = cursor.fetchone()
    if steps > MOST_STEPS:
        raise _too_large(f"This run has {steps:,} steps; here up to {MOST_STEPS:,} are gone through.")
    if size > MOST_BYTES:
        raise _too_large(f"This run has {size:,} bytes on record; here up to {MOST_BYTES:,} are gone through.")


def _too_large(why: str) -> Conflict:
    return Conflict(f"{why} {ELSEWHERE}", code="too_long")
