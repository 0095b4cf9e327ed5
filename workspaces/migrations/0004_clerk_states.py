from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0003_row_security")]

    operations = [
        migrations.RemoveField(model_name="user", name="clerk_updated_at"),
        migrations.CreateModel(
            name="ClerkState",
            fields=[
                ("id", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("told_at", models.DateTimeField()),
                ("gone", models.BooleanField(default=False)),
            ],
            options={"db_table": "clerk_states"},
        ),
    ]
