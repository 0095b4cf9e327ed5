from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agents", "0008_reading_documents")]

    operations = [
        migrations.AddField(
            model_name="persona", name="deleted_at", field=models.DateTimeField(blank=True, null=True)
        ),
    ]
