from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("recipes", "0025_growth")]

    operations = [
        AddIndexConcurrently(
            model_name="execution",
            index=models.Index(
                fields=["root_id"], condition=models.Q(("root_id__isnull", False)), name="executions_of_root"
            ),
        ),
        AddIndexConcurrently(
            model_name="execution",
            index=models.Index(
                fields=["source"], condition=models.Q(("source__isnull", False)), name="executions_of_source"
            ),
        ),
        AddIndexConcurrently(
            model_name="executionstep",
            index=models.Index(
                fields=["parent"], condition=models.Q(("path__isnull", False)), name="steps_of_parent"
            ),
        ),
    ]
