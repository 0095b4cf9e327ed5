from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recipes", "0020_lessons")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '10s'", migrations.RunSQL.noop),
        migrations.AddField(model_name="approval", name="answer", field=models.JSONField(null=True)),
        migrations.AddField(model_name="approval", name="due_at", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="approval",
            name="kind",
            field=models.CharField(
                choices=[("approval", "Approval"), ("form", "Form"), ("timer", "Time")],
                db_default="approval",
                default="approval",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="executionstep",
            name="status",
            field=models.CharField(
                choices=[
                    ("pending", "Waiting"),
                    ("running", "Cooking"),
                    ("waiting", "Waiting"),
                    ("completed", "Done"),
                    ("failed", "Failed"),
                    ("skipped", "Skipped"),
                    ("cancelled", "Cancelled"),
                ],
                default="pending",
                max_length=10,
            ),
        ),
    ]
