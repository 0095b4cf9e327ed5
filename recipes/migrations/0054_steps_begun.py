from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("recipes", "0053_ended_badly")]

    operations = [
        AddIndexConcurrently(
            model_name="executionstep",
            index=models.Index(
                fields=["workspace", "started_at"],
                condition=models.Q(("started_at__isnull", False)),
                name="steps_begun",
            ),
        ),
    ]
