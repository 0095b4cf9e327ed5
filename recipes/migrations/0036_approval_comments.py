from django.db import migrations, models


class Migration(migrations.Migration):
    """Whoever decides may say why."""

    dependencies = [("recipes", "0035_find_runs")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '10s'", migrations.RunSQL.noop),
        migrations.AddField(
            "approval",
            "comment",
            models.TextField(blank=True, db_default="", help_text="What whoever decided said to it."),
        ),
    ]
