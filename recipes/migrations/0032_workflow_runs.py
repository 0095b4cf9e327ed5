from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("recipes", "0031_workflows")]

    operations = [
        AddIndexConcurrently(
            model_name="execution",
            index=models.Index(
                fields=["workflow", "-created_at"],
                condition=models.Q(("workflow__isnull", False)),
                name="executions_of_workflow",
            ),
        ),
    ]
