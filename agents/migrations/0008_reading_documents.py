from django.db import migrations, models

COUNTS = "How often a worker began to read it."


class Migration(migrations.Migration):
    dependencies = [("agents", "0007_conversation_deleted")]

    operations = [
        migrations.AddField("document", "attempts", models.PositiveSmallIntegerField(default=0, help_text=COUNTS)),
        migrations.AddField("document", "reading_since", models.DateTimeField(null=True)),
    ]
