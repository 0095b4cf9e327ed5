from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("marketplace", "0016_listing_reviews")]

    operations = [
        AddIndexConcurrently(
            model_name="entry",
            index=models.Index(
                fields=["kind"],
                name="entries_counts",
                include=["is_public", "workspace", "category", "publisher", "verdict", "reach", "key"],
                condition=models.Q(("is_public", True)),
            ),
        ),
        RemoveIndexConcurrently(model_name="entry", name="entries_kind"),
    ]
