import django.db.models.deletion
from django.db import migrations, models

from automatos.database_roles import SYSTEM_ROLE
from automatos.row_security import protect

# The number is given at the commit, so that starts of one workspace wait for one another for that moment only, and
# after every other lock. By then the scope may be another one: hence the system's role.
NUMBER = f"""
CREATE FUNCTION automatos_number_run() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE given integer;
BEGIN
    -- Started and removed in one transaction, with its workspace perhaps.
    IF NOT EXISTS (SELECT FROM recipe_executions WHERE id = NEW.id) THEN
        RETURN NULL;
    END IF;
    INSERT INTO run_numbers AS n (workspace_id, last) VALUES (NEW.workspace_id, 1)
        ON CONFLICT (workspace_id) DO UPDATE SET last = n.last + 1 RETURNING last INTO given;
    UPDATE recipe_executions SET number = given WHERE id = NEW.id AND number IS NULL;
    RETURN NULL;
END $$;
GRANT CREATE ON SCHEMA public TO {SYSTEM_ROLE};
ALTER FUNCTION automatos_number_run() OWNER TO {SYSTEM_ROLE};
REVOKE CREATE ON SCHEMA public FROM {SYSTEM_ROLE};
CREATE CONSTRAINT TRIGGER number_of_run AFTER INSERT ON recipe_executions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.number IS NULL) EXECUTE FUNCTION automatos_number_run();
SET LOCAL ROLE {SYSTEM_ROLE};
INSERT INTO run_numbers (workspace_id, last) SELECT workspace_id, count(*) FROM recipe_executions GROUP BY workspace_id;
RESET ROLE
"""
FORGET = "DROP TRIGGER number_of_run ON recipe_executions; DROP FUNCTION automatos_number_run()"


class Migration(migrations.Migration):
    """New runs get a number; those there are have theirs kept free, and get them in the next migration."""

    dependencies = [("recipes", "0033_drafts"), ("workspaces", "0011_audit_heads")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '10s'", migrations.RunSQL.noop),
        migrations.AddField("execution", "number", models.IntegerField(null=True)),
        migrations.AddField("execution", "deleted_at", models.DateTimeField(null=True)),
        migrations.CreateModel(
            name="RunNumber",
            fields=[
                (
                    "workspace",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="workspaces.workspace",
                    ),
                ),
                ("last", models.IntegerField()),
            ],
            options={"db_table": "run_numbers"},
        ),
        protect("run_numbers"),
        migrations.RunSQL(NUMBER, FORGET),
    ]
