from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from automatos.database_roles import APP_ROLE, SYSTEM_ROLE

# Which answers of a chat client's history are ours is asked with each of its messages. Under the policies PostgreSQL
# would use no index of a hash, so the function looks as the system's role, in the scope's workspace alone.
INDEX = (
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS steps_known_answers ON execution_steps (agent_id, md5(output)) "
    "WHERE step_id = 'answer' AND output <> ''"
)
FIND = f"""
CREATE FUNCTION automatos_known_answers(of_agent uuid, hashes text[]) RETURNS TABLE (output text, origins jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.output, s.origins FROM execution_steps s JOIN recipe_executions e ON e.id = s.execution_id
    WHERE s.agent_id = of_agent AND s.step_id = 'answer' AND s.output <> '' AND md5(s.output) = ANY(hashes)
    AND s.workspace_id = (SELECT automatos_workspace()) AND e.triggered_by = 'chat' $$;
REVOKE ALL ON FUNCTION automatos_known_answers(uuid, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION automatos_known_answers(uuid, text[]) TO {APP_ROLE}, {SYSTEM_ROLE};
GRANT CREATE ON SCHEMA public TO {SYSTEM_ROLE};
ALTER FUNCTION automatos_known_answers(uuid, text[]) OWNER TO {SYSTEM_ROLE};
REVOKE CREATE ON SCHEMA public FROM {SYSTEM_ROLE};
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("recipes", "0042_stage_prompts")]

    operations = [
        AddIndexConcurrently(
            "execution",
            models.Index(
                fields=["workspace", "-created_at", "-id"],
                condition=models.Q(("conversation", None), ("deleted_at", None), ("parent_step", None)),
                name="executions_listed",
            ),
        ),
        migrations.RunSQL(INDEX, "DROP INDEX CONCURRENTLY IF EXISTS steps_known_answers"),
        migrations.RunSQL(FIND, "DROP FUNCTION automatos_known_answers(uuid, text[])"),
    ]
