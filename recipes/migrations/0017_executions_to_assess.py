from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("recipes", "0016_quality")]

    operations = [
        AddIndexConcurrently(
            model_name="execution",
            index=models.Index(
                condition=models.Q(
                    ("assessed_at", None), ("completed_at__isnull", False), ("recipe__isnull", False)
                ),
                fields=["completed_at"],
                name="executions_to_assess",
            ),
        ),
    ]
