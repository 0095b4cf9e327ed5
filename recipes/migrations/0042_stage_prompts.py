import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from automatos.row_security import protect


class Migration(migrations.Migration):
    """A workspace words the prompts of stages."""

    dependencies = [
        ("recipes", "0041_judgements"),
        ("workspaces", "0011_audit_heads"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="StagePrompt",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("stage", models.CharField(max_length=40)),
                ("prompt", models.TextField()),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "edited_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stage_prompts",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "db_table": "stage_prompts",
                "constraints": [models.UniqueConstraint(fields=("workspace", "stage"), name="stage_prompts_once")],
            },
        ),
        protect("stage_prompts"),
    ]
