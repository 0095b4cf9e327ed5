from django.db import migrations

from automatos.database_roles import APP_ROLE, SYSTEM_ROLE

# The end of a chain goes nowhere but one entry further: who could remove it or set it back could cut off entries unseen.
FORWARD = f"""
REVOKE DELETE, TRUNCATE ON audit_heads FROM {APP_ROLE}, {SYSTEM_ROLE};
CREATE FUNCTION automatos_audit_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_user IN ('{APP_ROLE}', '{SYSTEM_ROLE}') AND
        (NEW.seq <> OLD.seq + 1 OR NEW.id <> OLD.id OR NEW.workspace_id IS DISTINCT FROM OLD.workspace_id)
    THEN RAISE insufficient_privilege USING MESSAGE = 'permission denied: the audit log only grows';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_heads_forward BEFORE UPDATE ON audit_heads
    FOR EACH ROW EXECUTE FUNCTION automatos_audit_forward();
"""
BACK = f"""
DROP TRIGGER audit_heads_forward ON audit_heads;
DROP FUNCTION automatos_audit_forward();
GRANT DELETE ON audit_heads TO {APP_ROLE}, {SYSTEM_ROLE};
"""


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0010_server_names")]

    operations = [migrations.RunSQL(FORWARD, BACK)]
