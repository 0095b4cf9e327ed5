from django.db import migrations

from automatos.row_security import protect

# Rows of the shared catalogue are read by everybody and written by the system alone.
SHARED = "workspace_id IS NULL"


class Migration(migrations.Migration):
    dependencies = [("tools", "0001_apps"), ("workspaces", "0003_row_security")]

    operations = [
        protect("composio_app_cache", seen=SHARED),
        protect("composio_action_cache", seen=SHARED, references={"app_id": "composio_app_cache"}),
        protect("composio_app_logos", seen=SHARED, references={"app_id": "composio_app_cache"}),
        protect("composio_sync_jobs", seen=SHARED),
        protect("composio_entities"),
        protect("composio_connections", references={"entity_id": "composio_entities"}),
        protect("composio_webhooks"),
        protect("composio_triggers", references={"connection_id": "composio_connections"}),
        protect("composio_events", references={"trigger_id": "composio_triggers"}),
        protect("agent_app_assignments"),
        protect("tool_policies"),
        protect("tool_execution_logs"),
    ]
