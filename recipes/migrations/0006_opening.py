from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recipes", "0005_agents_at_work")]

    operations = [
        migrations.AddField(model_name="executionstep", name="opening", field=models.JSONField(null=True)),
    ]
