from django.db import migrations

from automatos.row_security import also_refers

# A step's parent may come in the same statement, which a policy cannot see; a trigger after the statement can, and it
# costs nothing where a step has no parent.
CHECK = """
CREATE FUNCTION automatos_parent_in_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM execution_steps WHERE id = NEW.parent_id AND execution_id = NEW.execution_id) THEN
        RAISE insufficient_privilege USING MESSAGE = 'a step of another run may not be a parent (row-level security)';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER parent_in_run AFTER INSERT OR UPDATE OF parent_id ON execution_steps
    FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION automatos_parent_in_run()
"""
UNDO = "DROP TRIGGER parent_in_run ON execution_steps; DROP FUNCTION automatos_parent_in_run()"


class Migration(migrations.Migration):
    """A run's and a step's parent are of the same workspace."""

    dependencies = [("recipes", "0023_step_attempts")]

    operations = [
        also_refers("recipe_executions", "parent_step_id", "execution_steps"),
        migrations.RunSQL(CHECK, UNDO),
    ]
