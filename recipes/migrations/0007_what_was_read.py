from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recipes", "0006_opening")]

    operations = [
        migrations.AddField(
            model_name="executionstep",
            name="finish_reason",
            field=models.CharField(blank=True, db_default="", max_length=20),
        ),
        migrations.AddField(model_name="executionstep", name="origins", field=models.JSONField(null=True)),
    ]
