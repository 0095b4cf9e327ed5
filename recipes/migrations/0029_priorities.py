from django.db import migrations, models


class Migration(migrations.Migration):
    """Steps carry their run's priority, and runs of a recipe may wait for their turn."""

    dependencies = [("recipes", "0028_agent_usage")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '10s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="executionstep", name="priority", field=models.SmallIntegerField(db_default=0, default=0)
        ),
        migrations.AddField(model_name="execution", name="slot_of", field=models.UUIDField(null=True)),
        migrations.AddField(
            model_name="execution", name="is_queued", field=models.BooleanField(db_default=False, default=False)
        ),
    ]
