import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0004_clerk_states")]

    operations = [
        migrations.AddField(model_name="credential", name="test_started_at", field=models.DateTimeField(null=True)),
        migrations.CreateModel(
            name="KeyCheck",
            fields=[
                ("key_id", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("sealed", models.BinaryField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={"db_table": "key_checks"},
        ),
    ]
