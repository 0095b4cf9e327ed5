from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agents", "0006_pending_status")]

    operations = [
        migrations.AddField(model_name="conversation", name="deleted_at", field=models.DateTimeField(null=True)),
    ]
