from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("recipes", "0029_priorities")]

    operations = [
        AddIndexConcurrently(
            model_name="executionstep",
            index=models.Index(
                fields=["workspace", "-priority", "runnable_at"],
                condition=models.Q(("runnable_at__isnull", False), ("status", "pending")),
                name="steps_due_first",
            ),
        ),
        RemoveIndexConcurrently(model_name="executionstep", name="steps_due"),
        AddIndexConcurrently(
            model_name="execution",
            index=models.Index(
                fields=["slot_of", "is_queued"],
                condition=models.Q(
                    ("slot_of__isnull", False), ("status__in", ["pending", "running", "waiting"])
                ),
                name="executions_in_slots",
            ),
        ),
    ]
