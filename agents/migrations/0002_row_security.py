from django.db import migrations

from automatos.row_security import protect, protect_child


class Migration(migrations.Migration):
    dependencies = [("agents", "0001_initial"), ("workspaces", "0003_row_security")]

    operations = [
        protect("personas", seen="workspace_id IS NULL"),
        protect("agents", references={"persona_id": "personas"}),
        protect_child("agent_model_config", parent="agents", column="agent_id"),
    ]
