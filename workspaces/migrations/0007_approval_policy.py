from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0006_storage")]

    operations = [
        migrations.AddField(
            model_name="workspace",
            name="approval_policy",
            field=models.CharField(
                choices=[
                    ("after_untrusted", "After it read text from outside"),
                    ("always", "Always"),
                    ("never", "Never"),
                ],
                default="after_untrusted",
                max_length=16,
            ),
        ),
    ]
