from django.db import migrations

# A deleted document takes no room from now on; it is counted again when it is brought back.
COUNT_ANEW = """
SET LOCAL ROLE automatos_system;
UPDATE workspaces w SET storage_bytes = greatest(w.storage_bytes - gone.bytes, 0)
FROM (SELECT workspace_id, sum(size) AS bytes FROM documents WHERE deleted_at IS NOT NULL GROUP BY workspace_id) gone
WHERE gone.workspace_id = w.id;
RESET ROLE;
"""


class Migration(migrations.Migration):
    dependencies = [("agents", "0009_persona_deleted"), ("workspaces", "0006_storage")]

    operations = [migrations.RunSQL(COUNT_ANEW, migrations.RunSQL.noop)]
