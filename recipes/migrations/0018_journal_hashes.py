from django.db import migrations, models


class Migration(migrations.Migration):
    """Longer texts and columns with constant defaults: no table is read or written anew."""

    dependencies = [("recipes", "0017_executions_to_assess")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '10s'", migrations.RunSQL.noop),
        migrations.AddField(model_name="call", name="connection_id", field=models.UUIDField(null=True)),
        migrations.AddField(
            model_name="call",
            name="request_hash",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="call",
            name="tool_version_hash",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AlterField(model_name="call", name="path", field=models.TextField(default="0")),
        migrations.AlterField(
            model_name="call",
            name="kind",
            field=models.CharField(
                choices=[
                    ("model", "Model"),
                    ("tool", "Tool"),
                    ("command", "Command"),
                    ("composio", "App"),
                    ("mcp", "MCP"),
                    ("http", "HTTP"),
                    ("embedding", "Embedding"),
                ],
                default="model",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="call",
            name="status",
            field=models.CharField(
                choices=[
                    ("sent", "Sent"),
                    ("done", "Done"),
                    ("failed", "Failed"),
                    ("uncertain", "Not known whether it took effect"),
                ],
                default="sent",
                max_length=10,
            ),
        ),
    ]
