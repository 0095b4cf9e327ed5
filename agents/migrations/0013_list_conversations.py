from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("agents", "0012_models_name_their_server")]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="is_listed",
            field=models.BooleanField(db_default=False, default=False),
        ),
        AddIndexConcurrently(
            model_name="conversation",
            index=models.Index(
                condition=Q(("deleted_at", None), Q(("is_listed", True), ("is_kept", True), _connector="OR")),
                fields=["agent", "-updated_at"],
                name="conversations_listed",
            ),
        ),
    ]
