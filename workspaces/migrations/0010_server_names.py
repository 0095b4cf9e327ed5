from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.utils.text import slugify

LONGEST = 40
TAKEN = ("local", "openai", "anthropic", "openai_compatible", "agent", "recipe", "model")


def name_servers(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Each server that is there gets a name for its models, made from the credential's name."""
    credentials = apps.get_model("workspaces", "Credential").objects.using(editor.connection.alias)
    editor.execute("SET LOCAL ROLE automatos_system")
    taken: dict[object, set[str]] = {}
    rows = credentials.filter(type_id="openai_compatible").order_by("created_at", "id")
    for row in rows.only("id", "name", "workspace_id").iterator():
        names = taken.setdefault(row.workspace_id, set(TAKEN))
        base = slugify(row.name)[: LONGEST - 7].strip("-_") or "server"
        name, number = base, 1
        while name in names:
            number += 1
            name = f"{base}-{number}"
        names.add(name)
        credentials.filter(pk=row.pk).update(server=name)
    editor.execute("RESET ROLE")


class Migration(migrations.Migration):
    """Servers of a workspace's own stand side by side, each with a name in front of its models."""

    dependencies = [("workspaces", "0009_offered_models")]

    operations = [
        migrations.AddField(
            model_name="credential",
            name="server",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            model_name="credential",
            name="test_works",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddConstraint(
            model_name="credential",
            constraint=models.UniqueConstraint(
                condition=models.Q(("server", ""), _negated=True),
                fields=("workspace", "server"),
                name="one_server_name",
            ),
        ),
        migrations.RunPython(name_servers, migrations.RunPython.noop),
    ]
