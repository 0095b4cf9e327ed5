from django.db import migrations

# Whoever is verified is so under one name and one website. Columns cannot say that in a policy, so a trigger does.
ADD = """
CREATE FUNCTION automatos_publisher_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.is_verified := false;
    RETURN NEW;
END $$;
CREATE TRIGGER publisher_renamed BEFORE UPDATE ON publishers FOR EACH ROW
    WHEN (OLD.is_verified AND NOT OLD.is_system AND OLD.workspace_id IS NOT NULL
          AND (OLD.name, OLD.website) IS DISTINCT FROM (NEW.name, NEW.website))
    EXECUTE FUNCTION automatos_publisher_renamed();
"""
UNDO = "DROP TRIGGER publisher_renamed ON publishers; DROP FUNCTION automatos_publisher_renamed()"


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0005_withdrawal")]

    operations = [migrations.RunSQL(ADD, UNDO)]
