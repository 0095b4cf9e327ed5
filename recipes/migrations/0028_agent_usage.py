from django.db import migrations

# Runs that ended before there was such a table; those under way are added when they end.
FILL = """
SET LOCAL ROLE automatos_system;
INSERT INTO agent_usage (workspace_id, agent_id, day, shard, runs, completed, failed, input_tokens, output_tokens, cost,
    duration_ms, is_estimated, last_used_at)
SELECT s.workspace_id, s.agent_id, (e.completed_at AT TIME ZONE 'UTC')::date, 0, count(DISTINCT s.execution_id),
    count(*) FILTER (WHERE s.status = 'completed'), count(*) FILTER (WHERE s.status = 'failed'),
    sum(s.input_tokens), sum(s.output_tokens), sum(s.cost),
    COALESCE(round(sum(EXTRACT(EPOCH FROM s.completed_at - s.started_at)) FILTER (WHERE s.status = 'completed')
        * 1000), 0)::bigint, bool_or(s.is_estimated), max(s.started_at)
FROM execution_steps s JOIN recipe_executions e ON e.id = s.execution_id
WHERE e.completed_at IS NOT NULL AND s.agent_id IS NOT NULL AND s.started_at IS NOT NULL AND s.taken_from IS NULL
GROUP BY 1, 2, 3;
RESET ROLE;
"""


class Migration(migrations.Migration):
    dependencies = [("recipes", "0027_schedules"), ("agents", "0014_agent_usage")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
