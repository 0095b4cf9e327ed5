from django.db import migrations

from automatos.row_security import also_refers


class Migration(migrations.Migration):
    """A run's and a step's parent are of the same workspace."""

    dependencies = [("recipes", "0023_step_attempts")]

    operations = [
        also_refers("recipe_executions", "parent_step_id", "execution_steps"),
        also_refers("execution_steps", "parent_id", "execution_steps"),
    ]
