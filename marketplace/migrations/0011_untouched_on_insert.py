from django.db import migrations

from automatos.database_roles import APP_ROLE
from automatos.row_security import WORKSPACE

# What moderators and scans decide is empty in a row that a workspace adds, whoever wrote the statement.
VERSION = (
    "first_reviewer_id IS NULL AND first_reason = '' AND reviewer_id IS NULL AND reason = '' AND scan_id IS NULL "
    "AND worst = '' AND risk_score IS NULL AND static_score IS NULL AND card = '[]'::jsonb "
    "AND sha256 ~ '^[0-9a-f]{64}$' AND (signed_by_id IS NULL OR EXISTS (SELECT 1 FROM publisher_keys k "
    "JOIN plugins p ON p.publisher_id = k.publisher_id WHERE k.id = signed_by_id AND p.id = plugin_id "
    "AND k.revoked_at IS NULL))"
)
SCAN = (
    "static_report = '{}'::jsonb AND model_report = '{}'::jsonb AND findings = '[]'::jsonb AND reasons = '[]'::jsonb "
    "AND difference = '{}'::jsonb AND rules_version = '' AND review_version = '' AND model = '' AND model_note = '' "
    "AND model_state = 'waiting' AND static_score IS NULL AND risk_score IS NULL AND reused_from IS NULL "
    "AND started_at IS NULL AND finished_at IS NULL AND seen_at IS NULL AND token IS NULL AND cost = 0 "
    "AND EXISTS (SELECT 1 FROM plugin_versions v WHERE v.id = version_id AND v.sha256 = plugin_security_scans.sha256)"
)
# An answer is its author's, about a version of their own workspace.
ANSWER = f"EXISTS (SELECT 1 FROM plugin_versions v WHERE v.id = version_id AND v.workspace_id = {WORKSPACE})"


def also(table: str, what: str, check: str) -> migrations.RunSQL:
    """A further condition of what a process of the product adds or changes."""
    name = f"untouched_on_{what.lower()}"
    using = "USING (true) " if what == "UPDATE" else ""
    return migrations.RunSQL(
        f"CREATE POLICY {name} ON {table} AS RESTRICTIVE FOR {what} TO {APP_ROLE} {using}WITH CHECK ({check})",
        f"DROP POLICY {name} ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0010_listings")]

    operations = [
        also("plugin_versions", "INSERT", VERSION),
        also("plugin_security_scans", "INSERT", SCAN),
        also("plugin_answers", "INSERT", ANSWER),
        also("plugin_answers", "UPDATE", ANSWER),
    ]
