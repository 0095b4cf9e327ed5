from django.db import migrations

from automatos.database_roles import APP_ROLE, SYSTEM_ROLE

# Large answers of ours in a chat client's history are known by the payload that has their text, as small ones are by
# their hash (0043).
INDEX = (
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS steps_known_payloads ON execution_steps (agent_id, (output_refs ->> 0)) "
    "WHERE step_id = 'answer' AND output_refs IS NOT NULL"
)
FIND = f"""
CREATE FUNCTION automatos_known_answers(of_agent uuid, hashes text[], payloads text[])
    RETURNS TABLE (output text, origins jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT output, origins FROM automatos_known_answers(of_agent, hashes)
    UNION ALL
    SELECT automatos_text(s.output, s.output_refs), s.origins
    FROM execution_steps s JOIN recipe_executions e ON e.id = s.execution_id
    WHERE s.agent_id = of_agent AND s.step_id = 'answer' AND s.output_refs IS NOT NULL
    AND s.output_refs ->> 0 = ANY(payloads)
    AND s.workspace_id = (SELECT automatos_workspace()) AND e.triggered_by = 'chat' $$;
REVOKE ALL ON FUNCTION automatos_known_answers(uuid, text[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION automatos_known_answers(uuid, text[], text[]) TO {APP_ROLE}, {SYSTEM_ROLE};
GRANT CREATE ON SCHEMA public TO {SYSTEM_ROLE};
ALTER FUNCTION automatos_known_answers(uuid, text[], text[]) OWNER TO {SYSTEM_ROLE};
REVOKE CREATE ON SCHEMA public FROM {SYSTEM_ROLE};
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("recipes", "0057_payloads")]

    operations = [
        migrations.RunSQL(INDEX, "DROP INDEX CONCURRENTLY IF EXISTS steps_known_payloads"),
        migrations.RunSQL(FIND, "DROP FUNCTION automatos_known_answers(uuid, text[], text[])"),
    ]
