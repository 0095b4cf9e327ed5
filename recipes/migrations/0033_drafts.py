import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from automatos.row_security import protect


# Inputs that said nothing were optional; those written from now on are required.
OPTIONAL = """
UPDATE recipes r SET inputs = (
    SELECT jsonb_object_agg(key, CASE WHEN jsonb_typeof(value) = 'object' AND NOT value ? 'required'
        THEN value || '{"required": false}' ELSE value END) FROM jsonb_each(r.inputs))
WHERE jsonb_typeof(inputs) = 'object' AND inputs <> '{}';
UPDATE recipe_versions v SET body = jsonb_set(body, '{inputs}', (
    SELECT jsonb_object_agg(key, CASE WHEN jsonb_typeof(value) = 'object' AND NOT value ? 'required'
        THEN value || '{"required": false}' ELSE value END) FROM jsonb_each(v.body -> 'inputs')))
WHERE jsonb_typeof(body -> 'inputs') = 'object' AND body -> 'inputs' <> '{}';
"""


class Migration(migrations.Migration):
    """Drafts of recipes."""

    dependencies = [
        ("recipes", "0032_workflow_runs"),
        ("workspaces", "0010_server_names"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            "recipe",
            "version",
            models.PositiveIntegerField(default=1, help_text="What is cooked; 0 while nothing is published."),
        ),
        migrations.CreateModel(
            name="RecipeDraft",
            fields=[
                (
                    "recipe",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="draft",
                        serialize=False, to="recipes.recipe",
                    ),
                ),
                ("body", models.TextField()),
                (
                    "base_version",
                    models.PositiveIntegerField(help_text="The published version it began from; 0 for none."),
                ),
                ("revision", models.PositiveIntegerField(default=1)),
                ("past", models.TextField(default="[]")),
                ("future", models.TextField(default="[]")),
                ("touched", models.JSONField(default=dict)),
                ("trials", models.JSONField(default=dict)),
                ("pins", models.JSONField(default=dict)),
                ("work", models.JSONField(default=dict)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "updated_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="+",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={"db_table": "recipe_drafts"},
        ),
        migrations.AlterField(
            "execution",
            "triggered_by",
            models.CharField(
                choices=[
                    ("page", "the page"), ("api", "the API"), ("command", "the command line"),
                    ("playground", "the playground"), ("chat", "the chat API"), ("schedule", "a schedule"),
                    ("webhook", "a webhook"), ("form", "a form"), ("recipe", "another run"),
                    ("app", "an event of an app"), ("trial", "a trial in the editor"),
                ],
                max_length=10,
            ),
        ),
        migrations.RunSQL(OPTIONAL, migrations.RunSQL.noop),
        protect("recipe_drafts", references={"recipe_id": "recipes"}),
    ]  # fmt: skip
