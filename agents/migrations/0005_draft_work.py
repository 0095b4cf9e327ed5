from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0004_skill_sync"),
    ]

    operations = [
        migrations.AddField(
            model_name="agentdraft",
            name="discarded_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="agentdraft",
            name="work",
            field=models.JSONField(default=dict),
        ),
    ]
