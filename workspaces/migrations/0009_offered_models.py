from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("workspaces", "0008_replaced_keys")]

    operations = [
        migrations.AddField(model_name="credential", name="offered", field=models.JSONField(default=list)),
    ]
