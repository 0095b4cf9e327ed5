from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("recipes", "0052_runs_shown")]

    operations = [
        AddIndexConcurrently(
            model_name="execution",
            index=models.Index(
                fields=["completed_at"],
                condition=models.Q(("status__in", ("failed", "cancelled", "stopped"))),
                name="executions_ended_badly",
            ),
        ),
    ]
