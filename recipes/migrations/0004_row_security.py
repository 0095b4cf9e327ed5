from django.db import migrations

from automatos.row_security import protect, protect_child


class Migration(migrations.Migration):
    dependencies = [("recipes", "0003_copied_workspaces"), ("agents", "0002_row_security")]

    operations = [
        protect("recipes"),
        protect_child("recipe_steps", parent="recipes", column="recipe_id", references={"agent_id": "agents"}),
        protect_child("recipe_versions", parent="recipes", column="recipe_id"),
        protect("recipe_executions", references={"recipe_id": "recipes"}),
        protect("execution_steps", references={"execution_id": "recipe_executions", "agent_id": "agents"}),
        protect("execution_calls", references={"step_id": "execution_steps"}),
        protect("execution_events", references={"execution_id": "recipe_executions"}),
    ]
