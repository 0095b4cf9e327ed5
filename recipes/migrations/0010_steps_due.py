from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("recipes", "0009_waits")]

    operations = [
        AddIndexConcurrently(
            model_name="executionstep",
            index=models.Index(
                fields=["workspace", "runnable_at"],
                condition=models.Q(("runnable_at__isnull", False), ("status", "pending")),
                name="steps_due",
            ),
        ),
        RemoveIndexConcurrently(model_name="executionstep", name="steps_runnable"),
    ]
