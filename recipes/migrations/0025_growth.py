import django.db.models.deletion
from django.db import migrations, models

from automatos.row_security import also_refers


class Migration(migrations.Migration):
    """Runs that grow, are held, go on from another one, or have a limit of their own."""

    dependencies = [("recipes", "0024_own_parents")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '10s'", migrations.RunSQL.noop),
        migrations.AddField(model_name="executionstep", name="scope", field=models.JSONField(null=True)),
        migrations.AddField(
            model_name="executionstep", name="grown", field=models.IntegerField(db_default=0, default=0)
        ),
        migrations.AddField(model_name="executionstep", name="state", field=models.JSONField(null=True)),
        migrations.AddField(model_name="executionstep", name="taken_from", field=models.UUIDField(null=True)),
        migrations.AddField(
            model_name="execution", name="parallel_limit", field=models.SmallIntegerField(null=True)
        ),
        migrations.AddField(
            model_name="execution", name="held_steps", field=models.IntegerField(db_default=0, default=0)
        ),
        migrations.AddField(model_name="execution", name="paused_at", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="execution", name="memory_isolation", field=models.BooleanField(db_default=False, default=False)
        ),
        migrations.AddField(
            model_name="execution",
            name="source",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="reruns",
                to="recipes.execution",
            ),
        ),
        also_refers("recipe_executions", "source_id", "recipe_executions"),
    ]
