from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("recipes", "0021_waits_of_steps")]

    operations = [
        AddIndexConcurrently(
            model_name="approval",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False), ("status", "pending")),
                fields=["due_at"],
                name="approvals_due",
            ),
        ),
    ]
