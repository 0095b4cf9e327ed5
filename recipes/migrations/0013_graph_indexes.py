from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

UNIQUE_PATH = (
    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS one_execution_step_per_path "
    "ON execution_steps (execution_id, path) WHERE path IS NOT NULL"
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("recipes", "0012_graph")]

    operations = [
        AddIndexConcurrently(
            model_name="execution",
            index=models.Index(
                fields=["parent_step"],
                condition=models.Q(("parent_step__isnull", False)),
                name="executions_of_parent_step",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(UNIQUE_PATH, "DROP INDEX CONCURRENTLY IF EXISTS one_execution_step_per_path")
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name="executionstep",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("path__isnull", False)),
                        fields=("execution", "path"),
                        name="one_execution_step_per_path",
                    ),
                )
            ],
        ),
    ]
