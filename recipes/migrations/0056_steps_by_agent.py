from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("recipes", "0055_saved_run_views")]

    operations = [
        AddIndexConcurrently(
            model_name="executionstep",
            index=models.Index(
                models.F("agent"),
                models.OrderBy(models.F("started_at"), descending=True, nulls_last=True),
                name="steps_by_agent",
                include=("workspace",),
            ),
        ),
        RemoveIndexConcurrently(model_name="executionstep", name="steps_of_agent"),
    ]
