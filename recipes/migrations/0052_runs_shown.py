from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

# Lists leave out the runs of evaluations, so the index by which they are counted and paged leaves them out too.
SHOWN = models.Q(("conversation", None), ("deleted_at", None), ("parent_step", None)) & ~models.Q(
    triggered_by="evaluation"
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("recipes", "0051_vouched_lessons")]

    operations = [
        AddIndexConcurrently(
            "execution",
            models.Index(fields=["workspace", "-created_at", "-id"], condition=SHOWN, name="executions_shown"),
        ),
        RemoveIndexConcurrently("execution", "executions_listed"),
    ]
