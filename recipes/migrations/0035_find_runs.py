from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models, transaction
from django.db.models import F
from django.db.models.fields.json import KeyTextTransform

from automatos.database_roles import APP_ROLE, SYSTEM_ROLE

BATCH = 5000
# Runs without a number are the oldest of their workspace, as many as the numbers that were kept free: so the newest of
# them gets their count, and what was broken off can be begun again at any point.
GIVE = """
WITH unnumbered AS (
    SELECT count(*) AS n FROM recipe_executions WHERE workspace_id = %(workspace)s AND number IS NULL
), batch AS (
    SELECT id, row_number() OVER (ORDER BY created_at DESC, id DESC) AS place FROM recipe_executions
    WHERE workspace_id = %(workspace)s AND number IS NULL ORDER BY created_at DESC, id DESC LIMIT %(batch)s
)
UPDATE recipe_executions e SET number = u.n - b.place + 1 FROM batch b, unnumbered u WHERE e.id = b.id
"""

UNIQUE = (
    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS one_execution_per_number "
    "ON recipe_executions (workspace_id, number)"
)
CONSTRAINT = "ALTER TABLE recipe_executions ADD CONSTRAINT one_execution_per_number UNIQUE USING INDEX one_execution_per_number"

# What a search looks through, cut so that no run is too long for the index. The workspace stands among the words, so
# that the index alone leaves out everybody else's runs. As with the words of documents, PostgreSQL would use no index
# under the policies: the function looks them up as the system's role and tells ids only.
WORDS = """
CREATE FUNCTION automatos_run_words(workspace_id uuid, name text, given jsonb, made jsonb, error jsonb) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
    SELECT to_tsvector('simple', concat_ws(' ', 'w' || replace(workspace_id::text, '-', ''), name,
        left(error->>'message', 2000),
        left((SELECT string_agg(v #>> '{}', ' ') FROM jsonb_path_query(given, 'strict $.**') v
            WHERE jsonb_typeof(v) IN ('string', 'number')), 20000),
        left(made->>'final_output', 20000),
        left((SELECT string_agg(v #>> '{}', ' ') FROM jsonb_path_query(made, 'strict $.**') v
            WHERE jsonb_typeof(v) IN ('string', 'number')), 20000))) $$
"""
INDEX = (
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS executions_words ON recipe_executions USING gin "
    "(automatos_run_words(workspace_id, recipe_name, input_data, output_data, error))"
)
FIND = f"""
CREATE FUNCTION automatos_find_runs(asked text, most integer) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH words AS (
        SELECT string_agg(quote_literal(t) || ':*', ' & ') AS terms
        FROM unnest(tsvector_to_array(to_tsvector('simple', asked))) AS t
    ), found AS MATERIALIZED (
        SELECT e.id, e.created_at FROM recipe_executions e
        WHERE automatos_run_words(workspace_id, recipe_name, input_data, output_data, error) @@ (SELECT
            (quote_literal('w' || replace(automatos_workspace()::text, '-', '')) || ' & ' || terms)::tsquery FROM words)
        AND e.workspace_id = (SELECT automatos_workspace()) AND e.deleted_at IS NULL
    )
    SELECT id FROM found ORDER BY created_at DESC LIMIT most $$;
REVOKE ALL ON FUNCTION automatos_find_runs(text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION automatos_find_runs(text, integer) TO {APP_ROLE}, {SYSTEM_ROLE};
GRANT CREATE ON SCHEMA public TO {SYSTEM_ROLE};
ALTER FUNCTION automatos_find_runs(text, integer) OWNER TO {SYSTEM_ROLE};
REVOKE CREATE ON SCHEMA public FROM {SYSTEM_ROLE};
"""


def number_old_runs(apps: Any, editor: Any) -> None:
    """Batch by batch, each a transaction of its own: nobody waits long, and a break loses one batch."""
    workspaces = apps.get_model("workspaces", "Workspace")
    with transaction.atomic(editor.connection.alias), editor.connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {SYSTEM_ROLE}")
        keys = list(workspaces.objects.using(editor.connection.alias).values_list("pk", flat=True))
    for key in keys:
        while True:
            with transaction.atomic(editor.connection.alias), editor.connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL ROLE {SYSTEM_ROLE}")
                cursor.execute(GIVE, {"workspace": key, "batch": BATCH})
                if cursor.rowcount < BATCH:
                    break


def by(*columns: Any, name: str, **more: Any) -> AddIndexConcurrently:
    """An index of runs, made while they go on."""
    return AddIndexConcurrently("execution", models.Index(*columns, name=name, **more))


class Migration(migrations.Migration):
    """Numbers for the runs there are, and an index for each way to look for runs."""

    atomic = False

    dependencies = [("recipes", "0034_run_numbers")]

    operations = [
        migrations.RunPython(number_old_runs, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(UNIQUE, migrations.RunSQL.noop),
                migrations.RunSQL(CONSTRAINT, "ALTER TABLE recipe_executions DROP CONSTRAINT one_execution_per_number"),
            ],
            state_operations=[
                migrations.AddConstraint(
                    "execution", models.UniqueConstraint(fields=("workspace", "number"), name="one_execution_per_number")
                )
            ],
        ),
        by(
            name="executions_unsuccessful",
            fields=["workspace", "-created_at"],
            condition=models.Q(("status__in", ("failed", "cancelled", "stopped"))),
        ),
        by(name="executions_of_user", fields=["workspace", "user", "-created_at"]),
        by(name="executions_by_trigger", fields=["workspace", "triggered_by", "-created_at"]),
        by(
            "workspace",
            KeyTextTransform("code", "error"),
            F("created_at").desc(),
            name="executions_by_error",
            condition=models.Q(("error__isnull", False)),
        ),
        by(
            "workspace", (F("completed_at") - F("started_at")).desc(nulls_last=True), name="executions_longest"
        ),
        migrations.RunSQL(WORDS, "DROP FUNCTION automatos_run_words(uuid, text, jsonb, jsonb, jsonb)"),
        migrations.RunSQL(INDEX, "DROP INDEX CONCURRENTLY IF EXISTS executions_words"),
        migrations.RunSQL(FIND, "DROP FUNCTION automatos_find_runs(text, integer)"),
    ]
