from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0005_credential_keys")]

    operations = [
        migrations.AddField(
            model_name="workspace", name="storage_bytes", field=models.PositiveBigIntegerField(default=0)
        ),
    ]
