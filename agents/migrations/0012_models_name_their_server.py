from django.db import migrations

# Until now a workspace's newest server took all calls to `openai_compatible`; its agents stay there.
NAME_SERVERS = """
SET LOCAL ROLE automatos_system;
WITH newest AS (
  SELECT DISTINCT ON (workspace_id) workspace_id, server FROM credentials
  WHERE type_id = 'openai_compatible' AND deleted_at IS NULL ORDER BY workspace_id, created_at DESC, id DESC
)
UPDATE agent_model_config m SET
  provider = CASE WHEN m.provider = 'openai_compatible' THEN n.server ELSE m.provider END,
  fallback_model_id = CASE WHEN m.fallback_model_id LIKE 'openai\\_compatible:%'
    THEN n.server || substr(m.fallback_model_id, 18) ELSE m.fallback_model_id END
FROM agents a JOIN newest n ON n.workspace_id = a.workspace_id
WHERE a.id = m.agent_id
  AND (m.provider = 'openai_compatible' OR m.fallback_model_id LIKE 'openai\\_compatible:%');
RESET ROLE;
"""


class Migration(migrations.Migration):
    dependencies = [("agents", "0011_find_passages"), ("workspaces", "0010_server_names")]

    operations = [migrations.RunSQL(NAME_SERVERS, migrations.RunSQL.noop)]
