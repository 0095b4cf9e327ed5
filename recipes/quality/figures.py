"""Figures of recipes and their steps, raised by each run as it is assessed; nothing is scanned to read them.

Rows are written in one order (the recipe's, then its steps' by name), so that two runs never wait for each other.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from recipes.models import Execution, ExecutionStatus, ExecutionStep, StepStatus
from recipes.quality.patterns import Pattern, Suggestion

# Stands where a step needs no agent.
NO_AGENT = UUID(int=0)
RAISE_RECIPE = """
INSERT INTO recipe_figures AS f (workspace_id, recipe_id, version, runs, completed, failed, cancelled, quality_sum,
    quality_squares, duration_ms, input_tokens, output_tokens, cost, duration_squares, cost_squares, stars_sum,
    stars_count)
VALUES (%s, %s, %s, 1, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0, 0)
ON CONFLICT (recipe_id, version) DO UPDATE SET runs = f.runs + 1, completed = f.completed + EXCLUDED.completed,
    failed = f.failed + EXCLUDED.failed, cancelled = f.cancelled + EXCLUDED.cancelled,
    quality_sum = f.quality_sum + EXCLUDED.quality_sum,
    quality_squares = f.quality_squares + EXCLUDED.quality_squares,
    duration_ms = f.duration_ms + EXCLUDED.duration_ms, input_tokens = f.input_tokens + EXCLUDED.input_tokens,
    output_tokens = f.output_tokens + EXCLUDED.output_tokens, cost = f.cost + EXCLUDED.cost,
    duration_squares = f.duration_squares + EXCLUDED.duration_squares,
    cost_squares = f.cost_squares + EXCLUDED.cost_squares
"""
RAISE_STEP = """
INSERT INTO recipe_step_figures AS f (workspace_id, recipe_id, step_id, agent_id, agent_name, name, "order", runs,
    completed, failed, retries, duration_ms, input_tokens, output_tokens, cost, errors)
VALUES (%s, %s, %s, %s, %s, %s, %s, 1, %s, %s, %s, %s, %s, %s, %s,
    CASE WHEN %s = '' THEN '{}'::jsonb ELSE jsonb_build_object(%s::text, 1) END)
ON CONFLICT (recipe_id, step_id, agent_id) DO UPDATE SET runs = f.runs + 1, agent_name = EXCLUDED.agent_name,
    name = EXCLUDED.name, "order" = EXCLUDED."order", completed = f.completed + EXCLUDED.completed,
    failed = f.failed + EXCLUDED.failed, retries = f.retries + EXCLUDED.retries,
    duration_ms = f.duration_ms + EXCLUDED.duration_ms, input_tokens = f.input_tokens + EXCLUDED.input_tokens,
    output_tokens = f.output_tokens + EXCLUDED.output_tokens, cost = f.cost + EXCLUDED.cost,
    errors = f.errors || (SELECT coalesce(jsonb_object_agg(key, coalesce((f.errors ->> key)::int, 0) + 1), '{}'::jsonb)
        FROM jsonb_object_keys(EXCLUDED.errors) AS key)
"""
RAISE_PATTERN = """
INSERT INTO recipe_patterns AS p (workspace_id, recipe_id, type, severity, step_id, step, seen, detail, last_run_id,
    last_seen_at)
VALUES (%s, %s, %s, %s, %s, %s, 1, %s, %s, %s)
ON CONFLICT (recipe_id, type, step_id) DO UPDATE SET seen = p.seen + 1, step = EXCLUDED.step,
    detail = EXCLUDED.detail, last_run_id = EXCLUDED.last_run_id, last_seen_at = EXCLUDED.last_seen_at
"""
RAISE_SUGGESTION = """
INSERT INTO recipe_suggestions AS s (id, workspace_id, recipe_id, type, priority, because, reason, step_id, step, seen,
    status, last_run_id, created_at, updated_at)
VALUES (gen_random_uuid(), %s, %s, %s, %s, %s, %s, %s, %s, 1, 'open', %s, %s, %s)
ON CONFLICT (recipe_id, type, step_id) WHERE status <> 'accepted' DO UPDATE SET seen = s.seen + 1,
    priority = EXCLUDED.priority, because = EXCLUDED.because, reason = EXCLUDED.reason, step = EXCLUDED.step,
    last_run_id = EXCLUDED.last_run_id, updated_at = EXCLUDED.updated_at
"""
LONGEST_CODE = 80


def raise_figures(execution: Execution, score: float, steps: Iterable[ExecutionStep]) -> None:
    """Add the run to the figures of its recipe's version and steps."""
    own = (execution.workspace_id, execution.recipe_id)
    status = execution.status
    with connection.cursor() as cursor:
        counts: list[Any] = [
            int(status == ExecutionStatus.COMPLETED),
            int(status in (ExecutionStatus.FAILED, ExecutionStatus.STOPPED)),
            int(status == ExecutionStatus.CANCELLED),
        ]
        spent: list[Any] = [execution.input_tokens, execution.output_tokens, execution.cost]
        took = max(0, execution.duration_ms or 0)
        squares = [float(took) ** 2, float(execution.cost) ** 2]
        cursor.execute(
            RAISE_RECIPE, [*own, execution.recipe_version, *counts, score, score * score, took, *spent, *squares]
        )
        rows = sorted(steps, key=lambda step: (step.step_id, str(step.agent_id), step.place))
        cursor.executemany(RAISE_STEP, [[*own, *_step_row(step)] for step in rows])


def _step_row(step: ExecutionStep) -> list[Any]:
    code = str((step.error or {}).get("code", ""))[:LONGEST_CODE] if step.error else ""
    return [
        step.step_id, step.agent_id or NO_AGENT, step.agent_name, step.name, step.order,
        int(step.status == StepStatus.COMPLETED), int(step.status == StepStatus.FAILED), max(0, step.attempt - 1),
        max(0, step.duration_ms or 0), step.input_tokens, step.output_tokens, step.cost, code, code,
    ]  # fmt: skip


def raise_learning(execution: Execution, patterns: Sequence[Pattern], suggestions: Sequence[Suggestion]) -> None:
    """Count the run's patterns, and note what they suggest. A suggestion that was dismissed stays dismissed."""
    own, at = [execution.workspace_id, execution.recipe_id], execution.completed_at
    seen = {(pattern.type, pattern.step_id): pattern for pattern in patterns}
    with connection.cursor() as cursor:
        cursor.executemany(
            RAISE_PATTERN,
            [
                [*own, one.type, one.severity, one.step_id, one.step, one.detail[:200], execution.pk, at]
                for _, one in sorted(seen.items())
            ],
        )
        cursor.executemany(
            RAISE_SUGGESTION,
            [
                [*own, *_suggestion_row(one), execution.pk, at, at]
                for one in sorted(suggestions, key=lambda one: (one.type, one.step_id))
            ],
        )


def _suggestion_row(one: Suggestion) -> list[Any]:
    return [one.type, one.priority, one.because, one.reason[:300], one.step_id, one.step]
