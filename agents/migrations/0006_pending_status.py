from django.db import migrations, models
from django.db.models import Q

STATUSES = [
    ("draft", "Draft"),
    ("inactive", "Inactive"),
    ("active", "Active"),
    ("paused", "Paused"),
    ("maintenance", "Maintenance"),
    ("error", "Error"),
    ("retired", "Retired"),
]


class Migration(migrations.Migration):
    dependencies = [("agents", "0005_draft_work")]

    operations = [
        migrations.AddField(
            model_name="agent",
            name="pending_status",
            field=models.CharField(blank=True, choices=STATUSES, db_default="", default="", max_length=12),
        ),
        migrations.AddIndex(
            model_name="agent",
            index=models.Index(condition=~Q(pending_status=""), fields=["workspace"], name="agents_moving"),
        ),
    ]
