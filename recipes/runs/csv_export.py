"""Runs as CSV, for spreadsheets."""

import csv
import io
from typing import Any

from django.db.models import QuerySet

from automatos.events import iso
from recipes.models import Execution

MOST_ROWS = 10_000
COLUMNS = (
    "number", "id", "recipe", "version", "status", "trigger", "person", "created_at", "started_at", "completed_at",
    "duration_seconds", "steps_done", "steps", "tokens_in", "tokens_out", "cost_usd", "quality", "error_code", "error",
)  # fmt: skip
# A spreadsheet would read what begins with these as a formula.
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def csv_of(runs: QuerySet[Execution]) -> str:
    """At most the first 10,000 runs, a line each, with a line of names above."""
    out = io.StringIO()
    write = csv.writer(out)
    write.writerow(COLUMNS)
    rows = runs.select_related("user").defer("input_data", "output_data", "learning", "quality", "pins")
    for run in rows[:MOST_ROWS].iterator(chunk_size=2000):
        write.writerow([_safe(value) for value in _line(run)])
    return out.getvalue()


def _line(run: Execution) -> list[Any]:
    error, took, whole = run.error or {}, run.duration_ms, run.whole
    return [
        run.number, run.pk, run.recipe_name, run.recipe_version, run.status, run.triggered_by,
        run.user.display_name if run.user else "", iso(run.created_at), iso(run.started_at), iso(run.completed_at),
        "" if took is None else took / 1000, run.steps_done, run.total_steps, whole.input_tokens, whole.output_tokens,
        f"{whole.cost:f}", "" if run.quality_score is None else run.quality_score, error.get("code", ""),
        error.get("message", ""),
    ]  # fmt: skip


def _safe(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULAS) else value
