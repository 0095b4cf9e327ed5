from django.db import migrations, models

from automatos.row_security import WORKSPACE

# A process of the product moves its own version between waiting and withdrawn; every other move is a moderator's.
CONDITION = f"workspace_id = {WORKSPACE} AND status IN ('pending', 'withdrawn')"
ALLOW = f"""
DROP POLICY workspace_changes ON plugin_versions;
CREATE POLICY workspace_changes ON plugin_versions FOR UPDATE TO automatos_app
    USING ({CONDITION}) WITH CHECK ({CONDITION});
GRANT UPDATE (status) ON plugin_versions TO automatos_app;
"""
UNDO = """
REVOKE UPDATE (status) ON plugin_versions FROM automatos_app;
DROP POLICY workspace_changes ON plugin_versions;
CREATE POLICY workspace_changes ON plugin_versions FOR UPDATE TO automatos_app USING (false) WITH CHECK (false);
"""


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0004_entries")]

    operations = [
        migrations.AlterField(
            model_name="pluginversion",
            name="status",
            field=models.CharField(
                choices=[
                    ("pending", "Pending"),
                    ("approved", "Approved"),
                    ("rejected", "Rejected"),
                    ("changes_requested", "Changes requested"),
                    ("deactivated", "Deactivated"),
                    ("blocked", "Blocked"),
                    ("withdrawn", "Withdrawn by its author"),
                ],
                default="pending",
                max_length=20,
            ),
        ),
        migrations.RunSQL(ALLOW, UNDO),
    ]
