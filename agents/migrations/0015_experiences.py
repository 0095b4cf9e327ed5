from django.db import migrations, models


class Migration(migrations.Migration):
    """Memories that runs leave: with a kind, a confidence and an end."""

    dependencies = [("agents", "0014_agent_usage")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '10s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="memory",
            name="kind",
            field=models.CharField(
                choices=[("note", "Note"), ("experience", "Experience"), ("lesson", "Lesson")],
                db_default="note",
                default="note",
                max_length=12,
            ),
        ),
        migrations.AddField(model_name="memory", name="confidence", field=models.FloatField(null=True)),
        migrations.AddField(model_name="memory", name="expires_at", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="memory", name="is_edited", field=models.BooleanField(db_default=False, default=False)
        ),
    ]
