import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from automatos.row_security import protect


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0012_models_name_their_server"),
        ("recipes", "0013_graph_indexes"),
        ("workspaces", "0010_server_names"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '10s'", migrations.RunSQL.noop),
        migrations.AddField(model_name="execution", name="pins", field=models.JSONField(null=True)),
        migrations.CreateModel(
            name="AgentPin",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("agent_version", models.IntegerField()),
                ("body", models.JSONField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "agent",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="agents.agent",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={"db_table": "agent_pins"},
        ),
        protect("agent_pins", references={"agent_id": "agents"}),
    ]
