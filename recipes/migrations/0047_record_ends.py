from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

# Runs under way end under this release, so their ends are recorded as well.
LIVE = (
    "UPDATE recipe_executions SET end_recorded = false "
    "WHERE status IN ('pending', 'running', 'waiting') AND parent_step_id IS NULL"
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("recipes", "0046_allowances")]

    operations = [
        migrations.AddField("execution", "end_recorded", models.BooleanField(db_default=True, default=True)),
        migrations.RunSQL(LIVE, migrations.RunSQL.noop),
        AddIndexConcurrently(
            "execution",
            models.Index(
                fields=["completed_at"],
                condition=models.Q(("completed_at__isnull", False), ("end_recorded", False)),
                name="executions_to_record",
            ),
        ),
    ]
